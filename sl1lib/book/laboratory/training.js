// The training: what a reader decides while it goes on, and four charts of what comes of it.

import { clamp, fixed, html, range, rounded, short } from "../explorer.js";
import { PROFILES } from "../profiles.js";
import { CLASSES } from "./network.js";

const GROUPS_OFFERED = [
  ["node", "the 10 weights of a node"],
  ["weight", "each weight by itself"],
  ["map", "the 160 weights of a map"],
];
const STEPS = [
  ["gradient", "gradient"],
  ["proximal", "proximal step"],
];
const PROFILE_NAMES = {
  huber: "Huber: SL1",
  quartic: "quartic: SL1",
  pseudo_huber: "pseudo-Huber: SL1",
  log_cosh: "log-cosh: SL1",
  abs: "|w|: L1, group lasso",
  squared: "w²: L2",
  sqrt_quartic: "√quartic: smoothed L1/2",
};
const POINTS = 150; // of a curve, at most
const LOG_LENGTHS = [-6, 1]; // between which decades lengths are drawn
const BINS = 28;

/** A slider over powers of ten, tenths of a decade apart; below the lowest it says 0 if that is asked for. */
function powers(lowest, highest, zero = false) {
  const [min, max] = [10 * lowest - zero, 10 * highest];
  const of = (value) => (value > 0 ? clamp(Math.round(10 * Math.log10(value)), 10 * lowest, max) : min);
  const at = (place) => (zero && place === min ? 0 : Number((10 ** (place / 10)).toPrecision(2)));
  return { min, max, scale: { of, at } };
}

function buttons(panel, session) {
  const row = panel.buttons("Training");
  const press = (type) => () => session.send({ type });
  const run = panel.action(row, "start", () => session.send({ type: panel.model.get("running") ? "pause" : "start" }));
  panel.action(row, "one update", press("update"));
  panel.action(row, "one epoch", press("epoch"));
  const anew = panel.buttons("Start");
  panel.action(anew, `start again from ${panel.model.get("stored").name}`, () =>
    session.begin({ weights: session.stored }),
  );
  panel.action(anew, "from scratch, with seed", () => session.begin({}));
  const write = (seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 && panel.set({ seed });
  const field = panel.number({ min: 0, step: 1, "aria-label": "seed" }, () => panel.model.get("seed"), write);
  anew.append(field);
  return run;
}

function settings(panel) {
  const { model } = panel;
  const profiles = Object.keys(PROFILES).map((name) => [name, PROFILE_NAMES[name]]);
  panel.select("profile", "penalty on", "penalty on lengths: the profile", profiles);
  panel.select("grouping", "groups", "groups of weights", GROUPS_OFFERED);
  panel.select("step", "taken as", "taken as gradient or proximal step", STEPS);
  const refuse = () => {
    if (!PROFILES[model.get("profile")].prox && model.get("step") === "proximal") panel.set({ step: "gradient" });
  };
  for (const name of ["profile", "step"]) panel.onChange(name, refuse);
  const spoken = (spoken) => ({ label: spoken.split(",")[0], spoken });
  const written = { show: (value) => short(value, 2), speak: (value) => short(value, 2) };
  panel.slider("strength", { ...spoken("λ strength, of the penalty"), ...powers(-5, 0, true), ...written });
  panel.slider("eps", { ...spoken("ε width, of the smoothing"), ...powers(-5, 0), ...written });
  panel.slider("lr", { ...spoken("η rate, of learning"), ...powers(-3, 0.5), ...written });
  panel.slider("momentum", { ...spoken("μ momentum"), max: 0.95, step: 0.05, ...written });
}

/** At most so many points of a curve: means of neighbours. */
export function thinned(rows, most) {
  const size = Math.ceil(rows.length / most);
  return range(Math.ceil(rows.length / size) || 0).map((n) => {
    const part = rows.slice(n * size, (n + 1) * size);
    return part[0].map((_, column) => part.reduce((sum, row) => sum + row[column], 0) / part.length);
  });
}

/** How many lengths lie in each of the bins of log₁₀; the outer bins take what lies beyond. */
export function histogram(lengths, [low, high], bins) {
  const counts = Array(bins).fill(0);
  for (const length of lengths) {
    const place = Math.floor(((Math.log10(length) - low) / (high - low)) * bins);
    counts[clamp(Number.isNaN(place) ? 0 : place, 0, bins - 1)]++;
  }
  return counts;
}

const column = (rows, n) => rows.map((row) => row[n]);

function drawLoss(chart, { losses, step }) {
  const rows = thinned(losses, POINTS);
  const most = Math.max(
    rows.length ? 0.1 : 1,
    ...rows.flatMap(([, error, penalty]) => [error, penalty]).filter(Number.isFinite),
  );
  const { accent, highlight } = chart.colours;
  chart.axes([0, 1.02 * Math.max(10, step)], [0, 1.05 * most], "updates");
  chart.line(column(rows, 0), column(rows, 1), accent);
  chart.line(column(rows, 0), column(rows, 2), highlight, { dash: "4 3" });
}

function drawError(chart, { errors, step }) {
  const shares = column(errors, 1).map((share) => 100 * share);
  chart.axes([0, 1.02 * Math.max(10, step)], [0, Math.max(10, 1.05 * Math.max(...shares))], "updates");
  chart.line(column(errors, 0), shares, chart.colours.accent);
  if (errors.length) chart.dot(errors.at(-1)[0], shares.at(-1), chart.colours.accent, 4);
}

function drawLengths(chart, lengths, eps, threshold) {
  const [low, high] = LOG_LENGTHS;
  const counts = histogram(lengths, LOG_LENGTHS, BINS);
  const edges = range(BINS + 1).map((n) => low + (n * (high - low)) / BINS);
  chart.axes(LOG_LENGTHS, [0, Math.max(20, 1.05 * Math.max(...counts))], "log₁₀ of the length", "nodes");
  const xs = edges.flatMap((edge) => [edge, edge]);
  const ys = [0, ...counts.flatMap((count) => [count, count]), 0];
  chart.line(xs, ys, chart.colours.SL1);
  chart.mark(Math.log10(eps), chart.colours.ink);
  if (threshold !== eps) chart.mark(Math.log10(threshold), chart.colours.highlight);
}

function drawTrail(chart, { trail, watched, step }) {
  const most = Math.max(1e-9, ...trail.flatMap((row) => row.slice(1).map(Math.abs)).filter(Number.isFinite));
  const unit = 10 ** Math.floor(Math.log10(most));
  const first = trail[0]?.[0] ?? 0;
  const limit = (1.05 * most) / unit;
  chart.axes([first, first + 1.02 * Math.max(10, step - first)], [-limit, limit], "updates");
  for (const c of range(CLASSES)) {
    const weights = column(trail, c + 1).map((weight) => weight / unit);
    chart.line(column(trail, 0), weights, chart.colours.accent, { width: 1 });
  }
  const scale = unit < 1 ? `, in units of ${short(unit)}` : "";
  chart.caption.textContent = `the 10 weights of node ${watched ?? ""}${scale}; choose a node in layer 2`;
}

/** Add controls and charts; return what draws them. */
export function showTraining(panel, session) {
  const run = buttons(panel, session);
  settings(panel);
  const status = panel.add(html("p", { class: "status" }));
  const loss = panel.chart("error E₀ of each batch (solid), penalty λΣh (dashed)", "Error and penalty of each batch");
  const error = panel.chart("misread test images, in %", "Error on the test images against the updates");
  const lengths = panel.chart(
    "lengths of the 192 nodes, and ε (dotted); the first step holds all that are shorter",
    "Histogram of the lengths of the nodes",
  );
  const trail = panel.chart("", "The ten weights of a node against the updates");
  panel.onChange("chosen", () => {
    const { field, at } = panel.model.get("chosen");
    if ((field === "lengths" || field === "stage2") && at !== panel.model.get("node")) panel.set({ node: at });
  });
  panel.onChange("node", () => session.send({ type: "watch", node: panel.model.get("node") }));

  return ({ eps, threshold, running }) => {
    run.textContent = running ? "pause" : "start";
    drawLoss(loss, session);
    drawError(error, session);
    const left = [...session.lengths].filter((_, node) => !session.removed?.nodes.includes(node));
    drawLengths(lengths, left, eps, threshold);
    drawTrail(trail, session);
    const epochs = rounded(session.step / session.perEpoch, 1);
    const short = left.filter((length) => length < eps).length;
    const nodes = session.removed ? `the ${left.length} nodes that are left` : `${left.length} nodes`;
    const last = session.losses.at(-1);
    const batch = last ? ` E₀ of the last batch: ${fixed(last[1], 3)}.` : "";
    status.textContent = `Update ${session.step}, epoch ${epochs}: ${short} of ${nodes} are shorter than ε.${batch}`;
  };
}
