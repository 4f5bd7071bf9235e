// The chapter *Convolution*: a window moves over an image, and the kernel can be changed.

import {
  anewAfter,
  clamp,
  diverging,
  fixed,
  html,
  largest,
  onArrows,
  onPointer,
  Panel,
  paint,
  presets,
  short,
  withCell,
} from "../explorer.js";
import { convolve, table } from "../formulas.js";

const picture = (name, [height, width], caption, label) => `
<figure><figcaption>${caption}</figcaption><div class="stage">
  <canvas class="${name}" width="${width}" height="${height}" tabindex="0" role="img" aria-label="${label}"></canvas>
  <div class="frame"></div>
</div></figure>`;

const sizeOf = (rows) => [rows.length, rows[0].length];
const times = ([height, width]) => `${height}×${width}`;

const figures = (image, kernel, output) => `
${picture("image", image, `image X, ${times(image)}`, "The image with the window on it. Arrow keys move the window.")}
<figure><figcaption>kernel K, ${times(kernel)}: change any number</figcaption><div class="kernel"></div></figure>
${picture("result", output, `output Y, ${times(output)}: orange above 0, blue below`, "The output with its current place framed. Arrow keys move the place.")}
<figure class="magnified"><figcaption>the window, magnified: pixel × weight, and below it their product</figcaption>
  <div class="products" role="img" aria-label="The products of pixels and weights, place by place."></div></figure>`;

/** Put the frame above a canvas, which stays sharp however much the canvas is enlarged. */
function frame(canvas, row, column, size) {
  const share = (pixels, all) => `${(100 * pixels) / all}%`;
  const [top, height] = [row, size].map((pixels) => share(pixels, canvas.height));
  const [left, width] = [column, size].map((pixels) => share(pixels, canvas.width));
  const place = { top, left, height, width };
  Object.assign(canvas.nextElementSibling.style, place);
}

function kernelField(panel, row, column) {
  const kernel = () => panel.model.get("kernel");
  const write = (value) => panel.set({ kernel: withCell(kernel(), row, column, value) });
  const named = { step: "any", "aria-label": `K row ${row}, column ${column}` };
  return panel.number(named, () => kernel()[row][column], write);
}

/** Write each place's pixel, weight and product; the larger a product, the stronger its colour. */
function magnify(colours, cells, pixels, kernel) {
  const products = kernel.map((weights, m) => weights.map((weight, l) => weight * pixels[m][l]));
  const limit = 2 * largest(products); // half of the colour: the letters are read on it
  for (const [m, row] of cells.entries())
    for (const [l, cell] of row.entries()) {
      const [factors, product] = cell.children;
      factors.textContent = `${short(pixels[m][l], 2)} × ${short(kernel[m][l], 2)}`;
      product.textContent = short(products[m][l], 2);
      cell.style.background = `rgb(${diverging(colours, products[m][l], limit).map(Math.round)})`;
    }
}

function draw(place) {
  const { model } = place;
  const panel = new Panel(place, "Convolution explorer");
  panel.choice("kernel", "Kernels", presets(model.get("kernels")));
  const [pixels, places] = [sizeOf(model.get("image")), sizeOf(model.get("kernel"))];
  const output = pixels.map((size, axis) => size - places[axis] + 1);
  panel.panels(figures(pixels, places, output));
  const [image, result] = [panel.find(".image"), panel.find(".result")];
  const fields = table(places[0], (row, column) => kernelField(panel, row, column));
  const kernel = panel.find(".kernel");
  kernel.append(...fields.flat());
  kernel.style.gridTemplateColumns = `repeat(${places[1]}, 1fr)`;

  const cells = table(places[0], () => html("div", {}, html("span"), html("b")));
  const products = panel.find(".products");
  products.append(...cells.flat());
  products.style.gridTemplateColumns = kernel.style.gridTemplateColumns;
  products.classList.toggle("small", places[0] > 5);

  const move = (i, j) => panel.set({ place: [clamp(i, 0, output[0] - 1), clamp(j, 0, output[1] - 1)] });
  for (const [canvas, middle] of [
    [image, Math.floor(places[0] / 2)],
    [result, 0],
  ]) {
    const at = (share, size) => Math.floor(share * size) - middle;
    onPointer(canvas, (x, y) => move(at(y, canvas.height), at(x, canvas.width)), { hover: true });
    onArrows(canvas, (right, down) => move(model.get("place")[0] + down, model.get("place")[1] + right));
  }

  return panel.start(["image", "place"], ({ image: grey, kernel, place: [i, j] }) => {
    frame(image, i, j, places[0]);
    frame(result, i, j, 1);
    if (kernel.flat().includes(null)) return `Each of the ${kernel.length ** 2} places needs a number.`;
    const X = grey.map((row) => row.map((level) => level / 255));
    const Y = convolve(X, kernel);
    const limit = largest(Y);
    paint(image, (row, column) => Array(3).fill(255 * (1 - X[row][column])));
    paint(result, (row, column) => diverging(panel.colours, Y[row][column], limit));
    const under = X.slice(i, i + places[0]).map((row) => row.slice(j, j + places[1]));
    magnify(panel.colours, cells, under, kernel);
    panel.set({ output: Y });
    return `Y[${i}, ${j}] = sum of the ${kernel.length ** 2} products under the window = ${fixed(Y[i][j], 3)}`;
  });
}

const render = anewAfter(["image", "kernel", "kernels"], draw, (made) => (Array.isArray(made) ? sizeOf(made) : made));

export default { render };
