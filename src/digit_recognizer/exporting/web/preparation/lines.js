// The lines through a mask's pixels: OpenCV's standard Hough transform, in its single precision (imgproc/hough.cpp).
import { rint } from "./numbers.js";

const { fround } = Math;

function angles(least, most, step) {
  let count = Math.floor((most - least) / step) + 1;
  if (count > 1 && Math.abs(Math.PI - (count - 1) * step) < step / 2) count -= 1;
  const found = [];
  for (let angle = fround(least); found.length < count; angle = fround(angle + step)) found.push(angle);
  return found;
}

function votes({ width, height, data }, directions, distances) {
  const counts = new Int32Array((directions.length + 2) * (distances + 2));
  const [sines, cosines] = [directions.map((a) => fround(Math.sin(a))), directions.map((a) => fround(Math.cos(a)))];
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1) {
      if (!data[row * width + column]) continue;
      for (let n = 0; n < directions.length; n += 1) {
        const distance = rint(fround(fround(column * cosines[n]) + fround(row * sines[n]))) + ((distances - 1) >> 1);
        counts[(n + 1) * (distances + 2) + distance + 1] += 1;
      }
    }
  return counts;
}

// Lines of more than `threshold` pixels, the longest first: { distance, angle }, x cos(angle) + y sin(angle) = distance.
export function houghLines(mask, stepOfAngle, threshold, least, most) {
  const step = fround(stepOfAngle);
  const directions = angles(least, most, step);
  const distances = 2 * (mask.width + mask.height) + 1;
  const counts = votes(mask, directions, distances);
  const stride = distances + 2;
  const found = [];
  for (let distance = 0; distance < distances; distance += 1)
    for (let n = 0; n < directions.length; n += 1) {
      const at = (n + 1) * stride + distance + 1;
      const count = counts[at];
      if (count > threshold && count > counts[at - 1] && count >= counts[at + 1] && count > counts[at - stride]
        && count >= counts[at + stride]) found.push(at);
    }
  found.sort((one, other) => counts[other] - counts[one] || one - other);
  return found.map((at) => {
    const n = Math.floor(at / stride) - 1;
    const distance = at - (n + 1) * stride - 1 - (distances - 1) / 2;
    return { distance, angle: fround(fround(least) + fround(n * step)) };
  });
}
