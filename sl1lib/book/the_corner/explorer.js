(() => {
  const root = document.getElementById("$id");
  const { start, updates, tail, sliders } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const said = root.querySelector("output");
  const presets = root.querySelector(".presets");
  const inputs = {};
  let method = "plain L1";
  let timer = null;
  $chart
  for (const [name, { label, least, most, step, value }] of Object.entries(sliders)) {
    const row = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: least, max: most, step });
    input.value = value;
    input.dataset.name = name;
    input.setAttribute("aria-label", label);
    const shown = document.createElement("span");
    row.append(label, input, shown);
    input.addEventListener("input", () => { stop(); draw(); });
    root.querySelector(".sliders").append(row);
    inputs[name] = { input, shown };
  }
  for (const name of ["plain L1", "proximal step"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => { method = name; draw(); });
    presets.append(button);
  }
  const roll = document.createElement("button");
  roll.type = "button";
  roll.textContent = "roll";
  roll.addEventListener("click", () => {
    stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return go(updates);
    let t = 0;
    timer = setInterval(() => { go(t); t += 1; if (t > updates) stop(); }, 120);
  });
  presets.append(roll);

  function stop() { clearInterval(timer); }
  function go(t) { inputs.t.input.value = t; draw(); }
  const threshold = (y, by) => Math.sign(y) * Math.max(0, Math.abs(y) - by);

  // The heavy ball on (w - z)²/2 + strength |w|; or on the first part alone, each update followed by the proximal map.
  function follow({ lr, strength, momentum, z }) {
    const path = [start];
    let [w, v] = [start, 0];
    for (let t = 0; t < updates; t++) {
      const before = w;
      if (method === "plain L1") {
        v = momentum * v - lr * (w - z + strength * Math.sign(w));
        w += v;
      } else {
        v = momentum * v - lr * (w - z);
        w = threshold(w + v, lr * strength);
        v = w - before;
      }
      path.push(w);
    }
    return path;
  }

  function draw() {
    const value = {};
    for (const [name, { input, shown }] of Object.entries(inputs)) {
      value[name] = input.valueAsNumber;
      shown.textContent = String(Number(input.value)).replace("-", "−");
    }
    for (const button of presets.children) if (button !== roll) button.setAttribute("aria-pressed", String(button.textContent === method));
    const path = follow(value);
    const { lr, strength, z, t } = value;
    const error = (w) => (w - z) ** 2 / 2 + strength * Math.abs(w);
    const best = threshold(z, strength);
    const last = path.slice(-tail);
    const spread = Math.max(...last) - Math.min(...last);

    const line = Array.from({ length: 161 }, (_, n) => -1.6 + n * 0.02 * 1.0625);
    const left = chart(root.querySelector("svg"), [-1.6, 1.8], [0, 1.15 * Math.max(error(1.6), error(-1.2))], "weight w", "E(w)");
    left.line(line.map((w) => [w, error(w)]), "#1b1f24");
    left.mark(best, "#00815c");
    left.dot(path[t], error(path[t]), "#d55e00", 6);
    const right = chart(root.querySelectorAll("svg")[1], [0, updates], [-1.2, 1.8], "update t", "w");
    if (Math.abs(z) < strength && value.momentum === 0 && method === "plain L1") right.band(-lr * (strength - z), lr * (strength + z), "#d55e00");
    right.line(path.map((w, n) => [n, w]), "#8b94a0", { width: 1 });
    path.forEach((w, n) => right.dot(n, w, "#d55e00", n === t ? 5 : 1.8));

    root.dataset.path = JSON.stringify(path);
    root.dataset.minimum = String(best);
    root.dataset.spread = String(spread);
    const show = (x, digits = 3) => x.toFixed(digits).replace("-", "−").replace(/^−(0\.?0*)$$/, "$$1");
    said.textContent = "After update " + t + ": w = " + show(path[t]) + ". The minimum is at " + show(best) + ". Over the last " + tail +
      " updates w " + (spread === 0 ? "does not move" : spread < 0.0005 ? "moves by less than 0.001" : "spreads over " + show(spread) +
      (strength > 0 ? " = " + show(spread / (lr * strength), 2) + " ηλ" : "")) + ".";
  }

  draw();
})();
