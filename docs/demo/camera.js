// Take an image with the camera: what lies in the frame in the middle of its view.

import { fromPixels, pixelsOf } from "./image.js";
import { cut } from "./array.js";

const GUIDE = { width: 0.9, aspect: 3.2 }; // of the view's width, and its columns a row

/** Opens the camera in a video element, with an element `guide` as the frame. */
export class Camera {
  constructor(video, guide) {
    this.video = video;
    this.guide = guide;
  }

  /** Show what the camera sees; throws where there is none, or where it is not allowed. */
  async open() {
    const wanted = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };
    this.video.srcObject = await navigator.mediaDevices.getUserMedia(wanted);
    await this.video.play();
    const [x, y, width, height] = this.box();
    const { videoWidth, videoHeight } = this.video;
    this.guide.style.left = `${(x / videoWidth) * 100}%`;
    this.guide.style.width = `${(width / videoWidth) * 100}%`;
    this.guide.style.top = `${(y / videoHeight) * 100}%`;
    this.guide.style.height = `${(height / videoHeight) * 100}%`;
  }

  /** Return the frame in pixels of the video. */
  box() {
    const { videoWidth, videoHeight } = this.video;
    const width = Math.round(videoWidth * GUIDE.width);
    const height = Math.min(Math.round(width / GUIDE.aspect), videoHeight);
    return [
      Math.round((videoWidth - width) / 2),
      Math.round((videoHeight - height) / 2),
      width,
      height,
    ];
  }

  /** Return the image in the frame. */
  take() {
    const { videoWidth, videoHeight } = this.video;
    return cut(fromPixels(pixelsOf(this.video, videoWidth, videoHeight)), this.box());
  }

  /** Turn the camera off. */
  close() {
    for (const track of this.video.srcObject?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
  }
}
