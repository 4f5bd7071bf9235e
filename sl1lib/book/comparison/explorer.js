(() => {
  const root = document.getElementById("$id");
  const { values, favoured, methods } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const [green, orange, ink, grey] = ["#00815c", "#d55e00", "#1b1f24", "#8b94a0"];
  $chart
  // Differences of error rates are often equal: rounding must not make equal ones unequal.
  const difference = (a, b) => Math.round((a - b) * 1e9) / 1e9;

  // Ranks of the sizes, equal ones share the middle of theirs; doubled, so that they are whole numbers.
  function doubledRanks(differences) {
    const sizes = differences.map(Math.abs);
    return sizes.map((size) => 2 * sizes.filter((other) => other < size).length + sizes.filter((other) => other === size).length + 1);
  }

  // The share of all patterns of signs whose sum of signed ranks is as far from 0 as the one found.
  function signedRankP(differences) {
    const ranks = doubledRanks(differences);
    const moving = ranks.filter((rank, i) => differences[i] !== 0);
    const observed = Math.abs(ranks.reduce((sum, rank, i) => sum + Math.sign(differences[i]) * rank, 0));
    const total = moving.reduce((sum, rank) => sum + rank, 0);
    let share = new Float64Array(total + 1); // of the patterns, by the sum of the positive ranks
    share[0] = 1;
    for (const rank of moving) {
      const next = share.map((value) => value / 2);
      for (let sum = 0; sum + rank <= total; sum++) next[sum + rank] += share[sum] / 2;
      share = next;
    }
    let p = 0;
    share.forEach((value, positive) => { if (Math.abs(2 * positive - total) >= observed) p += value; });
    return Math.min(1, p);
  }

  const padded = (numbers, zero) => {
    const [low, high] = [Math.min(...numbers, ...zero), Math.max(...numbers, ...zero)];
    const space = 0.08 * (high - low || Math.abs(high) || 1);
    return [low - space, high + space];
  };
  const short = (value) => String(Number(value.toPrecision(3))).replace("-", "−");

  function draw() {
    const [quantity, method, count] = [find(".quantity").value, find(".method").value, find(".seeds").valueAsNumber];
    const [ours, theirs] = [values[quantity][favoured], values[quantity][method]];
    const differences = ours.map((value, seed) => difference(value, theirs[seed]));
    const used = differences.slice(0, count);
    const edges = [-0.7, ours.length - 0.3];

    const left = chart(find("#$id-values"), edges, padded([...ours, ...theirs], []), "seed", "");
    const right = chart(find("#$id-differences"), edges, padded(differences, [0]), "seed", "");
    differences.forEach((value, seed) => {
      const shown = seed < count;
      const colour = !shown ? "#d5dae1" : value < 0 ? green : value > 0 ? orange : grey;
      left.line([[seed, ours[seed]], [seed, theirs[seed]]], colour, { width: 2 });
      left.dot(seed, theirs[seed], shown ? ink : "#d5dae1", 3);
      left.dot(seed, ours[seed], shown ? green : "#d5dae1", 4);
      right.line([[seed, 0], [seed, value]], colour, { width: 2 });
      right.dot(seed, value, colour, 4);
    });
    const mean = used.reduce((sum, value) => sum + value, 0) / count;
    right.line([[-0.5, mean], [count - 0.5, mean]], ink, { width: 1.5, dash: "5 3" });

    const [lower, higher] = [used.filter((value) => value < 0).length, used.filter((value) => value > 0).length];
    const p = signedRankP(used);
    find(".seeds-value").textContent = count;
    find(".values-name").textContent = quantity + ": " + favoured + " green, " + method + " black";
    find(".differences-name").textContent = favoured + " minus " + method + "; the dashed line is the mean";
    find("output").textContent = favoured + " is lower with " + lower + " of " + count + " seeds, higher with " + higher + ". Mean difference " +
      short(mean) + ", p = " + (p < 0.001 ? p.toExponential(1) : p.toFixed(3)) + (p < 0.05 ? ", below 5 %" : ", not below 5 %") +
      "; with " + count + " seeds, p cannot be smaller than " + short(2 ** (1 - count)) + ".";
    Object.assign(root.dataset, { p, mean, lower, higher, count });
  }

  const fillChoice = (selector, names) => names.forEach((name) => find(selector).append(new Option(name, name)));
  fillChoice(".quantity", Object.keys(values));
  fillChoice(".method", methods);
  const most = Object.values(values)[0][favoured].length;
  find(".seeds").max = most;
  find(".seeds").value = most;
  for (const name of [".quantity", ".method", ".seeds"]) find(name).addEventListener("input", draw);
  draw();
})();
