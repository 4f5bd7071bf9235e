// The trainer: it takes commands and tells snapshots (backend.js names them). It knows no page and no worker.

import {
  backward,
  errorRate,
  groupLengths,
  NODES,
  nodeMeans,
  parameters,
  penaltyCost,
  randomStart,
  update,
  withoutNodes,
} from "./network.js";
import { Generator } from "./random.js";

const BATCH = 50;
const MEASURED = 10; // updates from one measurement of the error on the test images to the next
const SLICE = 40; // milliseconds of work until commands are heard
const PAUSE_BETWEEN_SNAPSHOTS = 90; // milliseconds

const grey = (levels) => Float64Array.from(levels, (level) => level / 255);

export class Trainer {
  #data;
  #tell;
  #settings = {};
  #watched = 0;
  #until = 0; // the update before which it stops by itself; 0 when it does not run
  #told = 0;
  #waiting = false;
  #plan = []; // commands, each for when the one before has ended
  #whole = null; // the network before nodes were removed, and what that did

  /** `data` are images and labels as `loadDigits` returns them; `tell` gets the snapshots. */
  constructor({ images, labels, testImages, testLabels }, tell) {
    this.#data = { images: grey(images), labels, testImages: grey(testImages), testLabels };
    this.#tell = tell;
  }

  handle({ type, ...values }) {
    const commands = {
      settings: () => this.#set(values),
      reset: () => this.#reset(values),
      watch: () => this.#watch(values.node),
      start: () => this.#run(this.step + (values.updates ?? Number.POSITIVE_INFINITY)),
      epoch: () => this.#run((Math.floor(this.step / this.#perEpoch) + 1) * this.#perEpoch),
      update: () => this.#run(this.step + 1),
      pause: () => this.#pause(),
      remove: () => this.#remove(values),
      restore: () => this.#restore(),
    };
    commands[type]();
  }

  get #perEpoch() {
    return Math.ceil(this.#data.labels.length / BATCH);
  }

  #set(values) {
    const changed = Object.entries(values).filter(([name, value]) => this.#settings[name] !== value);
    Object.assign(this.#settings, values);
    if (!changed.length || !this.params) return; // before the first start
    this.changes.push([this.step, Object.fromEntries(changed)]);
    if (!this.#until) this.#report();
  }

  #reset({ seed, weights, plan = [] }) {
    this.params = weights ? parameters(weights) : randomStart(seed);
    this.velocity = parameters(new Float64Array(this.params.flat.length));
    this.seed = seed;
    this.step = 0;
    this.#whole = null;
    this.#until = 0;
    this.#clear();
    this.#mark();
    this.#measure();
    this.#report(true);
    this.#plan = [...plan];
    this.#follow();
  }

  /** Take the next command of a plan. */
  #follow() {
    if (this.#plan.length) this.handle(this.#plan.shift());
  }

  /** Forget what the last snapshot told of. */
  #clear() {
    this.losses = [];
    this.errors = [];
    this.changes = [];
    this.trail = [];
  }

  #watch(node) {
    this.#watched = node;
    if (!this.params) return; // before the first start
    this.trail = [];
    this.#mark();
    this.#report();
  }

  #mark() {
    const weights = this.params.U.filter((_, at) => at % NODES === this.#watched);
    this.trail.push([this.step, ...weights]);
  }

  #measure() {
    const { testImages, testLabels } = this.#data;
    this.errors.push([this.step, errorRate(this.params, testImages, testLabels)]);
  }

  #run(until) {
    this.#until = until;
    if (!this.#waiting) this.#work();
  }

  #pause() {
    this.#until = 0;
    this.#plan = [];
    this.#report();
  }

  /** Make updates for a while, tell of them, and go on when commands that came meanwhile have been heard. */
  #work() {
    this.#waiting = false;
    if (!this.#until) return; // told to pause, or to start anew, in between
    const end = performance.now() + SLICE;
    while (this.step < this.#until && performance.now() < end) this.#update();
    if (this.step >= this.#until) {
      this.#until = 0;
      if (this.errors.at(-1)?.[0] !== this.step) this.#measure();
      this.#report();
      this.#follow();
      return;
    }
    if (performance.now() - this.#told > PAUSE_BETWEEN_SNAPSHOTS) this.#report();
    this.#waiting = true;
    setTimeout(() => this.#work());
  }

  #update() {
    const { images, labels } = this.#data;
    const penalty = this.#settings;
    const cost = penaltyCost(this.params.U, penalty);
    const { error, gradient } = backward(this.params, images, labels, this.#nextBatch());
    for (const k of this.#whole?.nodes ?? []) for (let at = k; at < gradient.U.length; at += NODES) gradient.U[at] = 0;
    update(this.params, this.velocity, gradient, { ...this.#settings, penalty });
    this.losses.push([this.step, error, cost]);
    this.step++;
    this.#mark();
    if (this.step % MEASURED === 0) this.#measure();
    if (!Number.isFinite(error)) this.#until = 0; // it has run away; more updates show nothing more
  }

  #nextBatch() {
    const count = this.#data.labels.length;
    const [epoch, batch] = [Math.floor(this.step / this.#perEpoch), this.step % this.#perEpoch];
    if (this.order?.epoch !== epoch || this.order.seed !== this.seed) {
      this.order = { epoch, seed: this.seed, images: new Generator(1, this.seed, epoch).permutation(count) };
    }
    return this.order.images.slice(batch * BATCH, (batch + 1) * BATCH);
  }

  /** Take out the nodes that are shorter than the threshold; the longest one stays. */
  #remove({ threshold, fold }) {
    const { images, testImages, testLabels } = this.#data;
    const [before, lengths] = [this.params, groupLengths(this.params.U, "node")];
    const longest = lengths.indexOf(Math.max(...lengths));
    const nodes = [...lengths.keys()].filter((k) => lengths[k] < threshold && k !== longest);
    const folded = withoutNodes(before, nodes, nodeMeans(before, images));
    const forgotten = withoutNodes(before, nodes);
    const [errorBefore, errorFolded, errorForgotten] = [before, folded, forgotten].map((params) =>
      errorRate(params, testImages, testLabels),
    );
    this.params = fold ? folded : forgotten;
    this.#whole = { before, at: this.step, nodes, fold, errorBefore, errorFolded, errorForgotten };
    this.velocity.flat.fill(0);
    this.#mark();
    this.errors.push([this.step, fold ? errorFolded : errorForgotten]);
    this.#report();
  }

  #restore() {
    if (!this.#whole) return;
    this.params = this.#whole.before;
    this.#whole = null;
    this.velocity.flat.fill(0);
    this.#mark();
    this.#measure();
    this.#report();
  }

  #report(fresh = false) {
    const { before, ...removed } = this.#whole ?? {};
    this.#tell({
      fresh, // curves begin anew
      step: this.step,
      running: this.#until > this.step,
      weights: this.params.flat.slice(),
      losses: this.losses,
      errors: this.errors,
      changes: this.changes,
      watched: this.#watched,
      trail: this.trail,
      removed: before ? removed : null,
    });
    this.#clear();
    this.#told = performance.now();
  }
}
