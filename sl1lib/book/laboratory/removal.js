// Removing the nodes below a threshold: with their means folded into the biases or forgotten, and back.

import { html, short } from "../explorer.js";
import { thresholdAt } from "../formulas.js";
import { cost } from "./network.js";
import { inPercent } from "./session.js";

const HEAD = ["", "nodes", "maps", "parameters", "multiply-adds", "misread"];
const counted = (number) => number.toLocaleString("en-GB");

function row(name, { nodes, maps, parameters, multiplyAdds }, error, here) {
  const cells = [nodes, maps, parameters, multiplyAdds].map(counted);
  const shown = [...cells, error === null ? "–" : inPercent(error)].map((text) => html("td", {}, text));
  return html("tr", here ? { class: "here" } : {}, html("th", { scope: "row" }, name), ...shown);
}

/** Add the controls and the table; return what draws them. */
export function showRemoval(panel, session) {
  const { model } = panel;
  panel.slider("shift", {
    label: "threshold",
    spoken: "threshold below which a node is removed",
    min: -40,
    max: 40,
    show: (shift) => short(thresholdAt(model.get("eps"), shift), 2),
    speak: (shift) => (shift ? `${short(thresholdAt(1, shift), 2)} times ε` : "ε"),
    before: null,
  });
  const buttons = panel.buttons("Removal");
  const remove = (fold) => () =>
    session.send({ type: "remove", threshold: thresholdAt(model.get("eps"), model.get("shift")), fold });
  const folding = panel.action(buttons, "remove, means folded into the biases", remove(true));
  const forgetting = panel.action(buttons, "remove, means forgotten", remove(false));
  const back = panel.action(buttons, "put them back", () => session.send({ type: "restore" }));
  const head = html("tr", {}, ...HEAD.map((text) => html("th", { scope: "col" }, text)));
  const body = html("tbody");
  panel.add(html("div", { class: "scrolled" }, html("table", {}, html("thead", {}, head), body)));

  return ({ threshold }) => {
    const { removed, lengths, errors } = session;
    folding.disabled = forgetting.disabled = Boolean(removed);
    back.disabled = !removed;
    const nodes = removed?.nodes ?? [...lengths.keys()].filter((k) => lengths[k] < threshold);
    const [whole, left] = [cost([]), cost(nodes)];
    body.replaceChildren(
      row("whole", whole, removed ? removed.errorBefore : (errors.at(-1)?.[1] ?? null), !removed),
      row("folded", left, removed?.errorFolded ?? null, removed?.fold === true),
      row("forgotten", left, removed?.errorForgotten ?? null, removed?.fold === false),
    );
    panel.set({ left: left.nodes });
  };
}
