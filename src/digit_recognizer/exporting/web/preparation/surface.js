// A smooth surface of six terms through the edge of a picture, towards the least absolute departures.

const TERMS = 6;
const ROUNDS = 3;

const place = (at, size) => (size === 1 ? -1 : -1 + (2 * at) / (size - 1));
const terms = (row, column) => [1, row, column, row * column, row * row, column * column];

// What a picture departs from the surface, (H, W) as one row after the other.
export function departures({ width, height, data }) {
  const termsAt = (row, column) => terms(place(row, height), place(column, width));
  const [known, levels] = [[], []];
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += row === 0 || row === height - 1 ? 1 : Math.max(1, width - 1)) {
      known.push(termsAt(row, column));
      levels.push(data[row * width + column]);
    }
  const value = (surface, each) => each.reduce((sum, term, i) => sum + term * surface[i], 0);
  let weights = levels.map(() => 1);
  let surface;
  for (let round = 0; round < ROUNDS; round += 1) {
    surface = leastSquares(known, levels, weights);
    weights = levels.map((level, i) => 1 / Math.max(Math.abs(level - value(surface, known[i])), 1));
  }
  return Float64Array.from(data, (level, at) => level - value(surface, termsAt(Math.floor(at / width), at % width)));
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
