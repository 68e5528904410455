// What is on a picture besides the digit, dropped: images/clutter.py line by line. Ink is light on black.
import { dilated, opened } from "./filters.js";
import { houghLines } from "./lines.js";
import { largest, median, plane, rint, transposed } from "./numbers.js";
import { pieces } from "./pieces.js";
import { areaAveraged, nearest } from "./resize.js";

const { fround } = Math;
const WORKING = 400;
const [FAINT, STRONG] = [64, 128];
const SOFT = 5;
const SPECK = 0.015;
const RULE = 1 / 16;
const LEAN = Math.PI / 15;
const [VOTES, ACROSS] = [0.4, 0.75];
const DARKER = 1.4;
const LINES = 100;
const [WHITE, BAR] = [250, 0.75];
const ALONG = 0.5;
const HUGGING = 0.04;
const MAIN = 0.5;
const REMAINS = 0.05;

const count = (values, holds) => values.reduce((sum, value, at) => sum + (holds(value, at) ? 1 : 0), 0);
const maskOf = ({ width, height, data }) => plane(width, height, data.map((level) => (level >= FAINT ? 1 : 0)));

export function withoutClutter(ink) {
  const small = lookedAt(ink);
  let kept = small;
  for (const drop of [rules, beyondThePaper, specks]) {
    const clutter = drop(kept);
    const left = kept.data.map((level, at) => (clutter[at] ? 0 : level));
    const strong = (levels) => count(levels, (level) => level >= STRONG);
    if (strong(left) >= REMAINS * strong(kept.data)) kept = plane(small.width, small.height, left);
  }
  // What is fainter stays where it is the soft edge of a stroke, and goes with all else.
  const strokes = dilated(maskOf(kept), SOFT, SOFT);
  strokes.data.forEach((_, at) => {
    if (small.data[at] >= FAINT && kept.data[at] < FAINT) strokes.data[at] = 0;
  });
  const stays = nearest(strokes, ink.width, ink.height).data;
  return plane(ink.width, ink.height, ink.data.map((level, at) => (stays[at] ? level : 0)));
}

function lookedAt(ink) {
  const factor = Math.min(1, WORKING / Math.max(ink.width, ink.height));
  const size = [ink.width, ink.height].map((side) => Math.max(1, rint(side * factor)));
  const small = factor < 1 ? areaAveraged(ink, ...size) : ink;
  const scale = 255 / Math.max(1, largest(small.data)); // shrinking turns fine strokes grey
  const scaled = (level) => (factor < 1 ? fround(level * fround(scale)) : level * scale);
  return plane(small.width, small.height, small.data.map((level) => Math.trunc(scaled(level))));
}

function rules(ink) {
  const across = linesAcross(ink);
  const down = transposed(plane(ink.height, ink.width, linesAcross(transposed(ink)))).data;
  return across.map((each, at) => each | down[at]);
}

// Lines from the left edge to the right one, except where strokes cross them.
function linesAcross(ink) {
  const { width, height } = ink;
  const thickest = Math.max(2, rint(Math.min(width, height) * RULE));
  const mask = maskOf(ink);
  const thick = opened(mask, 1, thickest + 1).data;
  const thin = mask.data.map((each, at) => each - thick[at]);
  const votes = Math.max(1, rint(VOTES * width));
  const upright = Math.PI / 2;
  const found = houghLines(plane(width, height, thin), Math.PI / 360, votes, upright - LEAN, upright + LEAN);
  const rule = new Uint8Array(thin.length);
  for (const { distance, angle } of found.slice(0, LINES)) {
    const [cosine, sine] = [fround(Math.cos(angle)), fround(Math.sin(angle))];
    const rows = Float64Array.from({ length: width }, (_, column) => (distance - column * cosine) / sine);
    const levels = levelsAlong(rows, ink, mask);
    if (levels.length < ACROSS * width) continue;
    const darkest = DARKER * median(levels);
    rows.forEach((row, column) => {
      const reach = thickest / 2 + 1;
      for (let y = Math.max(0, Math.ceil(row - reach)); y <= Math.min(height - 1, Math.floor(row + reach)); y += 1) {
        const at = y * width + column;
        if (thin[at] && ink.data[at] <= darkest) rule[at] = 1;
      }
    });
  }
  return rule;
}

// The ink that a line runs through.
function levelsAlong(rows, ink, mask) {
  const levels = [];
  rows.forEach((row, column) => {
    if (!(row > -0.5 && row < ink.height - 0.5)) return;
    const at = rint(row) * ink.width + column;
    if (mask.data[at]) levels.push(ink.data[at]);
  });
  return Uint8Array.from(levels);
}

// Pieces that cover most of an edge, lie at it as a whole, or touch it while the digit does not.
function beyondThePaper(ink) {
  const { width, height } = ink;
  const { labels, areas, boxes } = pieces(maskOf(ink));
  const margin = HUGGING * Math.min(width, height);
  const [touching, outside] = touchingEdges(labels, width, height, areas.length);
  boxes.forEach(([left, top, right, bottom], piece) => {
    if (right <= margin || bottom <= margin || left >= width - margin || top >= height - margin) outside[piece] = 1;
  });
  outside[0] = touching[0] = 0;
  const sum = (holds) => areas.reduce((total, area, piece) => total + (piece && holds(piece) ? area : 0), 0);
  const onPaper = sum((piece) => !outside[piece]);
  if (sum((piece) => !touching[piece] && !outside[piece]) >= MAIN * onPaper)
    touching.forEach((each, piece) => { outside[piece] |= each; });
  return labels.map((piece) => outside[piece]);
}

function touchingEdges(labels, width, height, n) {
  const [touching, outside] = [new Uint8Array(n), new Uint8Array(n)];
  const row = (y) => labels.subarray(y * width, (y + 1) * width);
  const column = (x) => Int32Array.from({ length: height }, (_, y) => labels[y * width + x]);
  for (const edge of [row(0), row(height - 1), column(0), column(width - 1)]) {
    const lengths = new Int32Array(n);
    for (const piece of edge) lengths[piece] += 1;
    lengths.forEach((length, piece) => {
      if (length > ALONG * edge.length) outside[piece] = 1;
      if (length > 0) touching[piece] = 1;
    });
  }
  return [touching, outside];
}

// Pieces that are small beside all ink, and those that are faint throughout.
function specks(ink) {
  const { labels, areas } = pieces(maskOf(ink));
  const certain = new Uint8Array(areas.length);
  labels.forEach((piece, at) => { if (ink.data[at] >= STRONG) certain[piece] = 1; });
  const all = areas.reduce((sum, area, piece) => sum + (piece ? area : 0), 0);
  return labels.map((piece) => (piece && (areas[piece] < SPECK * all || !certain[piece]) ? 1 : 0));
}

// The same without even bars of white along two opposite sides, or one; null without bars.
export function withoutBars(ink) {
  const full = [ink, transposed(ink)].map(({ width, height, data }) =>
    Array.from({ length: width }, (_, x) => {
      let white = 0;
      for (let y = 0; y < height; y += 1) white += data[y * width + x] >= WHITE ? 1 : 0;
      return white / height >= BAR;
    }));
  const barred = full.map((each) => (each[0] || each.at(-1)) && !each.every((one) => one));
  if (barred[0] === barred[1]) return null;
  const bars = full[barred.indexOf(true)];
  const [first, last] = [bars.indexOf(false), bars.lastIndexOf(false)];
  const inside = (at) => at >= first && at <= last;
  const along = (at) => (barred[0] ? at % ink.width : Math.floor(at / ink.width));
  return plane(ink.width, ink.height, ink.data.map((level, at) => (inside(along(at)) ? level : 0)));
}
