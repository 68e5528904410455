// OpenCV's resize: areas averaged (8 bits), bilinear (32-bit floats), nearest. Math.fround keeps its single precision.
import { plane, rint } from "./numbers.js";

const { fround } = Math;

// As computeResizeAreaTab: which pixels each pixel of the result covers, and by what share.
function covered(size, target) {
  const scale = 1 / (target / size);
  return Array.from({ length: target }, (_, x) => {
    const [start, end] = [x * scale, x * scale + scale];
    const cell = Math.min(scale, size - start);
    const last = Math.min(Math.floor(end), size - 1);
    const first = Math.min(Math.ceil(start), last);
    const parts = [];
    if (first - start > 1e-3) parts.push([first - 1, fround((first - start) / cell)]);
    for (let at = first; at < last; at += 1) parts.push([at, fround(1 / cell)]);
    if (end - last > 1e-3) parts.push([last, fround(Math.min(end - last, 1, cell) / cell)]);
    return parts;
  });
}

// INTER_AREA of 8 bits, both sides smaller or equal.
export function areaAveraged(grey, width, height) {
  const [across, down] = [1 / (width / grey.width), 1 / (height / grey.height)];
  const whole = (scale) => Math.abs(scale - rint(scale)) < Number.EPSILON;
  if (whole(across) && whole(down)) return blocksAveraged(grey, width, height, rint(across), rint(down));
  const columns = covered(grey.width, width);
  const made = new Uint8Array(width * height);
  const [sums, line] = [new Float32Array(width), new Float32Array(width)];
  covered(grey.height, height).forEach((rows, y) => {
    sums.fill(0);
    for (const [row, beta] of rows) {
      for (let x = 0; x < width; x += 1) {
        let sum = 0;
        for (const [column, alpha] of columns[x])
          sum = fround(sum + fround(grey.data[row * grey.width + column] * alpha));
        line[x] = sum;
      }
      for (let x = 0; x < width; x += 1) sums[x] = fround(sums[x] + fround(beta * line[x]));
    }
    for (let x = 0; x < width; x += 1) made[y * width + x] = rint(sums[x]);
  });
  return plane(width, height, made);
}

function blocksAveraged(grey, width, height, across, down) {
  const made = new Uint8Array(width * height);
  const scale = fround(1 / (across * down));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let row = y * down; row < (y + 1) * down; row += 1)
        for (let column = x * across; column < (x + 1) * across; column += 1) sum += grey.data[row * grey.width + column];
      made[y * width + x] = across === 2 && down === 2 ? (sum + 2) >> 2 : rint(fround(sum * scale));
    }
  return plane(width, height, made);
}

// INTER_LINEAR: for each pixel of the result the left one of two neighbours, and the share of the right one.
function neighbours(size, target) {
  const scale = 1 / (target / size);
  return Array.from({ length: target }, (_, x) => {
    const place = fround((x + 0.5) * scale - 0.5);
    const left = Math.floor(place);
    if (left < 0) return [0, 0, 0];
    if (left >= size - 1) return [size - 1, size - 1, 0];
    return [left, left + 1, fround(place - left)];
  });
}

// One row after the other of a float plane enlarged: a picture of a phone would take hundreds of megabytes at once.
export function* bilinearRows({ width, height, data }, wide, high) {
  const columns = neighbours(width, wide);
  const along = (row) => Float32Array.from(columns, ([left, right, part]) =>
    fround(data[row * width + left] * fround(1 - part)) + fround(data[row * width + right] * part));
  let held = [-1, -1];
  let [above, below] = [null, null];
  for (const [top, bottom, part] of neighbours(height, high)) {
    if (held[0] !== top || held[1] !== bottom) [above, below, held] = [along(top), along(bottom), [top, bottom]];
    yield above.map((value, x) => fround(value * fround(1 - part)) + fround(below[x] * part));
  }
}

// INTER_NEAREST.
export function nearest(mask, width, height) {
  const [across, down] = [1 / (width / mask.width), 1 / (height / mask.height)];
  const made = new mask.data.constructor(width * height);
  for (let y = 0; y < height; y += 1) {
    const row = Math.min(Math.floor(y * down), mask.height - 1) * mask.width;
    for (let x = 0; x < width; x += 1)
      made[y * width + x] = mask.data[row + Math.min(Math.floor(x * across), mask.width - 1)];
  }
  return plane(width, height, made);
}
