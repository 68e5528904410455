// Pillow's resize of 8-bit grey pictures, integer for integer (libImaging/Resample.c).
import { clip, plane, transposed } from "./numbers.js";

const PRECISION = 22; // bits of a coefficient's fraction
const BOX = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
const BICUBIC = { support: 2, weight: bicubic };

function bicubic(x) {
  const [a, far] = [-0.5, Math.abs(x)];
  if (far < 1) return ((a + 2) * far - (a + 3)) * far * far + 1;
  return far < 2 ? (((far - 5) * far + 8) * far - 4) * a : 0;
}

// For each pixel of the result: the first pixel that it is made of, and the weights of that and those after it.
function coefficients(size, target, filter) {
  const scale = size / target;
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  return Array.from({ length: target }, (_, x) => {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(size, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: end - first }, (_, i) => filter.weight((i + first - centre + 0.5) * (1 / stretch)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const whole = weights.map((weight) => Math.trunc((weight / sum) * 2 ** PRECISION + (weight < 0 ? -0.5 : 0.5)));
    return { first, weights: whole };
  });
}

function alongRows({ width, height, data }, target, filter) {
  if (width === target) return plane(width, height, data);
  const made = new Uint8Array(target * height);
  coefficients(width, target, filter).forEach(({ first, weights }, x) => {
    for (let row = 0; row < height; row += 1) {
      let sum = 2 ** (PRECISION - 1);
      for (let i = 0; i < weights.length; i += 1) sum += data[row * width + first + i] * weights[i];
      made[row * target + x] = clip(Math.floor(sum / 2 ** PRECISION), 0, 255);
    }
  });
  return plane(target, height, made);
}

// The taller pass comes first where it saves work, as Pillow has it from version 13 on.
export function resized(grey, width, height, enlarged) {
  const filter = enlarged ? BICUBIC : BOX;
  const across = (each) => alongRows(each, width, filter);
  const down = (each) => transposed(alongRows(transposed(each), height, filter));
  const lower = grey.height - height;
  return lower > 0 && lower > 2 * (grey.width - width) ? across(down(grey)) : down(across(grey));
}
