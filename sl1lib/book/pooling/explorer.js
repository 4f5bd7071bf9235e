(() => {
  const root = document.getElementById("$id");
  const { paintings, kernels } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const [SIZE, WINDOW] = [6, 2];
  const said = root.querySelector("output");
  const grids = Object.fromEntries([...root.querySelectorAll("[data-grid]")].map((grid) => [grid.dataset.grid, grid]));
  const table = (count, value) => Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => value(i, j)));
  let X = table(SIZE, () => 0);
  let K = [[1]];
  let chosen = [0, 1];
  let brush = 1;

  // A convolution in steps of `stride`: equation (1) with every index of the image multiplied by it.
  function convolve(image, kernel, stride) {
    return table(Math.floor((image.length - kernel.length) / stride) + 1, (i, j) => {
      let sum = 0;
      kernel.forEach((row, m) => row.forEach((value, l) => { sum += image[stride * i + m][stride * j + l] * value; }));
      return sum;
    });
  }

  const pool = (map) => convolve(map, table(WINDOW, () => 1 / WINDOW ** 2), WINDOW);

  // The true convolution of the kernel with the window: each of its numbers is spread over a block.
  function compose(kernel) {
    const composed = table(kernel.length + WINDOW - 1, () => 0);
    kernel.forEach((row, m) => row.forEach((value, l) => {
      for (let s = 0; s < WINDOW; s++) for (let t = 0; t < WINDOW; t++) composed[m + s][l + t] += value / WINDOW ** 2;
    }));
    return composed;
  }

  const written = (value) => String(Math.round(100 * value) / 100).replace("-", "−");

  // White at 0; the largest number of a grid, in either direction, has the full colour. Dark enough to read on.
  function colour(value, limit) {
    const share = 0.75 * Math.min(1, Math.abs(value) / limit);
    return "rgb(" + (value > 0 ? [213, 94, 0] : [0, 114, 178]).map((full) => Math.round(255 + (full - 255) * share)) + ")";
  }

  function fill(name, values, pick) {
    const limit = Math.max(1e-12, ...values.flat().map(Math.abs));
    const grid = grids[name];
    if (grid.children.length !== values.flat().length) {
      grid.style.gridTemplateColumns = "repeat(" + values.length + ", 1fr)";
      grid.style.maxWidth = 3.2 * values.length + "rem";
      grid.replaceChildren(...values.flat().map((_, at) => {
        const cell = document.createElement(pick ? "button" : "div");
        if (pick) prepare(cell, grid, at, values.length, pick);
        return cell;
      }));
    }
    values.flat().forEach((value, at) => {
      const cell = grid.children[at];
      cell.textContent = written(value);
      cell.style.background = colour(value, limit);
      if (pick) cell.setAttribute("aria-label", name + " row " + Math.floor(at / values.length) + ", column " + (at % values.length) + ": " + written(value));
    });
  }

  // One stop for the tab key in each grid; arrow keys move inside it.
  function prepare(button, grid, at, count, pick) {
    button.type = "button";
    button.tabIndex = at === 0 ? 0 : -1;
    button.addEventListener("focus", () => {
      for (const other of grid.children) other.tabIndex = other === button ? 0 : -1;
    });
    button.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const [i, j] = [Math.floor(at / count) + step[0], (at % count) + step[1]];
      if (i >= 0 && i < count && j >= 0 && j < count) grid.children[count * i + j].focus();
    });
    pick(button, Math.floor(at / count), at % count);
  }

  function frame(name, row, column, size) {
    const count = Math.round(Math.sqrt(grids[name].children.length));
    [...grids[name].children].forEach((cell, at) => {
      const [i, j] = [Math.floor(at / count) - row, (at % count) - column];
      cell.classList.toggle("in", i >= 0 && i < size && j >= 0 && j < size);
    });
  }

  function draw() {
    const Y = convolve(X, K, 1);
    const P = pool(Y);
    const C = compose(K);
    const S = convolve(X, C, WINDOW);
    chosen = chosen.map((index) => Math.min(index, P.length - 1));
    const choose = (button, i, j) => {
      for (const kind of ["click", "focus", "pointerenter"]) button.addEventListener(kind, () => { chosen = [i, j]; draw(); });
    };
    [...grids.X.children].forEach((cell, at) => cell.setAttribute("aria-pressed", String(X.flat()[at] === 1)));
    fill("K", K);
    fill("Y", Y);
    fill("P", P, choose);
    fill("C", C);
    fill("S", S);
    const [i, j] = chosen;
    frame("X", WINDOW * i, WINDOW * j, C.length);
    frame("Y", WINDOW * i, WINDOW * j, WINDOW);
    frame("P", i, j, 1);
    frame("S", i, j, 1);
    const squares = (values) => values.flat().reduce((sum, value) => sum + value * value, 0);
    const kept = squares(Y) ? Math.round((100 * WINDOW ** 2 * squares(P)) / squares(Y)) + " % of the squares of Y are kept. " : "";
    const cost = (values, kernel) => values.length ** 2 * kernel.length ** 2;
    said.textContent = "P[" + i + ", " + j + "] = " + written(P[i][j]) + " in two steps, " + written(S[i][j]) + " in one. " + kept +
      "Multiply-adds: " + cost(Y, K) + " and " + P.length ** 2 + " means, or " + cost(S, C) + " in one step.";
    for (const [name, values] of Object.entries({ image: X, kernel: K, conv: Y, pooled: P, composed: C, strided: S })) {
      root.dataset[name] = JSON.stringify(values);
    }
  }

  function press(group, name) {
    for (const button of root.querySelector(group).children) {
      if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(button.textContent === name));
    }
  }

  function offer(group, name, action, toggles) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    if (toggles) button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => { action(); if (toggles) press(group, name); });
    root.querySelector(group).append(button);
    return button;
  }

  // Painting: the first cell decides whether the stroke sets or clears.
  function paintable(button, i, j) {
    const paint = () => { X[i][j] = brush; press(".paintings", null); draw(); };
    button.setAttribute("aria-label", "X row " + i + ", column " + j);
    button.addEventListener("pointerdown", (event) => { brush = 1 - X[i][j]; paint(); event.preventDefault(); button.focus(); });
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      brush = 1 - X[i][j];
      paint();
    });
    // A screen reader's click comes without pointer and without key.
    button.addEventListener("click", (event) => { if (event.detail === 0 && !event.pointerType) { brush = 1 - X[i][j]; paint(); } });
    button.dataset.at = i + "," + j;
  }
  grids.X.style.gridTemplateColumns = "repeat(" + SIZE + ", 1fr)";
  grids.X.replaceChildren(...Array.from({ length: SIZE * SIZE }, (_, at) => {
    const cell = document.createElement("button");
    prepare(cell, grids.X, at, SIZE, paintable);
    return cell;
  }));
  grids.X.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    if (!under || under.parentElement !== grids.X) return;
    const [i, j] = under.dataset.at.split(",").map(Number);
    if (X[i][j] !== brush) { X[i][j] = brush; press(".paintings", null); draw(); }
  });

  for (const [name, painting] of Object.entries(paintings)) {
    offer(".paintings", name, () => { X = painting.map((row) => [...row]); draw(); }, true);
  }
  offer(".paintings", "move right by 1", () => { X = X.map((row) => [row[SIZE - 1], ...row.slice(0, -1)]); press(".paintings", null); draw(); });
  for (const [name, kernel] of Object.entries(kernels)) offer(".kernels", name, () => { K = kernel; draw(); }, true);
  root.querySelector(".kernels").children[0].click();
  root.querySelector(".paintings").children[0].click();
})();
