// The first page: the error of one weight, whose corner is sharp or round, and a network whose nodes live or fade.

import { fixed, html, Panel, range, svg } from "../explorer.js";
import { descend } from "../formulas.js";
import { PROFILES } from "../profiles.js";

const OUTPUTS = 10;
const REST = 1e-3; // a weight whose last moves stay below it has come to rest
const TAIL = 10;
const [WIDTH, HEIGHT] = [200, 170];

const penaltyOf = (eps) => (eps > 0 ? PROFILES.huber : PROFILES.abs);

/** The weight of each node at the start and after each update, ten times as many as are shown: so that it has settled. */
export function coursesOf({ asked, start, updates, lr, strength, eps }) {
  const slope = (w) => Math.sign(w) * penaltyOf(eps).slope(Math.abs(w), eps);
  const rolling = { lr, momentum: 0, updates: 10 * updates };
  return asked.map((z) => descend((w) => w - z + strength * slope(w), start, rolling));
}

/** How far a weight still moves in its last updates. */
export function swingOf(course) {
  const last = course.slice(-TAIL);
  return Math.max(...last) - Math.min(...last);
}

/** Which nodes can be cut away: those whose weight has come to rest and is shorter than ε. */
export const goneOf = (courses, eps) =>
  courses.map((course) => swingOf(course) < REST && Math.abs(course.at(-1)) < eps);

const errorOf = (z, strength, eps) => (w) => (w - z) ** 2 / 2 + strength * penaltyOf(eps).value(Math.abs(w), eps);

function picture(panel, label, caption) {
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": label });
  panel.find(".panels").append(html("figure", {}, html("figcaption", {}, caption), drawn));
  return drawn;
}

/** The error in a frame of its own: grey with the sharp corner, green with the round one, and the ball upon it. */
function drawCorner(frame, { asked, strength, eps, node, t }, course) {
  const [sharp, round] = [0, eps].map((width) => errorOf(asked[node], strength, width));
  const grid = range(161).map((n) => -1.2 + n / 50);
  const low = Math.min(...grid.map(sharp));
  const high = Math.max(...[-0.9, 1.6].map(sharp)) + 0.2;
  const x = (w) => 8 + ((w + 1.2) / 3.2) * (WIDTH - 16);
  const y = (e) => 140 - ((e - low) / (high - low)) * 125;
  const line = (error) => grid.map((w) => `${x(w).toFixed(1)},${y(error(w)).toFixed(1)}`).join(" ");
  const edge = (w) => svg("line", { x1: x(w), x2: x(w), y1: 10, y2: 145, class: "edge" });
  const trail = course.slice(Math.max(0, t - 4), t).map((w) => ball(w, 3, "trail"));
  function ball(w, r, name) {
    return svg("circle", { cx: x(w), cy: y(round(w)) - r, r, class: name });
  }
  frame.replaceChildren(
    svg("rect", { x: x(-eps), y: 10, width: x(eps) - x(-eps), height: 135, class: "zone" }),
    ...(eps > 0 ? [edge(-eps), edge(eps)] : []),
    svg("polyline", { points: line(sharp), class: "sharp" }),
    svg("polyline", { points: line(round), class: "round" }),
    ...trail,
    ball(course[t], 6, "ball"),
    svg("text", { x: x(0), y: 160, "text-anchor": "middle" }, "0"),
    svg("text", { x: WIDTH - 4, y: 160, "text-anchor": "end" }, "weight →"),
  );
}

/** Six nodes, ten outputs, and between them lines as strong as the weights are now. */
function drawNetwork(frame, { node, t, eps }, courses, gone, choose) {
  const [left, right] = [24, WIDTH - 14];
  const at = (place, count) => 14 + (place / (count - 1)) * (HEIGHT - 28);
  const dead = (k) => gone[k] && Math.abs(courses[k][t]) < eps;
  const lines = courses.flatMap((course, k) =>
    range(OUTPUTS).map((c) => {
      const pattern = Math.cos(2.4 * (k + 1) * (c + 1)); // the direction of a node's weights: any will do
      const size = Math.min(1, Math.abs(course[t] * pattern));
      const look = { "stroke-width": 0.3 + 2 * size, "stroke-opacity": dead(k) ? 0 : 0.08 + 0.8 * size };
      const [y1, y2] = [at(k, courses.length), at(c, OUTPUTS)];
      return svg("line", { x1: left, y1, x2: right, y2, class: pattern * course[t] > 0 ? "plus" : "minus", ...look });
    }),
  );
  const nodes = courses.map((_, k) => {
    const [cy, chosen] = [at(k, courses.length), k === node];
    const state = gone[k] ? "it can go" : "it stays";
    const name = { role: "button", tabindex: 0, "aria-pressed": chosen, "aria-label": `node ${k + 1}: ${state}` };
    const [click, keydown] = [() => choose(k), (event) => ["Enter", " "].includes(event.key) && choose(k, event)];
    const circle = svg("circle", { cx: left, cy, r: 8, class: dead(k) ? "node dead" : "node" });
    const ring = svg("circle", { cx: left, cy, r: 12, class: chosen ? "ring chosen" : "ring" });
    return svg("g", { ...name, click, keydown, "data-node": k }, ring, circle);
  });
  const outputs = range(OUTPUTS).map((c) => svg("circle", { cx: right, cy: at(c, OUTPUTS), r: 4, class: "output" }));
  const focused = document.activeElement?.dataset?.node;
  frame.replaceChildren(...lines, ...outputs, ...nodes);
  if (focused && !frame.contains(document.activeElement)) frame.querySelector(`[data-node="${focused}"]`)?.focus();
}

/** A button that shows update after update, as the page does once by itself; at once all, where no motion is wanted. */
function drawRoll(panel, row, still) {
  let timer = null;
  const stop = () => clearInterval(timer);
  const last = panel.model.get("updates");
  const roll = () => {
    stop();
    if (still) return panel.set({ t: last });
    panel.set({ t: 0 });
    timer = setInterval(() => {
      const t = panel.model.get("t") + 1;
      panel.set({ t });
      if (t >= last) stop();
    }, 90); // 40 updates are over before motion would need a button that stops it
  };
  panel.action(row, "Let it roll", roll);
  panel.ends.push(stop);
  return roll;
}

function sentence({ eps, strength, node, asked }, courses, gone) {
  const [course, count] = [courses[node], gone.filter(Boolean).length];
  const [swing, end] = [swingOf(course), fixed(Math.abs(course.at(-1)), 2)];
  const cut = `${count === 0 ? "None" : count} of this toy's ${asked.length} nodes can be cut away.`;
  if (strength === 0) return `Without a penalty every weight stays as long as the data want it. ${cut}`;
  if (swing >= REST) {
    const corner = eps === 0 ? "The corner is sharp" : "The corner is not round enough";
    return `${corner}: the ringed node's weight jumps back and forth by ${fixed(swing, 2)} and never rests. ${cut}`;
  }
  if (!gone[node]) return `The data need the ringed node: its weight rests at ${end}. ${cut}`;
  return `The ringed node's weight comes to rest at ${end}, shorter than ε = ${fixed(eps, 2)}: it can go. ${cut}`;
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "A corner and six nodes");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  panel.panels("");
  const error = picture(panel, "The error of the ringed node's weight", "error of the ringed node");
  const network = picture(panel, "Six nodes and their weights", "six nodes: choose one");
  const row = panel.choice("eps", "The corner", [
    [0, "Sharp corner"],
    [0.3, "Rounded"],
  ]);
  const roll = drawRoll(panel, row, still);
  panel.slider("eps", { label: "roundness ε", max: 0.5, step: 0.01 });
  panel.slider("strength", { label: "penalty λ", max: 2, step: 0.1 });
  const choose = (node, event) => {
    event?.preventDefault();
    panel.set({ node });
  };

  const end = panel.start(["node", "t", "asked", "start", "updates", "lr"], (state) => {
    const courses = coursesOf(state);
    const gone = goneOf(courses, state.eps);
    drawCorner(error, state, courses[state.node]);
    drawNetwork(network, state, courses, gone, choose);
    panel.set({ courses, gone });
    return sentence(state, courses, gone);
  });
  row.addEventListener("click", (event) => event.target.hasAttribute("aria-pressed") && roll());
  if (!still) roll();
  return end;
}

export default { render };
