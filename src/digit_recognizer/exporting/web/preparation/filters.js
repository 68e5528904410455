// OpenCV's filters over windows: erode and dilate by rectangles, Gaussian blur; and the threshold of Otsu.
import { plane, rint, transposed } from "./numbers.js";

const { fround } = Math;

// The least (or largest) of `size` neighbours along each row, from size / 2 (rounded down) before the pixel on; beyond
// the picture nothing counts. The extreme of 2, 4, 8 ... neighbours is made of two of the half as many.
function alongRows({ width, height, data }, size, least) {
  const made = new data.constructor(data.length);
  const line = new Float64Array(width + size);
  const better = (one, other) => (one < other === least ? one : other);
  for (let row = 0; row < height; row += 1) {
    line.fill(least ? Infinity : -Infinity);
    for (let x = 0; x < width; x += 1) line[x + (size >> 1)] = data[row * width + x];
    let reach = 1;
    for (; 2 * reach <= size; reach *= 2)
      for (let x = 0; x + reach < line.length; x += 1) line[x] = better(line[x], line[x + reach]);
    for (let x = 0; x < width; x += 1) made[row * width + x] = better(line[x], line[x + size - reach]);
  }
  return plane(width, height, made);
}

function extreme(image, wide, high, least) {
  const across = wide > 1 ? alongRows(image, wide, least) : image;
  return high > 1 ? transposed(alongRows(transposed(across), high, least)) : across;
}

export const eroded = (image, wide, high) => extreme(image, wide, high, true);
export const dilated = (image, wide, high) => extreme(image, wide, high, false);
export const opened = (image, wide, high) => dilated(eroded(image, wide, high), wide, high);

function gaussian(sigma) {
  const size = rint(sigma * 4 * 2 + 1) | 1;
  const weights = Array.from({ length: size }, (_, i) => Math.exp((-0.5 * (i - (size - 1) / 2) ** 2) / sigma ** 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float64Array.from(weights, (weight) => fround(weight / sum));
}

// BORDER_REFLECT_101: gfedcb|abcdefgh|gfedcba.
function reflected(at, size) {
  if (size === 1) return 0;
  let place = at;
  while (place < 0 || place >= size) place = place < 0 ? -place : 2 * (size - 1) - place;
  return place;
}

function blurredRows({ width, height, data }, kernel) {
  const made = new Float32Array(data.length);
  const radius = kernel.length >> 1;
  const line = new Float64Array(width + 2 * radius);
  const places = Int32Array.from(line, (_, i) => reflected(i - radius, width));
  for (let row = 0; row < height; row += 1) {
    for (let i = 0; i < line.length; i += 1) line[i] = data[row * width + places[i]];
    for (let x = 0; x < width; x += 1) {
      let sum = line[x + radius] * kernel[radius];
      for (let i = 0; i < radius; i += 1) sum += (line[x + i] + line[x + 2 * radius - i]) * kernel[i];
      made[row * width + x] = fround(sum);
    }
  }
  return plane(width, height, made);
}

export function blurred(image, sigma) {
  const kernel = gaussian(sigma);
  return transposed(blurredRows(transposed(blurredRows(image, kernel)), kernel));
}

// The grey level that parts 8-bit levels best (Otsu, IEEE SMC 9, 1979), in OpenCV's order of operations.
export function otsu(levels) {
  const counts = new Float64Array(256);
  for (const level of levels) counts[level] += 1;
  const [scale, tiny] = [1 / levels.length, 2 ** -23];
  const mean = counts.reduce((sum, count, level) => sum + level * count, 0) * scale;
  let [below, meanBelow, most, found] = [0, 0, 0, 0];
  for (let level = 0; level < 256; level += 1) {
    const part = counts[level] * scale;
    meanBelow *= below;
    below += part;
    const above = 1 - below;
    if (Math.min(below, above) < tiny || Math.max(below, above) > 1 - tiny) continue;
    meanBelow = (meanBelow + level * part) / below;
    const meanAbove = (mean - below * meanBelow) / above;
    const between = below * above * (meanBelow - meanAbove) ** 2;
    if (between > most) [most, found] = [between, level];
  }
  return found;
}
