// Bring a whole image into the form that the network reads: digitsolver/readers/line/prepare.py,
// and digitsolver/io/working_size.py.

import { clip, level, newImage, round } from "./array.js";
import { eigh } from "./eigen.js";
import { transform } from "./filters.js";
import { resizeArea, resizeLinear } from "./resize.js";
import { PREPARE, WORKING_SIZE } from "./settings.js";

const { CHANNELS, FAINTEST, HEIGHT, LEAST_ASPECT, MIDDLE, MOST_ASPECT, MOST_SQUEEZED } = PREPARE;
const { NARROWEST, SMALLEST, SPREAD, SQUEEZED, STEP, WIDENED, WIDEST } = PREPARE;
const { WORKING_PIXELS } = WORKING_SIZE;

/** Why an image has no reading, in one line: Python's ImageError and SegmentationError. */
export class Unreadable extends Error {}

/** Return what `make` returns, null where that is Unreadable. */
export function unlessUnreadable(make) {
  try {
    return make();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/**
 * Return an image, grey or RGB, as one of 48 rows and three channels.
 *
 * Colours are turned onto their principal axes (Pearson, "On lines and planes of closest fit",
 * 1901), each with its rare side up. The outermost columns of a narrow image are repeated.
 * Throws Unreadable for an image that is too small or too long.
 */
export function prepare(image) {
  check(image);
  const source = toWorkingSize(image);
  const { rows, columns } = source;
  const width = fittingWidth(rows, columns);
  const [start, stop] = shownColumns(rows, columns, width);
  const resize = rows > HEIGHT && columns > stop - start ? resizeArea : resizeLinear;
  const scaled = widen(resize(source, HEIGHT, stop - start), start, width);
  return scaled.channels === 1 ? evenGrey(scaled) : evenColours(scaled);
}

function check({ rows, columns }) {
  if (Math.min(rows, columns) < SMALLEST) {
    throw new Unreadable(
      `expected at least ${SMALLEST} x ${SMALLEST} pixels, found ${columns} x ${rows}`,
    );
  }
  const aspect = columns / rows;
  if (aspect < LEAST_ASPECT || aspect > MOST_ASPECT) {
    throw new Unreadable(
      `expected one line of text, ${LEAST_ASPECT} to ${MOST_ASPECT} times as wide as it is high, ` +
        `found ${columns} x ${rows} pixels`,
    );
  }
}

/** Return an image, made smaller where it has more pixels than are worked on. */
export function toWorkingSize(image) {
  const { rows, columns } = image;
  if (rows * columns <= WORKING_PIXELS) return image;
  const factor = (WORKING_PIXELS / (rows * columns)) ** 0.5;
  const size = (length) => Math.max(1, Math.floor(length * factor));
  return resizeArea(image, size(rows), size(columns));
}

/** Return which part of a prepared form, in its middle, shows the image itself. */
export function shownShare(rows, columns) {
  return Math.min(columns / (WIDENED * rows), 1);
}

/** Return the columns [start, stop), out of `width`, that show the image itself. */
export function shownColumns(rows, columns, width) {
  const shown = round(width * shownShare(rows, columns));
  const start = Math.floor((width - shown) / 2);
  return [start, start + shown];
}

/** Return the columns of the prepared form of an image of this size. */
export function fittingWidth(rows, columns) {
  const fitting = (columns * HEIGHT) / rows;
  const squeezed = Math.max(Math.min(fitting, SQUEEZED), fitting / MOST_SQUEEZED);
  return clip(STEP * round(squeezed / STEP), NARROWEST, WIDEST);
}

/** Return `image` with so many columns, `start` of them before it: its outermost ones repeated. */
function widen(image, start, width) {
  const { rows, columns, channels, data } = image;
  if (columns === width) return image;
  const result = newImage(rows, width, channels);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const from = (row * columns + clip(column - start, 0, columns - 1)) * channels;
      result.data.set(data.subarray(from, from + channels), (row * width + column) * channels);
    }
  }
  return result;
}

/** Return a grey image with its rare side up, in the first of three channels. */
function evenGrey({ rows, columns, data }) {
  const counts = histogram(data, 0, 1);
  const mean = total(counts, (value) => value) / data.length;
  const variance = total(counts, (value) => (value - mean) ** 2) / data.length;
  const spread = Math.max(Math.sqrt(variance), FAINTEST);
  const sign = total(counts, (value) => (value - mean) ** 3) >= 0 ? 1 : -1;
  const even = newImage(rows, columns, CHANNELS);
  even.data.fill(MIDDLE);
  data.forEach((value, i) => {
    even.data[i * CHANNELS] = level(((value - mean) * sign * SPREAD) / spread + MIDDLE);
  });
  return even;
}

/** Return a colour image on its principal axes, the rare side of each up. */
function evenColours(image) {
  const { mean, covariance } = moments(image);
  const { values, vectors } = eigh(covariance);
  const spreads = values.map((variance) => Math.sqrt(Math.max(variance, 0))).reverse();
  const all = Math.max(Math.hypot(...spreads), FAINTEST);
  const affine = vectors.reverse().map((axis, row) => {
    const gain = SPREAD / Math.sqrt(all * Math.max(spreads[row], FAINTEST));
    const turn = axis.map((value) => value * gain);
    return [...turn, MIDDLE - turn.reduce((sum, value, c) => sum + value * mean[c], 0)];
  });
  const even = transform(image, affine);
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const counts = histogram(even.data, channel, CHANNELS);
    if (total(counts, (value) => (value - MIDDLE) ** 3) >= 0) continue;
    for (let i = channel; i < even.data.length; i += CHANNELS) even.data[i] = 255 - even.data[i];
  }
  return even;
}

/** Return the mean colour of an image, and the covariance of its channels. */
function moments({ data }) {
  const count = data.length / CHANNELS;
  const mean = [0, 0, 0];
  for (let i = 0; i < data.length; i += 1) mean[i % CHANNELS] += data[i] / count;
  const covariance = mean.map(() => [0, 0, 0]);
  for (let i = 0; i < data.length; i += CHANNELS) {
    for (let row = 0; row < CHANNELS; row += 1) {
      for (let column = 0; column < CHANNELS; column += 1) {
        const product = (data[i + row] - mean[row]) * (data[i + column] - mean[column]);
        covariance[row][column] += product / count;
      }
    }
  }
  return { mean, covariance };
}

/** Return how often each of the 256 levels occurs, from `start` on, every `step` values. */
function histogram(data, start, step) {
  const counts = new Float64Array(256);
  for (let i = start; i < data.length; i += step) counts[data[i]] += 1;
  return counts;
}

/** Return the sum over a histogram of what `weigh` gives for each level. */
function total(counts, weigh) {
  return counts.reduce((sum, count, value) => sum + count * weigh(value), 0);
}
