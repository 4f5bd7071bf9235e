// The chapter *The table of claims*: how often a study finds an effect, by pairs, size of the effect and comparisons.

import { minus, Panel, short } from "../explorer.js";

/** The smallest two-sided p that so many pairs can give: all of one sign. */
export const smallestP = (pairs) => 2 / 2 ** pairs;

/** Pairs without which not even a clean sweep passes Holm's correction at 5 %. */
export function pairsNeeded(comparisons) {
  let pairs = 1;
  while (comparisons * smallestP(pairs) >= 0.05) pairs++;
  return pairs;
}

const written = (rate) => (rate >= 1 ? Math.round(rate) : rate > 0 ? rate.toFixed(1) : "less than 0.1");

/** A probability in two digits; a small one as a multiple of a power of ten. */
export const probability = (p) => (p >= 0.001 ? short(p, 2) : minus(p.toExponential(1).replace(".0e", "e")));

// The rates are those of one comparison at 5 % divided by the family: what Holm asks of a family's smallest p.
function sentence({ pairs, size, family, rate, spread }) {
  const studies = `% of studies with ${pairs} pairs`;
  if (pairs < pairsNeeded(family)) {
    const none = size
      ? "No effect, however large, is ever found"
      : "There are no false alarms, and nothing is ever found";
    return `${none} with ${pairs} pairs${family > 1 ? ` and ${family} comparisons` : ""}.`;
  }
  if (size) {
    const who = family > 1 ? `One comparison of the ${family}` : "The comparison";
    const effect = `${size.toFixed(1)} standard deviations, here ${short(size * spread, 2)} points`;
    return `${who} finds an effect of ${effect}, in ${written(rate)} ${studies}.`;
  }
  if (family === 1) return `Without any effect, the comparison is a false alarm in ${written(rate)} ${studies}.`;
  const alarm = `Without any effect, this one comparison is a false alarm in ${written(rate)} ${studies}`;
  return `${alarm}; any of the ${family} in at most 5 %.`;
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Explorer of what a study can detect");
  const [counts, sizes, families] = ["counts", "sizes", "families"].map((name) => model.get(name));
  const { highlight, muted, SL1: green } = panel.colours;

  const options = families.map((count) => [count, count === 1 ? "1, no correction" : `${count} in the family`]);
  panel.select("family", "comparisons", "comparisons in the family", options);
  panel.slider("pairs", { label: "pairs", spoken: "number of pairs", min: counts[0], max: counts.at(-1) });
  panel.slider("size", {
    label: "true effect",
    spoken: "true effect, in standard deviations",
    values: () => sizes,
    show: (size) => `${size.toFixed(1)} sd`,
  });
  const found = "one comparison finds it, in % of all studies,";
  const byPairs = panel.chart(
    `${found} by the number of pairs`,
    "How often one comparison finds the effect, against the number of pairs",
  );
  const bySize = panel.chart(
    `${found} by the true effect`,
    "How often one comparison finds an effect, against its size",
  );

  return panel.start(["rates", "spread"], ({ family, pairs, size, rates, spread }) => {
    const [i, j, k] = [counts.indexOf(pairs), sizes.indexOf(size), families.indexOf(family)];
    const percent = (i, j) => 100 * rates[i][j][k];
    const rate = percent(i, j);
    const [smallest, needed] = [smallestP(pairs), pairsNeeded(family)];
    const corrected = Math.min(1, family * smallest);

    byPairs.axes([counts[0] - 0.5, counts.at(-1) + 0.5], [-4, 104], "pairs", "%");
    const rateWith = counts.map((_, at) => percent(at, j));
    byPairs.line(counts, rateWith, green);
    if (needed > counts[0]) byPairs.mark(needed - 0.5, highlight);
    byPairs.dot(pairs, rate, green, 5);
    bySize.axes([sizes[0], sizes.at(-1)], [-4, 104], "effect (standard deviations)", "%");
    const rateFor = sizes.map((_, at) => percent(i, at));
    bySize.line(sizes, rateFor, green);
    bySize.level(5 / family, muted, { width: 1, dash: "3 3" });
    bySize.dot(size, rate, green, 5);

    panel.set({ rate, smallest, corrected, needed });
    const after = family > 1 ? `, after correction ${probability(corrected)}` : "";
    return (
      `${sentence({ pairs, size, family, rate, spread })} The smallest p that ${pairs} pairs can give is ` +
      `${probability(smallest)}${after}; to get below 5 % takes at least ${needed} pairs.`
    );
  });
}

export default { render };
