// The chapter *Your own model*: a strength and a threshold decide which groups count as dead.

import { anewAfter, Panel, range, short } from "../explorer.js";
import { logarithm, logarithmicLimits, thresholdAt } from "../formulas.js";

/** Which groups are short, and which are pulled too weakly to be long: a long one is pulled with λ itself. */
export function judge(lengths, pulls, strength, threshold) {
  const short = lengths.map((length) => length < threshold);
  const weak = pulls.map((pull) => pull < strength * 0.999); // the numbers in this page are rounded
  const alive = range(lengths.length).filter((group) => !short[group]);
  return { short, weak, alive, differ: short.filter((dead, group) => dead !== weak[group]).length };
}

function draw(place) {
  const { model } = place;
  const panel = new Panel(place, "Strength and threshold explorer");
  const [{ strengths, norms, pulls, errors, relevant }, eps] = [model.get("path"), model.get("eps")];
  const { highlight, muted, SL1 } = panel.colours;
  panel.slider("strength", {
    label: "strength λ",
    spoken: "strength lambda",
    values: () => strengths,
    show: (strength) => short(strength, 2),
  });
  panel.slider("shift", {
    label: "threshold",
    spoken: "threshold below which a group counts as dead",
    min: -40,
    max: 20,
    show: (shift) => (shift === 0 ? "ε" : short(thresholdAt(eps, shift), 2)),
  });
  const lengths = panel.chart(
    "length of each group, as log₁₀; the line is the threshold",
    "Length of each group against the threshold",
  );
  const pulled = panel.chart(
    "pull of the error on each group, in units of λ; the line is 1",
    "Pull of the error on each group in units of lambda",
  );
  const heights = logarithmicLimits(eps, norms.flat());

  return panel.start([], ({ strength, shift }) => {
    const at = strengths.indexOf(strength);
    const threshold = thresholdAt(eps, shift);
    const { short, weak, alive, differ } = judge(norms[at], pulls[at], strength, threshold);

    const groups = [-0.7, norms[at].length - 0.3];
    lengths.axes(groups, heights, "group");
    lengths.level(logarithm(threshold), highlight, { dash: "4 3" });
    pulled.axes(groups, [0, 1.2], "group");
    pulled.level(1, highlight, { dash: "4 3" });
    norms[at].forEach((length, group) => {
      const colour = relevant.includes(group) ? SL1 : muted;
      lengths.dot(group, Math.max(logarithm(length), heights[0]), colour, short[group] ? 3 : 5);
      pulled.dot(group, pulls[at][group] / strength, colour, weak[group] ? 3 : 5);
    });

    panel.set({ alive, threshold, differ });
    const kept = alive.filter((group) => relevant.includes(group)).length;
    return (
      `${alive.length} of ${norms[at].length} groups live, among them ${kept} of the ${relevant.length} relevant. ` +
      `Error on other data: ${errors[at].toFixed(3)}. ` +
      `Length and pull disagree on ${differ} group${differ === 1 ? "" : "s"}.`
    );
  });
}

const render = anewAfter(["path", "eps"], draw);

export default { render };
