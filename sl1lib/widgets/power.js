(() => {
  const root = document.getElementById("$id");
  const { pairs, sizes, comparisons, rates, spread } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const [green, orange, grey] = ["#00815c", "#d55e00", "#8b94a0"];
  $chart
  const short = (value) => String(Number(value.toPrecision(2)));

  function draw() {
    const [i, j, k] = [find(".pairs").valueAsNumber - pairs[0], find(".size").valueAsNumber, find(".family").selectedIndex];
    const [n, size, family] = [pairs[i], sizes[j], comparisons[k]];
    const rate = rates[i][j][k];
    const smallest = 2 / 2 ** n;
    let needed = 1; // pairs without which not even a clean sweep passes
    while (family * 2 / 2 ** needed >= 0.05) needed++;

    const left = chart(find("#$id-pairs"), [pairs[0] - 0.5, pairs[pairs.length - 1] + 0.5], [-4, 104], "pairs", "%");
    left.line(pairs.map((count, at) => [count, rates[at][j][k]]), green);
    if (needed > pairs[0]) left.mark(needed - 0.5, orange);
    left.dot(n, rate, green, 5);
    const right = chart(find("#$id-sizes"), [sizes[0], sizes[sizes.length - 1]], [-4, 104], "effect (standard deviations)", "%");
    right.line(sizes.map((each, at) => [each, rates[i][at][k]]), green);
    right.line([[sizes[0], 5], [sizes[sizes.length - 1], 5]], grey, { width: 1, dash: "3 3" });
    right.dot(size, rate, green, 5);

    find(".pairs-value").textContent = n;
    find(".size-value").textContent = size.toFixed(1) + " sd";
    find("output").textContent = (size === 0 ? "Without any effect, a false alarm in " : "An effect of " + size.toFixed(1) + " standard deviations, here " +
      short(size * spread) + " points, is found in ") + rate + " % of studies with " + n + " pairs" +
      (family > 1 ? " and " + family + " comparisons" : "") + ". The smallest p that " + n + " pairs can give, " + smallest.toPrecision(2) +
      (family > 1 ? ", is " + (family * smallest).toPrecision(2) + " after correction" : "") + "; below 5 % it takes at least " + needed + " pairs.";
    Object.assign(root.dataset, { rate, smallest, needed, n, size, family });
  }

  comparisons.forEach((count) => find(".family").append(new Option(count === 1 ? "1, no correction" : count + " in the family", count)));
  Object.assign(find(".pairs"), { min: pairs[0], max: pairs[pairs.length - 1], value: pairs[0] });
  Object.assign(find(".size"), { min: 0, max: sizes.length - 1, value: Math.round(sizes.length / 2) });
  for (const name of [".family", ".pairs", ".size"]) find(name).addEventListener("input", draw);
  draw();
})();
