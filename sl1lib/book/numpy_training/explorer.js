// The chapter *Training in NumPy*: learning rate, momentum, and whether one weight finds its minimum.

import { clamp, fixed, minus, Panel } from "../explorer.js";
import { descend } from "../formulas.js";

const LIMIT = 2;

/** The weight from 1. The error is half its square, so its gradient is the weight itself. */
export const pathOf = ({ lr, momentum, updates }) => descend((w) => w, 1, { lr, momentum, updates });

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Heavy ball explorer");
  const { accent, highlight } = panel.colours;
  const show = (digits) => (value) => fixed(value, digits);
  panel.slider("lr", { label: "learning rate η", min: 0.05, max: 3, step: 0.05, show: show(2) });
  panel.slider("momentum", { label: "momentum μ", max: 0.9, step: 0.1, show: show(1) });
  const chart = panel.chart(
    "the weight after each update, from 1; orange where it is further away than drawn",
    "The weight after each update. The line below says how it ends.",
  );

  return panel.start(["updates"], (setting) => {
    const { lr, momentum, updates } = setting;
    const path = pathOf(setting);
    const seen = path.map((w) => clamp(w, -LIMIT, LIMIT));
    chart.axes([0, updates], [-LIMIT, LIMIT], "update t", "w");
    chart.line([...path.keys()], seen, accent);
    for (const [t, w] of seen.entries()) chart.dot(t, w, Math.abs(path[t]) > LIMIT ? highlight : accent, 2.4);
    panel.set({ path });
    const last = path[updates];
    const after = `After ${updates} updates the weight is ${minus(last.toPrecision(3))}.`;
    const ends = Math.abs(last) > 1e6 ? "The weight has blown up." : after;
    const border = 2 * (1 + momentum);
    const side = Math.abs(lr - border) < 1e-9 ? "on it" : lr < border ? "below" : "above";
    return `${ends} The border 2 (1 + μ) is ${fixed(border, 1)}; η is ${side}.`;
  });
}

export default { render };
