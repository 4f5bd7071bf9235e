// The chapter *Backpropagation*: step backwards through a network of one kernel, one node and one score.

import { html, Panel, rounded, sum } from "../explorer.js";

const READINGS = [
  ["table", "table: pool, then ReLU"],
  ["text", "text: sigmoid, then pool"],
];
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const mean = (values) => sum(values) / values.length;

/** Every value, in the order of the reading; `params` has K, β, U and b. */
export function forward({ pixels, target, reading }, params) {
  const Y = pixels.map((x) => params.K * x + params.β);
  const v = { X: pixels, Y };
  if (reading === "table") {
    v.P = mean(Y);
    v.A = Math.max(0, v.P);
  } else {
    v.A = Y.map(sigmoid);
    v.P = mean(v.A);
  }
  v.S = params.U * (reading === "table" ? v.A : v.P) + params.b;
  v.E = (v.S - target) ** 2 / 2;
  return v;
}

/** The gradient of E for each: every line needs only the one above it and values that the way forward kept. */
export function backward({ pixels, target, reading, wrong }, params, v) {
  const d = { S: v.S - target };
  d.U = d.S * (reading === "table" ? v.A : v.P);
  d.b = d.S;
  if (reading === "table") {
    d.A = d.S * params.U;
    d.P = (wrong ? v.A >= 0 : v.P > 0) ? d.A : 0;
    d.Y = pixels.map(() => d.P / 4);
  } else {
    d.P = d.S * params.U;
    d.A = pixels.map(() => d.P / 4);
    d.Y = v.A.map((a, i) => d.A[i] * a * (1 - a));
  }
  d.K = sum(d.Y.map((slope, i) => slope * pixels[i]));
  d.β = sum(d.Y);
  return d;
}

/** Central differences of E for each parameter. */
export function differences(setting, params) {
  const step = 1e-5;
  const slope = (name) => {
    const E = (value) => forward(setting, { ...params, [name]: value }).E;
    return (E(params[name] + step) - E(params[name] - step)) / (2 * step);
  };
  return Object.fromEntries(Object.keys(params).map((name) => [name, slope(name)]));
}

const written = (values) =>
  [values]
    .flat()
    .map((value) => rounded(value, 3))
    .join(", ");

/** What the table shows, from the pixels down: a name, how it is made, and the parameters that it is made with. */
function layout({ reading, target }) {
  const [pooled, active] = reading === "table" ? ["mean of Y", "ReLU of P"] : ["mean of A", "sigmoid of Y"];
  const middle = [
    ["P", pooled],
    ["A", active],
  ];
  if (reading === "text") middle.reverse();
  return [
    ["X", "pixels"],
    ["Y", "K X + β", "K", "β"],
    ...middle,
    ["S", `U ${middle[1][0]} + b`, "U", "b"],
    ["E", `½ (S − ${written(target)})²`],
  ];
}

/** The order of the gradients, one place a step. */
function stepsOf(rows) {
  const names = rows.map(([name]) => name);
  return ["S", "U, b", names[3], names[2], "Y", "K, β"];
}

/** The table's cells, row by row: each a text and a class. */
function cells(rows, steps, shown, params, v, d) {
  const known = new Set(steps.slice(0, shown).flatMap((names) => names.split(", ")));
  const newest = (names) => (steps[shown - 1] === names ? "slope newest" : "slope");
  const heads = ["", "forward: value", "backward: gradient of E"].map((text) => [text, "head"]);
  const fixedSlopes = { X: "not needed", E: "1" };
  return [
    ...heads,
    ...rows.flatMap(([name, rule, ...owned]) => [
      [name, ""],
      [name === "X" ? written(v.X) : `${written(v[name])}  = ${rule}`, "value"],
      [fixedSlopes[name] ?? (known.has(name) ? written(d[name]) : "?"), newest(name)],
      ...owned.flatMap((own) => [
        ["", ""],
        [`${own} = ${written(params[own])}`, "value"],
        [known.has(own) ? `${own}: ${written(d[own])}` : "?", newest(owned.join(", "))],
      ]),
    ]),
  ];
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Backpropagation stepper");
  panel.choice("reading", "Reading", READINGS);

  const given = panel.add(html("div", { class: "given" }));
  for (const name of Object.keys(model.get("params"))) {
    const write = (value) => panel.set({ params: { ...model.get("params"), [name]: value } });
    const field = panel.number({ step: 0.5 }, () => model.get("params")[name], write);
    given.append(html("label", {}, `${name} =`, field));
  }
  const mask = html("input", { type: "checkbox", change: () => panel.set({ wrong: mask.checked }) });
  given.append(html("label", {}, mask, "wrong mask: A ≥ 0"));

  const row = panel.buttons("Steps");
  const back = panel.action(row, "one step back", () => panel.set({ shown: model.get("shown") + 1 }));
  panel.action(row, "all steps", () => panel.set({ shown: stepsOf(layout({ target: 0 })).length }));
  panel.action(row, "begin again", () => panel.set({ shown: 0 }));
  const way = panel.add(html("div", { class: "way" }));

  const draw = ({ params, shown, ...setting }) => {
    mask.checked = setting.wrong;
    mask.disabled = setting.reading !== "table";
    if (Object.values(params).includes(null)) return "Each of the four places needs a number.";
    const [v, slopes] = [forward(setting, params), differences(setting, params)];
    const d = backward(setting, params, v);
    const rows = layout(setting);
    const steps = stepsOf(rows);
    const table = cells(rows, steps, shown, params, v, d);
    way.replaceChildren(...table.map(([text, kind]) => html("div", { class: kind }, text)));
    back.disabled = shown === steps.length;
    const apart = (name) => Math.abs(slopes[name] - d[name]) > 1e-6 * Math.max(1, Math.abs(slopes[name]));
    const off = Object.keys(params).filter(apart);
    panel.set({ values: v, gradients: d, disagree: off });
    if (shown < steps.length) return `Next: the gradient for ${steps[shown]}.`;
    if (!off.length) return "Central differences confirm all four gradients.";
    return `Differences disagree for ${off.map((name) => `${name}, which they put at ${written(slopes[name])}`).join("; ")}.`;
  };
  return panel.start(["params", "shown", "wrong", "pixels", "target"], draw);
}

export default { render };
