// Find the line of digits in an image that shows more than that: digitsolver/stages/locate.py.
// (After B. Epshtein, E. Ofek and Y. Wexler, "Detecting text in natural scenes with stroke width
// transform", 2010.)
//
// A piece is a connected component, { x, y, width, height, area, outline, stroke }.

import { mean, newImage, round, spread } from "./array.js";
import { connectedComponents, dilate, erode, medianBlur, otsu } from "./filters.js";
import { resizeArea, resizeLinear } from "./resize.js";
import { LOCATE } from "./settings.js";

const { ABOVE, ALIKE, BESIDE, FAINTEST, FAR, GAP, LONGEST, LOWEST_DIGIT, MEDIAN } = LOCATE;
const { MOST_CONTRAST, MOST_COUNTED, MOST_ENLARGED, MOST_OUTLINE, MOST_PIECES } = LOCATE;
const { MOST_ROWS, SINGLE, THICKEST, WINDOWS } = LOCATE;

/** Return the plainest line of digits, { box: [x, y, width, height], share }; null if none. */
export function locateLine(image) {
  const scale = Math.min(MOST_ENLARGED, LONGEST / Math.max(image.rows, image.columns));
  const small = resized(image, scale, scale < 1 ? resizeArea : resizeLinear);
  const candidates = [...masks(small)].flatMap(([contrast, mask]) => candidatesOf(contrast, mask));
  candidates.sort((one, other) => other.bound - one.bound);
  let best = null;
  for (const candidate of candidates) {
    if (best && candidate.bound <= best.score) break;
    const row = rowOf(candidate);
    if (!best || row.score > best.score) best = row;
  }
  return best && lineOf(best, scale, image);
}

/** Yield how far each pixel is from its ground, and what is far: as it is, opened, closed. */
function* masks(small) {
  for (const share of WINDOWS) {
    const scale = Math.min(1, MEDIAN / (share * Math.min(small.rows, small.columns)));
    const tiny = medianBlur(resized(small, scale, resizeArea), MEDIAN);
    const contrast = difference(small, resizeLinear(tiny, small.rows, small.columns));
    const threshold = Math.max(FAINTEST, otsu(contrast));
    const ink = contrast.data.map((value) => (value > threshold ? 1 : 0));
    const mask = newImage(small.rows, small.columns, 1, ink);
    yield [contrast, mask];
    yield [contrast, dilate(erode(mask, 3, 3), 3, 3)];
    yield [contrast, erode(dilate(mask, 5, 3), 5, 3)];
  }
}

/** Return the largest difference of a pixel's channels. */
function difference({ rows, columns, channels, data }, other) {
  const result = newImage(rows, columns, 1);
  for (let i = 0; i < data.length; i += 1) {
    const place = Math.floor(i / channels);
    result.data[place] = Math.max(result.data[place], Math.abs(data[i] - other.data[i]));
  }
  return result;
}

/** Return what may be rows of characters among the components of a mask. */
function candidatesOf(contrast, mask) {
  const { pieces, characters } = components(mask);
  return groups(characters)
    .map((group) => {
      const height = median(group.map((piece) => piece.height));
      const bound = weight(group, height) * Math.sqrt(height / mask.rows);
      return { bound, group, pieces, characters, contrast, mask };
    })
    .sort((one, other) => other.bound - one.bound)
    .slice(0, MOST_ROWS);
}

/** Return what the number of characters counts, 0 to 1; joined ones count half. */
function weight(group, height) {
  const joined = group.map(({ width }) => Math.max(round(width / (0.75 * height)), 1) - 1);
  const count = group.length + 0.5 * joined.reduce((sum, more) => sum + more, 0);
  return (count > 1 ? Math.sqrt(Math.min(count, MOST_COUNTED)) : SINGLE) / Math.sqrt(MOST_COUNTED);
}

/** Return the components that may be parts of characters, and those that may be whole ones. */
function components(mask) {
  const { labels, boxes } = connectedComponents(mask);
  const inner = erode(mask, 3, 3);
  const outlines = boxes.map(() => 0);
  labels.forEach((label, place) => {
    if (mask.data[place] > inner.data[place]) outlines[label] += 1;
  });
  const every = boxes.map((box, label) => {
    const outline = outlines[label];
    return { ...box, outline, stroke: (2 * box.area) / Math.max(outline, 1) };
  });
  const apart = every.slice(1).filter(({ x, width }) => x > 0 && x + width < mask.columns);
  const characters = apart
    .filter((piece) => mayBeCharacter(piece, mask))
    .sort((one, other) => other.height - one.height)
    .slice(0, MOST_PIECES);
  const pieces = apart.filter(
    ({ width, height, area }) => height >= 3 && area >= 6 && width <= 2 * height,
  );
  return { pieces, characters };
}

function mayBeCharacter({ y, width, height, area, outline, stroke }, mask) {
  const fill = area / (width * height);
  return (
    y > 0 &&
    y + height < mask.rows &&
    height >= Math.max(LOWEST_DIGIT, 0.04 * mask.rows) &&
    width <= 4 * height &&
    height <= 9 * width &&
    fill > 0.12 &&
    (fill < 0.92 || 2 * width < height) &&
    outline <= MOST_OUTLINE * Math.max(height, width / 0.8) &&
    stroke < THICKEST * height
  );
}

/** Return whether two components may be neighbours in a row. */
function areNear(one, other) {
  const low = Math.min(one.height, other.height);
  const middles = one.y + one.height / 2 - (other.y + other.height / 2);
  const end = Math.min(one.x + one.width, other.x + other.width);
  const apart = Math.max(one.x, other.x) - end;
  return (
    Math.max(one.height, other.height) < 1.6 * low &&
    Math.abs(middles) < 0.4 * low &&
    apart < GAP * low &&
    apart > -0.5 * Math.min(one.width, other.width) &&
    Math.max(one.stroke, other.stroke) < 2 * Math.min(one.stroke, other.stroke)
  );
}

/** Return the groups of characters that are joined by neighbours, the highest character's first. */
function groups(characters) {
  const left = new Set(characters);
  const found = [];
  for (const seed of characters) {
    if (!left.delete(seed)) continue;
    const group = [seed]; // grows while it is walked through
    for (const piece of group) {
      for (const other of left) {
        if (areNear(piece, other) && left.delete(other)) group.push(other);
      }
    }
    found.push(group);
  }
  return found;
}

/** Return the row of a group of characters, with what belongs to it at its ends. */
function rowOf({ bound, group, pieces, characters, contrast, mask }) {
  const heights = group.map((piece) => piece.height);
  const height = median(heights);
  const edges = extended(group, pieces, height);
  const [ink, rest] = [1, 0].map((wanted) => levels(contrast, mask, edges, wanted));
  const strength = Math.min((ink.mean - rest.mean) / (ink.spread + rest.spread + 8), MOST_CONTRAST);
  const middles = group.map((piece) => piece.y + piece.height / 2);
  const uneven = Math.min(spread(heights) / height, 0.9) + Math.min(spread(middles) / height, 0.5);
  const score = (bound * Math.max(1 - uneven, 0.1) * strength) / MOST_CONTRAST;
  const outside = alikeOutside(group, characters, edges, height);
  return { edges, height, score, share: group.length / (group.length + outside) };
}

/** Return the mean and spread of an image's levels within `edges` where a mask is `wanted`. */
function levels(image, mask, [left, top, right, bottom], wanted) {
  const found = [];
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const place = y * image.columns + x;
      if (mask.data[place] === wanted) found.push(image.data[place]);
    }
  }
  return found.length ? { mean: mean(found), spread: spread(found) } : { mean: 0, spread: 0 };
}

/** Return how many characters outside of a row's edges are as high and thick as its own. */
function alikeOutside(group, characters, [left, top, right, bottom], height) {
  const stroke = median(group.map((piece) => piece.stroke));
  const isAlike = (ratio) => ratio < ALIKE && ratio > 1 / ALIKE;
  return characters.filter((piece) => {
    const middle = piece.y + piece.height / 2;
    const beside = piece.x + piece.width <= left || piece.x >= right;
    const outside = beside || middle <= top || middle >= bottom;
    return outside && isAlike(piece.height / height) && isAlike(piece.stroke / stroke);
  }).length;
}

/** Return the edges of a group with the pieces at its sides: a 1, a digit in two parts. */
function extended(group, pieces, height) {
  let [left, top, right, bottom] = edgesOf(group);
  const stroke = median(group.map((piece) => piece.stroke));
  const alike = pieces.filter(
    (piece) =>
      piece.y >= top - 0.2 * height &&
      piece.y + piece.height <= bottom + 0.2 * height &&
      piece.height >= 0.3 * height &&
      piece.stroke < 1.7 * stroke &&
      1.7 * piece.stroke > stroke,
  );
  while (true) {
    const beside = alike.filter(({ x, width }) => {
      const before = x < left && x + width > left - FAR * height;
      return before || (x + width > right && x < right + FAR * height);
    });
    if (!beside.length) return [left, top, right, bottom];
    const [first, upper, last, lower] = edgesOf(beside);
    [left, top] = [Math.min(left, first), Math.min(top, upper)];
    [right, bottom] = [Math.max(right, last), Math.max(bottom, lower)];
  }
}

/** Return the left, top, right and bottom of all pieces. */
function edgesOf(pieces) {
  return [
    Math.min(...pieces.map(({ x }) => x)),
    Math.min(...pieces.map(({ y }) => y)),
    Math.max(...pieces.map(({ x, width }) => x + width)),
    Math.max(...pieces.map(({ y, height }) => y + height)),
  ];
}

/** Return a row with its margin, in pixels of the image. */
function lineOf({ edges: [left, top, right, bottom], height, share }, scale, { rows, columns }) {
  const x = Math.max(Math.floor((left - BESIDE * height) / scale), 0);
  const y = Math.max(Math.floor((top - ABOVE * height) / scale), 0);
  const end = Math.min(Math.ceil((right + BESIDE * height) / scale), columns);
  const base = Math.min(Math.ceil((bottom + ABOVE * height) / scale), rows);
  return { box: [x, y, end - x, base - y], share };
}

/** Return the upper median. */
export function median(values) {
  return [...values].sort((one, other) => one - other)[values.length >> 1];
}

/** Return `image` with its rows and columns times `scale`, one at least. */
function resized(image, scale, resize) {
  const size = (length) => Math.max(round(length * scale), 1);
  return resize(image, size(image.rows), size(image.columns));
}
