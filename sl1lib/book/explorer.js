// What the explorers share: elements, numbers as the book writes them, controls of a model, charts, painted pictures.
//
// A chapter's explorer.js keeps anywidget's contract: `export default { render }`, and `render({ model, el })` draws into
// `el`. The model has get, set, on, off and save_changes. What a reader chooses stands in it by name, and so does what the
// explorer computes, for whoever asks: a kernel, a test.

const SVG = "http://www.w3.org/2000/svg";

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** An element with its attributes, of which functions are what happens at an event, and its children. */
export const html = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, tag), attributes, children);

export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
export const range = (count) => Array.from({ length: count }, (_, n) => n);
export const sum = (values) => values.reduce((total, value) => total + value, 0);
export const withCell = (rows, i, j, value) => rows.with(i, rows[i].with(j, value));
/** Options of a choice, each a value and a text: values that are shown as they are, and values by name. */
export const named = (values) => values.map((value) => [value, value]);
export const presets = (byName) => Object.entries(byName).map(([name, value]) => [value, name]);
const nearest = (values, wanted) =>
  values.reduce((best, value) => (Math.abs(value - wanted) < Math.abs(best - wanted) ? value : best));
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const raised = (digits) => [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
const power = (_, sign, digits) => `·10${sign === "-" ? "⁻" : ""}${raised(digits)}`;
/** Numbers as the book writes them: with a true minus, powers of ten, and never as −0. */
export const minus = (text) =>
  text
    .replace(/e([+-])(\d+)$/, power)
    .replace(/^(-?)1·/, "$1")
    .replaceAll("-", "−");
export const fixed = (value, digits) => minus(value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1"));
export const rounded = (value, digits) => minus(String(Number(value.toFixed(digits))));
export const short = (value, digits = 6) => minus(String(Number(value.toPrecision(digits))));

/** The frame of an explorer: its controls set the model, and whatever changes there is drawn anew. */
export class Panel {
  constructor({ model, el, outdated = () => false }, label) {
    this.model = model;
    this.outdated = outdated;
    this.colours = model.get("colours");
    this.names = [];
    this.refreshers = [];
    this.ends = [];
    // Keys belong to the controls: around them, JupyterLab would go to another cell, and delete it.
    const keydown = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.stopPropagation();
    this.root = html("div", { class: "sl1-explorer", role: "group", "aria-label": label, keydown });
    for (const [name, colour] of Object.entries(this.colours)) this.root.style.setProperty(`--${name}`, colour);
    el.replaceChildren(this.root);
  }

  add(element) {
    this.root.append(element);
    return element;
  }

  set(changes) {
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    this.model.save_changes();
  }

  /** Call back after each change of `name`, until the explorer is taken away. */
  onChange(name, callback) {
    let ended = false; // a model may still call who went during the same change
    const call = () => ended || this.outdated() || callback();
    this.model.on(`change:${name}`, call);
    this.ends.push(() => {
      ended = true;
      this.model.off(`change:${name}`, call);
    });
  }

  /** Let a control show what the model says of `name`, whoever changed it. */
  follow(name, refresh) {
    this.names.push(name);
    this.refreshers.push(() => refresh(this.model.get(name)));
  }

  buttons(label) {
    return this.add(html("div", { class: "buttons", role: "group", "aria-label": label }));
  }

  action(row, text, click) {
    const button = html("button", { type: "button", click }, text);
    row.append(button);
    return button;
  }

  /**
   * A row of buttons, of which the one is pressed whose value `name` has: perhaps none, where others can be set.
   * `also` returns what a button changes besides.
   */
  choice(name, label, options, also = () => ({})) {
    const row = this.buttons(label);
    const button = (value, text) => this.action(row, text, () => this.set({ [name]: value, ...also(value) }));
    const buttons = options.map(([value, text]) => [value, button(value, text)]);
    this.follow(name, (chosen) => {
      for (const [value, button] of buttons) button.setAttribute("aria-pressed", String(same(value, chosen)));
    });
    return row;
  }

  select(name, label, spoken, options) {
    const change = () => this.set({ [name]: options[select.selectedIndex][0] });
    const shown = options.map(([value, text]) => html("option", { value }, text));
    const select = html("select", { name, "aria-label": spoken, change }, ...shown);
    this.follow(name, (chosen) => {
      const at = options.findIndex(([value]) => value === chosen);
      if (at < 0) return this.set({ [name]: options[0][0] });
      select.selectedIndex = at;
    });
    this.controls("selects").append(html("label", {}, label, select));
  }

  /**
   * A slider from `min` to `max`, numbers or functions that return one; or over the list that `values` returns; or over
   * places of a `scale`, which says what stands `at` a place, and the place `of` a value. `show` writes the value beside
   * it, `speak` for screen readers, where the number alone would not do. A value may lie between two steps, where a
   * kernel sets it or a scale is finer; one that no longer fits becomes the nearest that does.
   */
  slider(name, { label, spoken = label, min = 0, max, step = 1, values, scale, show = short, speak, before }) {
    const input = html("input", { type: "range", name, "aria-label": spoken, step });
    const shown = html("span");
    const places = values ? { at: (place) => values()[place], of: (value) => values().indexOf(value) } : scale;
    const value = () => (places ? places.at(input.valueAsNumber) : input.valueAsNumber);
    input.addEventListener("input", () => this.set({ [name]: value() }));
    const bound = (limit) => (typeof limit === "function" ? limit() : limit);
    this.follow(name, (chosen) => {
      const [low, high] = [min, max].map((limit) => (scale ? scale.at(bound(limit)) : bound(limit)));
      const fitting = values ? nearest(values(), chosen) : clamp(chosen, low, high);
      if (fitting !== chosen) return this.set({ [name]: fitting });
      input.min = bound(min);
      input.max = values ? values().length - 1 : bound(max);
      input.value = places ? places.of(chosen) : chosen;
      shown.textContent = show(chosen);
      if (speak) input.setAttribute("aria-valuetext", speak(chosen));
    });
    const row = html("label", {}, html("span", {}, label), input, shown);
    if (before) before.before(row);
    else this.controls("sliders").append(row);
  }

  /** A field for one number; `read` gets it from the model, `write` puts it there. It is null where none is typed. */
  number(attributes, read, write) {
    const typed = () => (Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null);
    const input = html("input", { type: "number", required: "", ...attributes, input: () => write(typed()) });
    this.refreshers.push(() => {
      if (typed() !== read()) input.value = read() ?? "";
    });
    return input;
  }

  /** The last element of the panel if it has this class, a new one otherwise: controls of a kind stand together. */
  controls(kind) {
    const last = this.root.lastElementChild;
    return last?.className === kind ? last : this.add(html("div", { class: kind }));
  }

  chart(caption, label) {
    const chart = new Chart(this.colours, caption, label);
    this.controls("charts").append(chart.figure);
    return chart;
  }

  /** Add figures and the like, side by side, written as HTML. */
  panels(markup) {
    const panels = this.add(html("div", { class: "panels" }));
    panels.innerHTML = markup;
    return panels;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** Write texts into the elements that are marked with their names. */
  write(texts) {
    for (const [name, text] of Object.entries(texts)) this.find(`[data-show="${name}"]`).textContent = text;
  }

  /**
   * Draw, now and after each change of what a control or one of `names` stands for. `draw` gets all of them and returns
   * the sentence below the figure. Returns what ends the drawing.
   */
  start(names, draw) {
    const output = this.add(html("output", { "aria-live": "polite" }));
    const all = [...this.names, ...names];
    const redraw = () => {
      for (const refresh of this.refreshers) refresh();
      output.textContent = draw(Object.fromEntries(all.map((name) => [name, this.model.get(name)])));
    };
    for (const name of all) this.onChange(name, redraw);
    redraw();
    return () => {
      for (const end of this.ends) end();
    };
  }
}

/** A `render` that begins anew when one of `names` changes, or only what `made` takes of it: controls are made of that. */
export function anewAfter(names, render, made = (value) => value) {
  return (place) => {
    const { model } = place;
    const now = () => names.map((name) => made(model.get(name)));
    let [shown, end] = [now(), null];
    const outdated = () => !same(now(), shown); // what is heard before `again` is, must not be drawn on the old controls
    const again = () => {
      if (!outdated()) return;
      shown = now();
      end();
      end = render({ ...place, outdated });
    };
    for (const name of names) model.on(`change:${name}`, again);
    end = render({ ...place, outdated });
    return () => {
      for (const name of names) model.off(`change:${name}`, again);
      end();
    };
  };
}

/** Round numbers between two limits, about four steps apart. */
export function ticks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  return range(Math.floor(high / step + 1e-9) - first + 1).map((n) => (first + n) * step);
}

const [LEFT, RIGHT, TOP, BOTTOM] = [38, 332, 16, 200];

/** A small line chart: axes with round numbers, lines, dots, bands. Everything is drawn anew each time. */
class Chart {
  constructor(colours, caption, label) {
    this.colours = colours;
    this.caption = html("figcaption", {}, caption);
    this.picture = svg("svg", { viewBox: `0 0 ${RIGHT + 8} ${BOTTOM + 33}`, role: "img", "aria-label": label });
    this.figure = html("figure", {}, this.caption, this.picture);
  }

  /** Empty the chart and draw its axes between these limits. */
  axes([left, right], [low, high], xName, yName = "") {
    this.ends = [left, right];
    this.x = (x) => LEFT + ((x - left) / (right - left)) * (RIGHT - LEFT);
    // What leaves the chart is cut off, a height away, where no line seen inside can tell.
    this.y = (y) => BOTTOM - ((clamp(y, 2 * low - high, 2 * high - low) - low) / (high - low)) * (BOTTOM - TOP);
    this.picture.replaceChildren();
    const { ink, muted, faint } = this.colours;
    for (const x of ticks(left, right)) {
      this.#stroke(this.x(x), BOTTOM, this.x(x), BOTTOM + 4, ink);
      this.#write(this.x(x), BOTTOM + 15, short(x), "middle");
    }
    for (const y of ticks(low, high)) {
      this.#stroke(LEFT - 4, this.y(y), RIGHT, this.y(y), Math.abs(y) < 1e-12 ? muted : faint);
      this.#write(LEFT - 7, this.y(y) + 4, short(y), "end");
    }
    this.#stroke(LEFT, TOP, LEFT, BOTTOM, ink);
    this.#stroke(LEFT, BOTTOM, RIGHT, BOTTOM, ink);
    this.#write(RIGHT, BOTTOM + 28, xName, "end");
    this.#write(LEFT - 30, TOP - 6, yName, "start");
    // A picture in the picture, in the same units, cuts off what leaves it.
    const [width, height] = [RIGHT - LEFT, BOTTOM - TOP];
    const viewBox = `${LEFT} ${TOP} ${width} ${height}`;
    this.inside = svg("svg", { x: LEFT, y: TOP, width, height, viewBox });
    this.picture.append(this.inside);
    return this;
  }

  #stroke(x1, y1, x2, y2, stroke) {
    this.picture.append(svg("line", { x1, y1, x2, y2, stroke }));
  }

  #write(x, y, text, anchor) {
    this.picture.append(svg("text", { x, y, "text-anchor": anchor }, text));
  }

  line(xs, ys, stroke, { width = 2, dash = "none" } = {}) {
    const points = xs.map((x, n) => `${this.x(x).toFixed(2)},${this.y(ys[n]).toFixed(2)}`).join(" ");
    const look = { fill: "none", stroke, "stroke-width": width, "stroke-dasharray": dash };
    this.inside.append(svg("polyline", { points, ...look }));
  }

  /** A line at one y, from side to side. */
  level(y, stroke, look) {
    this.line(this.ends, [y, y], stroke, look);
  }

  dot(x, y, fill, r) {
    this.inside.append(svg("circle", { cx: this.x(x), cy: this.y(y), r, fill }));
  }

  band(low, high, fill) {
    const [y, height] = [this.y(high), Math.max(0, this.y(low) - this.y(high))];
    this.inside.append(svg("rect", { x: LEFT, y, width: RIGHT - LEFT, height, fill, opacity: 0.14 }));
  }

  /** A dotted line at one x, from bottom to top. */
  mark(x, stroke) {
    const line = { x1: this.x(x), x2: this.x(x), y1: TOP, y2: BOTTOM };
    this.inside.append(svg("line", { ...line, stroke, "stroke-dasharray": "3 3" }));
  }
}

/** Steps right and down. */
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** Let the arrow keys, pressed on an element, move something. */
export function onArrows(element, move) {
  element.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    move(...ARROWS[event.key]);
  });
}

/** Let a pointer, held down or, with `hover`, a mouse, move something to a place: shares of width and height. */
export function onPointer(element, moveTo, { hover = false } = {}) {
  const follow = (event) => {
    const meant = event.type === "pointerdown" || event.buttons || (hover && event.pointerType === "mouse");
    if (!meant) return;
    const box = element.getBoundingClientRect();
    moveTo((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  element.addEventListener("pointerdown", follow);
  element.addEventListener("pointermove", follow);
}

/** A colour mixed with white, of which 1 - share: three numbers up to 255. */
export const tint = (colour, share) =>
  [1, 3, 5].map((at) => 255 + (Number.parseInt(colour.slice(at, at + 2), 16) - 255) * share);

/** White at 0; at the limit the full orange above, the full blue below. */
export function diverging({ highlight, accent }, value, limit) {
  return tint(value > 0 ? highlight : accent, Math.min(1, Math.abs(value) / limit));
}

/** The largest size in a table, as a limit of its colours. */
export const largest = (rows) => Math.max(1e-12, ...rows.flat().map(Math.abs));

/** Fill a canvas: `colour` takes row and column. */
export function paint(canvas, colour) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  for (let at = 0; at < canvas.width * canvas.height; at++) {
    pixels.data.set([...colour(Math.floor(at / canvas.width), at % canvas.width), 255], 4 * at);
  }
  context.putImageData(pixels, 0, 0);
}
