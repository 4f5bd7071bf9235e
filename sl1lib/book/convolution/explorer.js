(() => {
  const root = document.getElementById("$id");
  const { image, kernels } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const X = image.map((row) => row.map((grey) => grey / 255));
  const [K, OUT] = [5, 24];
  const canvases = { image: root.querySelector(".image"), result: root.querySelector(".result") };
  const presets = root.querySelector(".presets");
  const said = root.querySelector("output");
  let place = [9, 11];
  let Y = [];
  let complete = true;

  const inputs = Array.from({ length: K * K }, (_, at) => {
    const input = document.createElement("input");
    input.type = "number";
    input.step = "any";
    input.required = true;
    input.setAttribute("aria-label", "K row " + Math.floor(at / K) + ", column " + (at % K));
    input.addEventListener("input", () => { press(null); compute(); });
    root.querySelector(".kernel").append(input);
    return input;
  });

  for (const name of Object.keys(kernels)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => choose(name));
    presets.append(button);
  }

  function press(name) {
    for (const button of presets.children) button.setAttribute("aria-pressed", String(button.textContent === name));
  }

  function choose(name) {
    kernels[name].flat().forEach((value, at) => { inputs[at].value = value; });
    press(name);
    compute();
  }

  // Equation (1), as the chapter writes it.
  function compute() {
    const kernel = inputs.map((input) => input.valueAsNumber);
    complete = kernel.every((value) => Number.isFinite(value));
    if (complete) {
      Y = Array.from({ length: OUT }, (_, i) => Array.from({ length: OUT }, (_, j) => {
        let sum = 0;
        for (let m = 0; m < K; m++) for (let l = 0; l < K; l++) sum += X[i + m][j + l] * kernel[K * m + l];
        return sum;
      }));
      root.dataset.output = JSON.stringify(Y);
    }
    draw();
  }

  function paint(canvas, values, colour) {
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(canvas.width, canvas.height);
    values.flat().forEach((value, at) => pixels.data.set([...colour(value), 255], 4 * at));
    context.putImageData(pixels, 0, 0);
  }

  // A frame of its own above the canvas stays sharp, whatever the canvas is enlarged by.
  function frame(canvas, row, column, size) {
    const place = canvas.nextElementSibling.style;
    const share = (pixels, count) => (100 * pixels) / count + "%";
    place.top = share(row, canvas.height);
    place.left = share(column, canvas.width);
    place.height = share(size, canvas.height);
    place.width = share(size, canvas.width);
  }

  // White at 0; the largest value of the output, in either direction, has the full colour.
  function diverging(limit) {
    return (value) => {
      const t = Math.min(1, Math.abs(value) / limit);
      return (value > 0 ? [213, 94, 0] : [0, 114, 178]).map((full) => 255 + (full - 255) * t);
    };
  }

  function draw() {
    const [i, j] = place;
    const limit = Math.max(1e-12, ...Y.flat().map(Math.abs));
    const grey = (value) => Array(3).fill(255 * (1 - value));
    paint(canvases.image, X, grey);
    paint(canvases.result, Y, diverging(limit));
    frame(canvases.image, i, j, K);
    frame(canvases.result, i, j, 1);
    said.textContent = complete
      ? "Y[" + i + ", " + j + "] = sum of the 25 products under the window = " + Y[i][j].toFixed(3)
      : "Each of the 25 places needs a number.";
    root.dataset.place = JSON.stringify(place);
  }

  function move(i, j) {
    const inside = (value) => Math.max(0, Math.min(OUT - 1, value));
    place = [inside(i), inside(j)];
    draw();
  }

  for (const [name, canvas] of Object.entries(canvases)) {
    const centre = name === "image" ? 2 : 0;
    const follow = (event) => {
      if (event.type === "pointermove" && !event.buttons && event.pointerType !== "mouse") return;
      const box = canvas.getBoundingClientRect();
      const at = (offset, size, count) => Math.floor((offset / size) * count) - centre;
      move(at(event.clientY - box.top, box.height, canvas.height), at(event.clientX - box.left, box.width, canvas.width));
    };
    canvas.addEventListener("pointerdown", follow);
    canvas.addEventListener("pointermove", follow);
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      move(place[0] + step[0], place[1] + step[1]);
    });
  }

  choose(Object.keys(kernels)[0]);
})();
