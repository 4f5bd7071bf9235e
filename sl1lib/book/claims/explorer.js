(() => {
  const root = document.getElementById("$id");
  const { pairs, sizes, comparisons, rates, spread } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const [green, orange, grey] = ["#00815c", "#d55e00", "#8b94a0"];
  $chart
  const short = (value) => String(Number(value.toPrecision(2)));
  const percent = (rate) => rate >= 1 ? Math.round(rate) : rate > 0 ? rate.toFixed(1) : "less than 0.1";
  const raised = (exponent) => "⁻" + [...String(-exponent)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  const probability = (p) => {
    if (p >= 0.001) return short(p);
    const [factor, exponent] = p.toExponential(1).split("e");
    return Number(factor) + "·10" + raised(Number(exponent));
  };

  // The rates are those of one comparison at 5 % divided by the family: what Holm asks of a family's smallest p.
  function sentence(n, size, family, rate, needed) {
    const studies = " % of studies with " + n + " pairs";
    if (n < needed)
      return (size ? "No effect, however large, is ever found" : "There are no false alarms, and nothing is ever found") +
        " with " + n + " pairs" + (family > 1 ? " and " + family + " comparisons" : "") + ".";
    if (size)
      return (family > 1 ? "One comparison of the " + family : "The comparison") + " finds an effect of " + size.toFixed(1) +
        " standard deviations, here " + short(size * spread) + " points, in " + percent(rate) + studies + ".";
    if (family === 1) return "Without any effect, the comparison is a false alarm in " + percent(rate) + studies + ".";
    return "Without any effect, this one comparison is a false alarm in " + percent(rate) + studies + "; any of the " +
      family + " in at most 5 %.";
  }

  function draw() {
    const [i, j, k] = [find(".pairs").valueAsNumber - pairs[0], find(".size").valueAsNumber, find(".family").selectedIndex];
    const [n, size, family] = [pairs[i], sizes[j], comparisons[k]];
    const rate = rates[i][j][k];
    const smallest = 2 / 2 ** n;
    const corrected = Math.min(1, family * smallest);
    let needed = 1; // pairs without which not even a clean sweep passes
    while (family * 2 / 2 ** needed >= 0.05) needed++;

    const left = chart(find("#$id-pairs"), [pairs[0] - 0.5, pairs[pairs.length - 1] + 0.5], [-4, 104], "pairs", "%");
    left.line(pairs.map((count, at) => [count, rates[at][j][k]]), green);
    if (needed > pairs[0]) left.mark(needed - 0.5, orange);
    left.dot(n, rate, green, 5);
    const right = chart(find("#$id-sizes"), [sizes[0], sizes[sizes.length - 1]], [-4, 104], "effect (standard deviations)", "%");
    right.line(sizes.map((each, at) => [each, rates[i][at][k]]), green);
    right.line([[sizes[0], 5 / family], [sizes[sizes.length - 1], 5 / family]], grey, { width: 1, dash: "3 3" });
    right.dot(size, rate, green, 5);

    find(".pairs-value").textContent = n;
    find(".size-value").textContent = size.toFixed(1) + " sd";
    find("output").textContent = sentence(n, size, family, rate, needed) + " The smallest p that " + n + " pairs can give is " +
      probability(smallest) + (family > 1 ? ", after correction " + probability(corrected) : "") + "; to get below 5 % takes at least " +
      needed + " pairs.";
    Object.assign(root.dataset, { rate, smallest, corrected, needed, n, size, family });
  }

  comparisons.forEach((count) => find(".family").append(new Option(count === 1 ? "1, no correction" : count + " in the family", count)));
  Object.assign(find(".pairs"), { min: pairs[0], max: pairs[pairs.length - 1], value: pairs[pairs.length - 1] });
  find(".family").selectedIndex = Math.floor(comparisons.length / 2);
  Object.assign(find(".size"), { min: 0, max: sizes.length - 1, value: Math.round(sizes.length / 2) });
  for (const name of [".family", ".pairs", ".size"]) find(name).addEventListener("input", draw);
  draw();
})();
