// Decode an image file with the browser: digitsolver/io/images.py and transparency.py.
//
// The browser decodes PNG, JPEG, GIF, BMP and WebP, turned upright; of several frames it gives the
// first, and of 16 bits the upper ones. Colours are taken as stored, whatever profile is named.

import { newImage, round } from "./array.js";
import { Unreadable } from "./prepare.js";
import { IMAGES, TRANSPARENCY } from "./settings.js";

const { MAX_BYTES, MAX_PIXELS } = IMAGES;
const { HIDDEN } = TRANSPARENCY;
const [PNG, JPEG] = [0x89504e47, 0xffd8];
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3]); // baseline, extended, progressive, lossless
const AS_STORED = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

/** Return the pixels of a file: grey where it stores that, otherwise RGB. Throws Unreadable. */
export async function decodeImage(file) {
  if (file.size > MAX_BYTES) {
    throw new Unreadable(`expected at most ${MAX_BYTES} bytes, found ${file.size}`);
  }
  const bitmap = await createImageBitmap(file, AS_STORED).catch(() => null);
  if (!bitmap) {
    const found = file.type || "a file that is none";
    throw new Unreadable(`expected an image (PNG, JPEG, GIF, BMP or WebP), found ${found}`);
  }
  try {
    const isGrey = storesGrey(new DataView(await file.arrayBuffer()));
    return fromPixels(pixelsOf(bitmap, bitmap.width, bitmap.height), isGrey);
  } finally {
    bitmap.close();
  }
}

/** Return the RGBA pixels of a bitmap or a video frame, an ImageData. */
export function pixelsOf(source, width, height) {
  if (width * height > MAX_PIXELS) {
    const found = `${width} x ${height}`;
    throw new Unreadable(
      `expected at most ${MAX_PIXELS.toLocaleString("en")} pixels, found ${found}`,
    );
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** Return an ImageData as RGB on the ground where something is seen, or as one grey channel. */
export function fromPixels({ width, height, data }, isGrey = false) {
  const rgb = onGround(newImage(height, width, 4, data));
  return isGrey
    ? newImage(
        height,
        width,
        1,
        rgb.data.filter((_, i) => i % 3 === 0),
      )
    : rgb;
}

/** Return whether the bytes of a file are those of a PNG or JPEG with one channel. */
export function storesGrey(bytes) {
  const size = bytes.byteLength;
  if (size > 26 && bytes.getUint32(0) === PNG) return bytes.getUint8(25) === 0;
  if (size < 4 || bytes.getUint16(0) !== JPEG) return false;
  let place = 2; // of a marker: 0xff, its kind, its length, and for a frame the components
  while (place + 10 <= size && bytes.getUint8(place) === 0xff) {
    if (FRAMES.has(bytes.getUint8(place + 1))) return bytes.getUint8(place + 9) === 1;
    place += 2 + bytes.getUint16(place + 2);
  }
  return false;
}

/** Return RGB for RGBA, on white unless black leaves much more of the contrast. */
export function onGround(image) {
  let [least, most] = [255, 0];
  for (let i = 3; i < image.data.length; i += 4) {
    least = Math.min(least, image.data[i]);
    most = Math.max(most, image.data[i]);
  }
  if (most === 0)
    throw new Unreadable("expected something to see, found a fully transparent image");
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
