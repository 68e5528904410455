// Numbers as NumPy rounds them. A plane is { width, height, data }, its rows one after the other.

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

export function transposed({ width, height, data }) {
  const turned = new data.constructor(data.length);
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1) turned[column * height + row] = data[row * width + column];
  return plane(height, width, turned);
}
