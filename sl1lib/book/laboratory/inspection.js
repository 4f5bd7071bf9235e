// Where a number of the network comes from: what it reads, the weights, the sum of their products, and what becomes of it.

import { CLASSES, IMAGE_SIDE, mapOf, NODES, NODES_PER_MAP, softmax } from "./network.js";

const PLACES = 36; // of a window of 6×6

/** Map, row and column of the number at a place of maps that stand one behind the other. */
export function placeIn(at, side) {
  const within = at % side ** 2;
  return [Math.floor(at / side ** 2), Math.floor(within / side), within % side];
}

/** The windows of 6×6 under a number, one of each map, one behind the other. */
function windows(values, maps, wide, row, column) {
  const found = [];
  for (let c = 0; c < maps; c++) {
    for (let place = 0; place < PLACES; place++) {
      const [, m, l] = placeIn(place, 6);
      found.push(values[(c * wide + row + m) * wide + column + l]);
    }
  }
  return found;
}

const FIELDS = {
  stage1({ composed, params, stages }, x, at) {
    const [map, i, j] = placeIn(at, 12);
    const seen = windows(x, 1, IMAGE_SIDE, 2 * i, 2 * j);
    const weights = composed[0].subarray(map * PLACES, (map + 1) * PLACES);
    return { seen, weights, maps: 1, side: 6, bias: params.b1[map], value: stages[0][at] };
  },
  stage2({ composed, params, stages }, _, at) {
    const [map, i, j] = placeIn(at, 4);
    const seen = windows(stages[0], 6, 12, 2 * i, 2 * j);
    const weights = composed[1].subarray(map * 6 * PLACES, (map + 1) * 6 * PLACES);
    return { seen, weights, maps: 6, side: 6, bias: params.b2[map], value: stages[1][at] };
  },
  lengths({ params }, _, at) {
    const weights = params.U.filter((_, place) => place % NODES === at);
    return { seen: weights, weights, maps: CLASSES, side: 1, bias: 0, value: Math.hypot(...weights) };
  },
  scores({ params, scores, stages }, _, at) {
    const weights = params.U.subarray(at * NODES, (at + 1) * NODES);
    const probability = softmax(scores)[at];
    return { seen: stages[1], weights, maps: 12, side: 4, bias: params.b[at], value: scores[at], probability };
  },
};

/** What is behind the number at a place of a field, once the network has seen the image x. */
export function inspect(network, x, { field, at }) {
  if (field === "image") return { value: x[at] };
  const found = FIELDS[field](network, x, at);
  const products = Array.from(found.seen, (number, place) => number * found.weights[place]);
  return { ...found, products, sum: products.reduce((total, product) => total + product, 0) };
}

/** Which windows a number reads: in which field, and the first row and column, in every map of it. */
export function windowOf({ field, at }) {
  if (field === "stage1" || field === "stage2") {
    const [, i, j] = placeIn(at, field === "stage1" ? 12 : 4);
    return { field: field === "stage1" ? "image" : "stage1", row: 2 * i, column: 2 * j };
  }
  return null;
}

/** The name of a number, as sentences begin. */
export function nameOf({ field, at }) {
  if (field === "image") return `Pixel in row ${Math.floor(at / IMAGE_SIDE)}, column ${at % IMAGE_SIDE}`;
  if (field === "scores") return `Score of ${at}`;
  const node = `node ${at}, map ${mapOf(at)}`;
  if (field === "lengths") return `Length of the weights of ${node}`;
  const [map, i, j] = placeIn(at, field === "stage1" ? 12 : 4);
  if (field === "stage1") return `Layer 1, map ${map}, row ${i}, column ${j}`;
  return `Layer 2, ${node}, row ${Math.floor((at % NODES_PER_MAP) / 4)}, column ${j}`;
}
