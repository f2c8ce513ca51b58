// cv2.resize for uint8 images, level by level as OpenCV 5 computes it: INTER_AREA for images that
// get smaller, and INTER_LINEAR.

import { clip, level, newImage, round } from "./array.js";

const COEFFICIENT = 2048; // OpenCV's weights of INTER_LINEAR are integers of 11 bits
const LEAST_COVER = 1e-3; // part of a pixel below which INTER_AREA leaves it out
const EPSILON = 2 ** -52;
const { fround } = Math;

/** Return `image` with so many rows and columns, each pixel the mean of the area it covers. */
export function resizeArea(image, rows, columns) {
  const down = image.rows / rows;
  const across = image.columns / columns;
  const whole = [down, across].every((scale) => Math.abs(scale - round(scale)) < EPSILON);
  return whole
    ? meansOfBlocks(image, round(down), round(across))
    : meansOfAreas(image, rows, columns);
}

/** Return `image` with so many rows and columns, each pixel between its four neighbours. */
export function resizeLinear(image, rows, columns) {
  if (image.rows === 2 * rows && image.columns === 2 * columns) return meansOfBlocks(image, 2, 2);
  const { channels, data } = image;
  const result = newImage(rows, columns, channels);
  const across = linearTable(image.columns, columns, true);
  const down = linearTable(image.rows, rows, false);
  const line = (row) => {
    const start = row * image.columns * channels;
    const values = new Int32Array(columns * channels);
    across.forEach(({ from, to, weight }, column) => {
      for (let c = 0; c < channels; c += 1) {
        const left = data[start + from * channels + c];
        const right = data[start + to * channels + c];
        values[column * channels + c] = left * (COEFFICIENT - weight) + right * weight;
      }
    });
    return values;
  };
  const lines = new Map();
  const lineOf = (row) => lines.get(row) ?? lines.set(row, line(row)).get(row);
  down.forEach(({ from, to, weight }, row) => {
    const [upper, lower] = [lineOf(from), lineOf(to)];
    const start = row * columns * channels;
    for (let i = 0; i < upper.length; i += 1) {
      const above = ((COEFFICIENT - weight) * (upper[i] >> 4)) >> 16;
      const below = (weight * (lower[i] >> 4)) >> 16;
      result.data[start + i] = clip((above + below + 2) >> 2, 0, 255);
    }
  });
  return result;
}

/** Return, for each of `size` places, the two places out of `before` and the second's weight. */
function linearTable(before, size, clipped) {
  const scale = 1 / (size / before);
  return Array.from({ length: size }, (_, index) => {
    const place = fround((index + 0.5) * scale - 0.5);
    let from = Math.floor(place);
    let share = fround(place - from);
    if (clipped && from < 0) [from, share] = [0, 0];
    if (clipped && from >= before - 1) [from, share] = [before - 1, 0];
    const weight = round(fround(share * COEFFICIENT));
    return { from: clip(from, 0, before - 1), to: clip(from + 1, 0, before - 1), weight };
  });
}

/** Return the means of blocks of `down` x `across` pixels. */
function meansOfBlocks(image, down, across) {
  const { channels, data } = image;
  const result = newImage(image.rows / down, image.columns / across, channels);
  const share = fround(1 / (down * across));
  const quarter = down === 2 && across === 2;
  for (let row = 0; row < result.rows; row += 1) {
    for (let i = 0; i < result.columns * channels; i += 1) {
      const column = Math.floor(i / channels) * across;
      let total = 0;
      for (let y = 0; y < down; y += 1) {
        const start = ((row * down + y) * image.columns + column) * channels + (i % channels);
        for (let x = 0; x < across; x += 1) total += data[start + x * channels];
      }
      const value = quarter ? (total + 2) >> 2 : level(fround(total * share));
      result.data[row * result.columns * channels + i] = value;
    }
  }
  return result;
}

/** Return the means of areas that need not end where pixels do, in single precision. */
function meansOfAreas(image, rows, columns) {
  const { channels, data } = image;
  const result = newImage(rows, columns, channels);
  const across = areaTable(image.columns, columns);
  const down = areaTable(image.rows, rows);
  const line = new Float32Array(columns * channels);
  const total = new Float32Array(columns * channels);
  down.forEach((parts, row) => {
    total.fill(0);
    for (const [from, share] of parts) {
      const start = from * image.columns * channels;
      line.fill(0);
      across.forEach((pieces, column) => {
        for (const [place, weight] of pieces) {
          for (let c = 0; c < channels; c += 1) {
            const i = column * channels + c;
            line[i] += fround(data[start + place * channels + c] * weight);
          }
        }
      });
      for (let i = 0; i < line.length; i += 1) total[i] += fround(share * line[i]);
    }
    for (let i = 0; i < total.length; i += 1) {
      result.data[row * columns * channels + i] = level(total[i]);
    }
  });
  return result;
}

/** Return, for each of `size` places, which places out of `before` it covers, and their shares. */
function areaTable(before, size) {
  const scale = 1 / (size / before);
  return Array.from({ length: size }, (_, index) => {
    const start = index * scale;
    const stop = start + scale;
    const width = Math.min(scale, before - start);
    const last = Math.min(Math.floor(stop), before - 1);
    const first = Math.min(Math.ceil(start), last);
    const parts = [];
    if (first - start > LEAST_COVER) parts.push([first - 1, fround((first - start) / width)]);
    for (let place = first; place < last; place += 1) parts.push([place, fround(1 / width)]);
    if (stop - last > LEAST_COVER) {
      parts.push([last, fround(Math.min(stop - last, 1, width) / width)]);
    }
    return parts;
  });
}
