// A small line chart: axes with round numbers, lines, dots, bands. Everything is drawn anew each time.
  const make = (parent, name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };

  function chart(svg, xs, ys, xName, yName) {
    const [width, height, left, right, top, bottom] = [340, 230, 38, 8, 16, 30];
    svg.setAttribute("viewBox", "0 0 " + width + " " + height);
    svg.replaceChildren();
    const X = (x) => left + ((x - xs[0]) / (xs[1] - xs[0])) * (width - left - right);
    const Y = (y) => height - bottom - ((y - ys[0]) / (ys[1] - ys[0])) * (height - top - bottom);
    const clip = (y) => Math.max(ys[0] - (ys[1] - ys[0]), Math.min(ys[1] + (ys[1] - ys[0]), y));
    const ticks = ([low, high]) => {
      const rough = (high - low) / 4;
      const power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough * 0.999);
      const found = [];
      for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) found.push(n * step);
      return found;
    };
    const number = (value) => String(Number(value.toPrecision(6))).replace("-", "−");
    const inside = svg.id + "-inside";
    const mask = make(svg, "clipPath", { id: inside });
    make(mask, "rect", { x: left, y: top, width: width - left - right, height: height - top - bottom });
    for (const x of ticks(xs)) {
      make(svg, "line", { x1: X(x), x2: X(x), y1: height - bottom, y2: height - bottom + 4, stroke: "#1b1f24" });
      make(svg, "text", { x: X(x), y: height - bottom + 15, "text-anchor": "middle" }, number(x));
    }
    for (const y of ticks(ys)) {
      make(svg, "line", { x1: left - 4, x2: width - right, y1: Y(y), y2: Y(y), stroke: Math.abs(y) < 1e-12 ? "#8b94a0" : "#e4e8ee" });
      make(svg, "text", { x: left - 7, y: Y(y) + 4, "text-anchor": "end" }, number(y));
    }
    make(svg, "line", { x1: left, x2: left, y1: top, y2: height - bottom, stroke: "#1b1f24" });
    make(svg, "line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, stroke: "#1b1f24" });
    make(svg, "text", { x: width - right, y: height - 2, "text-anchor": "end" }, xName);
    make(svg, "text", { x: left - 30, y: 10 }, yName);
    return {
      line(points, color, options = {}) {
        make(svg, "polyline", { points: points.map(([x, y]) => X(x).toFixed(2) + "," + Y(clip(y)).toFixed(2)).join(" "),
          fill: "none", stroke: color, "stroke-width": options.width || 2, "stroke-dasharray": options.dash || "none",
          "clip-path": "url(#" + inside + ")" });
      },
      dot(x, y, color, size) {
        make(svg, "circle", { cx: X(x), cy: Y(clip(y)), r: size, fill: color, "clip-path": "url(#" + inside + ")" });
      },
      band(low, high, color) {
        make(svg, "rect", { x: left, width: width - left - right, y: Y(clip(high)), height: Math.max(0, Y(clip(low)) - Y(clip(high))),
          fill: color, opacity: 0.14, "clip-path": "url(#" + inside + ")" });
      },
      mark(x, color) {
        make(svg, "line", { x1: X(x), x2: X(x), y1: top, y2: height - bottom, stroke: color, "stroke-dasharray": "3 3",
          "clip-path": "url(#" + inside + ")" });
      },
      say(x, y, text, color, anchor = "start") {
        make(svg, "text", { x: X(x), y: Y(y), "text-anchor": anchor, style: "fill: " + color + "; font-weight: 600" }, text);
      },
    };
  }
