// Numbers as NumPy rounds, sorts and ranks them. A plane is { width, height, data }, its rows one after the other.

export const plane = (width, height, data) => ({ width, height, data });

// To the nearest integer, halves to the even one: np.rint, Python's round and OpenCV's cvRound.
export function rint(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

export const clip = (value, low, high) => Math.min(high, Math.max(low, value));

export function largest(values) {
  let most = -Infinity;
  for (const value of values) if (value > most) most = value;
  return most;
}

export function smallest(values) {
  let least = Infinity;
  for (const value of values) if (value < least) least = value;
  return least;
}

export function mean(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

export const share = (values, holds) => values.reduce((count, value) => count + (holds(value) ? 1 : 0), 0) / values.length;

// np.percentile, linear between the ranks. values: a typed array, at least one.
export function percentile(values, percent) {
  const ordered = values.slice().sort();
  const rank = (percent / 100) * (ordered.length - 1);
  const below = Math.floor(rank);
  const [low, high] = [ordered[below], ordered[Math.min(below + 1, ordered.length - 1)]];
  return low + (high - low) * (rank - below);
}

export const median = (values) => percentile(values, 50);

export function transposed({ width, height, data }) {
  const turned = new data.constructor(data.length);
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1) turned[column * height + row] = data[row * width + column];
  return plane(height, width, turned);
}

// A plane with `border` zeros on each side.
export function padded({ width, height, data }, border) {
  const made = new data.constructor((width + 2 * border) * (height + 2 * border));
  for (let row = 0; row < height; row += 1)
    made.set(data.subarray(row * width, (row + 1) * width), (row + border) * (width + 2 * border) + border);
  return plane(width + 2 * border, height + 2 * border, made);
}
