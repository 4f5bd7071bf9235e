// The chapter *Gradients*: two weights, the gradient of h, and its proximal map.

import { clamp, fixed, named, onArrows, onPointer, Panel, sum } from "../explorer.js";
import { table } from "../formulas.js";
import { PROFILES } from "../profiles.js";

const GROUPINGS = [
  ["node", "u is one group"],
  ["weight", "each weight by itself"],
];
const REACH = 2;

const lengths = (u, grouping) => (grouping === "node" ? [Math.hypot(...u)] : u.map(Math.abs));

/** h: the sum of the profile over the groups' lengths. */
export const value = (u, { profile, grouping, eps }) =>
  sum(lengths(u, grouping).map((r) => PROFILES[profile].value(r, eps)));

/** Each group keeps its direction; only its length becomes another. */
function relength(u, grouping, length) {
  const found = lengths(u, grouping);
  return u.map((w, i) => {
    const r = found[grouping === "node" ? 0 : i];
    return r > 0 ? (w * length(r)) / r : 0;
  });
}

export const gradient = (u, { profile, grouping, eps }) =>
  relength(u, grouping, (r) => PROFILES[profile].slope(r, eps));

export const prox = (u, { profile, grouping, eps, tau }) =>
  relength(u, grouping, (r) => PROFILES[profile].prox(r, tau, eps));

/** Where the edge from a to b crosses a level, as coordinates of an SVG, if it does. */
function crossing(a, b, level) {
  if (a.height < level === b.height < level) return [];
  const t = (a.height - level) / (a.height - b.height);
  return [`${(a.x + t * (b.x - a.x)).toFixed(3)} ${-(a.y + t * (b.y - a.y)).toFixed(3)}`];
}

/** Level lines by marching squares, as the path of an SVG. */
function levelLines(heightAt) {
  const squares = 72;
  const at = (i) => -REACH + (2 * REACH * i) / squares;
  const points = table(squares + 1, (i, j) => ({ x: at(i), y: at(j), height: heightAt([at(i), at(j)]) }));
  const lines = [];
  for (let level = 0.25; level < 4; level += 0.25) {
    table(squares, (i, j) => {
      const corners = [points[i][j], points[i + 1][j], points[i + 1][j + 1], points[i][j + 1]];
      const [from, to] = corners.flatMap((corner, k) => crossing(corner, corners[(k + 1) % 4], level));
      if (to) lines.push(`M${from}L${to}`);
    });
  }
  return lines.join("");
}

const FIGURES = `
<figure class="plane"><figcaption>the two weights of u, and the level lines of h</figcaption>
<svg viewBox="-2 -2 4 4" tabindex="0" role="application" aria-label="The plane of the two weights. Arrow keys move u.">
  <path class="levels"/><path class="axes" d="M-2 0H2M0 -2V2"/><circle class="cap"/>
  <line class="step"/><line class="prox"/>
  <circle class="step" r="0.09"/><circle class="prox" r="0.06"/><circle class="u" r="0.07"/>
</svg></figure>
<div class="side"><dl>
  <dt><span class="key u"></span>u</dt><dd data-show="u"></dd>
  <dt>h(u, ε)</dt><dd data-show="h"></dd>
  <dt>∇h(u, ε)</dt><dd data-show="gradient"></dd>
  <dt><span class="key step"></span>u − τ∇h(u)</dt><dd data-show="step"></dd>
  <dt><span class="key prox"></span>prox(u)</dt><dd data-show="prox"></dd>
</dl></div>`;

/** Put a circle's centre, or one end of a line, at a point. */
function place(shape, [x, y], [across, up] = ["cx", "cy"]) {
  shape.setAttribute(across, x);
  shape.setAttribute(up, -y);
}

const written = (u) => `(${u.map((w) => fixed(w, 3)).join(", ")})`;

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Gradient and proximal map explorer");
  panel.choice("profile", "Profile", named(model.get("profiles")));
  panel.choice("grouping", "Grouping", GROUPINGS);
  panel.panels(FIGURES);
  const [plane, before] = [panel.find("svg"), panel.find("dl")];
  const look = { step: 0.05, show: (number) => fixed(number, 2), before };
  panel.slider("eps", { ...look, label: "ε", spoken: "epsilon, the width of the smoothing", min: 0.05, max: 1.5 });
  panel.slider("tau", { ...look, label: "τ", spoken: "tau, learning rate times strength", max: 2 });

  const move = (u) => panel.set({ u: u.map((w) => Math.round(100 * clamp(w, -REACH, REACH)) / 100) });
  onPointer(plane, (x, y) => move([2 * REACH * x - REACH, REACH - 2 * REACH * y]));
  onArrows(plane, (right, down) => {
    const [x, y] = model.get("u");
    move([x + 0.05 * right, y - 0.05 * down]);
  });

  let drawn = ""; // the level lines take longest, and stay while only u or τ changes
  return panel.start(["u"], ({ u, ...state }) => {
    const found = { value: value(u, state), gradient: gradient(u, state), prox: prox(u, state) };
    const step = u.map((w, i) => w - state.tau * found.gradient[i]);
    const surface = `${state.profile} ${state.grouping} ${state.eps}`;
    const height = (point) => value(point, state);
    if (drawn !== surface) panel.find(".levels").setAttribute("d", levelLines(height));
    drawn = surface;
    panel.find(".cap").setAttribute("r", state.grouping === "node" && state.profile !== "abs" ? state.eps : 0);
    place(panel.find("circle.u"), u);
    for (const [name, to] of Object.entries({ step, prox: found.prox })) {
      place(panel.find(`line.${name}`), u, ["x1", "y1"]);
      place(panel.find(`line.${name}`), to, ["x2", "y2"]);
      place(panel.find(`circle.${name}`), to);
    }
    const vectors = { u, gradient: found.gradient, step, prox: found.prox };
    for (const [name, vector] of Object.entries(vectors)) panel.write({ [name]: written(vector) });
    panel.write({ h: fixed(found.value, 3) });
    panel.set(found);
    const zeros = found.prox.filter((w) => w === 0).length;
    return `The proximal map leaves ${["no exact zero", "1 exact zero", "2 exact zeros"][zeros]}.`;
  });
}

export default { render };
