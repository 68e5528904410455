// Paper under light that changes slowly: images/surface.py line by line, but for the solution of the least squares.
import { dilated, opened } from "./filters.js";
import { mean, percentile, plane, rint } from "./numbers.js";

const TERMS = 6;
const ROUNDS = 3;
const LEAST = 20;
const INK = 0.15;
const AT_EDGE = [[75, INK], [95, 0.5]];
const OTHER_SIDE = 0.2;
const [WIDEST, TOO_WIDE] = [1 / 3, 0.7];
const [STRONG, FAINT, FRINGE, HAIRLINE] = [0.5, INK, 1 / 8, 1 / 20];
const SPOT = 0.06;

const place = (at, size) => (size === 1 ? -1 : -1 + (2 * at) / (size - 1));
const terms = (row, column) => [1, row, column, row * column, row * row, column * column];
const value = (surface, each) => each.reduce((sum, term, i) => sum + term * surface[i], 0);
const weight = (away) => 1 / Math.max(Math.abs(away), 1);

// The smooth paper of a picture, null where no smooth surface fits it, and whether ink is darker than its edge.
export function smoothPaper(picture) {
  const { width, height, data } = picture;
  const known = termsOf(picture);
  let surface = throughEdge(picture, known);
  const dark = isDarker(Float64Array.from(data, (level, at) => level - surface[at]));
  if (Math.min(width, height) < LEAST) return { surface: null, dark };
  const awayFrom = () => Float64Array.from(data, (level, at) => (dark ? -1 : 1) * (level - surface[at]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const away = awayFrom();
    const most = INK * percentile(away, 99);
    const found = leastSquares(known, data, away.map((each) => (each > most ? 0 : weight(each))));
    surface = Float64Array.from(known, (each) => value(found, each));
  }
  const paper = plane(width, height, Float32Array.from(surface));
  return { surface: fits(plane(width, height, awayFrom())) ? paper : null, dark };
}

const isDarker = (away) => -percentile(away, 1) > percentile(away, 99);

function fits({ width, height, data }) {
  const strongest = percentile(data, 99);
  if (strongest <= 0 || -percentile(data, 1) > OTHER_SIDE * strongest) return false;
  const edge = edgeOf({ width, height, data }).map(Math.abs);
  if (AT_EDGE.some(([part, most]) => percentile(edge, part) > most * strongest)) return false;
  return !hasShadow(plane(width, height, Float32Array.from(data, (each) => each / strongest)));
}

// Whether some of the ink is wider than strokes are, or faint and no hairline.
function hasShadow(ink) {
  const { width, height, data } = ink;
  const [widest, fringe, hairline] = [WIDEST, FRINGE, HAIRLINE].map((each) => side(ink, each));
  if (opened(ink, widest, widest).data.some((each) => each > TOO_WIDE)) return true;
  const near = dilated(plane(width, height, Uint8Array.from(data, (each) => each > STRONG)), fringe, fringe).data;
  const faint = plane(width, height, Uint8Array.from(data, (each, at) => each > FAINT && near[at] === 0));
  const wide = opened(faint, hairline, hairline);
  return edgeOf(wide).some((each) => each) || mean(wide.data) > SPOT;
}

// The pixels of a picture's four sides, corners twice.
export function edgeOf({ width, height, data }) {
  const rows = Array.from({ length: height }, (_, row) => row * width);
  const right = rows.map((row) => data[row + width - 1]);
  const across = [...data.subarray(0, width), ...data.subarray((height - 1) * width)];
  return data.constructor.from([...across, ...rows.map((row) => data[row]), ...right]);
}

const side = ({ width, height }, share) => Math.max(3, rint(Math.min(width, height) * share) | 1);

function termsOf({ width, height }) {
  const rows = Array.from({ length: height }, (_, row) => place(row, height));
  const columns = Array.from({ length: width }, (_, column) => place(column, width));
  return rows.flatMap((row) => columns.map((column) => terms(row, column)));
}

// The surface through the edge of a picture, towards the least absolute departures, which ink there hardly moves.
function throughEdge({ width, height, data }, all) {
  const onEdge = (_, at) => at < width || at >= (height - 1) * width || at % width === 0 || at % width === width - 1;
  const [known, levels] = [all.filter(onEdge), data.filter(onEdge)];
  let weights = Float64Array.from(levels, () => 1);
  let found;
  for (let round = 0; round < ROUNDS; round += 1) {
    found = leastSquares(known, levels, weights);
    weights = weights.map((_, i) => weight(levels[i] - value(found, known[i])));
  }
  return Float64Array.from(all, (each) => value(found, each));
}

// The coefficients of least weighted squares by the normal equations; a term that others make up gets 0.
function leastSquares(known, levels, weights) {
  const rows = Array.from({ length: TERMS }, () => new Float64Array(TERMS + 1));
  known.forEach((each, i) => {
    for (let a = 0; a < TERMS; a += 1) {
      for (let b = 0; b < TERMS; b += 1) rows[a][b] += weights[i] * each[a] * each[b];
      rows[a][TERMS] += weights[i] * each[a] * levels[i];
    }
  });
  return solved(rows);
}

function solved(rows) {
  const scale = rows.map((row, i) => row[i]);
  const found = new Float64Array(TERMS);
  const used = [];
  for (let i = 0; i < TERMS; i += 1) {
    if (rows[i][i] <= 1e-10 * scale[i]) continue; // as good as a sum of the terms before it
    used.push(i);
    for (let other = 0; other < TERMS; other += 1) {
      if (other === i) continue;
      const factor = rows[other][i] / rows[i][i];
      for (let b = i; b <= TERMS; b += 1) rows[other][b] -= factor * rows[i][b];
    }
  }
  for (const i of used) found[i] = rows[i][TERMS] / rows[i][i];
  return found;
}
