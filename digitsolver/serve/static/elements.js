// Making elements: text is always text, never markup.

export const $ = (id) => document.getElementById(id);

/** Return a new element with attributes and children; strings become text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  return filled(made, attributes, children);
}

/** The same for SVG. */
export function drawn(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  return filled(made, attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** A probability as people read it: 99.9 % at most, for nothing is certain. */
export function percent(share) {
  const whole = 100 * share;
  if (whole > 99) return `${Math.min(99.9, Math.floor(10 * whole) / 10)} %`;
  return whole > 0 && whole < 1 ? "< 1 %" : `${Math.round(whole)} %`;
}

/** The width, in CSS pixels, at which a small image is enlarged by whole steps to be seen well. */
export function enlarged(columns, rows, most) {
  const times = Math.max(1, Math.floor(Math.min(most / columns, 220 / rows)));
  return columns * times;
}
