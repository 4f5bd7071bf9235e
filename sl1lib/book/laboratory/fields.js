// Maps to look at and to choose a number of, and a field to draw in.

import { clamp, html, onArrows, onPointer, paint, svg } from "../explorer.js";

/** Where the numbers of `maps` maps of side×side stand on a canvas, a pixel apart, `columns` maps in a row. */
class Layout {
  constructor({ maps, side, columns }) {
    Object.assign(this, { maps, side, columns });
    [this.width, this.height] = [columns, Math.ceil(maps / columns)].map((count) => count * (side + 1) - 1);
  }

  /** Which number a pixel shows; null between the maps. */
  numberAt(row, column) {
    const size = this.side + 1;
    const [i, j] = [row % size, column % size];
    const map = Math.floor(row / size) * this.columns + Math.floor(column / size);
    if (i === this.side || j === this.side || map >= this.maps) return null;
    return (map * this.side + i) * this.side + j;
  }

  /** Row and column of the pixel that shows a number. */
  placeOf(at) {
    const [map, within] = [Math.floor(at / this.side ** 2), at % this.side ** 2];
    const [row, column] = [Math.floor(map / this.columns), map % this.columns].map((n) => n * (this.side + 1));
    return [row + Math.floor(within / this.side), column + (within % this.side)];
  }

  /** Paint every number in the colour that `colour` gives it, on a `ground`. */
  paint(canvas, colour, ground) {
    Object.assign(canvas, { width: this.width, height: this.height });
    paint(canvas, (row, column) => {
      const at = this.numberAt(row, column);
      return at === null ? ground : colour(at);
    });
  }
}

/** Maps to look at. */
export class Maps {
  constructor({ caption, label, ground }) {
    this.ground = ground;
    this.canvas = html("canvas", { role: "img", "aria-label": label });
    this.caption = html("figcaption", {}, caption);
    this.marks = html("div", { class: "marks" });
    this.struck = svg("path");
    this.strikes = svg("svg", { preserveAspectRatio: "none", class: "strikes" }, this.struck);
    this.stage = html("div", { class: "stage" }, this.canvas, this.strikes, this.marks);
    this.figure = html("figure", {}, this.caption, this.stage);
  }

  show(colour, layout = this.layout) {
    this.layout = layout instanceof Layout ? layout : new Layout(layout);
    this.layout.paint(this.canvas, colour, this.ground);
  }

  /** Lay marks over numbers: `kind` is their class, and squares of `size` numbers begin `at` theirs. */
  mark(marks) {
    const share = (pixels, all) => `${(100 * pixels) / all}%`;
    const { width, height } = this.layout;
    const squares = marks.map(({ at, kind, size = 1, text = "" }) => {
      const [row, column] = this.layout.placeOf(at);
      const square = html("div", { class: kind }, text);
      const place = { top: share(row, height), left: share(column, width) };
      Object.assign(square.style, place, { height: share(size, height), width: share(size, width) });
      return square;
    });
    this.marks.replaceChildren(...squares);
  }

  /** Strike numbers out. */
  strike(numbers) {
    const { width, height } = this.layout;
    this.strikes.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const places = numbers.map((at) => this.layout.placeOf(at));
    this.struck.setAttribute("d", places.map(([row, column]) => `M${column} ${row + 1}l1-1`).join(""));
  }
}

/** Maps of which a reader chooses a number, by pointer or arrow keys, and takes one, by a click or Enter. */
export class MapField extends Maps {
  constructor({ maps, side, columns, caption, label, ground, choose, take = () => {} }) {
    super({ caption, label, ground });
    this.layout = new Layout({ maps, side, columns });
    this.chosen = 0;
    this.canvas.tabIndex = 0;
    const { width, height } = this.layout;
    const pick = (row, column, then = choose) => {
      const at = this.layout.numberAt(clamp(row, 0, height - 1), clamp(column, 0, width - 1));
      if (at !== null) then(at);
    };
    onPointer(this.canvas, (x, y) => pick(Math.floor(y * height), Math.floor(x * width)), { hover: true });
    this.canvas.addEventListener("click", ({ clientX, clientY }) => {
      const box = this.canvas.getBoundingClientRect();
      const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
      pick(Math.floor(y * height), Math.floor(x * width), take);
    });
    this.canvas.addEventListener("keydown", (event) => event.key === "Enter" && take(this.chosen));
    this.canvas.addEventListener("focus", () => {
      if (this.canvas.matches(":focus-visible")) choose(this.chosen);
    });
    const step = (from, by) => from + by * ((from + by + 1) % (side + 1) ? 1 : 2); // over the gap
    onArrows(this.canvas, (right, down) => {
      const [row, column] = this.layout.placeOf(this.chosen);
      pick(step(row, down), step(column, right));
    });
  }
}

const STEP = 1 / 20; // how far an arrow key moves the pen
const NEAR = 1 / 120; // points that are nearer than this to the last one add nothing

/**
 * A field to draw in: with a mouse, a finger, or the arrow keys, between which Space lowers and raises the pen. `get` and
 * `set` keep the strokes, whose points are shares of the field.
 */
export class DrawingField {
  constructor({ caption, label, get, set }) {
    const look = { viewBox: "0 0 1 1", tabindex: 0, role: "img", "aria-label": label, class: "pad" };
    this.picture = svg("svg", look);
    this.hint = html("p", { class: "hint" });
    const stage = html("div", { class: "stage" }, this.picture, this.hint);
    this.figure = html("figure", {}, html("figcaption", {}, caption), stage);
    this.pen = { x: 0.5, y: 0.25, down: false };
    this.strokes = { get, set };
    this.#followPointer();
    this.#followKeys();
  }

  #begin(x, y) {
    this.strokes.set([...this.strokes.get(), [[x, y]]]);
  }

  #go(x, y) {
    const strokes = this.strokes.get();
    const stroke = strokes.at(-1);
    const [lastX, lastY] = stroke.at(-1);
    if (Math.hypot(x - lastX, y - lastY) < NEAR) return;
    this.strokes.set(strokes.with(-1, [...stroke, [x, y]]));
  }

  #followPointer() {
    const place = (event) => {
      const box = this.picture.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      return [clamp(x, 0, 1), clamp(y, 0, 1)].map((share) => Math.round(share * 1000) / 1000);
    };
    let drawing = null; // the pointer that draws: a second finger does not
    this.picture.addEventListener("pointerdown", (event) => {
      if (drawing !== null) return;
      event.preventDefault(); // neither scrolls nor selects
      this.picture.focus({ preventScroll: true });
      this.picture.setPointerCapture(event.pointerId);
      drawing = event.pointerId;
      this.#begin(...place(event));
    });
    this.picture.addEventListener("pointermove", (event) => {
      if (event.pointerId === drawing) this.#go(...place(event));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.picture.addEventListener(end, (event) => {
        if (event.pointerId === drawing) drawing = null;
      });
    }
  }

  #followKeys() {
    const { pen } = this;
    onArrows(this.picture, (right, down) => {
      pen.x = clamp(pen.x + right * STEP, STEP / 2, 1 - STEP / 2);
      pen.y = clamp(pen.y + down * STEP, STEP / 2, 1 - STEP / 2);
      if (pen.down) this.#go(pen.x, pen.y);
      else this.draw(this.strokes.get());
    });
    this.picture.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        pen.down = !pen.down;
        if (pen.down) this.#begin(pen.x, pen.y);
      } else if (event.key === "Backspace") {
        pen.down = false;
        this.strokes.set(this.strokes.get().slice(0, -1));
      } else return;
      event.preventDefault();
      this.draw(this.strokes.get());
    });
    for (const kind of ["focus", "blur"]) {
      this.picture.addEventListener(kind, () => {
        if (kind === "blur") pen.down = false;
        this.draw(this.strokes.get());
      });
    }
  }

  /** Draw the strokes, or write a hint where there are none. */
  draw(strokes, hint = this.hint.textContent) {
    this.hint.textContent = strokes.length ? "" : hint;
    const lines = strokes.map((stroke) => {
      const points = [...stroke, stroke.at(-1)].map((point) => point.join()).join(" "); // a dot is a line too
      return svg("polyline", { points });
    });
    const { x, y, down } = this.pen;
    const shown = this.picture.matches(":focus-visible");
    const pen = shown ? [svg("circle", { cx: x, cy: y, r: 0.03, class: down ? "pen down" : "pen" })] : [];
    this.picture.replaceChildren(...lines, ...pen);
  }
}
