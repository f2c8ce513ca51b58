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
  const counts = new Uint8Array(256); // of each level in a window that slides along the row,
  const sixteens = new Uint8Array(16); // and of sixteen levels together, to find the median in
  const starts = new Int32Array(side); // where the rows of the window begin
  for (let row = 0; row < rows; row += 1) {
    for (let y = 0; y < side; y += 1) {
      starts[y] = clip(row - half + y, 0, rows - 1) * columns * channels;
    }
    for (let channel = 0; channel < channels; channel += 1) {
      const count = (column, step) => {
        const place = clip(column, 0, columns - 1) * channels + channel;
        for (let y = 0; y < side; y += 1) {
          const value = data[starts[y] + place];
          counts[value] += step;
          sixteens[value >> 4] += step;
        }
      };
      counts.fill(0);
      sixteens.fill(0);
      for (let column = -half; column < half; column += 1) count(column, 1);
      for (let column = 0; column < columns; column += 1) {
        count(column + half, 1);
        result.data[(row * columns + column) * channels + channel] = medianOf(
          counts,
          sixteens,
          (side * side) >> 1,
        );
        count(column - half, -1);
      }
    }
  }
  return result;
}

/** Return the level that has at most `below` of the counted ones below it, the highest such. */
function medianOf(counts, sixteens, below) {
  let left = below;
  let coarse = 0;
  while (left >= sixteens[coarse]) left -= sixteens[coarse++];
  let value = coarse * 16;
  while (left >= counts[value]) left -= counts[value++];
  return value;
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
    data[
      (clip(y, 0, rows - 1) * image.columns + clip(x, 0, image.columns - 1)) * channels + channel
    ];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const x = fround(fround(a) * column + fround(row * b + c));
      const y = fround(fround(d) * column + fround(row * e + f));
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, down] = [fround(x - left), fround(y - top)];
      for (let channel = 0; channel < channels; channel += 1) {
        const upper = between(at(top, left, channel), at(top, left + 1, channel), right);
        const lower = between(at(top + 1, left, channel), at(top + 1, left + 1, channel), right);
        result.data[(row * columns + column) * channels + channel] = level(
          between(upper, lower, down),
        );
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
  return [
    [A, B, -A * c - B * f],
    [D, E, -D * c - E * f],
  ];
}

/** Return a mask whose every pixel is the lowest of the `high` x `wide` pixels round it. */
export const erode = (mask, high, wide) => extreme(mask, high, wide, 0);

/** Return a mask whose every pixel is the highest of the `high` x `wide` pixels round it. */
export const dilate = (mask, high, wide) => extreme(mask, high, wide, 1);

/** Return where a `high` x `wide` window of a mask has the level `wanted`. */
function extreme({ rows, columns, data }, high, wide, wanted) {
  const result = newImage(rows, columns, 1, data.slice());
  for (let row = 0; row < rows; row += 1) {
    widen(result.data, row * columns, columns, 1, wide >> 1, wanted);
  }
  for (let column = 0; column < columns; column += 1) {
    widen(result.data, column, rows, columns, high >> 1, wanted);
  }
  return result;
}

/** Give the level `wanted` to what is at most `half` from it on a line of `data`, in place. */
function widen(data, start, length, step, half, wanted) {
  let last = -Infinity; // where it was, and how far it reaches
  for (let i = 0; i < length; i += 1) {
    const place = start + i * step;
    if (data[place] === wanted) {
      for (let k = Math.max(i - half, last + 1, 0); k < i; k += 1) data[start + k * step] = wanted;
      last = i;
    } else if (i - last <= half) {
      data[place] = wanted;
    }
  }
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
 * each label a box { x, y, width, height, area }. Pixels that touch at a corner are connected.
 */
export function connectedComponents(mask) {
  const { rows, columns, data } = mask;
  const labels = new Int32Array(data.length);
  const boxes = [newBox()];
  for (let place = 0; place < data.length; place += 1) {
    if (!data[place]) extend(boxes[0], place, columns);
  }
  // OpenCV numbers them by blocks of 2 x 2 pixels, row by row.
  for (let row = 0; row < rows; row += 2) {
    for (let column = 0; column < columns; column += 2) {
      for (const place of [0, 1, columns, columns + 1]) {
        const [y, x] = [row + Math.floor(place / columns), column + (place % columns)];
        const seed = y * columns + x;
        if (y < rows && x < columns && data[seed] && !labels[seed]) {
          boxes.push(fill(mask, labels, seed, boxes.length));
        }
      }
    }
  }
  return { labels, boxes };
}

/** Give all pixels that are connected with `seed` a label; return their box. */
function fill({ rows, columns, data }, labels, seed, label) {
  const box = newBox();
  const found = [seed];
  labels[seed] = label;
  while (found.length) {
    const place = found.pop();
    const [row, column] = extend(box, place, columns);
    for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, rows - 1); y += 1) {
      for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, columns - 1); x += 1) {
        const next = y * columns + x;
        if (!data[next] || labels[next]) continue;
        labels[next] = label;
        found.push(next);
      }
    }
  }
  return box;
}

function newBox() {
  return { x: Infinity, y: Infinity, width: 0, height: 0, area: 0 };
}

/** Make a box reach to a place; return the row and column of that. */
function extend(box, place, columns) {
  const [row, column] = [Math.floor(place / columns), place % columns];
  const right = Math.max(box.area ? box.x + box.width : 0, column + 1);
  const bottom = Math.max(box.area ? box.y + box.height : 0, row + 1);
  box.x = Math.min(box.x, column);
  box.y = Math.min(box.y, row);
  box.width = right - box.x;
  box.height = bottom - box.y;
  box.area += 1;
  return [row, column];
}
