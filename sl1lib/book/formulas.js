// Formulas that the explorers of several chapters compute with. The tests hold each against `sl1lib.reference`.

import { range, sum } from "./explorer.js";

/** A table of as many rows as columns, or of another number of them. */
export const table = (count, value, columns = count) => range(count).map((i) => range(columns).map((j) => value(i, j)));

/** Equation (1), in steps of `stride`: the sum of the products under the window, at each of its places. */
export function convolve(image, kernel, stride = 1) {
  const places = (size, window) => Math.floor((size - window) / stride) + 1;
  const cell = (i, j) =>
    sum(kernel.flatMap((row, m) => row.map((weight, l) => image[stride * i + m][stride * j + l] * weight)));
  return table(places(image.length, kernel.length), cell, places(image[0].length, kernel[0].length));
}

/** The heavy ball: the start, and the weight after each update. With `prox`, each update ends in that map. */
export function descend(gradient, start, { lr, momentum, updates, prox }) {
  const path = [start];
  let velocity = 0;
  for (let t = 0; t < updates; t++) {
    velocity = momentum * velocity - lr * gradient(path[t]);
    const moved = path[t] + velocity;
    path.push(prox ? prox(moved) : moved);
    if (prox) velocity = path[t + 1] - path[t]; // the way really gone
  }
  return path;
}

/** The proximal map of by·|w|: that much nearer to 0, but not past it. */
export const softThreshold = (w, by) => Math.sign(w) * Math.max(0, Math.abs(w) - by);

/** A threshold, `shift` twentieths of a power of ten from ε. */
export const thresholdAt = (eps, shift) => (shift === 0 ? eps : eps * 10 ** (shift / 20));

/** The logarithm of a length that may be 0, as it is drawn; and between which such lengths are drawn. */
export const logarithm = (length) => Math.log10(Math.max(length, 1e-12));
export const logarithmicLimits = (eps, lengths) => [
  logarithm(eps) - 2,
  Math.ceil(logarithm(Math.max(...lengths)) * 2) / 2,
];
