// The chapter *Dense layer and entropy*: scores become probabilities, an error and a gradient.

import { anewAfter, fixed, html, Panel, sum } from "../explorer.js";

/** Probabilities, error in nats and gradient of three scores, with a temperature, and with or without ReLU before. */
export function softmax({ scores, label, temperature, relu }) {
  const logits = scores.map((score) => (relu ? Math.max(0, score) : score) / temperature);
  // The largest is taken away first: no exponent above 0.
  const most = Math.max(...logits);
  const powers = logits.map((score) => Math.exp(score - most));
  const total = sum(powers);
  const probabilities = powers.map((power) => power / total);
  const error = Math.log(total) + most - logits[label];
  // The chain rule through the temperature, and through ReLU, which passes nothing at or below 0.
  const slope = (p, c) => (p - (c === label ? 1 : 0)) / temperature;
  const gradient = probabilities.map((p, c) => (relu && scores[c] <= 0 ? 0 : slope(p, c)));
  return { probabilities, error, gradient };
}

/** A bar with a number on it; `show` takes where it begins and ends, in percent. */
function drawBar(place) {
  const [filled, text] = [html("i"), html("span")];
  place.append(html("div", { class: "bar" }, filled, text));
  return (left, right, words, colour) => {
    Object.assign(filled.style, { left: `${left}%`, width: `${right - left}%`, background: colour });
    text.textContent = words;
  };
}

/** How far the sliders go: 6, or as far as a score that is larger. */
const reachOf = (scores) => Math.max(6, ...scores.map((score) => Math.ceil(Math.abs(score))));

function drawClass(panel, grid, c, reach) {
  const name = html("span", { class: "name" });
  const moved = () => panel.set({ scores: panel.model.get("scores").with(c, slider.valueAsNumber) });
  const range = { type: "range", min: -reach, max: reach, step: 0.1, "aria-label": `score of class ${c}` };
  const slider = html("input", { ...range, input: moved });
  grid.append(name, slider);
  return { name, slider, probability: drawBar(grid), slope: drawBar(grid) };
}

function draw(place) {
  const { model } = place;
  const panel = new Panel(place, "Softmax explorer");
  const { accent, highlight } = panel.colours;
  const classes = model.get("scores").map((_, c) => c);
  const rights = classes.map((c) => [c, `class ${c} is right`]);
  panel.choice("label", "Which class is right", rights);
  const received = [
    [false, "softmax of the scores"],
    [true, "softmax of ReLU of the scores"],
  ];
  panel.choice("relu", "What softmax receives", received);
  const heads = ["right class ●", "score s", "probability p", "∂E/∂s"];
  const grid = panel.add(html("div", { class: "classes" }));
  grid.append(...heads.map((text) => html("span", { class: "head" }, text)));
  const reach = reachOf(model.get("scores"));
  const rows = classes.map((c) => drawClass(panel, grid, c, reach));
  // The slider moves the logarithm: as far down as up.
  const show = (warmth) => fixed(10 ** warmth, 2);
  panel.slider("warmth", { label: "temperature T", min: -1, max: 1, step: 0.05, show });

  return panel.start(["scores"], ({ scores, label, relu, warmth }) => {
    const temperature = 10 ** warmth;
    const { probabilities, error, gradient } = softmax({ scores, label, temperature, relu });
    const widest = Math.max(1, ...gradient.map(Math.abs));
    rows.forEach(({ name, slider, probability, slope }, c) => {
      slider.value = scores[c];
      name.textContent = `class ${c}${c === label ? " ●" : ""}: ${fixed(scores[c], 1)}`;
      probability(0, 100 * probabilities[c], fixed(probabilities[c], 3), accent);
      const end = 50 + (50 * gradient[c]) / widest;
      const words = gradient[c] === 0 ? "0" : fixed(gradient[c], 3);
      slope(Math.min(50, end), Math.max(50, end), words, end < 50 ? accent : highlight);
    });
    panel.set({ temperature, probabilities, error, gradient });
    const blocked = scores.filter((score) => relu && score <= 0).length;
    const which = blocked === classes.length ? "classes, all of them" : blocked === 1 ? "class" : "classes";
    const note = blocked ? ` Blocked by ReLU: ${blocked} ${which}.` : "";
    return `E = −ln ${fixed(probabilities[label], 4)} = ${fixed(error, 3)} nats.${note}`;
  });
}

const render = anewAfter(["scores"], draw, (scores) => [scores.length, reachOf(scores)]);

export default { render };
