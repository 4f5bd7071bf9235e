(() => {
  const root = document.getElementById("$id");
  const { layers, chosen } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const [canvas, slider] = [find("canvas"), find(".width")];
  const COLOURS = ["#0072b2", "#d55e00", "#00815c", "#9a4fa3", "#b8860b", "#666666"];
  let layer = chosen;

  // Columns of output that a tile serves; together the tiles must serve all of them, each once.
  const columnsOf = (width, kernel, stride) => Math.floor((width - kernel) / stride) + 1;
  function fitting([rows, , , kernel, stride]) {
    const all = columnsOf(rows, kernel, stride);
    const widths = [];
    for (let width = kernel; width <= rows; width += stride) if (all % columnsOf(width, kernel, stride) === 0) widths.push(width);
    return widths;
  }

  function draw() {
    const [rows, channels, maps, kernel, stride] = layers[layer];
    const width = fitting(layers[layer])[slider.value];
    const [all, columns] = [columnsOf(rows, kernel, stride), columnsOf(width, kernel, stride)];
    const tiles = all / columns;
    const [inputs, outputs] = [kernel * width * channels, columns * maps];
    canvas.width = outputs;
    canvas.height = inputs;
    canvas.style.width = Math.min(2, 280 / (kernel * rows * channels)) * outputs + "px"; // one scale for all widths
    const context = canvas.getContext("2d");
    let filled = 0;
    // Row m and column q of the strip, channel c; output column j, map f: K[f, c, m, q - stride·j] where there is one.
    for (let m = 0; m < kernel; m++) for (let j = 0; j < columns; j++) for (let l = 0; l < kernel; l++) {
      const q = stride * j + l;
      for (let f = 0; f < maps; f++) {
        context.fillStyle = COLOURS[f % COLOURS.length];
        context.fillRect(j * maps + f, (m * width + q) * channels, 1, channels);
      }
      filled += maps * channels;
    }
    const share = filled / (inputs * outputs);
    const found = { layer, width, tiles, inputs, outputs, share, overlap: (tiles * width) / rows, products: all * tiles * inputs * outputs };
    const useful = found.products * share;
    root.dataset.found = JSON.stringify(found);
    find(".width-value").textContent = width;
    slider.setAttribute("aria-valuetext", width + " columns");
    const count = (value) => Math.round(value).toLocaleString("en-US");
    const texts = { tiles: tiles, matrix: inputs + "×" + outputs, share: (100 * share).toFixed(1) + " %",
      overlap: found.overlap.toFixed(2), products: count(found.products) };
    for (const [name, text] of Object.entries(texts)) find('[data-show="' + name + '"]').textContent = text;
    find("output").textContent = "Of " + count(found.products) + " multiply-adds the result needs " + count(useful) + ": "
      + (1 / share).toFixed(2) + " are made for each useful one.";
  }

  function choose(name) {
    layer = name;
    for (const button of find(".presets").children) button.setAttribute("aria-pressed", String(button.textContent === name));
    slider.max = fitting(layers[layer]).length - 1;
    slider.value = slider.max;
    draw();
  }

  for (const name of Object.keys(layers)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => choose(name));
    find(".presets").append(button);
  }
  slider.addEventListener("input", draw);
  choose(layer);
})();
