// The chapter on pruning: a threshold decides which nodes go, and what that costs and saves.

import { anewAfter, named, Panel, short } from "../explorer.js";
import { logarithm, logarithmicLimits, thresholdAt } from "../formulas.js";

const BUTTONS = 4; // that many networks have one each; of more a list offers one

/** Between which numbers of twentieths the threshold moves: it ends where the longest node still stays. */
export function shiftLimits({ lengths }, eps) {
  const most = Math.floor((logarithm(lengths[0]) - logarithm(eps)) * 20);
  return [Math.min(-40, most), most];
}

/** What goes below a threshold: nodes, maps that keep one, multiply-adds saved in %, and the nearest measured count. */
export function cut({ lengths, left, maps }, threshold, work) {
  const removed = lengths.filter((length) => length < threshold).length;
  const stays = lengths.length - removed;
  const mapsLeft = maps[stays - 1];
  const saved = (100 * ((work.maps - mapsLeft) * work.map + removed * work.node)) / work.full;
  const distances = left.map((count) => Math.abs(count - stays));
  return { removed, stays, maps: mapsLeft, saved, at: distances.indexOf(Math.min(...distances)) };
}

const percent = (value) => `${value.toFixed(2)} %`;

function draw(place) {
  const { model } = place;
  const panel = new Panel(place, "Pruning threshold explorer");
  const [networks, eps, images, most, work] = ["networks", "eps", "images", "most", "work"].map((name) =>
    model.get(name),
  );
  const { highlight, muted, none, SL1 } = panel.colours;
  const limits = () => shiftLimits(networks[model.get("network")], eps);
  const threshold = (shift) => short(thresholdAt(eps, shift), 2);
  const names = Object.keys(networks);
  if (names.length > BUTTONS) panel.select("network", "network", "Network", named(names));
  else panel.choice("network", "Network", named(names));
  panel.slider("shift", {
    label: "threshold",
    spoken: "threshold below which a node is removed",
    min: () => limits()[0],
    max: () => limits()[1],
    show: (shift) => (shift === 0 ? "ε" : threshold(shift)),
    speak: (shift) => `threshold ${threshold(shift)}`,
  });
  const sorted = panel.chart(
    "length of each node, as log₁₀, the longest first; the line is the threshold",
    "Length of each node against the threshold",
  );
  const curve = panel.chart(
    "error in % against nodes left; solid: mean folded into the bias, dashed: forgotten",
    "Error against the number of nodes left",
  );
  const heights = logarithmicLimits(
    eps,
    Object.values(networks).flatMap(({ lengths }) => lengths),
  );

  return panel.start([], ({ network, shift }) => {
    const { lengths, left, errors, unfolded, full } = networks[network];
    const threshold = thresholdAt(eps, shift);
    const { removed, stays, maps, saved, at } = cut(networks[network], threshold, work);

    const all = [0, lengths.length];
    sorted.axes(all, heights, "node");
    sorted.level(logarithm(threshold), highlight, { dash: "4 3" });
    lengths.forEach((length, place) => {
      const height = Math.max(logarithm(length), heights[0]);
      sorted.dot(place + 0.5, height, length < threshold ? muted : SL1, 2);
    });
    curve.axes(all, [0, most], "nodes left");
    curve.line(left, unfolded, none, { dash: "4 3", width: 1.5 });
    curve.line(left, errors, SL1);
    curve.mark(stays, highlight);
    curve.dot(left[at], errors[at], highlight, 4);

    panel.set({ threshold, removed, left: left[at], error: errors[at], saved, maps });
    if (removed === 0) {
      return `No node is shorter than the threshold, so none goes. The ${images} error is ${percent(errors[full])}.`;
    }
    const nearest = left[at] === stays ? "" : ", the nearest count that was measured,";
    return (
      `${removed} of ${lengths.length} nodes go; ${stays} ${stays === 1 ? "is" : "are"} left, in ${maps} of ${work.maps} ` +
      `maps. Multiply-adds saved: ${percent(saved)}. The ${images} error with ${left[at]} left${nearest} is ` +
      `${percent(errors[at])} (${percent(unfolded[at])} with the means forgotten), with all ${percent(errors[full])}.`
    );
  });
}

const render = anewAfter(["networks", "eps", "most"], draw);

export default { render };
