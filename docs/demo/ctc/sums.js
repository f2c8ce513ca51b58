// Sums over all paths of a text: digitsolver/readers/line/ctc/sums.py.
//
// Frames are arrays of probabilities, one array a frame, the blank last; a text is the classes of
// its characters. See A. Graves et al., "Connectionist temporal classification", ICML 2006.

/**
 * Return the probability of `text`, that of it with each character at each place (substitutes),
 * and the first and last frame of each character (spans).
 */
export function posterior(frames, text) {
  const blank = frames[0].length - 1;
  const states = [blank, ...text.flatMap((label) => [label, blank])];
  const entered = forward(frames, states);
  const left = forward([...frames].reverse(), [...states].reverse())
    .reverse()
    .map((row) => row.reverse());
  const last = entered.at(-1);
  const ends = last.at(-1) + (text.length ? last.at(-2) : 0);
  if (!text.length || !(ends > 0)) {
    const substitutes = text.map(() => new Float64Array(blank));
    return { probability: ends, substitutes, spans: text.map(() => [0, 0]) };
  }
  const after = withoutOwn(states, left);
  const occupancy = entered.map((row, t) => row.map((value, s) => (value * after[t][s]) / ends));
  const substitutes = substitutesOf(frames, text, entered, left);
  return { probability: ends, substitutes, spans: spansOf(occupancy) };
}

/** Return the forward variables: the chance to be in a state at a frame, that frame included. */
function forward(frames, states) {
  const values = [];
  for (const [t, frame] of frames.entries()) {
    const before = values[t - 1];
    values.push(
      Float64Array.from(states, (state, s) => {
        if (t === 0) return s < 2 ? frame[state] : 0;
        let reached = before[s] + (s > 0 ? before[s - 1] : 0);
        if (maySkip(states, s - 2)) reached += before[s - 2];
        return reached * frame[state];
      }),
    );
  }
  return values;
}

/** Return whether the blank after state `s` may be left out: it stands between other characters. */
function maySkip(states, s) {
  return s >= 1 && s % 2 === 1 && s + 2 < states.length && states[s] !== states[s + 2];
}

/** Return the backward variables without the probability of their own frame. */
function withoutOwn(states, left) {
  return left.map((_, t) => {
    const next = left[t + 1];
    return states.map((_, s) => {
      if (!next) return s >= states.length - 2 ? 1 : 0;
      const onward = s + 1 < states.length ? next[s + 1] : 0;
      return next[s] + onward + (maySkip(states, s) ? next[s + 2] : 0);
    });
  });
}

/** Return each character's first and last frame: the medians of where it begins and ends. */
function spansOf(occupancy) {
  // The chance that a state, or one after it, has been reached; never falls with the frames.
  const reached = occupancy.map((row) => {
    const sums = Float64Array.from(row);
    for (let s = sums.length - 2; s >= 0; s -= 1) sums[s] += sums[s + 1];
    return sums;
  });
  const before = (state) => reached.filter((row) => row[state] < 0.5).length;
  const top = occupancy.length - 1;
  const count = (occupancy[0].length - 1) / 2;
  return Array.from({ length: count }, (_, place) => {
    const start = Math.min(before(2 * place + 1), top);
    return [start, Math.max(start, before(2 * place + 2) - 1)];
  });
}

/** Return the probability of the text with each character at each place, the others as they are. */
function substitutesOf(frames, text, entered, left) {
  const characters = frames[0].length - 1;
  const last = frames.length - 1;
  return text.map((_, place) => {
    const sums = new Float64Array(characters);
    for (let label = 0; label < characters; label += 1) {
      let run = 0;
      for (let t = 0; t <= last; t += 1) {
        run = (run + into(t, place, label)) * frames[t][label];
        sums[label] += run * out(t, place, label);
      }
    }
    return sums;
  });

  // A blank must stand between equal characters.
  function into(t, place, label) {
    if (t === 0) return place === 0 ? 1 : 0;
    const direct = place > 0 && text[place - 1] !== label ? entered[t - 1][2 * place - 1] : 0;
    return entered[t - 1][2 * place] + direct;
  }

  function out(t, place, label) {
    if (t === last) return place === text.length - 1 ? 1 : 0;
    const follows = place + 1 < text.length && text[place + 1] !== label;
    return left[t + 1][2 * place + 2] + (follows ? left[t + 1][2 * place + 3] : 0);
  }
}

/** Return the probability of all texts of `length` characters together. */
export function lengthProbability(frames, length) {
  // How many characters there were, and which class was last, is moved along the frames.
  const classes = frames[0].length;
  const blank = classes - 1;
  let now = Array.from({ length: length + 1 }, () => new Float64Array(classes));
  now[0][blank] = 1;
  for (const frame of frames) {
    const totals = now.map((row) => row.reduce((sum, value) => sum + value, 0));
    now = now.map((row, count) =>
      row.map((value, label) => {
        if (label === blank) return totals[count] * frame[blank];
        const entering = count > 0 ? totals[count - 1] - now[count - 1][label] : 0;
        return (value + entering) * frame[label];
      }),
    );
  }
  return now[length].reduce((sum, value) => sum + value, 0);
}
