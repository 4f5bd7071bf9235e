// The chapter *Convolution*: a window moves over an image, and the kernel can be changed.

import { clamp, diverging, fixed, largest, onArrows, onPointer, Panel, paint, presets, withCell } from "../explorer.js";
import { convolve, table } from "../formulas.js";

const [K, OUT] = [5, 24];

const picture = (name, size, caption, label) => `
<figure><figcaption>${caption}</figcaption><div class="stage">
  <canvas class="${name}" width="${size}" height="${size}" tabindex="0" role="img" aria-label="${label}"></canvas>
  <div class="frame"></div>
</div></figure>`;

const FIGURES = `
${picture("image", OUT + K - 1, "image X, 28×28", "The image with the window on it. Arrow keys move the window.")}
<figure><figcaption>kernel K, 5×5: change any number</figcaption><div class="kernel"></div></figure>
${picture("result", OUT, "output Y, 24×24: orange above 0, blue below", "The output with its current place framed. Arrow keys move the place.")}`;

/** Put the frame above a canvas, which stays sharp however much the canvas is enlarged. */
function frame(canvas, row, column, size) {
  const share = (pixels) => `${(100 * pixels) / canvas.width}%`;
  const place = { top: share(row), left: share(column), height: share(size), width: share(size) };
  Object.assign(canvas.nextElementSibling.style, place);
}

function kernelField(panel, row, column) {
  const kernel = () => panel.model.get("kernel");
  const write = (value) => panel.set({ kernel: withCell(kernel(), row, column, value) });
  const named = { step: "any", "aria-label": `K row ${row}, column ${column}` };
  return panel.number(named, () => kernel()[row][column], write);
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Convolution explorer");
  panel.choice("kernel", "Kernels", presets(model.get("kernels")));
  panel.panels(FIGURES);
  const [image, result] = [panel.find(".image"), panel.find(".result")];
  panel.find(".kernel").append(...table(K, (row, column) => kernelField(panel, row, column)).flat());

  const move = (i, j) => panel.set({ place: [clamp(i, 0, OUT - 1), clamp(j, 0, OUT - 1)] });
  for (const [canvas, middle] of [
    [image, Math.floor(K / 2)],
    [result, 0],
  ]) {
    const at = (share) => Math.floor(share * canvas.width) - middle;
    onPointer(canvas, (x, y) => move(at(y), at(x)), { hover: true });
    onArrows(canvas, (right, down) => move(model.get("place")[0] + down, model.get("place")[1] + right));
  }

  return panel.start(["image", "place"], ({ image: grey, kernel, place: [i, j] }) => {
    frame(image, i, j, K);
    frame(result, i, j, 1);
    if (kernel.flat().includes(null)) return "Each of the 25 places needs a number.";
    const X = grey.map((row) => row.map((level) => level / 255));
    const Y = convolve(X, kernel);
    const limit = largest(Y);
    paint(image, (row, column) => Array(3).fill(255 * (1 - X[row][column])));
    paint(result, (row, column) => diverging(panel.colours, Y[row][column], limit));
    panel.set({ output: Y });
    return `Y[${i}, ${j}] = sum of the 25 products under the window = ${fixed(Y[i][j], 3)}`;
  });
}

export default { render };
