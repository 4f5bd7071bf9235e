// The chapter *The corner*: one weight rolls down (w - z)²/2 + λ|w|.

import { fixed, named, Panel, range } from "../explorer.js";
import { descend, softThreshold } from "../formulas.js";
import { PROFILES } from "../profiles.js";

/** The slope of the penalty's part of the error, and what follows an update instead of it. */
const METHODS = {
  "plain L1": { slope: Math.sign },
  SL1: { slope: (w, eps) => Math.sign(w) * PROFILES.huber.slope(Math.abs(w), eps) },
  "proximal step": { slope: () => 0, prox: softThreshold },
};

/** The heavy ball on the whole error; or on its smooth part, each update followed by the proximal map of the other. */
export function pathOf({ method, start, updates, lr, strength, eps, momentum, z }) {
  const { slope, prox } = METHODS[method];
  const whole = (w) => w - z + strength * slope(w, eps);
  const after = prox && ((w) => prox(w, lr * strength));
  return descend(whole, start, { lr, momentum, updates, prox: after });
}

/** Where the error is smallest: the soft threshold of z, or with SL1, within ε of 0, the lowest place of a parabola. */
export function minimumOf({ method, strength, eps, z }) {
  const corner = softThreshold(z, strength);
  return method === "SL1" && Math.abs(corner) < eps ? z / (1 + strength / eps) : corner;
}

/** How far apart the lowest and the highest of the last weights are. */
export function spreadOf(path, tail) {
  const last = path.slice(-tail);
  return Math.max(...last) - Math.min(...last);
}

function drawError(chart, { ink, highlight, SL1 }, { method, z, strength, eps, best, w }) {
  const penalty = method === "SL1" ? PROFILES.huber.value : PROFILES.abs.value;
  const error = (x) => (x - z) ** 2 / 2 + strength * penalty(Math.abs(x), eps);
  const [left, right] = [-1.6, 1.8];
  chart.axes([left, right], [0, 1.15 * Math.max(error(1.6), error(-1.2))], "weight w", "E(w)");
  const grid = range(161).map((n) => left + (n / 160) * (right - left));
  chart.line(grid, grid.map(error), ink);
  chart.mark(best, SL1);
  chart.dot(w, error(w), highlight, 6);
}

function drawPath(chart, { highlight, muted }, path, { method, lr, strength, momentum, z, t }) {
  chart.axes([0, path.length - 1], [-1.2, 1.8], "update t", "w");
  if (Math.abs(z) < strength && momentum === 0 && method === "plain L1") {
    chart.band(-lr * (strength - z), lr * (strength + z), highlight);
  }
  chart.line([...path.keys()], path, muted, { width: 1 });
  for (const [n, w] of path.entries()) chart.dot(n, w, highlight, n === t ? 5 : 1.8);
}

/** A button that shows update after update; at once all, where the reader wants no motion. */
function drawRoll(panel, row) {
  let timer = null;
  const stop = () => clearInterval(timer);
  const last = panel.model.get("updates");
  panel.action(row, "roll", () => {
    stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return panel.set({ t: last });
    panel.set({ t: 0 });
    timer = setInterval(() => {
      const t = panel.model.get("t") + 1;
      panel.set({ t });
      if (t >= last) stop();
    }, 120);
  });
  panel.root.addEventListener("input", stop);
  panel.ends.push(stop);
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "A weight at the corner");
  const row = panel.choice("method", "How the weight moves", named(Object.keys(METHODS)));
  drawRoll(panel, row);
  panel.slider("lr", { label: "learning rate η", min: 0.02, max: 0.5, step: 0.02 });
  panel.slider("strength", { label: "strength λ", max: 2, step: 0.1 });
  panel.slider("eps", { label: "width ε of SL1", min: 0.01, max: 0.5, step: 0.01 });
  panel.slider("momentum", { label: "momentum μ", max: 0.9, step: 0.1 });
  panel.slider("z", { label: "the data want z", min: -1, max: 1.5, step: 0.1 });
  panel.slider("t", { label: "update t", max: model.get("updates") });
  const left = panel.chart(
    "error E(w), the weight on it, and the minimum (dashed)",
    "The error with the weight at the chosen update",
  );
  const right = panel.chart("weight after each update", "The weight against the update");

  return panel.start(["start", "updates", "tail"], (state) => {
    const { strength, lr, t, tail } = state;
    const path = pathOf(state);
    const [best, spread] = [minimumOf(state), spreadOf(path, tail)];
    drawError(left, panel.colours, { ...state, best, w: path[t] });
    drawPath(right, panel.colours, path, state);
    panel.set({ path, minimum: best, spread });
    const inSteps = strength > 0 ? ` = ${fixed(spread / (lr * strength), 2)} ηλ` : "";
    const moved =
      spread === 0
        ? "does not move"
        : spread < 0.0005
          ? "moves by less than 0.001"
          : `spreads over ${fixed(spread, 3)}${inSteps}`;
    return (
      `After update ${t}: w = ${fixed(path[t], 3)}. The minimum is at ${fixed(best, 3)}. ` +
      `Over the last ${tail} updates w ${moved}.`
    );
  });
}

export default { render };
