(() => {
  const root = document.getElementById("$id");
  const { strengths, norms, pulls, errors, eps, relevant } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const [green, grey, ink] = ["#00815c", "#8b94a0", "#d55e00"];
  const count = norms[0].length;
  $chart
  const logarithm = (value) => Math.log10(Math.max(value, 1e-12));
  const lows = [logarithm(eps) - 2, Math.ceil(logarithm(Math.max(...norms.flat())) * 2) / 2];

  function draw() {
    const at = find(".strength").valueAsNumber;
    // The slider counts tenths of a power of ten from ε.
    const shift = find(".threshold").valueAsNumber;
    const threshold = shift === 0 ? eps : eps * 10 ** (shift / 20);
    const short = norms[at].map((length) => length < threshold);
    // A long group is pulled with λ itself; the margin covers the rounding of the numbers in this page.
    const weak = pulls[at].map((pull) => pull < strengths[at] * 0.999);
    const alive = short.map((dead, group) => (dead ? -1 : group)).filter((group) => group >= 0);
    const differ = short.filter((dead, group) => dead !== weak[group]).length;

    const lengths = chart(find("#$id-lengths"), [-0.7, count - 0.3], lows, "group", "");
    lengths.line([[-0.7, logarithm(threshold)], [count - 0.3, logarithm(threshold)]], ink, { dash: "4 3" });
    const drawn = chart(find("#$id-pulls"), [-0.7, count - 0.3], [0, 1.2], "group", "");
    drawn.line([[-0.7, 1], [count - 0.3, 1]], ink, { dash: "4 3" });
    norms[at].forEach((length, group) => {
      const colour = relevant.includes(group) ? green : grey;
      lengths.dot(group, Math.max(logarithm(length), lows[0]), colour, short[group] ? 3 : 5);
      drawn.dot(group, pulls[at][group] / strengths[at], colour, weak[group] ? 3 : 5);
    });
    find(".strength-value").textContent = String(Number(strengths[at].toPrecision(2)));
    find(".threshold-value").textContent = shift === 0 ? "ε" : String(Number(threshold.toPrecision(2)));
    const kept = alive.filter((group) => relevant.includes(group)).length;
    find("output").textContent = alive.length + " of " + count + " groups live, among them " + kept + " of the " + relevant.length +
      " relevant. Error on other data: " + errors[at].toFixed(3) + ". Length and pull disagree on " + differ + " group" + (differ === 1 ? "" : "s") + ".";
    Object.assign(root.dataset, { alive: JSON.stringify(alive), strength: strengths[at], threshold, differ });
  }

  find(".strength").max = strengths.length - 1;
  find(".strength").value = Math.floor(strengths.length / 2);
  find(".threshold").value = 0;
  for (const name of [".strength", ".threshold"]) find(name).addEventListener("input", draw);
  draw();
})();
