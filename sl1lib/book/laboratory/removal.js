// Removing the nodes below a threshold: with their means folded into the biases or forgotten, and back.

import { fixed, html, short } from "../explorer.js";
import { thresholdAt } from "../formulas.js";
import { cost } from "./network.js";
import { inPercent } from "./session.js";

const HEAD = ["network", "nodes", "maps", "parameters", "multiply-adds", "misread at removal", "misread now"];
const counted = (number) => number.toLocaleString("en-GB");
const points = (share) => `${fixed(100 * share, 1)} points`;

function row(name, { nodes, maps, parameters, multiplyAdds }, errors, here) {
  const cells = [nodes, maps, parameters, multiplyAdds].map(counted);
  const rates = errors.map((error) => (error === null ? "–" : inPercent(error)));
  const shown = [...cells, ...rates].map((text) => html("td", {}, text));
  return html("tr", here ? { class: "here" } : {}, html("th", { scope: "row" }, name), ...shown);
}

/** The table in words: what a removal costs, or what came back. */
function consequence({ removed, restored }) {
  if (removed) {
    const { at, nodes, errorBefore, errorFolded, errorForgotten } = removed;
    const [folded, forgotten] = [errorFolded, errorForgotten].map((error) => points(error - errorBefore));
    const most = `Without ${nodes.length} nodes, at update ${at}, the error rises by ${folded} with their means folded into the biases`;
    return `${most}, by ${forgotten} with their means forgotten. The bold network is in use.`;
  }
  if (restored) {
    const { at, nodes, now } = restored;
    const since = now - at === 1 ? "1 update" : `${now - at} updates`;
    const undone = now > at ? ` What the ${since} since then changed is undone.` : "";
    return `The ${nodes.length} nodes are back, and with them every weight as it was at update ${at}, before the removal.${undone}`;
  }
  return "The bold network is in use; the other two are what a removal would leave.";
}

function thresholdSlider(panel) {
  const { model } = panel;
  const factor = (shift) => (shift ? `${short(thresholdAt(1, shift), 2)} ε` : "ε");
  panel.slider("shift", {
    label: "threshold",
    spoken: "threshold below which a node is removed",
    min: -40,
    max: 40,
    show: (shift) => `${short(thresholdAt(model.get("eps"), shift), 2)} = ${factor(shift)}`,
    speak: (shift) => (shift ? `${short(thresholdAt(1, shift), 2)} times ε` : "ε"),
    before: null,
  });
}

/** Add the controls and the table; return what draws them. */
export function showRemoval(panel, session) {
  const { model } = panel;
  thresholdSlider(panel);
  const buttons = panel.buttons("Removal");
  const remove = (fold) => () =>
    session.send({ type: "remove", threshold: thresholdAt(model.get("eps"), model.get("shift")), fold });
  const folding = panel.action(buttons, "remove, means folded into the biases", remove(true));
  const forgetting = panel.action(buttons, "remove, means forgotten", remove(false));
  const back = panel.action(buttons, "put them back", () => session.send({ type: "restore" }));
  const head = html("tr", {}, ...HEAD.map((text) => html("th", { scope: "col" }, text)));
  const body = html("tbody");
  const table = html("div", { class: "scrolled" }, html("table", {}, html("thead", {}, head), body));
  panel.add(table);
  const told = panel.add(html("p", { class: "consequence", "aria-live": "polite" }));

  return ({ threshold, asked }) => {
    const { removed, lengths, errors } = session;
    folding.disabled = forgetting.disabled = Boolean(removed);
    back.disabled = !removed;
    table.classList.toggle("asked", asked === "table");
    const nodes = removed?.nodes ?? [...lengths.keys()].filter((k) => lengths[k] < threshold);
    const [whole, left] = [cost([]), cost(nodes)];
    const network = (name, size, key, here) =>
      row(name, size, [removed?.[key] ?? null, here ? (errors.at(-1)?.[1] ?? null) : null], here);
    body.replaceChildren(
      network("whole", whole, "errorBefore", !removed),
      network("folded", left, "errorFolded", removed?.fold === true),
      network("forgotten", left, "errorForgotten", removed?.fold === false),
    );
    told.textContent = consequence(session);
    panel.set({ left: left.nodes });
  };
}
