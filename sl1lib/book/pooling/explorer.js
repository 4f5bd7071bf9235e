// The chapter *Pooling*: paint six by six pixels; they are convolved and pooled, in two steps and in one.

import { anewAfter, diverging, html, largest, onArrows, Panel, presets, rounded, sum, withCell } from "../explorer.js";
import { convolve, table } from "../formulas.js";

const WINDOW = 2;
const MEAN = table(WINDOW, () => 1 / WINDOW ** 2);

export const pool = (map) => convolve(map, MEAN, WINDOW);

/** The true convolution of the kernel with the window: each of its numbers is spread over a block. */
export function compose(kernel) {
  const at = (m, l) => kernel[m]?.[l] ?? 0;
  return table(kernel.length + WINDOW - 1, (m, l) =>
    sum(MEAN.flatMap((row, s) => row.map((share, t) => share * at(m - s, l - t)))),
  );
}

const FIGURES = `
<div class="painting">
<figure><figcaption>image X: paint</figcaption>
  <div class="cells paint" data-grid="X" role="group" aria-label="The image. Space paints, arrow keys move."></div></figure>
<div>
<p class="heading">In two steps</p>
<div class="panels">
<figure><figcaption>kernel K</figcaption><div class="cells" data-grid="K"></div></figure>
<figure><figcaption>convolution Y</figcaption><div class="cells" data-grid="Y"></div></figure>
<figure><figcaption>means P of its blocks</figcaption>
  <div class="cells" data-grid="P" role="group" aria-label="The means. Choose one to see its windows."></div></figure>
</div>
<p class="heading">In one step</p>
<div class="panels">
<figure><figcaption>composed kernel K̄, in steps of 2</figcaption><div class="cells" data-grid="C"></div></figure>
<figure><figcaption>its convolution with X</figcaption><div class="cells" data-grid="S"></div></figure>
<figure></figure>
</div>
</div>
</div>`;

/** Give a grid as many cells; `make` makes the one of a row and a column. */
function fill(grid, count, make) {
  if (grid.children.length === count ** 2) return;
  grid.style.gridTemplateColumns = `repeat(${count}, 1fr)`;
  grid.style.maxWidth = `${3.2 * count}rem`;
  grid.replaceChildren(...table(count, make).flat());
}

/** Call `visit` with each cell of a grid, its row and its column. */
function eachCell(grid, visit) {
  const count = Math.sqrt(grid.children.length);
  for (const [at, cell] of [...grid.children].entries()) visit(cell, Math.floor(at / count), at % count);
}

/** A cell that can be pressed. The tab key reaches one of a grid, from which arrow keys move to the others. */
function pressable(grid, i, j) {
  const reached = () => eachCell(grid, (cell) => cell.setAttribute("tabindex", cell === button ? 0 : -1));
  const button = html("button", { type: "button", tabindex: i + j ? -1 : 0, focus: reached });
  onArrows(button, (right, down) => {
    eachCell(grid, (cell, row, column) => {
      if (row === i + down && column === j + right) cell.focus();
    });
  });
  return button;
}

/** Write numbers into a grid, on a colour that is light enough to read on. */
function write(grid, values, colours, make = () => html("div")) {
  const limit = largest(values) / 0.75;
  fill(grid, values.length, make);
  eachCell(grid, (cell, i, j) => {
    const text = rounded(values[i][j], 2);
    cell.textContent = text;
    cell.style.background = `rgb(${diverging(colours, values[i][j], limit).map(Math.round)})`;
    const name = `${grid.dataset.grid} row ${i}, column ${j}: ${text}`;
    if (cell.matches("button")) cell.setAttribute("aria-label", name);
  });
}

function frame(grid, row, column, size) {
  const within = (index, first) => index >= first && index < first + size;
  eachCell(grid, (cell, i, j) => cell.classList.toggle("in", within(i, row) && within(j, column)));
}

/** Let the cells of the image be painted; the first decides whether a stroke sets or clears. */
function paintable(panel, grid) {
  let brush = 1;
  const paint = (i, j) => panel.set({ image: withCell(panel.model.get("image"), i, j, brush) });
  const begin = (event, i, j) => {
    event.preventDefault();
    brush = panel.model.get("image")[i][j] === 0 ? 1 : 0;
    paint(i, j);
  };
  grid.addEventListener("pointermove", (event) => {
    const under = event.buttons ? document.elementFromPoint(event.clientX, event.clientY) : null;
    eachCell(grid, (cell, i, j) => {
      if (cell === under) paint(i, j);
    });
  });
  return (i, j) => {
    const cell = pressable(grid, i, j);
    cell.setAttribute("aria-label", `X row ${i}, column ${j}`);
    cell.addEventListener("pointerdown", (event) => {
      begin(event, i, j);
      cell.focus();
    });
    cell.addEventListener("keydown", (event) => {
      if (event.key === " " || event.key === "Enter") begin(event, i, j);
    });
    cell.addEventListener("click", (event) => {
      // A screen reader's click comes without pointer and without key.
      if (event.detail === 0 && !event.pointerType) begin(event, i, j);
    });
    return cell;
  };
}

/** How many multiply-adds a map of this size takes with this kernel. */
const cost = (map, kernel) => map.length ** 2 * kernel.length ** 2;
const squares = (values) => sum(values.flat().map((value) => value ** 2));

function draw(place) {
  const { model } = place;
  const panel = new Panel(place, "Pooling explorer");
  const row = panel.choice("image", "Paintings", presets(model.get("paintings")));
  const shifted = (pixels) => [pixels.at(-1), ...pixels.slice(0, -1)];
  panel.action(row, "move right by 1", () => panel.set({ image: model.get("image").map(shifted) }));
  panel.choice("kernel", "Kernels", presets(model.get("kernels")));
  panel.add(html("div")).innerHTML = FIGURES;
  const grid = (name) => panel.find(`[data-grid="${name}"]`);
  fill(grid("X"), model.get("image").length, paintable(panel, grid("X")));
  const choosable = (i, j) => {
    const cell = pressable(grid("P"), i, j);
    const choose = () => panel.set({ chosen: [i, j] });
    for (const kind of ["click", "focus", "pointerenter"]) cell.addEventListener(kind, choose);
    return cell;
  };

  return panel.start(["chosen"], ({ image: X, kernel: K, chosen }) => {
    const [Y, C] = [convolve(X, K), compose(K)];
    const [P, S] = [pool(Y), convolve(X, C, WINDOW)];
    eachCell(grid("X"), (cell, i, j) => cell.setAttribute("aria-pressed", String(X[i][j] !== 0)));
    for (const [name, values] of Object.entries({ K, Y, C, S })) write(grid(name), values, panel.colours);
    write(grid("P"), P, panel.colours, choosable);
    const [i, j] = chosen.map((index) => Math.min(index, P.length - 1));
    frame(grid("X"), WINDOW * i, WINDOW * j, C.length);
    frame(grid("Y"), WINDOW * i, WINDOW * j, WINDOW);
    frame(grid("P"), i, j, 1);
    frame(grid("S"), i, j, 1);
    panel.set({ conv: Y, pooled: P, composed: C, strided: S });
    const kept = Math.round((100 * WINDOW ** 2 * squares(P)) / squares(Y));
    return (
      `P[${i}, ${j}] = ${rounded(P[i][j], 2)} in two steps, ${rounded(S[i][j], 2)} in one. ` +
      `${squares(Y) ? `${kept} % of the squares of Y are kept. ` : ""}` +
      `Multiply-adds: ${cost(Y, K)} and ${P.length ** 2} means, or ${cost(S, C)} in one step.`
    );
  });
}

const render = anewAfter(["image"], draw, (image) => image.length);

export default { render };
