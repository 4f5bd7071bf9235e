// The chapter *The smooth function*: each profile, its slope and its distance from |w|.

import { fixed, named, Panel, range } from "../explorer.js";
import { PROFILES } from "../profiles.js";

/** A classical mistake: a parabola twice too steep, whose value and slope jump at the edge. */
const mistake = {
  value: (r, eps) => (r > eps ? r : r ** 2 / eps + eps / 2),
  slope: (r, eps) => (r > eps ? 1 : (2 * r) / eps),
};
const OFFERED = { ...PROFILES, mistake };

/** Value, slope and distance from |w| of a profile at a weight. */
export function at(profile, w, eps) {
  const [r, { value, slope }] = [Math.abs(w), OFFERED[profile]];
  const phi = value(r, eps);
  return { phi, slope: Math.sign(w) * slope(r, eps), gap: phi - r };
}

/** The same on a grid. */
export function curvesOf(profile, eps) {
  const w = range(401).map((n) => (n - 200) / 100);
  const points = w.map((x) => at(profile, x, eps));
  const curve = (name) => points.map((point) => point[name]);
  return { w, phi: curve("phi"), slope: curve("slope"), gap: curve("gap") };
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Profiles");
  const { ink, highlight, muted, SL1: green } = panel.colours;
  const notes = model.get("notes");
  panel.choice("profile", "Profile", named(Object.keys(OFFERED)));
  panel.slider("eps", { label: "width ε", min: 0.05, max: 1.5, step: 0.05 });
  panel.slider("w", { label: "weight w", min: -2, max: 2, step: 0.05 });
  const charts = {
    phi: panel.chart("φ(w); grey: |w|", "The profile"),
    slope: panel.chart("slope φ′(w)", "The slope of the profile"),
    gap: panel.chart("φ(w) − |w|; dashed: its bounds", "The profile minus the absolute value"),
  };

  return panel.start([], ({ profile, eps, w }) => {
    const [curves, point] = [curvesOf(profile, eps), at(profile, w, eps)];
    const ends = [-2, 2];
    charts.phi.axes(ends, [0, 2], "w", "φ");
    charts.phi.line([-2, 0, 2], [2, 0, 2], muted, { width: 1 });
    charts.slope.axes(ends, [-2, 2], "w", "φ′");
    charts.gap.axes(ends, [-1, 1], "w", "φ − |w|");
    for (const y of OFFERED[profile].gap?.(eps) ?? []) {
      charts.gap.level(y, ink, { width: 1, dash: "4 3" });
    }
    for (const [name, chart] of Object.entries(charts)) {
      chart.line(curves.w, curves[name], green, { width: 2.5 });
      if (profile !== "squared" && profile !== "abs") for (const edge of [-eps, eps]) chart.mark(edge, muted);
      chart.dot(w, point[name], highlight, 5);
    }
    panel.set({ curves, point });
    const show = (number) => fixed(number, 3);
    return (
      `At w = ${show(w)}: φ = ${show(point.phi)}, slope ${show(point.slope)}, φ − |w| = ${show(point.gap)}. ` +
      notes[profile]
    );
  });
}

export default { render };
