// Find the most probable text, best first, exact, and within bounds of work:
// digitsolver/readers/line/ctc/search.py.
//
// A beginning of a text is { text, entered }: `entered` is the chance to enter its last character
// at each frame.

import { SEARCH } from "../settings.js";

const { BEAM, MARGIN, MOST_EXPANSIONS, PATIENCE, TOGETHER } = SEARCH;

/**
 * Return { text, probability, exact }, the most probable text of `frames`, with `length`
 * characters where that is not null; null where every text has the probability 0. `known` is a
 * text to start from, or null.
 */
export function mostProbableText(frames, length, known = null) {
  let best = known;
  if (length === null) {
    const probability = frames.reduce((product, frame) => product * frame.at(-1), 1);
    best = better(best, { text: [], probability, exact: false });
  }
  return bestFirst(new Tree(frames, length), best);
}

/** Return the more probable of two texts; none of them is as good as nothing with 0. */
function better(best, other) {
  return other.probability > worth(best) ? other : best;
}

/** Return what another text must exceed. */
function worth(best) {
  return best ? best.probability * MARGIN : 0;
}

/** Grow beginnings of texts by one character, and bound what they may become. */
class Tree {
  constructor(frames, length) {
    this.frames = frames;
    this.length = length;
    this.blank = frames[0].length - 1;
    this.most = length ?? frames.length;
    this.follow = bestToCome(frames, this.most);
  }

  /** Return the beginnings of one character. */
  root() {
    let before = 1;
    const entered = Array.from({ length: this.blank }, () => new Float64Array(this.frames.length));
    for (const [t, frame] of this.frames.entries()) {
      for (let label = 0; label < this.blank; label += 1) entered[label][t] = frame[label] * before;
      before *= frame[this.blank];
    }
    return entered.map((values, label) => ({ text: [label], entered: values }));
  }

  /** Return the beginnings that have one character more than `beginning`. */
  grow({ text, entered }) {
    const last = text.at(-1);
    const size = this.frames.length;
    const grown = Array.from({ length: this.blank }, () => new Float64Array(size));
    let held = 0; // the chance that the last character is still held
    let blank = 0; // and that a blank follows it
    for (let t = 1; t < size; t += 1) {
      const frame = this.frames[t - 1];
      blank = (blank + held) * frame[this.blank];
      held = held * frame[last] + entered[t - 1];
      for (let label = 0; label < this.blank; label += 1) {
        // The same character again needs a blank between.
        const reached = label === last ? blank : held + blank;
        grown[label][t] = reached * this.frames[t][label];
      }
    }
    return grown.map((values, label) => ({ text: [...text, label], entered: values }));
  }

  /** Return the best text among the beginnings, each taken as it is. */
  bestEnd(beginnings) {
    let best = { text: [0], probability: 0, exact: false };
    for (const { text, entered } of beginnings) {
      if (this.length !== null && text.length !== this.length) continue;
      const probability = this.product(entered, text.at(-1), 0);
      if (probability > best.probability) best = { text, probability, exact: false };
    }
    return best;
  }

  /** Return what no longer text that begins with `beginning` exceeds. */
  bound({ text, entered }) {
    const last = text.at(-1);
    if (this.length !== null) {
      const rest = this.length - text.length;
      return rest > 0 ? this.product(entered, last, rest) : 0;
    }
    let most = 0;
    for (let rest = 1; rest <= this.most; rest += 1) {
      most = Math.max(most, this.product(entered, last, rest));
    }
    return most;
  }

  /** Return the sum over the frames of entering `last` there and of `rest` characters to come. */
  product(entered, last, rest) {
    const follow = this.follow[rest][last];
    let sum = 0;
    for (let t = 0; t < entered.length; t += 1) sum += entered[t] * follow[t];
    return sum;
  }
}

/**
 * Return, for each number of characters to come, each character and each frame at which that was
 * entered, what no text with so many more characters exceeds; with none to come it is exact.
 */
function bestToCome(frames, most) {
  const size = frames.length;
  const blank = frames[0].length - 1;
  const table = Array.from({ length: most + 1 }, () =>
    Array.from({ length: blank }, () => new Float64Array(size)),
  );
  for (const row of table[0]) row[size - 1] = 1;
  const now = Array.from({ length: most + 1 }, (_, rest) =>
    new Float64Array(blank + 1).fill(rest === 0 ? 1 : 0),
  );
  for (let t = size - 1; t > 0; t -= 1) {
    const entered = now.map((row) => row.map((value, label) => value * frames[t][label]));
    for (let rest = 0; rest <= most; rest += 1) {
      // After the best character itself comes the best of the others.
      const [first, highest, second] = rest > 0 ? topTwo(entered[rest - 1], blank) : [-1, 0, 0];
      now[rest][blank] = entered[rest][blank] + highest;
      for (let label = 0; label < blank; label += 1) {
        const next = label === first ? second : highest;
        now[rest][label] = entered[rest][label] + entered[rest][blank] + next;
        table[rest][label][t - 1] = now[rest][label];
      }
    }
  }
  return table;
}

/** Return which of the first `count` values is the highest, that, and the second highest. */
function topTwo(values, count) {
  let [first, highest, second] = [-1, -Infinity, 0];
  for (let i = 0; i < count; i += 1) {
    if (values[i] > highest) [first, highest, second] = [i, values[i], Math.max(highest, 0)];
    else second = Math.max(second, values[i]);
  }
  return [first, highest, second];
}

/** Return the best text that keeping `BEAM` beginnings of each length finds. */
function beam(tree, start) {
  let best = start;
  let beginnings = tree.root();
  while (true) {
    best = better(best, tree.bestEnd(beginnings));
    const kept = beginnings
      .map((beginning) => [tree.bound(beginning), beginning])
      .sort(([one], [other]) => other - one)
      .slice(0, BEAM)
      .filter(([bound]) => bound > worth(best));
    if (!kept.length) return best;
    beginnings = kept.flatMap(([, beginning]) => tree.grow(beginning));
  }
}

/** Return `best`, or the text that beats it, growing first what may become most. */
function bestFirst(tree, start) {
  const queue = [];
  let best = start;
  let beginnings = tree.root();
  let [grown, patient] = [0, true];
  while (true) {
    best = better(best, tree.bestEnd(beginnings));
    if (patient && grown >= Math.min(PATIENCE, MOST_EXPANSIONS)) {
      best = beam(tree, best);
      patient = false;
    }
    for (const beginning of beginnings) {
      const bound = tree.bound(beginning);
      if (bound > worth(best)) queue.push({ bound, beginning });
    }
    const now = takeMost(queue, TOGETHER, worth(best));
    if (!now.length) return best && { ...best, exact: true };
    if (grown >= MOST_EXPANSIONS) return best;
    grown += now.length;
    beginnings = now.flatMap((beginning) => tree.grow(beginning));
  }
}

/** Take from `queue` the beginnings with the highest bounds above `least`, `count` at most. */
function takeMost(queue, count, least) {
  queue.sort((one, other) => one.bound - other.bound); // almost sorted: quick
  const taken = [];
  while (taken.length < count && queue.length && queue.at(-1).bound > least) {
    taken.push(queue.pop().beginning);
  }
  return taken;
}
