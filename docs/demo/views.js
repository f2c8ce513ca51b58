// Test-time augmentation: other views of an image where the plain one is not sure:
// digitsolver/readers/line/views.py.

import { mean } from "./array.js";
import { decode, rate } from "./ctc/decoding.js";
import { medianBlur, warpAffine } from "./filters.js";
import { unlessUnreadable } from "./prepare.js";
import { PREPARE, VIEWS } from "./settings.js";

const { NARROWEST, STEP, WIDEST } = PREPARE;
const { TURN } = VIEWS;

/** Confidence, given the length where there is one, from which one view is enough. */
export const { SURE } = VIEWS;

/** Return three other forms of a prepared image: turned both ways, and smoothed. */
export function otherViews(image) {
  const wider = Math.min(image.columns, WIDEST) + STEP;
  const narrower = Math.max(image.columns - STEP, NARROWEST);
  return [turned(image, wider, TURN), turned(image, narrower, -TURN), medianBlur(image, 3)];
}

/** Return `image` turned about its middle, then brought to a number of columns. */
function turned(image, columns, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [image.columns / 2, image.rows / 2];
  const squeeze = columns / image.columns;
  const across = [cos, sin, (1 - cos) * x - sin * y].map((value) => value * squeeze);
  return warpAffine(image, [across, [-sin, cos, sin * x + (1 - cos) * y]], columns);
}

/** Decode one view of an image, or several together; `length` is null where any will do. */
export class Decoder {
  constructor(alphabet, length = null) {
    this.alphabet = alphabet;
    this.length = length;
  }

  /** Return what one view is read as; throws Unreadable. */
  first(view) {
    return decode(view, this.alphabet, this.length);
  }

  /**
   * Return the text that is most probable in the mean of `views`, of those that one of them is
   * read as. `first` is what the plain view, the first of them, is read as.
   */
  together(first, views) {
    const readings = [
      first,
      ...views.slice(1).map((view) => unlessUnreadable(() => this.first(view))),
    ];
    const texts = new Set(readings.filter(Boolean).map((reading) => reading.text));
    let [best, most] = [first, -1];
    for (const text of texts) {
      const rated = views.map((view, i) =>
        readings[i]?.text === text ? readings[i] : rate(view, this.alphabet, text, this.length),
      );
      const together = meanOf(rated);
      if (rated[0].confidence > 0 && together.confidenceGivenLength > most) {
        [best, most] = [together, together.confidenceGivenLength];
      }
    }
    return best;
  }
}

/** Return the mean confidences that the views give one text; it lies where the first has it. */
function meanOf(rated) {
  return {
    ...rated[0],
    confidence: mean(rated.map((view) => view.confidence)),
    confidenceGivenLength: mean(rated.map((view) => view.confidenceGivenLength)),
    confidences: rated[0].confidences.map((_, i) => mean(rated.map((view) => view.confidences[i]))),
    exact: rated.every((view) => view.exact),
  };
}
