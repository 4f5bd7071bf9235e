// A drawing as the network gets it: strokes of a pen become 28×28 grey levels, as MNIST's digits came to theirs.
//
// MNIST's authors brought each digit into a box of 20×20 pixels and put its centre of mass into the middle of 28×28.
// Here it is the strokes that are scaled and moved, so the pen is as wide for a small drawing as for a large one.

import { IMAGE_SIDE } from "./network.js";

const [BOX, MIDDLE] = [20, 14]; // in pixels; a pixel's place is its row and column
const [PEN, SOFT] = [2.8, 1.25]; // the pen's width, as MNIST's, and that of its soft edge

/** The distance of a point from the segment between two others. */
function distance(x, y, [x1, y1], [x2, y2]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = ((x - x1) * dx + (y - y1) * dy) / (dx ** 2 + dy ** 2 || 1);
  const share = Math.max(0, Math.min(1, along));
  return Math.hypot(x - x1 - share * dx, y - y1 - share * dy);
}

/** Ink from 0 to 1 at each pixel, row by row, of strokes whose points are places in pixels. */
export function rasterise(strokes) {
  const image = new Float64Array(IMAGE_SIDE ** 2);
  const reach = (PEN + SOFT) / 2;
  for (const stroke of strokes) {
    stroke.forEach((end, at) => {
      const start = stroke[Math.max(at - 1, 0)];
      const [left, right] = [Math.min(start[0], end[0]) - reach, Math.max(start[0], end[0]) + reach];
      const [top, bottom] = [Math.min(start[1], end[1]) - reach, Math.max(start[1], end[1]) + reach];
      for (let y = Math.max(0, Math.ceil(top)); y <= Math.min(IMAGE_SIDE - 1, bottom); y++) {
        for (let x = Math.max(0, Math.ceil(left)); x <= Math.min(IMAGE_SIDE - 1, right); x++) {
          const ink = Math.min(1, Math.max(0, (reach - distance(x, y, start, end)) / SOFT));
          image[y * IMAGE_SIDE + x] = Math.max(image[y * IMAGE_SIDE + x], ink);
        }
      }
    });
  }
  return image;
}

/** The centre of mass of an image: column and row. */
export function centreOfMass(image) {
  let [mass, x, y] = [0, 0, 0];
  for (const [at, ink] of image.entries()) {
    mass += ink;
    x += ink * (at % IMAGE_SIDE);
    y += ink * Math.floor(at / IMAGE_SIDE);
  }
  return [x / mass, y / mass];
}

const placed = (strokes, scale, right, down) =>
  strokes.map((stroke) => stroke.map(([x, y]) => [x * scale + right, y * scale + down]));

/** The image of strokes whose points are shares of the drawing field: as they stand there, or as MNIST's stand. */
export function toImage(strokes, centred) {
  const points = strokes.flat();
  if (!points.length) return new Float64Array(IMAGE_SIDE ** 2);
  if (!centred) return rasterise(placed(strokes, IMAGE_SIDE, -0.5, -0.5));
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const size = Math.max(right - left, bottom - top);
  const scale = size > 0 ? (BOX - PEN) / size : 1; // a dot stays a dot
  const boxed = placed(strokes, scale, MIDDLE - (scale * (left + right)) / 2, MIDDLE - (scale * (top + bottom)) / 2);
  const [x, y] = centreOfMass(rasterise(boxed));
  return rasterise(placed(boxed, 1, MIDDLE - x, MIDDLE - y));
}
