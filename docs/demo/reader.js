// Read whole images with one network: digitsolver/readers/line/reader.py.

import { boxesOf } from "./boxes.js";
import { decode } from "./ctc/decoding.js";
import { Network } from "./network.js";
import { SecondLook } from "./parts.js";
import { prepare, toWorkingSize, Unreadable, unlessUnreadable } from "./prepare.js";
import { MODEL } from "./settings.js";
import { Decoder, otherViews, SURE } from "./views.js";

/** Reads images with the model of ./settings.js. */
export class Reader {
  /** Open the network that reads plain views; the exact one is opened when it is needed. */
  static async open() {
    return new Reader(await Network.open(MODEL.quick, MODEL.temperature));
  }

  constructor(quick) {
    this.quick = quick;
    this.exact = null;
  }

  /** Return the network with 32 bits, which other views are read with. */
  openExact() {
    if (MODEL.exact === MODEL.quick) return this.quick;
    this.exact ??= Network.open(MODEL.exact, MODEL.temperature).catch((error) => {
      this.exact = null; // the next image tries again
      throw error;
    });
    return this.exact;
  }

  /**
   * Return the reading of an image, grey or RGB: { text, confidence, confidenceGivenLength, digits:
   * [{ digit, confidence, box }], parts, again }. `length` is the number of digits, null for any.
   * Parts are { box, text, frames, logits }: the image, or what of it was read. `again` says
   * whether other views of it were read, too.
   *
   * Throws Unreadable where there is nothing to read.
   */
  async read(image, length = null) {
    const source = toWorkingSize(image);
    const prepared = { pixels: prepare(image), size: [image.rows, image.columns], source };
    const decoder = new Decoder(MODEL.alphabet, length ?? MODEL.length);
    const plain = await this.quick.scaled(prepared.pixels);
    let text = unlessUnreadable(() => decoder.first(plain));
    const again = text !== null && text.confidenceGivenLength < SURE;
    if (again) {
      text = decoder.together(text, [plain, ...(await this.others(prepared.pixels))]);
    }
    const look = new SecondLook(decoder, (pixels) => this.quick.scaled(pixels));
    const parts = await look.parts(prepared, text?.text ? text : null, plain.length);
    if (!parts.length) {
      if (!text) decode(plain, decoder.alphabet, decoder.length); // throws why
      const first = source === image ? "" : ": crop it to its digits first";
      throw new Unreadable(`expected characters, found none${first}`);
    }
    const read = readingOf(
      parts.map((part) => ({ logits: plain, ...part })),
      decoder.length,
    );
    return { ...read, again };
  }

  /** Return the logits of the other views of a prepared image. */
  async others(pixels) {
    const network = await this.openExact();
    const logits = [];
    for (const view of otherViews(pixels)) logits.push(await network.scaled(view));
    return logits;
  }
}

function readingOf(parts, length) {
  const product = (of) => parts.reduce((all, part) => all * of(part.text), 1);
  return {
    text: parts.map((part) => part.text.text).join(""),
    confidence: product((text) => text.confidence),
    confidenceGivenLength: length === null ? null : product((text) => text.confidenceGivenLength),
    digits: parts.flatMap(digitsOf),
    parts,
  };
}

/** Return the characters of a part, with their boxes in the image. */
function digitsOf({ box: [left, top, width, height], text, frames }) {
  const boxes = boxesOf(text.spans, frames, [height, width]);
  return Array.from(text.text, (digit, i) => {
    const [x, y, wide, high] = boxes[i];
    return { digit, confidence: text.confidences[i], box: [left + x, top + y, wide, high] };
  });
}
