(() => {
  const root = document.getElementById("$id");
  const { pixels, target, params } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const [way, said] = [root.querySelector(".way"), root.querySelector("output")];
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const readings = { table: "table: pool, then ReLU", text: "text: sigmoid, then pool" };
  let reading = "table";
  let shown = 0;

  const inputs = {};
  for (const [name, value] of Object.entries(params)) {
    const [label, input] = [document.createElement("label"), document.createElement("input")];
    input.type = "number";
    input.step = "0.5";
    input.required = true;
    input.value = value;
    input.addEventListener("input", update);
    label.append(name + " =", input);
    inputs[name] = input;
    root.querySelector(".given").append(label);
  }
  const wrong = document.createElement("input");
  wrong.type = "checkbox";
  wrong.addEventListener("input", update);
  const wrongLabel = document.createElement("label");
  wrongLabel.append(wrong, "wrong mask: A ≥ 0");
  root.querySelector(".given").append(wrongLabel);

  function button(parent, text, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", action);
    root.querySelector(parent).append(made);
    return made;
  }
  const choices = Object.fromEntries(Object.entries(readings).map(([name, text]) =>
    [name, button(".readings", text, () => { reading = name; update(); })]));
  const back = button(".steps", "one step back", () => { shown += 1; update(); });
  button(".steps", "all steps", () => { shown = 99; update(); });
  button(".steps", "begin again", () => { shown = 0; update(); });

  // Forward, in the order of the reading.
  function forward(p) {
    const Y = pixels.map((x) => p.K * x + p["β"]);
    const v = { X: pixels, Y };
    if (reading === "table") {
      v.P = mean(Y);
      v.A = Math.max(0, v.P);
    } else {
      v.A = Y.map(sigmoid);
      v.P = mean(v.A);
    }
    v.S = p.U * (reading === "table" ? v.A : v.P) + p.b;
    v.E = (v.S - target) ** 2 / 2;
    return v;
  }

  // Backward: every line needs only the gradient above it and values that the way forward kept.
  function backward(p, v) {
    const d = { S: v.S - target };
    d.U = d.S * (reading === "table" ? v.A : v.P);
    d.b = d.S;
    if (reading === "table") {
      d.A = d.S * p.U;
      d.P = (wrong.checked ? v.A >= 0 : v.P > 0) ? d.A : 0;
      d.Y = pixels.map(() => d.P / 4);
    } else {
      d.P = d.S * p.U;
      d.A = pixels.map(() => d.P / 4);
      d.Y = v.A.map((a, i) => d.A[i] * a * (1 - a));
    }
    d.K = d.Y.reduce((sum, slope, i) => sum + slope * pixels[i], 0);
    d["β"] = d.Y.reduce((sum, slope) => sum + slope, 0);
    return d;
  }

  function differences(p) {
    const step = 1e-5;
    return Object.fromEntries(Object.keys(p).map((name) => {
      const at = (value) => forward({ ...p, [name]: value }).E;
      return [name, (at(p[name] + step) - at(p[name] - step)) / (2 * step)];
    }));
  }

  const write = (value) => [value].flat().map((x) => String(Number(x.toFixed(3))).replace("-", "−")).join(", ");

  function cell(text, kind) {
    const made = document.createElement("div");
    made.className = kind;
    made.textContent = text;
    way.append(made);
  }

  function update() {
    const p = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.valueAsNumber]));
    if (Object.values(p).some((value) => !Number.isFinite(value))) {
      said.textContent = "Each of the four places needs a number.";
      return;
    }
    const [v, table] = [forward(p), reading === "table"];
    const [d, slopes] = [backward(p, v), differences(p)];
    const middle = table ? [["P", "mean of Y"], ["A", "ReLU of P"]] : [["A", "sigmoid of Y"], ["P", "mean of A"]];
    const rows = [["X", "pixels"], ["Y", "K X + β"], ...middle, ["S", "U " + middle[1][0] + " + b"], ["E", "½ (S − " + write(target) + ")²"]];
    // From the error upwards, one place a step.
    const order = ["S", "U, b", ...middle.map((row) => row[0]).reverse(), "Y", "K, β"];
    shown = Math.min(shown, order.length);
    const known = new Set(order.slice(0, shown).flatMap((names) => names.split(", ")));
    way.replaceChildren();
    for (const text of ["", "forward: value", "backward: gradient of E"]) cell(text, "head");
    for (const [name, rule] of rows) {
      const newest = order[shown - 1] === name ? " newest" : "";
      cell(name, "");
      cell(write(v[name]) + (name === "X" ? "" : "  = " + rule), "value");
      cell(name === "X" ? "not needed" : name === "E" ? "1" : known.has(name) ? write(d[name]) : "?", "slope" + newest);
      const owned = { Y: ["K", "β"], S: ["U", "b"] }[name];
      if (!owned) continue;
      const fresh = order[shown - 1] === owned.join(", ") ? " newest" : "";
      for (const own of owned) {
        cell("", "");
        cell(own + " = " + write(p[own]), "value");
        cell(known.has(own) ? own + ": " + write(d[own]) : "?", "slope" + fresh);
      }
    }
    for (const [name, choice] of Object.entries(choices)) choice.setAttribute("aria-pressed", String(name === reading));
    wrong.disabled = !table;
    back.disabled = shown === order.length;
    const off = Object.keys(p).filter((name) => Math.abs(slopes[name] - d[name]) > 1e-6 * Math.max(1, Math.abs(slopes[name])));
    said.textContent = shown < order.length
      ? "Next: the gradient for " + order[shown] + "."
      : off.length
        ? "Differences disagree for " + off.map((name) => name + ", which they put at " + write(slopes[name])).join("; ") + "."
        : "Central differences confirm all four gradients.";
    root.dataset.reading = reading;
    root.dataset.values = JSON.stringify(v);
    root.dataset.gradients = JSON.stringify(d);
    root.dataset.disagree = off.join(",");
  }

  update();
})();
