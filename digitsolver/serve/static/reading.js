// The reading: its text, the boxes over the image, what the model looked at, and each digit.

import { $, drawn, element, percent } from "./elements.js";

const FEW = 12;  // classes that the table of frames shows without asking whether they matter
const MATTERS = 0.01;
const GRAVES = "A. Graves et al., “Connectionist temporal classification”, 2006";
const LECUN = "Y. LeCun et al., “Gradient-based learning applied to document recognition”, 1998";

/** Show what /v1/explain answered; `truth` is what a generated sample says, or null. */
export function showReading(said, truth) {
  $("reading").hidden = false;
  const reading = said.reading;
  $("text").textContent = reading ? reading.text : "No reading";
  $("text").classList.toggle("none", !reading);
  $("confidence").replaceChildren(...(reading ? confidence(reading, truth) : [said.error ?? ""]));
  $("plot").replaceChildren(plot(said));
  $("looked-caption").textContent = caption(said);
  $("each").hidden = !said.digits.length;
  const digits = reading ? reading.digits : [];
  $("digits").replaceChildren(...said.digits.map((one, place) => digit(one, digits[place], said.alphabet, place)));
}

function confidence(reading, truth) {
  const sure = element("span", {}, `${percent(reading.confidence)} sure`);
  const meter = element("meter", { min: 0, max: 1, value: reading.confidence, "aria-label": "Confidence of the whole text" });
  const parts = [meter, sure];
  if (reading.novel) parts.push(element("span", { class: "wrong" }, "shows letters, unlike anything that the model was trained to answer with"));
  if (truth !== null) {
    const right = reading.text === truth;
    const words = right ? "right: this sample was generated with these digits" : `wrong: this sample was generated as ${truth}`;
    parts.push(element("span", { class: right ? "right" : "wrong" }, words));
  }
  return parts;
}

// The image with a box around each digit; below it, column by column, the table of frames.
function plot(said) {
  const boxes = drawn("svg", { viewBox: `0 0 ${said.width} ${said.height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const [place, { box: [x, y, width, height] }] of (said.reading?.digits ?? []).entries()) {
    boxes.append(drawn("rect", { x, y, width, height, class: place % 2 ? "odd" : "even" }));
  }
  const image = element("img", { src: said.image, alt: "The image that was read" });
  image.classList.toggle("small", said.width < 600);
  const seen = element("div", { class: "seen" }, image, boxes);
  if (!said.frames.length) return element("div", { class: "aligned" }, seen);
  const rows = shownClasses(said);
  const labels = element("div", { class: "classes", "aria-hidden": "true" }, ...rows.map((row) => element("span", {}, said.alphabet[row] ?? "–")));
  return element("div", { class: "aligned framed" }, seen, labels, frames(said, rows));
}

function shownClasses({ frames, alphabet }) {
  const all = frames[0].map((_, index) => index);
  if (all.length <= FEW) return all;
  return all.filter((index) => index >= alphabet.length || frames.some((frame) => frame[index] > MATTERS));
}

function frames(said, rows) {
  const { frames: slices, alphabet } = said;
  const table = drawn("svg", {
    class: "frames", viewBox: `0 0 ${slices.length} ${rows.length}`, preserveAspectRatio: "none",
    role: "img", "aria-label": inWords(slices, alphabet),
  });
  for (const [y, row] of rows.entries()) {
    table.append(drawn("rect", { class: "ground", x: 0, y, width: slices.length, height: 1 }));
    for (const [x, slice] of slices.entries()) {
      if (slice[row] < MATTERS / 2) continue;
      const kind = row < alphabet.length ? "cell" : "cell blank";
      table.append(drawn("rect", { class: kind, x, y, width: 1, height: 1, "fill-opacity": slice[row].toFixed(3) }));
    }
  }
  return table;
}

function inWords(slices, alphabet) {
  const best = slices.map((slice) => slice.indexOf(Math.max(...slice)));
  const read = best.map((index) => alphabet[index] ?? "–").join("");
  return `Most probable in each of ${slices.length} slices, from left to right, – for no digit: ${read}`;
}

function caption(said) {
  if (said.frames.length) {
    return `One network saw the whole image, in ${said.frames.length} slices from left to right. A cell is the stronger, `
      + "the more probable its digit is in that slice; the last row (–) says that no digit is read there; a digit in slices side by side counts once. "
      + `The reading is the text with the highest probability over all ways to place it along the slices (${GRAVES}).`;
  }
  if (said.style) {
    return "The stages below found the digits; a network then classified the crop of each alone "
      + `(${LECUN}). The boxes show where each was found.`;
  }
  return "One network saw the whole image and answered for each position; it does not say where it looked.";
}

// One digit: the crop that was looked at, and the probability of every class as a bar.
function digit(said, read, alphabet, place) {
  const classes = said.probabilities.map((probability, index) => ({ name: alphabet[index] ?? "–", probability }));
  const order = [...classes].sort((one, other) => other.probability - one.probability);
  const words = order.slice(0, 3).filter(({ probability }) => probability >= MATTERS / 10)
    .map(({ name, probability }) => `${name === "–" ? "no digit" : name} ${percent(probability)}`).join(", ");
  const shown = classes.length <= FEW ? classes : order.slice(0, FEW);
  const bars = element("div", { class: "bars", "aria-hidden": "true" }, ...shown.map(({ name, probability }) => {
    const bar = drawn("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none" },
      drawn("rect", { x: 0, y: 1 - probability, width: 1, height: probability }));
    return element("span", { class: name === read?.digit ? "best" : "" }, bar, name);
  }));
  const crop = said.image ? [element("img", { src: said.image, alt: `Crop ${place + 1}` })] : [];
  const head = element("p", {}, ...crop, element("strong", {}, read?.digit ?? "?"), element("span", {}, read ? percent(read.confidence) : ""));
  return element("li", {}, head, bars, element("p", { class: "unseen" }, words));
}
