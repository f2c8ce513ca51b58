// Decode an image file with the browser: digitsolver/io/images.py and transparency.py.
//
// The browser decodes PNG, JPEG, GIF, BMP and WebP, turned upright; of several frames it gives the
// first, and of 16 bits the upper ones. Colours are taken as stored, whatever profile is named.

import { newImage, round } from "./array.js";
import { Unreadable } from "./prepare.js";
import { IMAGES, TRANSPARENCY } from "./settings.js";

const { MAX_BYTES, MAX_PIXELS } = IMAGES;
const { HIDDEN } = TRANSPARENCY;
const AS_STORED = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

/** Return the pixels of a file: grey where all of them are, otherwise RGB. Throws Unreadable. */
export async function decodeImage(file) {
  if (file.size > MAX_BYTES) {
    throw new Unreadable(
      `expected at most ${MAX_BYTES.toLocaleString("en")} bytes, found ${file.size.toLocaleString("en")}`,
    );
  }
  const bitmap = await createImageBitmap(file, AS_STORED).catch(() => null);
  if (!bitmap) {
    const found = file.type || "a file that is none";
    throw new Unreadable(`expected an image (PNG, JPEG, GIF, BMP or WebP), found ${found}`);
  }
  try {
    return fromPixels(pixelsOf(bitmap, bitmap.width, bitmap.height));
  } finally {
    bitmap.close();
  }
}

/** Return the RGBA pixels of a bitmap or a video frame, an ImageData. */
export function pixelsOf(source, width, height) {
  if (width * height > MAX_PIXELS) {
    const found = `${width} x ${height}`;
    throw new Unreadable(`expected at most ${MAX_PIXELS.toLocaleString("en")} pixels, found ${found}`);
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** Return an ImageData on the ground where something is seen: grey where all of it is. */
export function fromPixels({ width, height, data }) {
  const rgb = onGround(newImage(height, width, 4, data));
  for (let i = 0; i < rgb.data.length; i += 3) {
    if (rgb.data[i] !== rgb.data[i + 1] || rgb.data[i] !== rgb.data[i + 2]) return rgb;
  }
  return newImage(height, width, 1, rgb.data.filter((_, i) => i % 3 === 0));
}

/** Return RGB for RGBA, on white unless black leaves much more of the contrast. */
export function onGround(image) {
  let [least, most] = [255, 0];
  for (let i = 3; i < image.data.length; i += 4) {
    least = Math.min(least, image.data[i]);
    most = Math.max(most, image.data[i]);
  }
  if (most === 0) throw new Unreadable("expected something to see, found a fully transparent image");
  const white = laidOn(image, 255);
  if (least === 255) return white;
  const black = laidOn(image, 0);
  return contrast(black) > HIDDEN * contrast(white) ? black : white;
}

/** Return RGBA laid on a grey level. */
function laidOn({ rows, columns, data }, ground) {
  const result = newImage(rows, columns, 3);
  for (let i = 0; i < result.data.length; i += 1) {
    const pixel = Math.floor(i / 3) * 4;
    const difference = Math.abs(ground - data[pixel + (i % 3)]);
    result.data[i] = Math.abs(ground - round((difference * data[pixel + 3]) / 255));
  }
  return result;
}

/** Return the standard deviation of the channel where it is largest. */
function contrast({ data }) {
  const spreads = [0, 1, 2].map((channel) => {
    let [sum, squares] = [0, 0];
    for (let i = channel; i < data.length; i += 3) {
      sum += data[i];
      squares += data[i] ** 2;
    }
    const count = data.length / 3;
    return Math.sqrt(Math.max(squares / count - (sum / count) ** 2, 0));
  });
  return Math.max(...spreads);
}
