// What the laboratory knows: the network as it is now, and what the trainer told on the way there.

import { fixed, short } from "../explorer.js";
import { kernelTrainer, startTrainer } from "./backend.js";
import { loadDigits } from "./digits.js";
import { groupLengths, Network, parameters } from "./network.js";

export const SETTINGS = ["profile", "grouping", "step", "strength", "eps", "lr", "momentum"];
const LONGEST_TRAIL = 2000; // updates
const MOVING = 20; // updates within which a slider that is still being moved makes one mark
const SYMBOLS = { strength: "λ", eps: "ε", lr: "η", momentum: "μ" };

export const inPercent = (share, digits = 1) => `${fixed(100 * share, digits)} %`;

/** Numbers of 16 bits each, in base64. */
export function halves(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 2 }, (_, at) => half(view.getUint16(2 * at, true)));
}

function half(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

const largestAt = (values) =>
  values.reduce((best, value, at) => (Math.abs(value) > Math.abs(values[best]) ? at : best), 0);

export class Session {
  #panel;
  #trainer = null;

  constructor(panel) {
    this.#panel = panel;
    this.stored = halves(panel.model.get("stored").weights);
    this.digits = null;
    this.#forget();
    this.#take(this.stored);
    for (const name of SETTINGS) panel.onChange(name, () => this.send(this.settings()));
    this.#begin();
  }

  async #begin() {
    const { model } = this.#panel;
    this.perEpoch = model.get("digits").perEpoch;
    if (model.send) {
      const meet = (known) => Object.assign(this, known);
      this.#trainer = kernelTrainer(model, meet, (snapshot) => this.#hear(snapshot));
      this.send({ type: "watch", node: model.get("node") });
      return;
    }
    this.digits = await loadDigits(model.get("digits"));
    if (this.ended) return;
    this.#trainer = startTrainer(model.get("worker"), this.digits, (snapshot) => this.#hear(snapshot));
    this.send(this.settings());
    this.send({ type: "watch", node: model.get("node") });
    this.begin({ weights: this.stored });
  }

  settings() {
    const { model } = this.#panel;
    return { type: "settings", ...Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)])) };
  }

  send(command) {
    this.#trainer?.send(command);
  }

  /** A new start, from weights or at random; `plan` are commands that follow. */
  begin({ weights, plan }) {
    this.send({ type: "reset", seed: this.#panel.model.get("seed"), weights, plan });
  }

  #forget() {
    this.step = 0;
    this.running = false;
    this.losses = [];
    this.errors = [];
    this.trail = [];
    this.marks = []; // where something changed: { step, key, text }
    this.removed = null;
    this.restored = null; // the removal that was taken back, and when
    this.begun = (this.begun ?? 0) + 1;
  }

  #mark(step, key, text) {
    const last = this.marks.at(-1);
    if (last?.key === key && step - last.step < MOVING) last.text = text;
    else if (step > 0) this.marks.push({ step, key, text });
  }

  #markChanges(changes) {
    for (const [step, values] of changes) {
      for (const [name, value] of Object.entries(values)) {
        this.#mark(step, name, name in SYMBOLS ? `${SYMBOLS[name]} ${short(value, 2)}` : String(value));
      }
    }
  }

  #markRemoval(step, removed) {
    if (removed && !this.removed) this.#mark(step, "removal", "nodes removed");
    if (!removed && this.removed) {
      this.#mark(step, "return", "put back");
      this.restored = { ...this.removed, now: step };
    }
  }

  #take(weights) {
    this.network = new Network(parameters(weights));
    this.lengths = groupLengths(this.network.params.U, "node");
  }

  #hear(snapshot) {
    if (snapshot.fresh) this.#forget();
    const { step, running, weights, losses, errors, changes, watched, trail, removed } = snapshot;
    if (watched !== this.watched) this.trail = [];
    this.#markChanges(changes);
    this.#markRemoval(step, removed);
    if (removed) this.restored = null;
    Object.assign(this, { step, running, watched, removed });
    this.losses.push(...losses);
    this.errors.push(...errors);
    if (!this.trail.length) this.bold = largestAt(trail[0]?.slice(1) ?? []);
    this.trail = [...this.trail, ...trail].slice(-LONGEST_TRAIL - 1);
    this.#take(weights);
    const { model } = this.#panel;
    const known = { updates: step, running, error: this.errors.at(-1)?.[1] ?? null };
    this.#panel.set(running ? known : { ...known, weights: [...weights] });
    this.#panel.set({ told: (model.get("told") ?? 0) + 1 });
  }

  end() {
    this.ended = true;
    this.#trainer?.end();
  }
}
