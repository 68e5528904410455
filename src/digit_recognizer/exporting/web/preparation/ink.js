// Ink and paper told apart under uneven light: images/ink.py line by line. Pictures are grey, 0 black to 255 white.
import { withoutClutter } from "./clutter.js";
import { blurred, dilated, opened, otsu } from "./filters.js";
import { clip, largest, mean, median, percentile, plane, rint, share, smallest } from "./numbers.js";
import { areaAveraged, bilinearRows } from "./resize.js";
import { isShadowEdge } from "./shadows.js";
import { edgeOf, smoothPaper } from "./surface.js";

const { fround } = Math;
const EVEN = 4;
const [CORNERS, MOSTLY] = [0.2, 0.5];
export const NEARLY_ALL = 0.9;
const GREYER = 8;
const TIGHT = 32;
const WORKING = 256;
const COARSEST = 4;
const ROUNDS = 3;
const NOISE = 3;
const [PALE, CLEAR] = [0.5, 5];

// Light ink on black paper, or null where nothing stands out from the paper by `minContrast` grey levels.
export function findInk(grey, minContrast) {
  const found = departing(grey);
  if (found.contrast < minContrast * (found.contrast >= found.unrest ? PALE : 1)) return null;
  const some = (ink) => (ink.data.some((value) => value > 0) ? ink : null);
  if (Math.min(grey.width, grey.height) <= TIGHT) return some(found.ink);
  const kept = withoutClutter(found.ink);
  return isEdge(found, kept) ? null : some(kept);
}

// What departs from the paper, whatever that is like.
function departing(grey) {
  const level = evenPaper(grey);
  if (level !== null && Math.min(grey.width, grey.height) > TIGHT) return onEvenPaper(grey, level);
  const small = shrunk(grey);
  const { surface, dark } = smoothPaper(small);
  const flat = surface === null || largest(surface.data) - smallest(surface.data) <= 2 * EVEN;
  if (level !== null && flat) return onEvenPaper(grey, level);
  return surface === null ? onUnevenPaper(grey, small, dark) : onSmoothPaper(grey, small, surface, dark);
}

// Whether the ink is nothing but the edge of a shadow.
function isEdge({ light, paper }, ink) {
  return light !== undefined && isShadowEdge(light, paper, shrunk(ink), withoutStrokes(light));
}

function evenPaper(grey) {
  const edge = edgeOf(grey);
  const tight = Math.min(grey.width, grey.height) <= TIGHT;
  if (tight) {
    const [darkest, lightest] = [smallest(grey.data), largest(grey.data)];
    const extreme = isLight(grey) ? lightest : darkest;
    const near = edge.filter((level) => Math.abs(level - extreme) <= (lightest - darkest) / GREYER);
    if (near.length >= CORNERS * edge.length) return middle(near);
  }
  const level = middle(edge);
  const alike = share(edge, (each) => Math.abs(each - level) <= EVEN);
  return alike >= (tight ? MOSTLY : NEARLY_ALL) ? level : null;
}

function isLight({ width, height, data }) {
  const corners = [data[0], data[width - 1], data[(height - 1) * width], data[height * width - 1]];
  const found = mean([mean(corners), mean(edgeOf({ width, height, data })), mean(data)]);
  return found > (smallest(data) + largest(data)) / 2;
}

function middle(levels) {
  const ordered = levels.slice().sort();
  return Math.floor((ordered[(ordered.length - 1) >> 1] + ordered[ordered.length >> 1]) / 2);
}

const asLevel = (strength) => rint(fround(clip(strength, 0, 1) * 255));

function onEvenPaper({ width, height, data }, paper) {
  const [darker, lighter] = [paper - smallest(data), largest(data) - paper];
  const contrast = Math.max(darker, lighter);
  const sign = lighter >= darker ? 1 : -1;
  const away = Float32Array.from(data, (level) => sign * (level - paper));
  const ink = Uint8Array.from(away, (each) => asLevel(fround(each / Math.max(1, contrast))));
  return { ink: plane(width, height, ink), contrast, unrest: CLEAR * Math.max(EVEN, grainOf(away)) };
}

function onSmoothPaper(grey, small, surface, dark) {
  const [light, paper] = dark ? [inverted(small), inverted(surface)] : [small, surface];
  const away = small.data.map((level, at) => departure(level, paper.data[at], dark));
  const half = percentile(away, 99) / 2;
  const strongest = fround(percentile(away.filter((each) => each > half), 90));
  const above = light.data.map((level, at) => level - paper.data[at]);
  const ink = inkOf(grey, paper, dark, 0, strongest);
  return { ink, contrast: percentile(above, 99), unrest: CLEAR * grainOf(above) };
}

function onUnevenPaper(grey, small, dark) {
  const light = dark ? inverted(small) : small;
  const { paper, written } = paperBelow(light);
  const away = small.data.map((level, at) => departure(level, paper.data[at], dark));
  const [inside, outside] = [(_, at) => written[at] > 0, (_, at) => !written[at]];
  if (!written.some((each) => each) || written.every((each) => each)) return { contrast: 0, unrest: 0 };
  const strongest = fround(percentile(away.filter(inside), 90));
  const low = Math.min(NOISE * grainOf(away.filter(outside)), strongest / 2);
  const above = light.data.map((level, at) => level - paper.data[at]);
  const contrast = percentile(above.filter(inside), 90);
  const change = percentile(paper.data, 95) - percentile(paper.data, 5);
  const unrest = Math.max(CLEAR * grainOf(above), change);
  return { ink: inkOf(grey, paper, dark, low, strongest), contrast, unrest, light, paper };
}

// The standard deviation of paper, by its median departure.
function grainOf(away) {
  const middle = median(away);
  return 1.4826 * median(away.map((each) => Math.abs(each - middle)));
}

function inkOf({ width, height, data }, paper, dark, low, strongest) {
  const ink = new Uint8Array(data.length);
  const range = fround(Math.max(1e-6, strongest - low));
  let at = 0;
  for (const row of bilinearRows(paper, width, height))
    for (const below of row) {
      const away = fround(departure(data[at], below, dark));
      ink[at] = asLevel(fround(fround(away - fround(low)) / range));
      at += 1;
    }
  return plane(width, height, ink);
}

// How far ink departs from the paper below it: dark ink as a share of its light, light ink in grey levels.
function departure(level, paper, dark) {
  if (!dark) return fround(level - paper);
  const light = fround(Math.max(fround(255 - paper), 1));
  return fround(fround(light - level) / light);
}

const inverted = ({ width, height, data }) => plane(width, height, data.map((level) => 255 - level));

function shrunk(grey) {
  const factor = Math.min(1, WORKING / Math.max(grey.width, grey.height));
  const size = [grey.width, grey.height].map((side) => Math.max(1, rint(side * factor)));
  const small = factor === 1 ? grey : areaAveraged(grey, ...size);
  return plane(small.width, small.height, Float32Array.from(small.data));
}

function paperBelow(lightInk) {
  const { width, height, data } = lightInk;
  const reach = widest(lightInk);
  let paper = withoutStrokes(lightInk);
  let written;
  for (let round = 0; round < ROUNDS; round += 1) {
    written = standsOut(data.map((level, at) => level - paper.data[at]));
    const beside = dilated(plane(width, height, written), 3, 3).data.map((each) => 1 - each);
    const floats = (values) => plane(width, height, values);
    const weight = blurred(floats(Float32Array.from(beside)), reach / 3).data;
    const smooth = blurred(floats(data.map((level, at) => level * beside[at])), reach / 3).data;
    paper = floats(paper.data.map((level, at) => (weight[at] > 0.01 ? smooth[at] / Math.max(weight[at], 1e-6) : level)));
  }
  return { paper, written };
}

// The picture without all light ink that is as narrow as a stroke.
const withoutStrokes = (lightInk) => opened(lightInk, widest(lightInk), widest(lightInk));

const widest = ({ width, height }) => Math.max(3, rint(Math.min(width, height) / COARSEST) | 1);

function standsOut(away) {
  const levels = Uint8Array.from(away, (each) => clip(rint(each), 0, 255));
  const threshold = otsu(levels);
  return levels.map((level) => (level > threshold ? 1 : 0));
}
