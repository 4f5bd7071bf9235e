(() => {
  const root = document.getElementById("$id");
  const { state, examples } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const canvas = find(".map");
  const [WIDE, UPDATES, TOP] = [4.4, 40, 0.99];

  // The larger root of z² − (1 + μ − s) z + μ, in absolute value; s is η·curvature.
  function contraction(s, mu) {
    const sum = 1 + mu - s;
    const discriminant = sum * sum - 4 * mu;
    if (discriminant < 0) return Math.sqrt(mu);
    return (Math.abs(sum) + Math.sqrt(discriminant)) / 2;
  }

  function iterates(s, mu) {
    const w = [1];
    let velocity = 0;
    for (let t = 0; t < UPDATES; t++) {
      velocity = mu * velocity - s * w[t];
      w.push(w[t] + velocity);
    }
    return w;
  }

  function paint() {
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(canvas.width, canvas.height);
    for (let y = 0; y < canvas.height; y++) for (let x = 0; x < canvas.width; x++) {
      const rho = contraction((WIDE * (x + 0.5)) / canvas.width, 1 - (y + 0.5) / canvas.height);
      // The faster it converges, the deeper the green; the faster it grows, the deeper the orange.
      const [colour, t] = rho < 1 ? [[0, 129, 92], 0.15 + 0.75 * (1 - rho)] : [[213, 94, 0], Math.min(0.85, 0.2 + 0.3 * (rho - 1))];
      pixels.data.set([...colour.map((full) => 255 + (full - 255) * t), 255], 4 * (y * canvas.width + x));
    }
    context.putImageData(pixels, 0, 0);
  }

  function draw() {
    const [s, mu] = state;
    const rho = contraction(s, mu);
    const w = iterates(s, mu);
    const clipped = (value) => Math.max(-1.6, Math.min(1.6, value));
    find(".cross").style.left = (100 * s) / WIDE + "%";
    find(".cross").style.top = 100 * (1 - mu) + "%";
    find(".way").setAttribute("d", "M" + w.map((value, t) => t + " " + (-clipped(value)).toFixed(4)).join("L"));
    find(".way").setAttribute("stroke", rho < 1 ? "#00815c" : "#d55e00");
    // Two real roots of one sign or a complex pair; on the bound itself one root is −1.
    const sum = 1 + mu - s;
    const kind = sum * sum < 4 * mu ? "spirals" : sum < 0 ? "jumps from side to side" : "slides";
    const bound = 2 * (1 + mu);
    const ends = s > 0 && rho < 1 - 1e-12 ? "and converges" : rho > 1 + 1e-12 ? "and grows" : "and stays";
    find("output").textContent = "η·curvature = " + s.toFixed(2) + ", μ = " + mu.toFixed(2) + ", bound 2(1+μ) = " + bound.toFixed(2) +
      ". An update multiplies by " + rho.toFixed(3) + " in the long run: the weight " + kind + " " + ends + ".";
    Object.assign(root.dataset, { state: JSON.stringify(state), contraction: rho, iterates: JSON.stringify(w) });
  }

  function move(s, mu) {
    const rounded = (value, most) => Math.round(100 * Math.max(0, Math.min(most, value))) / 100;
    state[0] = rounded(s, WIDE);
    state[1] = rounded(mu, TOP);
    draw();
  }

  for (const [name, place] of Object.entries(examples)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => move(...place));
    find(".presets").append(button);
  }

  function follow(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = canvas.getBoundingClientRect();
    move((WIDE * (event.clientX - box.left)) / box.width, 1 - (event.clientY - box.top) / box.height);
  }
  canvas.addEventListener("pointerdown", follow);
  canvas.addEventListener("pointermove", follow);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [0, 0.01], ArrowDown: [0, -0.01], ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    move(state[0] + step[0], state[1] + step[1]);
  });

  paint();
  draw();
})();
