// What the four charts of a training draw: the weights of a node, two errors, the lengths of all nodes.

import { clamp, range, short, svg, ticks } from "../explorer.js";
import { CLASSES } from "./network.js";

const POINTS = 150; // of a curve, at most
const LOG_LENGTHS = [-6, 1]; // between which decades lengths are drawn
const BINS = 28;
const LATEST = 60; // updates that the weights' chart shows where it does not show the whole run
const LONGEST = 400; // points of a weight that are drawn, at most
export const AT_REST = 1e-6; // the smallest scale of weights
export const SWING = 8; // updates over which a swing is measured: the orbits of plain L1 come round after 2 and after 4
const [RIGHT_EDGE, MIDDLE_OF_CHART, TOP_EDGE, LINE] = [330, 185, 16, 11]; // of what is written in a chart

/** Write into a chart, at a place of its picture. */
function writeInto({ inside }, x, y, text, fill, anchor = "end") {
  inside.append(svg("text", { x, y, "text-anchor": anchor, style: `fill: ${fill}` }, text));
}

/** At most so many points of a curve: means of neighbours. */
export function thinned(rows, most) {
  const size = Math.ceil(rows.length / most);
  return range(Math.ceil(rows.length / size) || 0).map((n) => {
    const part = rows.slice(n * size, (n + 1) * size);
    return part[0].map((_, column) => part.reduce((sum, row) => sum + row[column], 0) / part.length);
  });
}

/** How many lengths lie in each of the bins of log₁₀; the outer bins take what lies beyond. */
export function histogram(lengths, [low, high], bins) {
  const counts = Array(bins).fill(0);
  for (const length of lengths) {
    const place = Math.floor(((Math.log10(length) - low) / (high - low)) * bins);
    counts[clamp(Number.isNaN(place) ? 0 : place, 0, bins - 1)]++;
  }
  return counts;
}

const column = (rows, n) => rows.map((row) => row[n]);
const greatest = (values, least) => Math.max(least, ...values.filter(Number.isFinite));

/** Draw a dotted line at each change, and, if asked, what changed. */
function drawMarks(chart, { marks }, first, named = false) {
  for (const [n, { step, text }] of marks.filter((mark) => mark.step >= first).entries()) {
    chart.mark(step, chart.colours.muted);
    if (!named) continue;
    const [x, y] = [chart.x(step), TOP_EDGE + LINE * (1 + (n % 3))];
    if (x > MIDDLE_OF_CHART) writeInto(chart, x - 3, y, text, chart.colours.ink);
    else writeInto(chart, x + 3, y, text, chart.colours.ink, "start");
  }
}

/** E₀ on the scale at the left, the penalty on one of its own at the right. */
export function drawLoss(chart, session) {
  const { losses, step } = session;
  const rows = thinned(losses, POINTS);
  const [errors, penalties] = [column(rows, 1), column(rows, 2)];
  const [left, right] = [errors, penalties].map((values) => 1.05 * greatest(values, rows.length ? 0.1 : 1));
  const { accent, highlight, emphasis } = chart.colours;
  chart.axes([0, 1.02 * Math.max(10, step)], [0, left], "updates", "E₀");
  const scaled = (penalty) => (penalty * left) / right;
  drawMarks(chart, session, 0);
  chart.line(column(rows, 0), errors, accent);
  chart.line(column(rows, 0), penalties.map(scaled), highlight, { dash: "4 3" });
  for (const tick of ticks(0, right).slice(1)) {
    writeInto(chart, RIGHT_EDGE, chart.y(scaled(tick)) + 4, short(tick), emphasis);
  }
}

export function drawError(chart, session) {
  const { errors, step } = session;
  const shares = column(errors, 1).map((share) => 100 * share);
  chart.axes([0, 1.02 * Math.max(10, step)], [0, greatest(shares, 10) * 1.05], "updates", "%");
  drawMarks(chart, session, 0);
  chart.line(column(errors, 0), shares, chart.colours.accent);
  if (errors.length) chart.dot(errors.at(-1)[0], shares.at(-1), chart.colours.accent, 4);
}

export function drawLengths(chart, lengths, eps, threshold) {
  const [low, high] = LOG_LENGTHS;
  const counts = histogram(lengths, LOG_LENGTHS, BINS);
  const edges = range(BINS + 1).map((n) => low + (n * (high - low)) / BINS);
  chart.axes(LOG_LENGTHS, [0, Math.max(20, 1.05 * Math.max(...counts))], "log₁₀ of the length", "nodes");
  const xs = edges.flatMap((edge) => [edge, edge]);
  const ys = [0, ...counts.flatMap((count) => [count, count]), 0];
  chart.line(xs, ys, chart.colours.SL1);
  const named = (length, name, colour, line) => {
    chart.mark(Math.log10(length), colour);
    writeInto(chart, chart.x(Math.log10(length)) - 3, TOP_EDGE + line * LINE, name, colour);
  };
  named(eps, "ε", chart.colours.ink, 1);
  if (threshold !== eps) named(threshold, "threshold", chart.colours.emphasis, 2);
}

/** How far each of the ten weights moves up and down in the last updates. */
export function swings(trail) {
  const rows = trail.slice(-SWING);
  return range(CLASSES).map((c) => {
    const weights = column(rows, c + 1);
    return Math.max(...weights) - Math.min(...weights);
  });
}

/** Between which values the rows of a trail and their lengths lie; once a setting has changed, that no longer shrinks. */
function limitsOf(chart, rows, session, latest) {
  const most = greatest(
    rows.map((row) => Math.hypot(...row.slice(1))),
    AT_REST,
  );
  const least = -greatest(
    rows.flatMap((row) => row.slice(1).map((weight) => -weight)),
    AT_REST,
  );
  const key = [session.begun, session.watched, latest].join();
  const before = chart.key === key && session.marks.length ? chart.limits : [0, 0];
  chart.key = key;
  chart.limits = [Math.min(least, before[0]), Math.max(most, before[1])];
  return chart.limits;
}

/** What ε is compared with in this chart: the node's length, each weight, or nothing. */
const widths = ({ grouping, eps, smooth }) => (smooth ? { node: [eps], weight: [eps, -eps], map: [] }[grouping] : []);

/** The ten weights of a node, one of them bold, their length, and ε. */
export function drawWeights(chart, session, settings) {
  const { trail, step, bold } = session;
  const rows = settings.latest ? trail.slice(-LATEST - 1) : thinned(trail, LONGEST);
  const [low, high] = limitsOf(chart, rows, session, settings.latest);
  const unit = 10 ** Math.floor(Math.log10(Math.max(high, -low)));
  const first = rows[0]?.[0] ?? 0;
  const { accent, muted, SL1, ink } = chart.colours;
  const scale = unit < 1 ? `in units of ${short(unit)}` : "";
  chart.axes(
    [first, first + 1.02 * Math.max(10, step - first)],
    [(1.08 * low) / unit, (1.08 * high) / unit],
    "updates",
    scale,
  );
  drawMarks(chart, session, first, true);
  const xs = column(rows, 0);
  const line = (values, colour, look) =>
    chart.line(
      xs,
      values.map((value) => value / unit),
      colour,
      look,
    );
  for (const c of range(CLASSES)) if (c !== bold) line(column(rows, c + 1), muted, { width: 0.8 });
  const lengths = rows.map((row) => Math.hypot(...row.slice(1)));
  line(lengths, SL1, { dash: "6 3" });
  line(column(rows, bold + 1), accent, { width: 2.4 });
  for (const width of widths(settings)) {
    chart.level(width / unit, ink, { width: 1, dash: "2 3" });
    if (width < 1.08 * high) writeInto(chart, RIGHT_EDGE, chart.y(width / unit) - 3, width > 0 ? "ε" : "−ε", ink);
  }
  if (greatest(lengths, 0) < AT_REST) {
    writeInto(chart, RIGHT_EDGE, TOP_EDGE + 4 * LINE, "at rest: nothing above 10⁻⁶", ink);
  }
}
