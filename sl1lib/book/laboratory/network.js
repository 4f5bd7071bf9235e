// The whole network on typed arrays: forward, backward, penalty, update and removal, as `sl1lib.reference` has them for
// the reading "table". A convolution and the means behind it are one convolution in steps of 2 (chapter *Pooling*).

import { PROFILES } from "../profiles.js";
import { Generator } from "./random.js";

export const [IMAGE_SIDE, PIXELS, NODES, NODES_PER_MAP, CLASSES] = [28, 784, 192, 16, 10];
const SHAPES = { K1: [6, 1, 5, 5], b1: [6], K2: [12, 6, 5, 5], b2: [12], U: [CLASSES, NODES], b: [CLASSES] };
const [KERNEL, WINDOW] = [5, 6]; // the sides of a kernel, and of one composed with the mean of 2×2 places

/** Sizes of the layers: maps that come out, maps that go in, and the side of those that come out. */
const LAYERS = [
  { maps: 6, channels: 1, side: 12 },
  { maps: 12, channels: 6, side: 4 },
];

/** The six arrays of parameters, each a part of `flat`, in which they stand one behind the other. */
export function parameters(numbers) {
  const flat = Float64Array.from(numbers);
  const found = { flat };
  let first = 0;
  for (const [name, shape] of Object.entries(SHAPES)) {
    const size = shape.reduce((product, count) => product * count, 1);
    found[name] = flat.subarray(first, first + size);
    first += size;
  }
  return found;
}

const COUNT = 3898;
const zeros = () => parameters(new Float64Array(COUNT));

/** The random start that the library draws for a seed: Glorot-uniform weights, biases of 0. */
export function randomStart(seed) {
  const [start, generator] = [zeros(), new Generator(0, seed)];
  for (const name of ["K1", "K2", "U"]) {
    const [maps, channels, ...places] = SHAPES[name];
    const bound = Math.sqrt(6 / ((maps + channels) * places.reduce((product, count) => product * count, 1)));
    for (let at = 0; at < start[name].length; at++) start[name][at] = -bound + 2 * bound * generator.random();
  }
  return start;
}

/** Call `visit` with where each weight of kernels stands, and with the four places that it has in the composed ones. */
function eachPlace(weights, visit) {
  for (let at = 0; at < weights; at++) {
    const [kernel, place] = [Math.floor(at / KERNEL ** 2), at % KERNEL ** 2];
    const first = kernel * WINDOW ** 2 + Math.floor(place / KERNEL) * WINDOW + (place % KERNEL);
    for (const to of [first, first + 1, first + WINDOW, first + WINDOW + 1]) visit(at, to);
  }
}

/** Kernels composed with the mean: each weight is spread over 2×2 places. */
export function compose(kernels) {
  const composed = new Float64Array((kernels.length / KERNEL ** 2) * WINDOW ** 2);
  eachPlace(kernels.length, (at, to) => {
    composed[to] += kernels[at] / 4;
  });
  return composed;
}

/** Y[f,i,j] = bias[f] + Σ C[f,c,m,l] X[c,2i+m,2j+l]. */
function forwardStage({ maps, channels, side }, X, C, bias, Y) {
  const wide = 2 * side + WINDOW - 2;
  let to = 0;
  for (let f = 0; f < maps; f++) {
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        let total = bias[f];
        let k = f * channels * WINDOW ** 2;
        for (let c = 0; c < channels; c++) {
          let x = (c * wide + 2 * i) * wide + 2 * j;
          for (let m = 0; m < WINDOW; m++, k += WINDOW, x += wide) {
            // six products, written out: a loop would take twice the time
            total += C[k] * X[x] + C[k + 1] * X[x + 1] + C[k + 2] * X[x + 2];
            total += C[k + 3] * X[x + 3] + C[k + 4] * X[x + 4] + C[k + 5] * X[x + 5];
          }
        }
        Y[to++] = total;
      }
    }
  }
}

/** Add to the gradients of C, of the bias and, if asked for, of X what the gradient of Y makes of them. */
function backwardStage({ maps, channels, side }, X, C, dY, dC, dBias, dX) {
  const wide = 2 * side + WINDOW - 2;
  for (let f = 0, from = 0; f < maps; f++) {
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        const d = dY[from++];
        if (d === 0) continue; // behind a ReLU that is closed
        dBias[f] += d;
        let k = f * channels * WINDOW ** 2;
        for (let c = 0; c < channels; c++) {
          let x = (c * wide + 2 * i) * wide + 2 * j;
          for (let m = 0; m < WINDOW; m++, k += WINDOW, x += wide) {
            for (let l = 0; l < WINDOW; l++) dC[k + l] += d * X[x + l];
            if (dX) for (let l = 0; l < WINDOW; l++) dX[x + l] += d * C[k + l];
          }
        }
      }
    }
  }
}

/** Scores to probabilities, without overflow. */
export function softmax(scores) {
  const largest = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The network with some parameters, for one image after the other: `forward` leaves what it computed in the fields. */
export class Network {
  constructor(params) {
    this.params = params;
    this.composed = [compose(params.K1), compose(params.K2)];
    this.pooled = LAYERS.map(({ maps, side }) => new Float64Array(maps * side ** 2)); // before the ReLU
    this.stages = this.pooled.map((values) => new Float64Array(values.length)); // behind it; the second: the nodes
    this.scores = new Float64Array(CLASSES);
  }

  forward(x) {
    const { b1, b2, U, b } = this.params;
    for (const [n, bias] of [b1, b2].entries()) {
      const [pooled, stage] = [this.pooled[n], this.stages[n]];
      forwardStage(LAYERS[n], n ? this.stages[0] : x, this.composed[n], bias, pooled);
      for (let at = 0; at < pooled.length; at++) stage[at] = Math.max(pooled[at], 0);
    }
    const nodes = this.stages[1];
    for (let c = 0, at = 0; c < CLASSES; c++) {
      let total = b[c];
      for (let k = 0; k < NODES; k++, at++) total += U[at] * nodes[k];
      this.scores[c] = total;
    }
    return this.scores;
  }

  /** The class with the largest score. */
  read(x) {
    return this.forward(x).reduce((best, score, c, scores) => (score > scores[best] ? c : best), 0);
  }
}

/** E0 of some images, the mean of the entropy errors, and its gradient. */
export function backward(params, images, labels, batch) {
  const [network, d] = [new Network(params), zeros()];
  const [dComposed, dStages] = [network.composed, network.stages].map((arrays) =>
    arrays.map(({ length }) => new Float64Array(length)),
  );
  const dNodes = dStages[1];
  let error = 0;
  for (const at of batch) {
    const x = images.subarray(at * PIXELS, (at + 1) * PIXELS);
    const probabilities = softmax(network.forward(x));
    error -= logProbability(network.scores, labels[at]) / batch.length;
    dNodes.fill(0);
    for (let c = 0, w = 0; c < CLASSES; c++) {
      const score = (probabilities[c] - (c === labels[at])) / batch.length;
      d.b[c] += score;
      for (let k = 0; k < NODES; k++, w++) {
        d.U[w] += score * network.stages[1][k];
        dNodes[k] += score * params.U[w];
      }
    }
    dStages[0].fill(0);
    closeWhere(dNodes, network.stages[1]);
    backwardStage(LAYERS[1], network.stages[0], network.composed[1], dNodes, dComposed[1], d.b2, dStages[0]);
    closeWhere(dStages[0], network.stages[0]);
    backwardStage(LAYERS[0], x, network.composed[0], dStages[0], dComposed[0], d.b1);
  }
  for (const [n, kernels] of [d.K1, d.K2].entries()) {
    eachPlace(kernels.length, (at, from) => {
      kernels[at] += dComposed[n][from] / 4;
    });
  }
  return { error, gradient: d };
}

function logProbability(scores, c) {
  const largest = Math.max(...scores);
  return scores[c] - largest - Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0));
}

/** No gradient passes a ReLU that gave 0. */
function closeWhere(gradient, stage) {
  for (let at = 0; at < stage.length; at++) if (stage[at] <= 0) gradient[at] = 0;
}

/** The group that each weight of U belongs to: its node, itself, or its map of 16 nodes; and how many there are. */
export const GROUPINGS = {
  node: { groups: NODES, of: (at) => at % NODES },
  weight: { groups: CLASSES * NODES, of: (at) => at },
  map: { groups: NODES / NODES_PER_MAP, of: (at) => Math.floor((at % NODES) / NODES_PER_MAP) },
};

/** The length of each group of weights. */
export function groupLengths(U, grouping) {
  const { groups, of } = GROUPINGS[grouping];
  const lengths = new Float64Array(groups);
  for (let at = 0; at < U.length; at++) lengths[of(at)] += U[at] ** 2;
  return lengths.map(Math.sqrt);
}

/** What the penalty adds to the error. */
export function penaltyCost(U, { strength, eps, profile, grouping }) {
  const { value } = PROFILES[profile];
  return strength * groupLengths(U, grouping).reduce((total, r) => total + value(r, eps), 0);
}

/** A factor for each weight, from the length of its group; 0 for a group of zeros. */
function factors(U, grouping, ofLength) {
  const perGroup = groupLengths(U, grouping).map((r) => (r > 0 ? ofLength(r) / r : 0));
  return (at) => perGroup[GROUPINGS[grouping].of(at)];
}

/** One update of the heavy ball, in place; a proximal penalty ends it with its map, and the velocity is the way gone. */
export function update(params, velocity, gradient, { lr, momentum, penalty }) {
  const { strength, eps, profile, grouping, step } = penalty;
  const { slope, prox } = PROFILES[profile];
  const { U } = params;
  if (step === "gradient") {
    const quotient = factors(U, grouping, (r) => slope(r, eps));
    for (let at = 0; at < U.length; at++) gradient.U[at] += strength * U[at] * quotient(at);
  }
  const before = U.slice();
  for (let at = 0; at < COUNT; at++) {
    velocity.flat[at] = momentum * velocity.flat[at] - lr * gradient.flat[at];
    params.flat[at] += velocity.flat[at];
  }
  if (step === "proximal") {
    const share = factors(U, grouping, (r) => prox(r, lr * strength, eps));
    const moved = U.map((weight, at) => weight * share(at));
    U.set(moved);
    for (let at = 0; at < U.length; at++) velocity.U[at] = U[at] - before[at];
  }
}

/** The share of images that are misread. */
export function errorRate(params, images, labels) {
  const network = new Network(params);
  let wrong = 0;
  for (let at = 0; at < labels.length; at++) {
    if (network.read(images.subarray(at * PIXELS, (at + 1) * PIXELS)) !== labels[at]) wrong++;
  }
  return wrong / labels.length;
}

/** The mean of each node over some images. */
export function nodeMeans(params, images) {
  const [network, means, count] = [new Network(params), new Float64Array(NODES), images.length / PIXELS];
  for (let at = 0; at < count; at++) {
    network.forward(images.subarray(at * PIXELS, (at + 1) * PIXELS));
    for (let k = 0; k < NODES; k++) means[k] += network.stages[1][k] / count;
  }
  return means;
}

/** The parameters without some nodes, whose weights are 0 then; with `means`, the biases get what the nodes gave. */
export function withoutNodes(params, removed, means) {
  const smaller = parameters(params.flat);
  for (const k of removed) {
    for (let c = 0; c < CLASSES; c++) {
      const at = c * NODES + k;
      if (means) smaller.b[c] += smaller.U[at] * means[k];
      smaller.U[at] = 0;
    }
  }
  return smaller;
}

/** Multiply-adds for one image, and parameters, of a network without some nodes and the maps that have none left. */
export function cost(removed) {
  const gone = new Set(removed);
  const stay = [...Array(NODES).keys()].filter((k) => !gone.has(k));
  const [nodes, maps] = [stay.length, new Set(stay.map(mapOf)).size];
  const [first, second] = LAYERS.map(({ channels, side }) => ({
    products: side ** 2 * channels * WINDOW ** 2,
    weights: channels * KERNEL ** 2 + 1,
  }));
  return {
    multiplyAdds: LAYERS[0].maps * first.products + maps * second.products + CLASSES * nodes,
    parameters: LAYERS[0].maps * first.weights + maps * second.weights + CLASSES * (nodes + 1),
    maps,
    nodes,
  };
}

/** The map of layer 2 that a node belongs to. */
export const mapOf = (node) => Math.floor(node / NODES_PER_MAP);
