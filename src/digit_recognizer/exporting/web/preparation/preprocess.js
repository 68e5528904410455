// The one preparation, images/preprocess.py line by line: a grey picture -> the form of MNIST, 28 x 28.
import { withoutBars } from "./clutter.js";
import { findInk, NEARLY_ALL } from "./ink.js";
import { clip, largest, plane, rint, share } from "./numbers.js";
import { resized } from "./pillow.js";
import { withStrokes } from "./strokes.js";
import { edgeOf } from "./surface.js";

const { fround } = Math;
const FINE = 4;
const MNIST_BOX = 20;

// settings: the model's Preprocess as its header holds it. null where there is no ink.
export function fit(grey, settings) {
  const ink = inkOn(grey, settings);
  if (ink === null || (ink.width === settings.size && ink.height === settings.size)) return ink;
  const digit = scaled(cropped(ink), settings);
  return largest(digit.data) > 0 ? centred(digit, settings.size) : null;
}

// (level / 255 - mean) / std in single precision, as torchvision has it.
export function normalised(levels, { mean, std }) {
  return Float32Array.from(levels, (level) => fround(fround(level / 255) - fround(mean)) / fround(std));
}

function inkOn(grey, settings) {
  if (grey.width === settings.size && grey.height === settings.size) {
    const asIs = ownForm(grey);
    if (asIs !== null) return largest(asIs.data) >= settings.min_contrast ? asIs : null;
  }
  return findInk(grey, settings.min_contrast);
}

function ownForm(grey) {
  const either = [grey, plane(grey.width, grey.height, grey.data.map((level) => 255 - level))];
  const blackEdge = (each) => share(edgeOf(each), (level) => level === 0);
  const black = either.map(blackEdge);
  const likely = black[1] > black[0] ? 1 : 0;
  if (black[likely] < NEARLY_ALL)
    for (const each of either.map(withoutBars)) if (each !== null && blackEdge(each) >= NEARLY_ALL) return each;
  return black[likely] > 1 / 2 ? either[likely] : null;
}

function scaled(ink, settings) {
  const enlarged = Math.max(ink.width, ink.height) < settings.box; // blurred: strokes look thinner than they are
  const unit = (FINE * settings.box) / MNIST_BOX;
  const fine = atSize(ink, FINE * settings.box);
  const mended = withStrokes(fine, enlarged ? 0 : settings.min_stroke * unit, settings.max_stroke * unit);
  if (mended === fine) return asLevels(atSize(ink, settings.box));
  return asLevels(atSize(cropped(asLevels(mended)), settings.box));
}

function centred({ width, height, data }, size) {
  let [mass, down, across] = [0, 0, 0];
  data.forEach((level, at) => {
    mass += level;
    down += level * Math.floor(at / width);
    across += level * (at % width);
  });
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
