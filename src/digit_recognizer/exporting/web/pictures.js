// A picture file -> grey levels, as images/decode.py makes them: EXIF's turn, Pillow's luma, transparency on paper.
import { plane, rint } from "./preparation/numbers.js";

const MAX_BYTES = 64 * 2 ** 20;
const MAX_PIXELS = 64_000_000;
const MARKER = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif" (EXIF 2.3, section 4.7.2), in a JPEG's first part
const FIRST_PART = 2 ** 16;

export async function readPicture(file) {
  if (file.size > MAX_BYTES) throw new Error(`The picture is larger than ${MAX_BYTES / 2 ** 20} MiB. Scale it down.`);
  await checkPixels(file);
  const levels = { colorSpaceConversion: "none", premultiplyAlpha: "none" }; // as they stand in the file
  const bitmap = await createImageBitmap(file, levels).catch(undecodable);
  const sheet = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  sheet.drawImage(bitmap, 0, 0);
  const { width, height } = bitmap;
  bitmap.close();
  return toGrey(sheet.getImageData(0, 0, width, height));
}

// A photo without its EXIF marker, whose orientation some carry wrongly and browsers always follow; null without one.
export async function asStored(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const at = bytes.subarray(0, FIRST_PART).findIndex((_, place) => MARKER.every((byte, i) => bytes[place + i] === byte));
  if (at < 0) return null;
  bytes[at] = 0;
  return new Blob([bytes]);
}

// A browser reads a picture's size before it decodes a pixel.
async function checkPixels(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await new Promise((done, failed) => { [image.onload, image.onerror] = [done, failed]; }).catch(undecodable);
    if (image.naturalWidth * image.naturalHeight > MAX_PIXELS)
      throw new Error(`The picture has more than ${MAX_PIXELS / 1e6} million pixels. Scale it down.`);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function undecodable() {
  throw new Error("This browser cannot read the picture. Save it as PNG or JPEG.");
}

// ITU-R BT.601 in Pillow's integers; a transparent picture lies on white paper, or on black where its strokes are light.
export function toGrey({ width, height, data }) {
  const grey = new Uint8Array(width * height);
  let [covered, strokes] = [0, 0];
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (data[4 * at] * 19595 + data[4 * at + 1] * 38470 + data[4 * at + 2] * 7471 + 0x8000) >> 16;
    covered += data[4 * at + 3];
    strokes += grey[at] * data[4 * at + 3];
  }
  if (covered === 255 * grey.length) return plane(width, height, grey);
  const paper = (covered ? strokes / covered : 0) < 128 ? 255 : 0;
  return plane(width, height, grey.map((level, at) => {
    const alpha = data[4 * at + 3] / 255;
    return rint(level * alpha + paper * (1 - alpha));
  }));
}
