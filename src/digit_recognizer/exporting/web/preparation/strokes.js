// How wide a digit's strokes are, and the same digit with wider or thinner ones: images/strokes.py line by line.
import { clip, median, padded, plane } from "./numbers.js";
import { dilated } from "./filters.js";

const { fround } = Math;
const HALF = 0.5; // of the strongest ink: where a stroke ends
const FAR = 1e9;
// The eight neighbours of a pixel, clockwise from above (Zhang and Suen's P2 to P9), each a bit.
const AROUND = [[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]];

// The distance of each pixel to the nearest 0, exactly (Felzenszwalb and Huttenlocher 2012).
export function distances({ width, height, data }) {
  const squares = Float64Array.from(data, (value) => (value ? FAR : 0));
  for (let x = 0; x < width; x += 1) lowest(squares, x, width, height);
  for (let y = 0; y < height; y += 1) lowest(squares, y * width, 1, width);
  return plane(width, height, Float32Array.from(squares, Math.sqrt));
}

// The lower envelope of parabolas along one row or column of n values, `step` apart.
function lowest(values, start, step, n) {
  const line = Float64Array.from({ length: n }, (_, i) => values[start + i * step]);
  const [roots, bounds] = [[0], [-Infinity]];
  for (let i = 1; i < n; i += 1) {
    const meets = (root) => (line[i] + i * i - line[root] - root * root) / (2 * (i - root));
    while (meets(roots.at(-1)) <= bounds.at(-1)) {
      roots.pop();
      bounds.pop();
    }
    bounds.push(meets(roots.at(-1)));
    roots.push(i);
  }
  for (let i = 0, k = 0; i < n; i += 1) {
    while (k + 1 < roots.length && bounds[k + 1] < i) k += 1;
    values[start + i * step] = (i - roots[k]) ** 2 + line[roots[k]];
  }
}

export function strokeWidth(ink) {
  const framed = padded(ink, 1);
  const line = thin(framed).data;
  const middles = dilated(distances(framed), 3, 3).data.filter((_, at) => line[at]); // thinned lines run beside it
  return middles.length ? fround(fround(2 * fround(median(middles))) - 0.5) : null;
}

export function withStrokes(digit, narrowest, widest) {
  const halved = ({ width, height, data }) => plane(width, height, Uint8Array.from(data, (value) => value >= HALF));
  const width = strokeWidth(halved(digit));
  if (width === null || (narrowest <= width && width <= widest)) return digit;
  const outwards = ((width < narrowest ? narrowest : widest) - width) / 2;
  const framed = padded(digit, Math.max(0, Math.ceil(outwards)) + 1);
  const ink = halved(framed);
  const toPaper = distances(ink);
  const toInk = distances(plane(ink.width, ink.height, ink.data.map((value) => 1 - value)));
  const moved = framed.data.map((level, at) => {
    const edge = fround(fround(fround(toPaper.data[at] - toInk.data[at]) + fround(outwards)) + HALF);
    const there = clip(edge - (ink.data[at] ? HALF : -HALF), 0, 1);
    return outwards > 0 ? Math.max(there, level) : there;
  });
  return plane(framed.width, framed.height, moved);
}

// Ink worn down to lines of one pixel (Zhang and Suen, CACM 27, 1984).
function thin({ width, height, data }) {
  const line = data.slice();
  const tables = removable();
  for (let removed = 1; removed; ) {
    removed = 0;
    for (const table of tables) {
      const gone = [];
      for (let at = 0; at < line.length; at += 1)
        if (line[at] && table[neighbourhood(line, at, width, height)]) gone.push(at);
      for (const at of gone) line[at] = 0;
      removed += gone.length;
    }
  }
  return plane(width, height, line);
}

function neighbourhood(line, at, width, height) {
  const [row, column] = [Math.floor(at / width), at % width];
  let bits = 0;
  AROUND.forEach(([down, right], bit) => {
    const [y, x] = [row + down, column + right];
    if (y >= 0 && y < height && x >= 0 && x < width && line[y * width + x]) bits |= 1 << bit;
  });
  return bits;
}

// Which of the 256 neighbourhoods lose their middle in the first and in the second half of a step.
function removable() {
  const either = [new Uint8Array(256), new Uint8Array(256)];
  for (let bits = 0; bits < 256; bits += 1) {
    const on = Array.from({ length: 8 }, (_, bit) => (bits >> bit) & 1);
    const count = on.reduce((sum, each) => sum + each, 0);
    const begins = on.filter((each, bit) => !each && on[(bit + 1) % 8]).length;
    if (count < 2 || count > 6 || begins !== 1) continue;
    const [above, right, below, left] = [on[0], on[2], on[4], on[6]];
    either[0][bits] = !(above && right && below) && !(right && below && left);
    either[1][bits] = !(above && right && left) && !(above && below && left);
  }
  return either;
}
