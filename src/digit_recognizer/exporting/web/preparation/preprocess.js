// The one preparation, images/preprocess.py line by line: a grey picture -> the form of MNIST, 28 x 28.
import { findWriting } from "./ink.js";
import { clip, largest, plane, rint } from "./numbers.js";
import { resized } from "./pillow.js";

const { fround } = Math;
const LACKING = 2;
const ASIDE = 1.05;
const NEAR = 1.5;
const RADII = [5.4, 11];
const MNIST_BOX = 20;

// settings: the model's Preprocess as its header holds it; network: the session of ink.onnx. seen is null without ink;
// writing is null for a picture that keeps its pixels.
export async function fit(grey, settings, network) {
  const kept = keptPixels(grey, settings);
  if (kept !== null) return { seen: largest(kept.data) >= settings.min_contrast ? kept : null, writing: null };
  const writing = await findWriting(grey, network, Math.floor(settings.min_contrast / 2));
  if (writing === null) return { seen: null, writing };
  return { seen: centred(asLevels(atSize(cropped(writing.ink), settings.box)), settings.size), writing };
}

// (level / 255 - mean) / std in single precision, as torchvision has it.
export function normalised(levels, { mean, std }) {
  return Float32Array.from(levels, (level) => fround(fround(level / 255) - fround(mean)) / fround(std));
}

function keptPixels(grey, settings) {
  if (grey.width !== settings.size || grey.height !== settings.size) return null;
  const image = lightOnBlack(grey);
  return image !== null && (settings.as_is || inForm(image, settings)) ? image : null;
}

function inForm(image, { size, box }) {
  if (largest(image.data) === 0) return true;
  const inked = plane(image.width, image.height, image.data.map((level) => (level > 0 ? 1 : 0)));
  const sides = [image, inked].map(cropped).map((tight) => Math.max(tight.width, tight.height));
  const middle = (size - 1) / 2;
  const { mass, down, across } = moments(image);
  const [row, column] = [down / mass, across / mass];
  const aside = Math.max(Math.abs(row - middle), Math.abs(column - middle));
  if (aside <= ASIDE && sides.some((side) => side >= box - LACKING && side <= box)) return true;
  let spread = 0;
  image.data.forEach((level, at) => {
    spread += level * ((Math.floor(at / size) - row) ** 2 + ((at % size) - column) ** 2);
  });
  const radius = (Math.sqrt(spread / mass) * MNIST_BOX) / box;
  return Math.hypot(row - middle, column - middle) <= NEAR && radius >= RADII[0] && radius <= RADII[1];
}

function lightOnBlack(grey) {
  const { width, height, data } = grey;
  const edge = data.filter((_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return row === 0 || row === height - 1 || column === 0 || column === width - 1;
  });
  const [black, white] = [0, 255].map((level) => edge.filter((each) => each === level).length / edge.length);
  if (Math.max(black, white) <= 1 / 2) return null;
  return white > black ? plane(width, height, data.map((level) => 255 - level)) : grey;
}

function moments({ width, data }) {
  let [mass, down, across] = [0, 0, 0];
  data.forEach((level, at) => {
    mass += level;
    down += level * Math.floor(at / width);
    across += level * (at % width);
  });
  return { mass, down, across };
}

function centred(image, size) {
  const { width, height, data } = image;
  const { mass, down, across } = moments(image);
  const middle = (size - 1) / 2;
  const top = clip(rint(middle - down / mass), 0, size - height);
  const left = clip(rint(middle - across / mass), 0, size - width);
  const canvas = new Uint8Array(size * size);
  for (let row = 0; row < height; row += 1)
    canvas.set(data.subarray(row * width, (row + 1) * width), (top + row) * size + left);
  return plane(size, size, canvas);
}

// The tight box around all that is at least a quarter as strong as the strongest ink.
function cropped({ width, height, data }) {
  const least = Math.max(1, Math.floor(largest(data) / 4));
  let [left, top, right, bottom] = [width, height, 0, 0];
  data.forEach((level, at) => {
    if (level < least) return;
    const [row, column] = [Math.floor(at / width), at % width];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
  });
  const made = new Uint8Array((right - left) * (bottom - top));
  for (let row = top; row < bottom; row += 1)
    made.set(data.subarray(row * width + left, row * width + right), (row - top) * (right - left));
  return plane(right - left, bottom - top, made);
}

// Scaled to a longer side of `longer` pixels; its strongest ink is 1.
function atSize(ink, longer) {
  const factor = longer / Math.max(ink.width, ink.height);
  const [width, height] = [ink.width, ink.height].map((side) => Math.max(1, rint(side * factor)));
  const made = resized(ink, width, height, factor >= 1);
  const strongest = Math.max(1, largest(made.data));
  return plane(width, height, Float32Array.from(made.data, (level) => level / strongest));
}

function asLevels({ width, height, data }) {
  const scale = fround(255 / Math.max(1e-6, largest(data)));
  return plane(width, height, Uint8Array.from(data, (level) => rint(fround(level * scale))));
}
