(() => {
  const root = document.getElementById("$id");
  const { updates } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const [svg, said] = [root.querySelector("svg.path"), root.querySelector("output")];
  const [lr, momentum] = [root.querySelector(".lr"), root.querySelector(".momentum")];
  const LIMIT = 2;
  const [left, right, top, bottom] = [34, 412, 10, 182];

  // The error is half the square of the weight, so its gradient is the weight itself.
  function path(eta, mu) {
    const w = [1];
    for (let t = 0, v = 0; t < updates; t++) {
      v = mu * v - eta * w[t];
      w.push(w[t] + v);
    }
    return w;
  }

  const x = (t) => left + ((right - left) * t) / updates;
  const y = (w) => (top + bottom) / 2 - ((bottom - top) / 2) * (Math.max(-LIMIT, Math.min(LIMIT, w)) / LIMIT);

  function add(name, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    svg.append(element);
  }

  function update() {
    const [eta, mu] = [lr.valueAsNumber, momentum.valueAsNumber];
    lr.previousElementSibling.textContent = "learning rate η = " + eta.toFixed(2);
    momentum.previousElementSibling.textContent = "momentum μ = " + mu.toFixed(1);
    const w = path(eta, mu);
    svg.replaceChildren();
    for (const tick of [-2, -1, 0, 1, 2]) {
      add("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: tick ? "#e3e7ec" : "#8a929c" });
      add("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, String(tick).replace("-", "−"));
    }
    add("polyline", { points: w.map((value, t) => x(t) + "," + y(value)).join(" "), fill: "none", stroke: "#0072b2", "stroke-width": 2 });
    w.forEach((value, t) => add("circle", { cx: x(t), cy: y(value), r: 2.6, fill: Math.abs(value) > LIMIT ? "#d55e00" : "#0072b2" }));
    add("text", { x: (left + right) / 2, y: 204, "text-anchor": "middle" }, "update, 0 to " + updates + "; the weight starts at 1");
    const last = Math.abs(w[updates]);
    const border = 2 * (1 + mu);
    const ends = last > 1e6 ? "The weight has blown up." : "After " + updates + " updates the weight is " + w[updates].toPrecision(3).replace("-", "−") + ".";
    said.textContent = ends + " The border 2 (1 + μ) is " + border.toFixed(1) + "; η is " +
      (Math.abs(eta - border) < 1e-9 ? "on it." : eta < border ? "below." : "above.");
    root.dataset.path = JSON.stringify(w);
  }

  lr.addEventListener("input", update);
  momentum.addEventListener("input", update);
  update();
})();
