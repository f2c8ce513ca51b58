// What the reader uses of OpenCV besides cv2.resize, level by level as OpenCV 5 computes it.
// Masks are images of one channel with the levels 0 and 1.

import { clip, level, newImage, round } from "./array.js";

const BITS = 10; // of the fraction of a coefficient in cv2.transform
const FLOAT_EPSILON = 2 ** -23;
const { fround } = Math;

/** Return cv2.medianBlur: each level the median of the `side` x `side` levels round it. */
export function medianBlur(image, side) {
  const { rows, columns, channels, data } = image;
  const result = newImage(rows, columns, channels);
  const half = side >> 1;
  const middle = (side * side) >> 1;
  const counts = new Uint16Array(256);
  const at = (row, column, channel) =>
    data[(clip(row, 0, rows - 1) * columns + clip(column, 0, columns - 1)) * channels + channel];
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < rows; row += 1) {
      // A window slides along the row; `below` of its levels are lower than `median`.
      counts.fill(0);
      let median = 0;
      let below = 0;
      const count = (column, step) => {
        for (let y = row - half; y <= row + half; y += 1) {
          const value = at(y, column, channel);
          counts[value] += step;
          if (value < median) below += step;
        }
      };
      for (let column = -half; column < half; column += 1) count(column, 1);
      for (let column = 0; column < columns; column += 1) {
        count(column + half, 1);
        while (below > middle) below -= counts[(median -= 1)];
        while (below + counts[median] <= middle) below += counts[median++];
        result.data[(row * columns + column) * channels + channel] = median;
        count(column - half, -1);
      }
    }
  }
  return result;
}

/** Return cv2.transform of an image of three channels by three rows of four numbers. */
export function transform(image, affine) {
  const { rows, columns, data } = image;
  const result = newImage(rows, columns, 3);
  const fixed = affine.map((line) => line.map((value) => round(fround(value) * 2 ** BITS)));
  for (let i = 0; i < data.length; i += 3) {
    for (let c = 0; c < 3; c += 1) {
      const [r, g, b, add] = fixed[c];
      const value = r * data[i] + g * data[i + 1] + b * data[i + 2] + add + 2 ** (BITS - 1);
      result.data[i + c] = clip(value >> BITS, 0, 255);
    }
  }
  return result;
}

/**
 * Return cv2.warpAffine with `columns`, linear, the edge repeated: `affine`, two rows of three
 * numbers, says where a pixel goes.
 */
export function warpAffine(image, affine, columns) {
  const { rows, channels, data } = image;
  const [[a, b, c], [d, e, f]] = inverse(affine);
  const result = newImage(rows, columns, channels);
  const at = (y, x, channel) =>
    data[(clip(y, 0, rows - 1) * image.columns + clip(x, 0, image.columns - 1)) * channels + channel];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const x = fround(fround(a) * column + fround(row * b + c));
      const y = fround(fround(d) * column + fround(row * e + f));
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, down] = [fround(x - left), fround(y - top)];
      for (let channel = 0; channel < channels; channel += 1) {
        const upper = between(at(top, left, channel), at(top, left + 1, channel), right);
        const lower = between(at(top + 1, left, channel), at(top + 1, left + 1, channel), right);
        result.data[(row * columns + column) * channels + channel] = level(between(upper, lower, down));
      }
    }
  }
  return result;
}

/** Return what lies between two numbers, in single precision. */
function between(from, to, share) {
  return fround(from + share * fround(to - from));
}

/** Return the affine map that undoes another. */
function inverse([[a, b, c], [d, e, f]]) {
  const over = 1 / (a * e - b * d);
  const [A, B, D, E] = [e * over, -b * over, -d * over, a * over];
  return [[A, B, -A * c - B * f], [D, E, -D * c - E * f]];
}

/** Return a mask whose every pixel is the lowest of the `high` x `wide` pixels round it. */
export const erode = (mask, high, wide) => extreme(mask, high, wide, 0);

/** Return a mask whose every pixel is the highest of the `high` x `wide` pixels round it. */
export const dilate = (mask, high, wide) => extreme(mask, high, wide, 1);

/** Return where a `high` x `wide` window of a mask has the level `wanted`. */
function extreme(mask, high, wide, wanted) {
  return alongRows(alongColumns(mask, high >> 1, wanted), wide >> 1, wanted);
}

function alongRows(mask, half, wanted) {
  const { rows, columns, data } = mask;
  const result = newImage(rows, columns, 1, data.slice());
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] !== wanted) continue;
    const column = i % columns;
    const first = i - Math.min(half, column);
    result.data.fill(wanted, first, i + Math.min(half, columns - 1 - column) + 1);
  }
  return result;
}

function alongColumns(mask, half, wanted) {
  const { rows, columns, data } = mask;
  const result = newImage(rows, columns, 1, data.slice());
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] !== wanted) continue;
    for (let step = -half; step <= half; step += 1) {
      const place = i + step * columns;
      if (place >= 0 && place < data.length) result.data[place] = wanted;
    }
  }
  return result;
}

/** Return Otsu's threshold of an image of one channel (N. Otsu, 1979). */
export function otsu({ data }) {
  const counts = new Float64Array(256);
  for (const value of data) counts[value] += 1;
  const scale = 1 / data.length;
  const total = counts.reduce((all, count, value) => all + value * count, 0) * scale;
  let [lower, share, most, best] = [0, 0, 0, 0];
  counts.forEach((count, value) => {
    const own = count * scale;
    lower *= share;
    share += own;
    const rest = 1 - share;
    if (Math.min(share, rest) < FLOAT_EPSILON || Math.max(share, rest) > 1 - FLOAT_EPSILON) return;
    lower = (lower + value * own) / share;
    const upper = (total - share * lower) / rest;
    const between = share * rest * (lower - upper) ** 2;
    if (between > most) [most, best] = [between, value];
  });
  return best;
}

/**
 * Return the connected components of a mask: the label of each pixel, 0 for the ground, and for
 * each label { x, y, width, height, area }. Pixels that touch at a corner are connected.
 */
export function connectedComponents(mask) {
  const { rows, columns, data } = mask;
  const labels = new Int32Array(data.length);
  const boxes = [boxOf(mask, ground(data))];
  for (const seed of byBlocks(rows, columns)) {
    if (!data[seed] || labels[seed]) continue;
    const label = boxes.length;
    const found = [seed]; // grows while it is walked through
    labels[seed] = label;
    for (const place of found) {
      for (const next of neighbours(place, rows, columns)) {
        if (!data[next] || labels[next]) continue;
        labels[next] = label;
        found.push(next);
      }
    }
    boxes.push(boxOf(mask, found));
  }
  return { labels, boxes };
}

/** Yield all places of an image in OpenCV's order: blocks of 2 x 2 pixels, row by row. */
function* byBlocks(rows, columns) {
  for (let row = 0; row < rows; row += 2) {
    for (let column = 0; column < columns; column += 2) {
      for (let y = row; y < Math.min(row + 2, rows); y += 1) {
        for (let x = column; x < Math.min(column + 2, columns); x += 1) yield y * columns + x;
      }
    }
  }
}

/** Yield the places round one, and the place itself. */
function* neighbours(place, rows, columns) {
  const [row, column] = [Math.floor(place / columns), place % columns];
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, rows - 1); y += 1) {
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, columns - 1); x += 1) {
      yield y * columns + x;
    }
  }
}

/** Return the places of a mask's ground. */
function ground(data) {
  return Array.from(data.keys()).filter((place) => !data[place]);
}

/** Return the box round some places of an image, and how many there are. */
function boxOf({ columns }, places) {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (const place of places) {
    const [row, column] = [Math.floor(place / columns), place % columns];
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1, area: places.length };
}
