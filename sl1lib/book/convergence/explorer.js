// The chapter *Convergence*: where the heavy ball converges on a parabola, and how the weight gets there.

import { clamp, fixed, onArrows, onPointer, Panel, paint, presets, tint } from "../explorer.js";
import { descend } from "../formulas.js";

const [WIDE, HIGH, UPDATES, SEEN] = [4.4, 0.99, 40, 1.6];

/** The larger root of z² − (1 + μ − s) z + μ, in absolute value; s is η·curvature. */
export function contraction(s, mu) {
  const middle = 1 + mu - s;
  const discriminant = middle ** 2 - 4 * mu;
  return discriminant < 0 ? Math.sqrt(mu) : (Math.abs(middle) + Math.sqrt(discriminant)) / 2;
}

/** The weight over the updates, from 1. */
export const iterates = (s, mu) => descend((w) => w, 1, { lr: s, momentum: mu, updates: UPDATES });

const FIGURES = `
<figure class="wide"><figcaption>η·curvature to the right, momentum μ up; green converges, orange does not</figcaption>
<div class="stage">
  <canvas class="map" width="176" height="120" tabindex="0" role="application"
    aria-label="The map. Arrow keys move the point."></canvas>
  <svg class="bound" viewBox="0 0 ${WIDE} 1" preserveAspectRatio="none" aria-hidden="true"><path d="M2 1L4 0"/></svg>
  <div class="cross"></div>
  <div class="ups" aria-hidden="true"><span style="top: 0">1</span><span>0.5</span><span style="top: 100%">0</span></div>
</div>
<div class="axis" aria-hidden="true">
  <span>0</span><span>1.1</span><span>2.2</span><span>3.3</span><span>4.4</span>
</div></figure>
<figure class="wide"><figcaption>the weight w over ${UPDATES} updates, from w = 1</figcaption>
<div class="stage">
<svg class="course" viewBox="0 ${-SEEN} ${UPDATES} ${2 * SEEN}" preserveAspectRatio="none" role="img"
  aria-label="Course of the weight"><path d="M0 0H${UPDATES}"/><path class="way"/></svg>
<div class="ups" aria-hidden="true">${[1, 0, -1].map((w) => `<span style="top: ${(50 * (SEEN - w)) / SEEN}%">${fixed(w, 0)}</span>`).join("")}</div>
</div>
<div class="axis" aria-hidden="true"><span>0</span><span>10</span><span>20</span><span>30</span><span>${UPDATES}</span></div>
</figure>`;

/** What the weight does: two real roots of one sign or a complex pair; on the bound itself one root is −1. */
function course(s, mu) {
  const [middle, rho] = [1 + mu - s, contraction(s, mu)];
  const kind = middle ** 2 < 4 * mu ? "spirals" : middle < 0 ? "jumps from side to side" : "slides";
  const ends = s > 0 && rho < 1 - 1e-12 ? "converges" : rho > 1 + 1e-12 ? "grows" : "stays";
  return `${kind} and ${ends}`;
}

/** The map: the faster it converges, the deeper the green; the faster it grows, the deeper the orange. */
function paintMap(canvas, green, orange) {
  paint(canvas, (row, column) => {
    const rho = contraction((WIDE * (column + 0.5)) / canvas.width, 1 - (row + 0.5) / canvas.height);
    return rho < 1 ? tint(green, 0.15 + 0.75 * (1 - rho)) : tint(orange, Math.min(0.85, 0.2 + 0.3 * (rho - 1)));
  });
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Heavy-ball stability explorer");
  const { highlight: orange, SL1 } = panel.colours;
  panel.choice("place", "Examples", presets(model.get("examples")));
  panel.panels(FIGURES);
  const [map, cross, way] = [".map", ".cross", ".way"].map((part) => panel.find(part));
  paintMap(map, SL1, orange);

  const move = (s, mu) => {
    const inside = (value, most) => Math.round(100 * clamp(value, 0, most)) / 100;
    panel.set({ place: [inside(s, WIDE), inside(mu, HIGH)] });
  };
  onPointer(map, (x, y) => move(WIDE * x, 1 - y));
  onArrows(map, (right, down) => {
    const [s, mu] = model.get("place");
    move(s + 0.05 * right, mu - 0.01 * down);
  });

  return panel.start([], ({ place: [s, mu] }) => {
    const [rho, w] = [contraction(s, mu), iterates(s, mu)];
    cross.style.left = `${(100 * s) / WIDE}%`;
    cross.style.top = `${100 * (1 - mu)}%`;
    way.setAttribute("d", `M${w.map((value, t) => `${t} ${clamp(-value, -SEEN, SEEN).toFixed(4)}`).join("L")}`);
    way.style.stroke = rho < 1 ? SL1 : orange;
    panel.set({ contraction: rho, iterates: w });
    const bound = (2 * (1 + mu)).toFixed(2);
    return (
      `η·curvature = ${s.toFixed(2)}, μ = ${mu.toFixed(2)}, bound 2(1+μ) = ${bound}. ` +
      `An update multiplies by ${rho.toFixed(3)} in the long run: the weight ${course(s, mu)}.`
    );
  });
}

export default { render };
