(() => {
  const root = document.getElementById("$id");
  const { sliders, chosen, notes } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const said = root.querySelector("output");
  const presets = root.querySelector(".presets");
  const inputs = {};
  let profile = chosen;
  $chart
  // Value, slope and bounds of the gap for a width e; each as the chapter writes it, stable far out and near 0.
  const quartic = (r, e) => { const t = Math.min(r / e, 1); return r >= e ? r : e * (-(t ** 4) + 6 * t * t + 3) / 8; };
  const quarticSlope = (w, e) => { const t = Math.max(-1, Math.min(1, w / e)); return (3 * t - t ** 3) / 2; };
  const profiles = {
    huber: [(r, e) => r > e ? r : r * r / (2 * e) + e / 2, (w, e) => w / Math.max(Math.abs(w), e), (e) => [0, e / 2]],
    quartic: [quartic, quarticSlope, (e) => [0, 3 * e / 8]],
    pseudo_huber: [(r, e) => Math.hypot(r, e), (w, e) => w / Math.hypot(w, e), (e) => [0, e]],
    log_cosh: [(r, e) => r + e * (Math.log1p(Math.exp(-2 * r / e)) - Math.LN2), (w, e) => Math.tanh(w / e), (e) => [-e * Math.LN2, 0]],
    abs: [(r) => r, (w) => Math.sign(w), () => [0, 0]],
    squared: [(r) => r * r / 2, (w) => w, null],
    sqrt_quartic: [(r, e) => Math.sqrt(quartic(r, e)), (w, e) => quarticSlope(w, e) / (2 * Math.sqrt(quartic(Math.abs(w), e))), null],
    mistake: [(r, e) => r > e ? r : r * r / e + e / 2, (w, e) => Math.abs(w) > e ? Math.sign(w) : 2 * w / e, null],
  };

  for (const [name, { label, least, most, step, value }] of Object.entries(sliders)) {
    const row = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: least, max: most, step });
    input.value = value;
    input.dataset.name = name;
    input.setAttribute("aria-label", label);
    const shown = document.createElement("span");
    row.append(label, input, shown);
    input.addEventListener("input", draw);
    root.querySelector(".sliders").append(row);
    inputs[name] = { input, shown };
  }
  for (const name of Object.keys(profiles)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => { profile = name; draw(); });
    presets.append(button);
  }

  function draw() {
    const value = {};
    for (const [name, { input, shown }] of Object.entries(inputs)) {
      value[name] = input.valueAsNumber;
      shown.textContent = String(Number(input.value)).replace("-", "−");
    }
    for (const button of presets.children) button.setAttribute("aria-pressed", String(button.textContent === profile));
    const [phi, slope, bounds] = profiles[profile];
    const { eps, w } = value;
    const grid = Array.from({ length: 401 }, (_, n) => (n - 200) / 100);
    const curves = { phi: grid.map((x) => phi(Math.abs(x), eps)), slope: grid.map((x) => slope(x, eps)) };
    curves.gap = curves.phi.map((y, n) => y - Math.abs(grid[n]));
    const pairs = (ys) => grid.map((x, n) => [x, ys[n]]);
    const [green, ink, grey, orange] = ["#00815c", "#1b1f24", "#8b94a0", "#d55e00"];
    const svgs = root.querySelectorAll("svg");

    const first = chart(svgs[0], [-2, 2], [0, 2], "w", "φ");
    first.line(grid.map((x) => [x, Math.abs(x)]), grey, { width: 1 });
    first.line(pairs(curves.phi), green, { width: 2.5 });
    const second = chart(svgs[1], [-2, 2], [-2, 2], "w", "φ′");
    second.line(pairs(curves.slope), green, { width: 2.5 });
    const third = chart(svgs[2], [-2, 2], [-1, 1], "w", "φ − |w|");
    if (bounds) for (const y of bounds(eps)) third.line([[-2, y], [2, y]], ink, { width: 1, dash: "4 3" });
    third.line(pairs(curves.gap), green, { width: 2.5 });
    const at = { phi: phi(Math.abs(w), eps), slope: slope(w, eps) };
    at.gap = at.phi - Math.abs(w);
    for (const [axes, y] of [[first, at.phi], [second, at.slope], [third, at.gap]]) {
      if (profile !== "squared" && profile !== "abs") { axes.mark(eps, grey); axes.mark(-eps, grey); }
      axes.dot(w, y, orange, 5);
    }
    root.dataset.curves = JSON.stringify({ w: grid, ...curves });
    root.dataset.point = JSON.stringify(at);
    const show = (x) => x.toFixed(3).replace("-", "−");
    said.textContent = "At w = " + show(w) + ": φ = " + show(at.phi) + ", slope " + show(at.slope) + ", φ − |w| = " + show(at.gap) + ". " + notes[profile];
  }

  draw();
})();
