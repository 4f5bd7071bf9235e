// The training: what a reader decides while it goes on, and four charts of what comes of it.

import { clamp, fixed, html, rounded, short } from "../explorer.js";
import { PROFILES } from "../profiles.js";
import { AT_REST, drawError, drawLengths, drawLoss, drawWeights, SWING, swings } from "./charts.js";
import { SETTINGS } from "./session.js";

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
  const begin = (start) => () => {
    panel.set({ experiment: null });
    session.begin(start);
  };
  panel.action(anew, `start again from ${panel.model.get("stored").name}`, begin({ weights: session.stored }));
  panel.action(anew, "from scratch, with seed", begin({}));
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

/** Whether a penalty has a width: the slope of |w| and of w² knows none. */
const hasWidth = (profile) => !["abs", "squared"].includes(profile);

const plural = (count, name) => `${rounded(count, 1)} ${name}${rounded(count, 1) === "1" ? "" : "s"}`;

/** Whether it trains, and what a press of start would do. */
function standing({ step, perEpoch, losses, marks }, running) {
  const place = `update ${step}, epoch ${rounded(step / perEpoch, 1)}`;
  if (running) return `It trains: ${place}.`;
  if (!step) return "Press start, or choose an experiment.";
  if (losses.length && !Number.isFinite(losses.at(-1)[1] ?? Number.NaN))
    return `It has run away at ${place}: start again.`;
  const changed = marks.some((mark) => mark.step === step && SETTINGS.includes(mark.key))
    ? "; what you changed holds from the next update on"
    : "";
  return `Stopped after ${plural(step / perEpoch, "epoch")}, at update ${step}${changed}: press start to go on.`;
}

function status(session, left, { eps, profile, running }) {
  const short = left.filter((length) => length < eps).length;
  const nodes = session.removed ? `the ${left.length} nodes that are left` : `${left.length} nodes`;
  const last = session.losses.at(-1);
  const batch = last ? ` E₀ of the last batch: ${fixed(last[1] ?? Number.NaN, 3)}.` : "";
  const unused = hasWidth(profile) ? "" : " (ε is not part of this penalty: here it only says which nodes are short)";
  return `${standing(session, running)} ${short} of ${nodes} are shorter than ε${unused}.${batch}`;
}

/** What the weights' chart shows, in numbers. */
function measured({ trail, watched, removed }) {
  if (trail.length < 2) return "";
  if (removed?.nodes.includes(watched)) return `Node ${watched} is removed: its weights stay 0.`;
  const length = Math.hypot(...trail.at(-1).slice(1));
  const moved = swings(trail).sort((a, b) => a - b);
  if (moved.at(-1) < AT_REST) return `At rest: in the last ${SWING} updates no weight moves over more than 10⁻⁶.`;
  const ends = [moved[0], moved.at(-1)].map((swing) => short(swing, 2));
  const swung = ends[0] === ends[1] ? ends[0] : ends.join(" to ");
  return `From end to end of the last ${SWING} updates the weights move over ${swung}; the length is ${short(length, 2)}.`;
}

function weightsChart(panel) {
  const chart = panel.chart("", "The ten weights of a node, and their length, against the updates");
  const row = panel.choice("latest", "What the weights’ chart shows", [
    [false, "whole run"],
    [true, "last 60 updates"],
  ]);
  const told = html("p", { class: "measured" });
  chart.figure.append(told, row);
  return { chart, told };
}

/** Add controls and charts; return what draws them. */
export function showTraining(panel, session) {
  const run = buttons(panel, session);
  settings(panel);
  const told = panel.add(html("p", { class: "status" }));
  const weights = weightsChart(panel);
  const error = panel.chart(
    "Misread test images: all are read after every 10 updates.",
    "Error on the test images against the updates",
  );
  const loss = panel.chart(
    "Error E₀ of each batch (solid, scale at the left), penalty λΣh (dashed, at the right).",
    "Error and penalty of each batch against the updates",
  );
  const lengths = panel.chart(
    "How many nodes have which length. The leftmost bar: all below 10⁻⁶.",
    "Histogram of the lengths of the nodes",
  );
  const figures = { weights: weights.chart, error, loss, lengths };
  panel.onChange("node", () => session.send({ type: "watch", node: panel.model.get("node") }));

  return (values) => {
    const { eps, threshold, running, profile, asked } = values;
    run.textContent = running ? "pause" : "start";
    panel.find("[name=eps]").closest("label").classList.toggle("unused", !hasWidth(profile));
    for (const [name, { figure }] of Object.entries(figures)) figure.classList.toggle("asked", name === asked);
    const left = [...session.lengths].filter((_, node) => !session.removed?.nodes.includes(node));
    drawLoss(loss, session);
    drawError(error, session);
    drawLengths(lengths, left, eps, threshold);
    drawWeights(weights.chart, session, { ...values, smooth: hasWidth(profile) });
    const bold = session.trail.length ? ` (bold: that of digit ${session.bold})` : "";
    weights.chart.caption.textContent = `The 10 weights of node ${session.watched ?? ""}${bold}, and their length (dashed).`;
    weights.told.textContent = measured(session);
    told.textContent = status(session, left, values);
  };
}
