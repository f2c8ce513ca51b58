// Images and numbers, as NumPy has them.
//
// An image is { rows, columns, channels, data }: data is a Uint8Array of rows * columns * channels
// values, row by row, the channels of a pixel beside each other.

/** Return an image; without `data` it is black. */
export function newImage(rows, columns, channels, data) {
  return { rows, columns, channels, data: data ?? new Uint8Array(rows * columns * channels) };
}

/** Return `value` rounded to the nearest integer, halves to the even one, as Python and C do. */
export function round(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Return `value` rounded, as a level of 0 to 255. */
export function level(value) {
  return Math.min(Math.max(round(value), 0), 255);
}

/** Return `value`, or the bound that it is beyond. */
export function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Return the part of `image` in a box [x, y, width, height]. */
export function cut(image, [x, y, width, height]) {
  const { columns, channels, data } = image;
  const part = newImage(height, width, channels);
  for (let row = 0; row < height; row += 1) {
    const start = ((y + row) * columns + x) * channels;
    part.data.set(data.subarray(start, start + width * channels), row * width * channels);
  }
  return part;
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);

export const mean = (values) => sum(values) / values.length;

/** Return the standard deviation of `values`. */
export function spread(values) {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
