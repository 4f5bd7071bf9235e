// The chapter *The fast path*: the banded matrix of a convolution, and what its tiles' width costs.

import { anewAfter, named, Panel } from "../explorer.js";

/** Columns of output that a tile of this width serves. */
const columnsOf = (width, { kernel, stride }) => Math.floor((width - kernel) / stride) + 1;

/** Widths that fit: together the tiles must serve all columns of output, each once. */
export function fitting(layer) {
  const all = columnsOf(layer.rows, layer);
  const widths = [];
  for (let width = layer.kernel; width <= layer.rows; width += layer.stride) {
    if (all % columnsOf(width, layer) === 0) widths.push(width);
  }
  return widths;
}

/** Sizes of the matrix, and what it costs to multiply with it. */
export function work(layer, width) {
  const { rows, channels, maps, kernel } = layer;
  const [all, columns] = [columnsOf(rows, layer), columnsOf(width, layer)];
  const tiles = all / columns;
  const [inputs, outputs] = [kernel * width * channels, columns * maps];
  const share = (kernel * kernel * channels) / inputs; // of the matrix that is not 0
  return { tiles, inputs, outputs, share, overlap: (tiles * width) / rows, products: all * tiles * inputs * outputs };
}

/** Row m and column q of the strip, channel c; output column j, map f: K[f, c, m, q - stride·j] where there is one. */
function drawMatrix(canvas, { channels, maps, kernel, stride }, width, colours) {
  const context = canvas.getContext("2d");
  for (let m = 0; m < kernel; m++) {
    for (let j = 0; j < canvas.width / maps; j++) {
      for (let l = 0; l < kernel; l++) {
        const row = (m * width + stride * j + l) * channels;
        for (let f = 0; f < maps; f++) {
          context.fillStyle = colours[f % colours.length];
          context.fillRect(j * maps + f, row, 1, channels);
        }
      }
    }
  }
}

const FIGURES = `
<figure class="matrix">
  <canvas role="img" aria-label="The banded matrix: coloured where it is not 0, a colour for each map."></canvas>
</figure>
<div class="side"><dl>
  <dt>tiles of an image</dt><dd data-show="tiles"></dd>
  <dt>matrix</dt><dd data-show="matrix"></dd>
  <dt>not 0</dt><dd data-show="share"></dd>
  <dt>numbers laid out for each of the image's</dt><dd data-show="overlap"></dd>
  <dt>multiply-adds an image</dt><dd data-show="products"></dd>
</dl></div>`;

const count = (value) => Math.round(value).toLocaleString("en-US");

function draw(place) {
  const { model } = place;
  const panel = new Panel(place, "Banded matrix explorer");
  const layers = model.get("layers");
  const colours = model.get("map_colours");
  const layer = () => layers[model.get("layer")];
  // Another layer has other widths: begin with the whole image again.
  panel.choice("layer", "Layer", named(Object.keys(layers)), (name) => ({ width: layers[name].rows }));
  panel.panels(FIGURES);
  const canvas = panel.find("canvas");
  panel.slider("width", {
    label: "columns of a tile",
    values: () => fitting(layer()),
    speak: (width) => `${width} columns`,
    before: panel.find("dl"),
  });

  return panel.start([], ({ width }) => {
    const found = work(layer(), width);
    const { tiles, inputs, outputs, share, overlap, products } = found;
    Object.assign(canvas, { width: outputs, height: inputs });
    const { kernel, rows, channels } = layer();
    canvas.style.width = `${Math.min(2, 280 / (kernel * rows * channels)) * outputs}px`; // one scale for all widths
    drawMatrix(canvas, layer(), width, colours);
    panel.write({
      tiles,
      matrix: `${inputs}×${outputs}`,
      share: `${(100 * share).toFixed(1)} %`,
      overlap: overlap.toFixed(2),
      products: count(products),
    });
    panel.set(found);
    return (
      `Of ${count(products)} multiply-adds the result needs ${count(products * share)}: ` +
      `${(1 / share).toFixed(2)} are made for each useful one.`
    );
  });
}

const render = anewAfter(["layers"], draw);

export default { render };
