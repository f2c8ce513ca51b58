// Where the characters lie in an image: boxes_of of digitsolver/readers/line/reader.py.

import { clip, round } from "./array.js";
import { shownShare } from "./prepare.js";

/**
 * Return a box [x, y, width, height] for each span of frames in an image of [rows, columns]: it
 * reaches halfway to the next character, the outer ones as far to the other side.
 */
export function boxesOf(spans, frames, [rows, columns]) {
  const shown = shownShare(rows, columns);
  const middles = spans.map(([first, last]) => {
    const middle = (((first + last + 1) / 2) * columns) / frames;
    return (middle - (columns * (1 - shown)) / 2) / shown;
  });
  const halves = middles.slice(1).map((middle, i) => (middle - middles[i]) / 2);
  const edges = [
    middles[0] - (halves[0] ?? rows / 2),
    ...halves.map((half, i) => middles[i] + half),
    middles.at(-1) + (halves.at(-1) ?? rows / 2),
  ].map((edge) => round(clip(edge, 0, columns)));
  return spans.map((_, i) => {
    const x = Math.min(edges[i], columns - 1);
    return [x, 0, Math.max(edges[i + 1] - x, 1), rows];
  });
}
