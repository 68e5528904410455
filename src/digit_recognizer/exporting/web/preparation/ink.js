// Writing found on a picture by a network, images/ink.py line by line: a grey picture -> its ink on black, 64 x 64.
import * as ort from "../runtime/ort.wasm.bundle.min.js";
import { clip, largest, plane, rint, smallest } from "./numbers.js";
import { resized } from "./pillow.js";

const SIDE = 64;
const FILLED = 40;
const LOOKS = 4;
const AROUND = 1.15;
const CLOSER = 4;
const [ALIKE, NEAR] = [0.12, 0.06];
const INK = 128;
const LEAST = 3;

// network: the session of ink.onnx. Its ink, and the probabilities of each digit, of several characters and of other
// writing; null where there is none.
export async function findWriting(grey, network, faintest) {
  if (largest(grey.data) - smallest(grey.data) < faintest) return null;
  const paper = paperOf(grey);
  const side = AROUND * Math.max(grey.width, grey.height);
  let square = { top: (grey.height - side) / 2, left: (grey.width - side) / 2, side };
  for (let look = 0; ; look += 1) {
    const writing = await seenIn(cutOut(grey, square, paper), network);
    const around = squareAround(writing.ink, square);
    if (around === null) return null;
    const found = withinPicture(around, grey);
    if (look === LOOKS - 1 || showsNoMore(found, square)) return writing;
    square = found;
  }
}

function cutOut(grey, square, paper) {
  const factor = SIDE / square.side;
  const along = (start, size) => {
    const first = Math.max(0, rint(start));
    const end = Math.min(size, Math.max(first + 1, rint(start + square.side)));
    const at = clip(rint((first - start) * factor), 0, SIDE - 1);
    return { first, end, at, pixels: Math.min(SIDE - at, Math.max(1, rint((end - first) * factor))) };
  };
  const [down, across] = [along(square.top, grey.height), along(square.left, grey.width)];
  const part = resized(cut(grey, down, across), across.pixels, down.pixels, factor >= 1);
  const seen = new Uint8Array(SIDE * SIDE).fill(paper);
  for (let row = 0; row < part.height; row += 1)
    seen.set(part.data.subarray(row * part.width, (row + 1) * part.width), (down.at + row) * SIDE + across.at);
  return plane(SIDE, SIDE, seen);
}

function cut({ width, data }, down, across) {
  const wide = across.end - across.first;
  const made = new Uint8Array(wide * (down.end - down.first));
  for (let row = down.first; row < down.end; row += 1)
    made.set(data.subarray(row * width + across.first, row * width + across.end), (row - down.first) * wide);
  return plane(wide, down.end - down.first, made);
}

function paperOf({ width, height, data }) {
  const edge = [...data.subarray(0, width), ...data.subarray((height - 1) * width)];
  for (let row = 0; row < height; row += 1) edge.push(data[row * width], data[(row + 1) * width - 1]);
  return Uint8Array.from(edge).sort()[(edge.length - 1) >> 1];
}

async function seenIn(seen, network) {
  const pictures = new ort.Tensor("float32", Float32Array.from(seen.data), [1, 1, SIDE, SIDE]);
  const { ink, shown } = await network.run({ pictures });
  const levels = Uint8Array.from(ink.data, (share) => rint(Math.fround(share * 255)));
  return { ink: plane(SIDE, SIDE, levels), digits: [...shown.data.slice(0, 10)], several: shown.data[10], other: shown.data[11] };
}

function squareAround({ data }, square) {
  const inked = [...data.keys()].filter((at) => data[at] >= INK);
  if (inked.length < LEAST) return null;
  const ends = (places) => [Math.min(...places), Math.max(...places) + 1];
  const [rows, columns] = [ends(inked.map((at) => Math.floor(at / SIDE))), ends(inked.map((at) => at % SIDE))];
  const pixel = square.side / SIDE;
  const longer = Math.max(rows[1] - rows[0], columns[1] - columns[0]) * pixel;
  const side = Math.max((longer * SIDE) / FILLED, square.side / CLOSER);
  const start = (edge, [first, end]) => edge + ((first + end) / 2) * pixel - side / 2;
  return { top: start(square.top, rows), left: start(square.left, columns), side };
}

function withinPicture({ top, left, side }, { width, height }) {
  const moved = (start, free) => clip(start, Math.min(0, free), Math.max(0, free));
  return { top: moved(top, height - side), left: moved(left, width - side), side };
}

function showsNoMore(found, square) {
  const moved = (edge) => Math.abs(found[edge] + found.side / 2 - (square[edge] + square.side / 2));
  const alike = Math.abs(found.side / square.side - 1) < ALIKE;
  return alike && Math.max(moved("top"), moved("left")) < NEAR * square.side;
}
