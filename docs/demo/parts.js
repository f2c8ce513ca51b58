// Read a part of an image: the line of digits in a large one, or each of two rows; and notice one
// that is upside down: digitsolver/readers/line/parts.py and orientation.py.
//
// An image is { pixels, size: [rows, columns], source }. What was read is { box, text, frames,
// pixels }: a part's box in the image, what it is read as, in how many frames, and its prepared
// form; `upsideDown` is what it is read as when it is turned, where that lowers its confidence.

import { cut, newImage, round } from "./array.js";
import { locateLine, median } from "./locate.js";
import { prepare, unlessUnreadable } from "./prepare.js";
import { ORIENTATION, PARTS, PREPARE } from "./settings.js";
import { Decoder, SURE } from "./views.js";

const { BLANK_SHARE, HALF, INKED, LARGEST_SHARE, LEAST_GAP, LEAST_ROW, MOST_UNLIKE } = PARTS;
const { READABLE, ROWS, SHORTENED, WIDEST_PITCH } = PARTS;
const { ANSWERED, CERTAIN, LEAST_DOUBT, TURNABLE, UPRIGHT } = ORIENTATION;
const { STRIDE } = PREPARE;

/** Look again at an image that was read as a whole. `look` gives the logits of a prepared image. */
export class SecondLook {
  constructor(decoder, look) {
    this.decoder = decoder;
    this.look = look;
  }

  /**
   * Return the parts that an image is read in, from top to bottom. `text` is what the whole is
   * read as, in so many `frames`; null if as nothing.
   */
  async parts(image, text, frames) {
    const [rows, columns] = image.size;
    const whole = { box: [0, 0, columns, rows], pixels: image.pixels, text, frames };
    let best = text ? whole : null;
    const gap = rowGap(image.pixels);
    if (gap !== null) return this.rows(rowParts(gap, image), best);
    if (!best || mayBeSmall(best.text)) best = await this.line(image, best);
    if (!best) return [];
    if (mayBeTurned(best.text, this.decoder.alphabet)) {
      const other = await this.read({ ...best, pixels: upsideDown(best.pixels) }, this.decoder);
      const chance = other ? chanceUpright(best.text, other.text) : 1;
      if (chance < 1) best = { ...lowered(best, chance), upsideDown: other.text.text };
    }
    return [best];
  }

  /** Return the line of digits in the image, or the whole where that is read better. */
  async line(image, whole) {
    const part = linePart(image);
    const line = part && (await this.read(part, this.decoder));
    if (!line) return whole;
    const read = lowered(line, part.share);
    return whole && !isBetter(read.text, whole.text) ? whole : read;
  }

  /** Return both rows, or the whole, which no one shall rely on, where one is not read. */
  async rows(parts, whole) {
    const either = new Decoder(this.decoder.alphabet);
    const read = [];
    for (const part of parts) {
      const row = await this.read(part, either);
      if (row && row.text.confidence >= READABLE) read.push(row);
    }
    const found = read.reduce((count, row) => count + row.text.text.length, 0);
    if (read.length === ROWS && found === (this.decoder.length ?? found)) return read;
    return whole ? [lowered(whole, HALF)] : [];
  }

  /** Return what a part is read as, null if as nothing. */
  async read(part, decoder) {
    const logits = await this.look(part.pixels);
    const text = unlessUnreadable(() => decoder.first(logits));
    return text?.text ? { ...part, text, frames: logits.length, logits } : null;
  }
}

/** Return a part with its confidence times the chance that it shows the whole text. */
function lowered(part, chance) {
  const { text } = part;
  const confidence = text.confidence * chance;
  const confidenceGivenLength = text.confidenceGivenLength * chance;
  return { ...part, text: { ...text, confidence, confidenceGivenLength } };
}

/** Return whether a text that is not read confidently may stand in a small line of digits. */
function mayBeSmall(text) {
  if (text.confidenceGivenLength >= SURE) return false;
  const middles = text.spans.map(([first, last]) => (first + last) / 2);
  const steps = middles.slice(1).map((middle, i) => middle - middles[i]);
  if (!steps.length) return true;
  const upper = median(steps);
  const lower = -median(steps.map((step) => -step));
  return ((lower + upper) / 2) * STRIDE < WIDEST_PITCH;
}

/** Return the plainest line of digits in an image, if it is small. */
function linePart({ source, size }) {
  const line = locateLine(source);
  if (!line || line.box[2] * line.box[3] > LARGEST_SHARE * source.rows * source.columns)
    return null;
  const part = partOf(source, line.box, size);
  return part && { ...part, share: line.share };
}

/** Return what is above and below the gap, none where one cannot be read. */
function rowParts(gap, { source, size }) {
  const { rows, columns } = source;
  const middle = round(gap * rows);
  const boxes = [
    [0, 0, columns, middle],
    [0, middle, columns, rows - middle],
  ];
  const parts = boxes.map((box) => partOf(source, box, size));
  return parts.every(Boolean) ? parts : [];
}

/** Return where the gap between two rows of digits is, as share of the height, null if nowhere. */
export function rowGap({ rows, columns, channels, data }) {
  const inked = [];
  for (let row = 0; row < rows; row += 1) {
    let ink = 0;
    for (let column = 0; column < columns; column += 1) {
      if (data[(row * columns + column) * channels] > INKED) ink += 1;
    }
    if (ink > BLANK_SHARE * columns) inked.push(row);
  }
  if (inked.length < 2 * LEAST_ROW) return null;
  const steps = inked.slice(1).map((row, i) => row - inked[i]);
  const widest = steps.indexOf(Math.max(...steps));
  const above = inked[widest] - inked[0] + 1;
  const below = inked.at(-1) - inked[widest + 1] + 1;
  const [low, high] = [Math.min(above, below), Math.max(above, below)];
  if (steps[widest] <= LEAST_GAP || low < LEAST_ROW || high > MOST_UNLIKE * low) return null;
  if (steps.filter((step) => step > 1).length > 1) return null;
  return (inked[widest] + inked[widest + 1] + 1) / 2 / rows;
}

/** Return whether to trust the text of a part more than that of the whole image. */
function isBetter(part, whole) {
  const isPiece = part.text !== whole.text && whole.text.includes(part.text);
  const weight = isPiece ? SHORTENED : 1;
  return part.text !== "" && weight * part.confidenceGivenLength > whole.confidenceGivenLength;
}

/** Return a part of `source`, its box in pixels of the image; null if it cannot be read. */
function partOf(source, box, [rows, columns]) {
  const pixels = unlessUnreadable(() => prepare(cut(source, box)));
  return pixels && { box: scaledBox(box, [columns / source.columns, rows / source.rows]), pixels };
}

/** Return a box of a scaled image as one of the original: io/working_size.py. */
function scaledBox([x, y, width, height], [across, down]) {
  const [left, top] = [round(x * across), round(y * down)];
  return [left, top, round((x + width) * across) - left, round((y + height) * down) - top];
}

/** Return whether a text may have been read upside down, although it is confident. */
function mayBeTurned({ text, confidence }, alphabet) {
  const unlikely = Array.from(text).every((character) => TURNABLE.includes(character));
  const digits = Array.from("0123456789").every((digit) => alphabet.includes(digit));
  return unlikely && digits && ANSWERED <= confidence && confidence < CERTAIN;
}

/** Return a prepared image turned by 180 degrees. */
function upsideDown({ rows, columns, channels, data }) {
  const turned = newImage(rows, columns, channels);
  for (let i = 0; i < rows * columns; i += 1) {
    const from = (rows * columns - 1 - i) * channels;
    turned.data.set(data.subarray(from, from + channels), i * channels);
  }
  return turned;
}

/** Return how probable it is that an image is upright, from what it is read as either way. */
export function chanceUpright(upright, upsideDownText) {
  if (upsideDownText.text === upright.text) return 1;
  const doubt = Math.max(1 - upright.confidence, LEAST_DOUBT);
  const other = Math.max(1 - upsideDownText.confidence, LEAST_DOUBT);
  const odds = UPRIGHT * (other / doubt) ** 2;
  return odds / (1 + odds);
}
