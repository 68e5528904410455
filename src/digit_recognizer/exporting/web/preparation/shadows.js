// The edge of a shadow told from ink: images/shadows.py line by line. A stroke has paper on both sides, an edge on one.
import { dilated } from "./filters.js";
import { median, percentile, plane, share } from "./numbers.js";

const [GAP, WIDTH] = [2, 3];
const ALIKE = 0.4;
const STANDING = 0.35;

export function isShadowEdge(light, paper, ink, opened) {
  const { width, height } = light;
  const found = Uint8Array.from(ink.data, (each) => (each > 128 ? 1 : 0));
  if (!found.some((each) => each)) return false;
  const inside = (_, at) => found[at] > 0;
  const contrast = percentile(light.data.map((level, at) => level - paper.data[at]).filter(inside), 90);
  const standing = median(light.data.map((level, at) => level - opened.data[at]).filter(inside));
  if (standing >= STANDING * contrast) return false;
  const [near, far] = [GAP, GAP + WIDTH].map((reach) => within(plane(width, height, found), reach).data);
  const ring = (_, at) => far[at] > 0 && near[at] === 0;
  const beside = within(plane(width, height, light.data.map((level, at) => (found[at] ? level : 0))), GAP + WIDTH).data;
  const above = light.data.map((level, at) => level - (beside[at] - contrast / 2)).filter(ring);
  return above.length > 0 && share(above, (each) => each > 0) > ALIKE;
}

// The largest value within so many pixels to each side.
const within = (image, reach) => dilated(image, 2 * reach + 1, 2 * reach + 1);
