// Show what was read: the image with its digits, and the heat map of its frames.

import { clip } from "./array.js";
import { softmax } from "./ctc/decoding.js";
import { shownColumns } from "./prepare.js";
import { MODEL } from "./settings.js";

const [CROWDED, NARROW] = [11, 7]; // digits that leave no room for confidences, on a phone
const HIGHEST = 14; // rem that an image is shown high

/** Return an element with some properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Return a percentage, which is never rounded up to 100. */
export function percent(share) {
  return share >= 0.9995 && share < 1 ? "> 99.9 %" : `${(share * 100).toFixed(1)} %`;
}

/** Return the figures of a reading: the image where only a part of it was read, then each part. */
export function figuresOf(image, reading) {
  const { parts } = reading;
  const whole = [0, 0, image.columns, image.rows];
  const isWhole = parts.length === 1 && parts[0].box.every((value, i) => value === whole[i]);
  const figures = parts.map((part) => partFigure(image, part, reading.digits));
  return isWhole ? figures : [overview(image, parts), ...figures];
}

/** Return a figure of the whole image, the parts that were read framed. */
function overview(image, parts) {
  const shown = element(
    "div",
    { className: "shown" },
    paint(image, [0, 0, image.columns, image.rows]),
  );
  for (const {
    box: [x, y, width, height],
  } of parts) {
    const frame = element("i", { className: "part" });
    place(frame, "left", x / image.columns);
    place(frame, "top", y / image.rows);
    place(frame, "width", width / image.columns);
    place(frame, "height", height / image.rows);
    frame.style.bottom = "auto";
    shown.append(frame);
  }
  const said = parts.length > 1 ? "Two rows were read." : "The line of digits was read alone.";
  const figure = element("figure", {}, element("figcaption", { textContent: said }), shown);
  return sized(figure, image.columns / image.rows);
}

/** Return a figure of one part: its pixels, its digits, and the heat map of its frames. */
function partFigure(image, part, digits) {
  const [left, top, width, height] = part.box;
  const shown = element("div", { className: "shown" }, paint(image, part.box));
  const own = digits.filter(({ box: [x, y] }) => y >= top && y < top + height && x >= left);
  const row = element("div", { className: "digits" });
  row.classList.toggle("many", own.length >= CROWDED);
  row.classList.toggle("some", own.length >= NARROW);
  for (const {
    digit,
    confidence,
    box: [x, , wide],
  } of own) {
    const edge = element("i");
    place(edge, "left", (x - left) / width);
    shown.append(edge);
    const label = element("small", { textContent: `${Math.floor(confidence * 100)} %` });
    const mark = element("span", {}, digit, label);
    place(mark, "left", (x - left + wide / 2) / width);
    row.append(mark);
  }
  const lines = element("div", { className: "lines", ariaHidden: "true" });
  for (const name of [...MODEL.alphabet, "–"]) lines.append(element("span", { textContent: name }));
  const figure = element("figure", {}, shown, row, lines, heatMap(part));
  if (part.upsideDown) {
    const said = `Turned upside down it reads ${part.upsideDown}: that lowers the confidence.`;
    figure.append(element("figcaption", { textContent: said }));
  }
  return sized(figure, width / height);
}

/** Make a figure as wide as it may be without its image getting too high. */
function sized(figure, aspect) {
  figure.style.maxWidth = `max(9rem, ${HIGHEST * aspect + 1.75}rem)`;
  return figure;
}

/** Return a canvas with a part of an image. */
function paint({ columns, channels, data }, [left, top, width, height]) {
  const canvas = element("canvas", { width, height });
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    const from = ((top + Math.floor(i / width)) * columns + left + (i % width)) * channels;
    for (let c = 0; c < 3; c += 1) pixels.data[4 * i + c] = data[from + (channels === 3 ? c : 0)];
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "The image that was read");
  return canvas;
}

/** Return a canvas with a line for each class, a column for each frame, and what is probable. */
function heatMap({ box: [, , columns, rows], logits }) {
  const [start, stop] = shownColumns(rows, columns, logits.length);
  const frames = logits.slice(start, stop).map(softmax);
  const classes = MODEL.alphabet.length + 1;
  const canvas = element("canvas", { className: "heat", width: frames.length, height: classes });
  const colour = getComputedStyle(document.body)
    .getPropertyValue("color")
    .match(/[\d.]+/g);
  const pixels = new ImageData(frames.length, classes);
  frames.forEach((frame, t) => {
    frame.forEach((share, label) => {
      const alpha = clip(Math.round(share * 255), 0, 255);
      pixels.data.set([...colour.slice(0, 3).map(Number), alpha], 4 * (label * frames.length + t));
    });
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Heat map: how probable each digit is along the image");
  return canvas;
}

/** Set a length of an element as a share of what it lies in. */
function place(made, side, share) {
  made.style[side] = `${share * 100}%`;
}
