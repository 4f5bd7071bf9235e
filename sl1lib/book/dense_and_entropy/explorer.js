(() => {
  const root = document.getElementById("$id");
  const start = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const said = root.querySelector("output");
  const warmth = root.querySelector(".temperature input");
  let label = start.label;
  let relu = false;

  const make = (parent, tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    if (text) element.textContent = text;
    parent.append(element);
    return element;
  };

  const bar = (parent, className) => {
    const box = make(parent, "div", "bar " + className);
    return { fill: make(box, "i", ""), text: make(box, "span", "") };
  };

  const rows = start.scores.map((score, c) => {
    const grid = root.querySelector(".classes");
    const name = make(grid, "span", "name");
    const slider = make(grid, "input", "");
    Object.assign(slider, { type: "range", min: -6, max: 6, step: 0.1, value: score });
    slider.setAttribute("aria-label", "score of class " + c);
    slider.addEventListener("input", draw);
    return { name, slider, probability: bar(grid, ""), slope: bar(grid, "slope") };
  });

  const buttons = (group, names, chosen, action) => {
    const made = names.map((name, at) => {
      const button = make(root.querySelector(group), "button", "", name);
      button.type = "button";
      button.addEventListener("click", () => { action(at); press(at); draw(); });
      return button;
    });
    const press = (at) => made.forEach((button, other) => button.setAttribute("aria-pressed", String(other === at)));
    press(chosen);
  };

  const written = (value, digits) => value.toFixed(digits).replace("-", "−");

  function draw() {
    const s = rows.map((row) => row.slider.valueAsNumber);
    const T = 10 ** warmth.valueAsNumber;
    const logits = s.map((score) => (relu ? Math.max(0, score) : score) / T);
    // The largest is taken away first: no exponent above 0.
    const largest = Math.max(...logits);
    const powers = logits.map((score) => Math.exp(score - largest));
    const sum = powers.reduce((a, b) => a + b);
    const p = powers.map((power) => power / sum);
    const error = Math.log(sum) + largest - logits[label];
    // The chain rule through the temperature, and through ReLU, which passes nothing at or below 0.
    const gradient = p.map((share, c) => (relu && s[c] <= 0 ? 0 : (share - (c === label ? 1 : 0)) / T));
    const widest = Math.max(1, ...gradient.map(Math.abs));
    rows.forEach((row, c) => {
      row.name.textContent = "class " + c + (c === label ? " ●" : "") + ": " + written(s[c], 1);
      row.probability.fill.style.cssText = "left: 0; width: " + 100 * p[c] + "%";
      row.probability.text.textContent = written(p[c], 3);
      const half = (50 * Math.abs(gradient[c])) / widest;
      row.slope.fill.className = gradient[c] < 0 ? "down" : "";
      row.slope.fill.style.cssText = "width: " + half + "%; left: " + (gradient[c] < 0 ? 50 - half : 50) + "%";
      row.slope.text.textContent = gradient[c] === 0 ? "0" : written(gradient[c], 3);
    });
    root.querySelector(".shown").textContent = written(T, 2);
    const blocked = s.filter((score) => relu && score <= 0).length;
    said.textContent = "E = −ln " + written(p[label], 4) + " = " + written(error, 3) + " nats." +
      (blocked ? " Blocked by ReLU: " + blocked + (blocked === 3 ? " classes, all of them." : blocked === 1 ? " class." : " classes.") : "");
    Object.assign(root.dataset, { scores: JSON.stringify(s), temperature: T, label, relu, probabilities: JSON.stringify(p),
      error, gradient: JSON.stringify(gradient) });
  }

  buttons(".rights", rows.map((_, c) => "class " + c + " is right"), label, (c) => { label = c; });
  buttons(".logits", ["softmax of the scores", "softmax of ReLU of the scores"], 0, (at) => { relu = at === 1; });
  warmth.addEventListener("input", draw);
  draw();
})();
