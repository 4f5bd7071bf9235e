// The chapter *Comparing fairly*: two methods, seed by seed, and the test of their differences.

import { anewAfter, fixed, minus, named, Panel, short, sum } from "../explorer.js";

/** Differences of error rates are often equal: rounding must not make equal ones unequal. */
export const difference = (a, b) => Math.round((a - b) * 1e9) / 1e9;

/** Ranks of the sizes, equal ones share the middle of theirs; doubled, so that they are whole numbers. */
function doubledRanks(differences) {
  const sizes = differences.map(Math.abs);
  const smaller = (size) => sizes.filter((other) => other < size).length;
  const equal = (size) => sizes.filter((other) => other === size).length;
  return sizes.map((size) => 2 * smaller(size) + equal(size) + 1);
}

/** The share of all patterns of signs whose sum of signed ranks is as far from 0 as the one found. */
export function signedRankP(differences) {
  const ranks = doubledRanks(differences);
  const moving = ranks.filter((_, i) => differences[i] !== 0);
  const observed = Math.abs(sum(ranks.map((rank, i) => Math.sign(differences[i]) * rank)));
  const total = sum(moving);
  let share = new Float64Array(total + 1); // of the patterns, by the sum of the positive ranks
  share[0] = 1;
  for (const rank of moving) {
    const next = share.map((value) => value / 2);
    for (let positive = 0; positive + rank <= total; positive++) next[positive + rank] += share[positive] / 2;
    share = next;
  }
  const far = share.filter((_, positive) => Math.abs(2 * positive - total) >= observed);
  return Math.min(1, sum(far));
}

/** Limits of an axis on which all numbers are seen, with some space. */
function limits(numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const space = 0.08 * (high - low || Math.abs(high) || 1);
  return [low - space, high + space];
}

function draw(place) {
  const { model } = place;
  const panel = new Panel(place, "Explorer of paired differences");
  const [values, favoured] = [model.get("values"), model.get("favoured")];
  const { ink, highlight, muted, faint, SL1: green } = panel.colours;

  panel.select("quantity", "quantity", "quantity", named(Object.keys(values)));
  panel.select(
    "method",
    "compared with",
    "method to compare with",
    named(Object.keys(Object.values(values)[0]).filter((method) => method !== favoured)),
  );
  panel.slider("count", {
    label: "seeds",
    spoken: "number of seeds",
    min: 2,
    max: () => values[model.get("quantity")][favoured].length,
  });
  const both = panel.chart("", "Both methods' numbers, seed by seed");
  const apart = panel.chart("", "Differences of the pairs, seed by seed");

  return panel.start([], ({ quantity, method, count }) => {
    const [ours, theirs] = [values[quantity][favoured], values[quantity][method]];
    const differences = ours.map((value, seed) => difference(value, theirs[seed]));
    const used = differences.slice(0, count);
    const mean = sum(used) / count;
    const [lower, higher] = [used.filter((value) => value < 0).length, used.filter((value) => value > 0).length];
    const p = signedRankP(used);

    const seeds = [-0.7, ours.length - 0.3];
    both.caption.textContent = `${quantity}: ${favoured} green, ${method} black`;
    both.axes(seeds, limits([...ours, ...theirs]), "seed");
    apart.caption.textContent = `${favoured} minus ${method}; the dashed line is the mean`;
    apart.axes(seeds, limits([...differences, 0]), "seed");
    differences.forEach((value, seed) => {
      const colour = (shown) => (seed < count ? shown : faint);
      const verdict = colour(value < 0 ? green : value > 0 ? highlight : muted);
      both.line([seed, seed], [ours[seed], theirs[seed]], verdict);
      both.dot(seed, theirs[seed], colour(ink), 3);
      both.dot(seed, ours[seed], colour(green), 4);
      apart.line([seed, seed], [0, value], verdict);
      apart.dot(seed, value, verdict, 4);
    });
    apart.line([-0.5, count - 0.5], [mean, mean], ink, { width: 1.5, dash: "5 3" });

    panel.set({ p, mean, lower, higher });
    const written = p < 0.001 ? minus(p.toExponential(1)) : fixed(p, 3);
    return (
      `${favoured} is lower with ${lower} of ${count} seeds, higher with ${higher}. Mean difference ${short(mean, 3)}, ` +
      `p = ${written}${p < 0.05 ? ", below 5 %" : ", not below 5 %"}; ` +
      `with ${count} seeds, p cannot be smaller than ${short(2 ** (1 - count), 3)}.`
    );
  });
}

const render = anewAfter(["values", "favoured"], draw);

export default { render };
