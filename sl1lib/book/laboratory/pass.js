// A digit on its way through the network: drawn or picked, every number to look at, and the sum that made it.

import { clamp, diverging, fixed, html, largest, onArrows, range, short, tint } from "../explorer.js";
import { toImage } from "./drawing.js";
import { DrawingField, MapField, Maps } from "./fields.js";
import { inspect, nameOf, windowOf } from "./inspection.js";
import { CLASSES, IMAGE_SIDE, PIXELS, softmax } from "./network.js";
import { inPercent } from "./session.js";

const PAD =
  "Field to draw in. Arrow keys move the pen, Space lowers and raises it, Backspace takes the last stroke back.";
const [LAYER_1, LAYER_2] = [
  { maps: 6, side: 12, columns: 3 },
  { maps: 12, side: 4, columns: 4 },
];
const DECADES = 2; // of lengths above ε, from the lightest colour to the full one

/** Ten rows, one a class: what softmax makes of the scores. A reader chooses one by pointer or arrow keys. */
class Answers {
  constructor(choose) {
    this.chosen = 0;
    this.rows = range(CLASSES).map((c) => {
      const [bar, text] = [html("span", { class: "bar" }), html("span")];
      const row = html("div", { "data-class": c }, html("span", {}, String(c)), html("span", {}, bar), text);
      return { row, bar, text };
    });
    const label = "The probability of each digit. Arrow keys choose one.";
    const list = html("div", { class: "answers", tabindex: 0, role: "img", "aria-label": label });
    list.append(...this.rows.map(({ row }) => row));
    this.figure = html("figure", {}, html("figcaption", {}, "what the network reads"), list);
    const pick = (event) => {
      const row = event.target.closest("[data-class]");
      if (row) choose(Number(row.dataset.class));
    };
    list.addEventListener("pointerdown", pick);
    list.addEventListener("pointermove", (event) => event.pointerType === "mouse" && pick(event));
    list.addEventListener("focus", () => list.matches(":focus-visible") && choose(this.chosen));
    onArrows(list, (right, down) => choose(clamp(this.chosen + right + down, 0, CLASSES - 1)));
  }

  /** Show the probabilities and what is read; null for both where there is nothing to read. */
  show(probabilities, read, chosen) {
    for (const [c, { row, bar, text }] of this.rows.entries()) {
      bar.style.width = `${100 * (probabilities?.[c] ?? 0)}%`;
      text.textContent = probabilities ? inPercent(probabilities[c], 0) : "";
      row.classList.toggle("read", c === read);
      row.classList.toggle("chosen", c === chosen);
    }
  }
}

/** Buttons above the field: clear it, centre or not, and a digit of the test images for each class. */
function controls(panel, session) {
  const row = panel.choice("centred", "How a drawing becomes an image", [
    [true, "centred like MNIST"],
    [false, "as drawn"],
  ]);
  panel.action(row, "clear", () => panel.set({ picked: null, strokes: [] }));
  const digits = panel.buttons("Test images");
  digits.append(html("span", {}, "or take a test image:"));
  for (const c of range(CLASSES)) {
    const button = panel.action(digits, String(c), () => {
      const { testLabels } = session.digits;
      const images = [...testLabels.keys()].filter((at) => testLabels[at] === c);
      const last = images.indexOf(panel.model.get("picked"));
      panel.set({ picked: images[(last + 1) % images.length] });
    });
    button.setAttribute("aria-label", `another ${c} of the test images`);
  }
}

function fields(panel) {
  const { model } = panel;
  const choose = (field) => (at) => panel.set({ chosen: { field, at } });
  const take = (node) => panel.set({ node });
  const ground = tint(panel.colours.border, 0.6);
  const set = (strokes) => panel.set({ picked: null, strokes });
  const made = {
    pad: new DrawingField({ caption: "draw a digit", label: PAD, get: () => model.get("strokes"), set }),
    image: new MapField({
      ...{ maps: 1, side: IMAGE_SIDE, columns: 1, ground, choose: choose("image") },
      caption: "what the network gets",
      label: "The image of 28×28 pixels. Arrow keys choose one.",
    }),
    scores: new Answers(choose("scores")),
    stage1: new MapField({
      ...{ ...LAYER_1, ground, choose: choose("stage1") },
      caption: "layer 1: 6 maps of 12×12",
      label: "The six maps of layer 1. Arrow keys choose a number.",
    }),
    stage2: new MapField({
      ...{ ...LAYER_2, ground, take, choose: choose("stage2") },
      caption: "layer 2: 12 maps of 4×4, the nodes",
      label: "The twelve maps of layer 2, whose numbers are the nodes. Arrow keys choose one, Enter follows it.",
    }),
    lengths: new MapField({
      ...{ ...LAYER_2, ground, take, choose: choose("lengths") },
      caption: "nodes’ lengths: grey below ε",
      label: "The length of the weights of each of the 192 nodes. Arrow keys choose one, Enter follows it.",
    }),
  };
  const figures = ["pad", "image", "scores", "stage1", "stage2", "lengths"].map((name) => made[name].figure);
  panel.add(html("div", { class: "panels" }, ...figures));
  return made;
}

const OF_A_SUM = ["what it reads", "× weights", "= products"];
const OF_A_LENGTH = ["its weights w", "× the same w", "= w²"];
const [DIGITS, MOST_DIGITS] = [2, 6]; // behind the point

/** Three pictures and a sentence: what a number reads, the weights, their products, the sum. */
class Sum {
  constructor(panel) {
    this.colours = panel.colours;
    this.pictures = OF_A_SUM.map(
      (caption) => new Maps({ caption, label: caption, ground: tint(panel.colours.border, 0.6) }),
    );
    this.text = html("p", { class: "sum" });
    this.row = html("div", { class: "products" }, ...this.pictures.map(({ figure }) => figure), this.text);
    panel.add(this.row);
  }

  show(found, chosen, told) {
    const { seen, weights, products, maps, side } = found;
    this.row.classList.toggle("none", !products);
    if (products) {
      const layout = { maps, side, columns: { 1: 1, 6: 3, 10: 5, 12: 4 }[maps] };
      const length = chosen.field === "lengths";
      const labels = length ? range(CLASSES).map((at) => ({ at, kind: "digit", text: String(at) })) : [];
      for (const [n, values] of [seen, weights, products].entries()) {
        const [picture, limit] = [this.pictures[n], largest([...values])];
        picture.show((at) => diverging(this.colours, values[at], limit), layout);
        picture.mark(labels);
        picture.caption.textContent = (length ? OF_A_LENGTH : OF_A_SUM)[n];
        picture.canvas.setAttribute("aria-label", picture.caption.textContent);
      }
    }
    this.text.setAttribute("aria-live", told.running ? "off" : "polite");
    this.text.textContent = sentence(found, chosen, told);
  }
}

/** Digits enough for two numbers to add up as they are written. */
export function digitsToAdd(a, b) {
  const adds = (digits) => {
    const [first, second, total] = [a, b, a + b].map((value) => Number(value.toFixed(digits)));
    return Math.abs(first + second - total) < 10 ** -digits / 2;
  };
  return (
    range(MOST_DIGITS - DIGITS)
      .map((more) => DIGITS + more)
      .find(adds) ?? MOST_DIGITS
  );
}

/** What else there is to say of a node: that it is removed, that its weights are followed, or how they would be. */
function ofNode(node, { followed, removed }) {
  if (removed.includes(node)) return " It is removed: no score reads it.";
  return node === followed
    ? " The weights’ chart follows it."
    : " A click, or Enter, lets the weights’ chart follow it.";
}

function sentence({ products, sum, bias, value, probability }, { field, at }, told) {
  const name = nameOf({ field, at });
  if (field === "image") return `${name}: ${fixed(value, 2)}. Black is 1.`;
  if (field === "lengths") {
    const squares = "the root of the sum of the squares w² of its 10 weights, one for each digit";
    return `${name}: ${short(value, 2)}, ${squares}.${ofNode(at, told)}`;
  }
  const digits = digitsToAdd(sum, bias);
  const [added, total] = [sum, sum + bias].map((number) => fixed(number, digits));
  const sums = `the sum of ${products.length} products, ${added}, and the bias ${fixed(bias, digits)}`;
  if (field === "scores") return `${name}: ${total}, ${sums}. Softmax makes it ${inPercent(probability)}.`;
  const relu = value > 0 ? "ReLU leaves it." : "ReLU makes it 0.";
  return `${name}: ${sums} make ${total}; ${relu}${field === "stage2" ? ofNode(at, told) : ""}`;
}

/** Where the windows of a number begin, in every map of the field that it reads. */
function windowStarts({ field, row, column }) {
  if (field === "image") return [row * IMAGE_SIDE + column];
  return range(LAYER_1.maps).map((map) => (map * LAYER_1.side + row) * LAYER_1.side + column);
}

/** Add the fields; return what draws them. */
export function showPass(panel, session) {
  controls(panel, session);
  const shown = fields(panel);
  const sum = new Sum(panel);
  const { colours } = panel;

  const frames = (chosen, node) => {
    const read = windowOf(chosen);
    for (const name of ["image", "stage1", "stage2", "lengths"]) {
      const marks = ["stage2", "lengths"].includes(name) ? [{ at: node, kind: "followed" }] : [];
      if (name === chosen.field) marks.push({ at: chosen.at, kind: "square" });
      if (name === read?.field) marks.push(...windowStarts(read).map((at) => ({ at, kind: "square", size: 6 })));
      shown[name].mark(marks);
    }
    shown[chosen.field].chosen = chosen.at;
  };

  const lengthColour = (eps) => (at) => {
    const length = session.lengths[at];
    if (length < eps) return tint(colours.muted, 0.75);
    return tint(colours.SL1, 0.3 + 0.7 * Math.min(1, Math.log10(length / eps) / DECADES));
  };

  return ({ strokes, picked, centred, chosen, node, eps, running }) => {
    const { network } = session;
    const removed = session.removed?.nodes ?? [];
    const empty = picked === null && !strokes.length;
    const levels = picked === null ? null : session.digits?.testImages.subarray(picked * PIXELS, (picked + 1) * PIXELS);
    const x = levels ? Float64Array.from(levels, (level) => level / 255) : toImage(strokes, centred);
    const answer = network.read(x);
    const [read, probabilities] = empty ? [null, null] : [answer, softmax(network.scores)];
    shown.pad.draw(
      picked === null ? strokes : [],
      empty ? "draw here" : "a test image is shown; draw here to read your own",
    );
    shown.image.show((at) => tint(colours.ink, x[at]));
    const gone = tint(colours.border, 0.25);
    const colour = (name, ofNumber) => shown[name].show((at) => (removed.includes(at) ? gone : ofNumber(at)));
    for (const [n, name] of ["stage1", "stage2"].entries()) {
      const limit = largest([...network.stages[n]]);
      const ofNumber = (at) => diverging(colours, network.stages[n][at], limit);
      if (name === "stage2") colour(name, ofNumber);
      else shown[name].show(ofNumber);
    }
    colour("lengths", lengthColour(eps));
    for (const name of ["stage2", "lengths"]) shown[name].strike(removed);
    shown.scores.show(probabilities, read, chosen.field === "scores" ? chosen.at : null);
    frames(chosen, node);
    sum.show(inspect(network, x, chosen), chosen, { running, followed: node, removed });
    const label = picked === null ? null : session.digits?.testLabels[picked];
    const probability = probabilities?.[read] ?? null;
    panel.set({ read, probability, image: [...x] });
    return { read, probability, label, empty };
  };
}
