// From frames to the most probable text, with confidences and spans:
// digitsolver/readers/line/ctc/decoding.py, and best_path of paths.py.
//
// Frames are arrays of logits, one array a frame, the blank last. What is decoded is { text,
// confidence, confidenceGivenLength, confidences, spans, exact }.

import { DECODING } from "../settings.js";
import { Unreadable } from "../prepare.js";
import { mostProbableText } from "./search.js";
import { lengthProbability, posterior } from "./sums.js";

const { FLOOR, LEAST } = DECODING;

/** Return the most probable text, with `length` characters where that is not null. */
export function decode(logits, alphabet, length = null) {
  const most = alphabet.length > 1 ? logits.length : Math.floor((logits.length + 1) / 2);
  if (length !== null && length > most) {
    throw new Unreadable(
      `expected at most ${most} characters in ${logits.length} frames, found the length ${length}`,
    );
  }
  const { text, alignment, whole, exact } = mostProbable(logits.map(logSoftmax), length);
  return decoded(alphabet, text, alignment, whole, exact);
}

/** Return the confidence and the spans of a known `text`. */
export function rate(logits, alphabet, text, length = null) {
  const frames = logits.map(softmax);
  const classes = Array.from(text, (character) => alphabet.indexOf(character));
  const alignment = posterior(frames, classes);
  if (length !== null && length !== text.length) alignment.probability = 0;
  const whole = length === null ? 1 : lengthProbability(frames, length);
  return decoded(alphabet, classes, alignment, whole, true);
}

/** Return the text of the most probable path: greedy decoding. */
export function bestPath(frames) {
  const path = frames.map((frame) => frame.indexOf(frame.reduce((a, b) => Math.max(a, b))));
  return path.filter((label, t) => label !== path[t - 1] && label !== frames[0].length - 1);
}

/** Return probabilities. */
export function softmax(logits) {
  return logSoftmax(logits).map(Math.exp);
}

function logSoftmax(logits) {
  const values = Float64Array.from(logits);
  const top = values.reduce((a, b) => Math.max(a, b));
  const sum = values.reduce((total, value) => total + Math.exp(value - top), 0);
  return values.map((value) => value - top - Math.log(sum));
}

/** Return the best text, its alignment, what all allowed texts have, and whether it is exact. */
function mostProbable(values, length) {
  let frames = values.map((frame) => frame.map(Math.exp));
  let whole = length === null ? 1 : lengthProbability(frames, length);
  const text = bestPath(values);
  const fits = length === null || length === text.length;
  const alignment = fits ? posterior(frames, text) : null;
  if (alignment && alignment.probability > whole / 2 && whole / 2 > LEAST) {
    return { text, alignment, whole, exact: true };
  }
  const known = alignment && { text, probability: alignment.probability, exact: false };
  let best = mostProbableText(frames, length, known);
  if (best === null || best.probability < LEAST) {
    // Hopeless: lift every path above zero, so that length and alphabet are still honoured.
    const floor = FLOOR / values.length;
    frames = values.map((frame) => softmax(frame.map((value) => Math.max(value, floor))));
    whole = length === null ? 1 : lengthProbability(frames, length);
    best = mostProbableText(frames, length);
    if (best === null) {
      throw new Unreadable(`expected a text of ${length} characters, found none`);
    }
    best = { ...best, exact: false };
  }
  return { text: best.text, alignment: posterior(frames, best.text), whole, exact: best.exact };
}

function decoded(alphabet, classes, { probability, substitutes, spans }, whole, exact) {
  return {
    text: classes.map((label) => alphabet[label]).join(""),
    confidence: share(probability, 1),
    confidenceGivenLength: share(probability, whole),
    confidences: substitutes.map((row, place) =>
      share(
        row[classes[place]],
        row.reduce((total, value) => total + value, 0),
      ),
    ),
    spans,
    exact,
  };
}

/** Return a part of a whole as a number from 0 to 1. */
function share(part, whole) {
  return whole > 0 ? Math.min(part / whole, 1) : 0;
}
