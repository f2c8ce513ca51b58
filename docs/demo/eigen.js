// numpy.linalg.eigh of a symmetric matrix of 3 x 3. An axis points either way, and the levels that
// it turns an image into differ by one: so each points where LAPACK's points, whose steps these are
// (dsytd2, then dsteqr; E. Anderson et al., "LAPACK Users' Guide", 1999).

const EPSILON = 2 ** -53;
const SMALLEST = 2 ** -1022;

/** Return { values, vectors }: eigenvalues, the lowest first, and for each a unit vector. */
export function eigh(matrix) {
  const level = matrix[0][0];
  if (matrix.flat().every((value) => value === level)) return ofEqualChannels(level);
  const { d, e, tau, v } = tridiagonal(matrix);
  const z = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  let next = 0;
  while (next < 3) {
    if (next > 0) e[next - 1] = 0;
    let end = next;
    while (end < 2 && !isNegligible(d, e, end)) end += 1;
    if (end < 2) e[end] = 0;
    const up = Math.abs(d[end]) < Math.abs(d[next]); // from the smaller end
    if (end > next) (up ? upwards : downwards)(d, e, z, next, end);
    next = end + 1;
  }
  const order = selectionSort(d);
  // The vectors of the tridiagonal matrix, reflected back.
  const vectors = order.map((column) => {
    const [x, second, third] = z.map((row) => row[column]);
    const w = tau * (second + v * third);
    return [x, second - w, third - v * w];
  });
  return { values: order.map((column) => d[column]), vectors };
}

/** Return the same of a matrix of one number, where rounding alone would decide what comes out. */
function ofEqualChannels(level) {
  const [second, third, sixth] = [2, 3, 6].map((number) => 1 / Math.sqrt(number));
  const across = [
    [second, -second, 0],
    [sixth, sixth, -2 * sixth],
  ];
  return { values: [0, 0, 3 * level], vectors: [...across, [third, third, third]] };
}

/** Return the diagonal d and its neighbour e after the reflection I - tau (0, 1, v)'(0, 1, v). */
function tridiagonal([[a], [b, c], [x, y, z]]) {
  if (x === 0) return { d: [a, c, z], e: [b, y], tau: 0, v: 0 };
  const beta = b >= 0 ? -hypotenuse(b, x) : hypotenuse(b, x);
  const tau = (beta - b) / beta;
  const v = x * (1 / (b - beta));
  const p = [tau * (c + y * v), tau * (y + z * v)];
  const half = -0.5 * tau * (p[0] + p[1] * v);
  const w = [p[0] + half, p[1] + half * v];
  return { d: [a, c - 2 * w[0], z - 2 * v * w[1]], e: [beta, y - v * w[0] - w[1]], tau, v };
}

/** Return the root of a sum of two squares, rounded as LAPACK rounds it. */
function hypotenuse(a, b) {
  const [low, high] = [Math.abs(a), Math.abs(b)].sort((one, other) => one - other);
  return low === 0 ? high : high * Math.sqrt(1 + (low / high) ** 2);
}

function isNegligible(d, e, i) {
  return Math.abs(e[i]) <= Math.sqrt(Math.abs(d[i])) * Math.sqrt(Math.abs(d[i + 1])) * EPSILON;
}

function isZero(d, e, i) {
  return e[i] ** 2 <= EPSILON ** 2 * Math.abs(d[i]) * Math.abs(d[i + 1]) + SMALLEST;
}

/** Find the eigenvalues of rows `first` to `end` by QL iterations. */
function downwards(d, e, z, first, end) {
  let l = first;
  while (l <= end) {
    let m = l;
    while (m < end && !isZero(d, e, m)) m += 1;
    if (m < end) e[m] = 0;
    if (m === l) {
      l += 1;
    } else if (m === l + 1) {
      const { high, low, c, s } = twoByTwo(d[l], e[l], d[l + 1]);
      [d[l], d[l + 1], e[l]] = [high, low, 0];
      turn(z, l, c, s);
      l += 2;
    } else {
      const turns = [];
      let g = shifted(d[m], d[l], d[l + 1], e[l]);
      let [c, s, p, r] = [1, 1, 0, 0];
      for (let i = m - 1; i >= l; i -= 1) {
        const [f, b] = [s * e[i], c * e[i]];
        [c, s, r] = givens(g, f);
        if (i !== m - 1) e[i + 1] = r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        turns.push([i, c, -s]);
      }
      for (const [i, cos, sin] of turns) turn(z, i, cos, sin);
      d[l] -= p;
      e[l] = g;
    }
  }
}

/** Find the eigenvalues of rows `end` to `first`, the higher one, by QR iterations. */
function upwards(d, e, z, end, first) {
  let l = first;
  while (l >= end) {
    let m = l;
    while (m > end && !isZero(d, e, m - 1)) m -= 1;
    if (m > end) e[m - 1] = 0;
    if (m === l) {
      l -= 1;
    } else if (m === l - 1) {
      const { high, low, c, s } = twoByTwo(d[l - 1], e[l - 1], d[l]);
      [d[l - 1], d[l], e[l - 1]] = [high, low, 0];
      turn(z, l - 1, c, s);
      l -= 2;
    } else {
      let g = shifted(d[m], d[l], d[l - 1], e[l - 1]);
      let [c, s, p, r] = [1, 1, 0, 0];
      for (let i = m; i < l; i += 1) {
        const [f, b] = [s * e[i], c * e[i]];
        [c, s, r] = givens(g, f);
        if (i !== m) e[i - 1] = r;
        g = d[i] - p;
        r = (d[i + 1] - g) * s + 2 * c * b;
        p = s * r;
        d[i] = g + p;
        g = c * r - b;
        turn(z, i, c, s);
      }
      d[l] -= p;
      e[l - 1] = g;
    }
  }
}

/** Return the first number of an iteration: the far diagonal, shifted. */
function shifted(far, p, neighbour, off) {
  const g = (neighbour - p) / (2 * off);
  const r = hypotenuse(g, 1);
  return far - p + off / (g + (g >= 0 ? r : -r));
}

/** Return the rotation [c, s, r] that turns (f, g) to (r, 0). */
function givens(f, g) {
  if (g === 0) return [1, 0, f];
  if (f === 0) return [0, Math.sign(g), Math.abs(g)];
  const r = Math.sign(f) * Math.sqrt(f * f + g * g);
  return [Math.abs(f) / Math.abs(r), g / r, r];
}

/** Turn two columns of z, `i` and the next. */
function turn(z, i, c, s) {
  for (const row of z) {
    [row[i], row[i + 1]] = [s * row[i + 1] + c * row[i], c * row[i + 1] - s * row[i]];
  }
}

/** Return the eigenvalues of ((a, b), (b, c)), the larger one by size first, and the rotation. */
function twoByTwo(a, b, c) {
  const [sum, difference] = [a + c, a - c];
  const root = hypotenuse(difference, 2 * b);
  const [most, least] = Math.abs(a) > Math.abs(c) ? [a, c] : [c, a];
  const sign = sum < 0 ? -1 : 1;
  const high = 0.5 * (sum + sign * root);
  const low = sum === 0 ? -0.5 * root : (most / high) * least - (b / high) * b;
  const other = difference >= 0 ? 1 : -1;
  const cs = difference + other * root;
  let [cos, sin] = [1, 0];
  if (Math.abs(cs) > Math.abs(2 * b)) {
    const cotangent = (-2 * b) / cs;
    sin = 1 / Math.sqrt(1 + cotangent ** 2);
    cos = cotangent * sin;
  } else if (b !== 0) {
    const tangent = -cs / (2 * b);
    cos = 1 / Math.sqrt(1 + tangent ** 2);
    sin = tangent * cos;
  }
  return sign === other ? { high, low, c: -sin, s: cos } : { high, low, c: cos, s: sin };
}

/** Return the places of `values`, the lowest first. */
function selectionSort(values) {
  return [0, 1, 2].sort((one, other) => values[one] - values[other]);
}
