(() => {
  const root = document.getElementById("$id");
  const state = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const svg = find("svg");
  const NAMES = { node: "u is one group", weight: "each weight by itself" };

  // The profile and its slope for r ≥ 0, as the chapter on the smooth function has them.
  const PHI = {
    huber: (r, e) => (r > e ? r : (r * r) / (2 * e) + e / 2),
    quartic: (r, e) => (r >= e ? r : -(r ** 4) / (8 * e ** 3) + (3 * r * r) / (4 * e) + (3 * e) / 8),
    pseudo_huber: (r, e) => Math.hypot(r, e),
    abs: (r) => r,
  };
  const SLOPE = {
    huber: (r, e) => r / Math.max(r, e),
    quartic: (r, e) => { const t = Math.min(r / e, 1); return (3 * t - t ** 3) / 2; },
    pseudo_huber: (r, e) => r / Math.hypot(r, e),
    abs: (r) => Math.sign(r),
  };

  // x + τφ'(x) = r has one solution in [0, r]: halve until it is found. The corner has its own rule.
  function shorten(r) {
    const { profile, eps, tau } = state;
    if (profile === "abs") return Math.max(r - tau, 0);
    let [low, high] = [0, r];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (middle + tau * SLOPE[profile](middle, eps) > r) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  }

  const groups = (u) => (state.grouping === "node" ? [Math.hypot(...u)] : u.map(Math.abs));
  const value = (u) => groups(u).reduce((sum, r) => sum + PHI[state.profile](r, state.eps), 0);

  // Each group keeps its direction; only its length is looked at.
  function scale(u, of) {
    const lengths = groups(u);
    return u.map((w, i) => {
      const r = lengths[state.grouping === "node" ? 0 : i];
      return r > 0 ? (w * of(r)) / r : 0;
    });
  }

  // Level lines by marching squares: on each small square, join the points where h crosses the level.
  function levels() {
    const [n, reach] = [72, 2];
    const at = (i) => -reach + (2 * reach * i) / n;
    const grid = Array.from({ length: n + 1 }, (_, i) => Array.from({ length: n + 1 }, (_, j) => value([at(i), at(j)])));
    let path = "";
    for (let level = 0.25; level < 4; level += 0.25) {
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        const points = [];
        corners.forEach(([a, b], k) => {
          const [c, d] = corners[(k + 1) % 4];
          const [low, high] = [grid[a][b] - level, grid[c][d] - level];
          if (low < 0 === high < 0) return;
          const t = low / (low - high);
          points.push([at(a) + t * (at(c) - at(a)), -(at(b) + t * (at(d) - at(b)))]);
        });
        if (points.length >= 2) path += "M" + points.slice(0, 2).map((p) => p.map((x) => x.toFixed(3)).join(" ")).join("L");
      }
    }
    find(".levels").innerHTML = '<path d="' + path + '"/>';
  }

  const write = (u) => "(" + u.map((x) => (Math.abs(x) < 0.0005 ? 0 : x).toFixed(3).replace("-", "−")).join(", ") + ")";

  function put(selector, names, [x, y]) {
    const element = find(selector);
    element.setAttribute(names[0], x);
    element.setAttribute(names[1], -y);
  }

  function draw() {
    const { u, eps, tau, profile, grouping } = state;
    const gradient = scale(u, (r) => SLOPE[profile](r, eps));
    const step = u.map((w, i) => w - tau * gradient[i]);
    const prox = scale(u, shorten);
    const h = value(u);
    put(".u", ["cx", "cy"], u);
    for (const [name, to] of [["explicit", step], ["implicit", prox]]) {
      put("." + name, ["x1", "y1"], u);
      put("." + name, ["x2", "y2"], to);
      put(".after-" + name, ["cx", "cy"], to);
    }
    find(".cap").setAttribute("r", grouping === "node" && profile !== "abs" ? eps : 0);
    find(".eps-value").textContent = eps.toFixed(2);
    find(".tau-value").textContent = tau.toFixed(2);
    const shown = { u: write(u), h: h.toFixed(3), gradient: write(gradient), step: write(step), prox: write(prox) };
    for (const [name, text] of Object.entries(shown)) find('[data-show="' + name + '"]').textContent = text;
    const zeros = prox.filter((w) => w === 0).length;
    find("output").textContent = "The proximal map leaves " + (zeros ? zeros + " exact zero" + (zeros > 1 ? "s" : "") : "no exact zero") + ".";
    Object.assign(root.dataset, { state: JSON.stringify(state), gradient: JSON.stringify(gradient), prox: JSON.stringify(prox), value: h });
  }

  function buttons(place, key, names) {
    for (const name of Object.keys(names)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = names[name];
      button.addEventListener("click", () => { state[key] = name; press(); levels(); draw(); });
      button.dataset.name = name;
      find(place).append(button);
    }
    const press = () => {
      for (const button of find(place).children) button.setAttribute("aria-pressed", String(button.dataset.name === state[key]));
    };
    press();
  }

  buttons(".profiles", "profile", Object.fromEntries(Object.keys(PHI).map((name) => [name, name])));
  buttons(".groupings", "grouping", NAMES);
  for (const key of ["eps", "tau"]) {
    find("." + key).value = state[key];
    find("." + key).addEventListener("input", (event) => {
      state[key] = event.target.valueAsNumber;
      if (key === "eps") levels();
      draw();
    });
  }

  function move(x, y) {
    const inside = (w) => Math.round(100 * Math.max(-2, Math.min(2, w))) / 100;
    state.u = [inside(x), inside(y)];
    draw();
  }

  function follow(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = svg.getBoundingClientRect();
    move((4 * (event.clientX - box.left)) / box.width - 2, 2 - (4 * (event.clientY - box.top)) / box.height);
  }
  svg.addEventListener("pointerdown", follow);
  svg.addEventListener("pointermove", follow);
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [0, 0.05], ArrowDown: [0, -0.05], ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    move(state.u[0] + step[0], state.u[1] + step[1]);
  });

  levels();
  draw();
})();
