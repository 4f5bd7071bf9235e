// Five experiments: a click sets one up and lets it run; what to see stands below, with a link to its chapter.

import { html, short } from "../explorer.js";
import { SETTINGS } from "./session.js";

/** How far apart the ends of the heavy ball's orbits on |w| are, for a step ηλ: of the one of two updates, of four. */
export const orbits = (step, momentum) => ({ two: step / (1 + momentum), four: (2 * step) / (1 + momentum ** 2) });

/** What the sentences name, computed for the settings as they are. */
function numbers({ lr, strength, momentum, threshold }) {
  const { two, four } = orbits(lr * strength, momentum);
  const pace = (lr * strength) / (1 - momentum);
  return { two, four, rest: two / 2, pace, threshold };
}

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => short(values[name], 2));

/** Add the buttons and the place for the sentences; return what draws them, and tells which chart they speak of. */
export function showExperiments(panel, session) {
  const { model } = panel;
  const experiments = model.get("experiments");
  const row = panel.buttons("Experiments");
  const begin = (index) => {
    const { values, commands } = experiments[index];
    panel.set({ ...values, experiment: index });
    session.begin({ weights: session.stored, plan: commands });
  };
  const buttons = experiments.map(({ name }, index) => panel.action(row, `${index + 1} ${name}`, () => begin(index)));
  const [seen, then] = ["see", "then"].map((name) => html("p", { class: name, "aria-live": "polite" }));
  panel.add(html("div", { class: "experiment" }, seen, then));

  return (now) => {
    const chosen = experiments[now.experiment] ?? null;
    const changed = chosen && [...SETTINGS, "shift"].some((name) => chosen.values[name] !== now[name]);
    for (const [index, button] of buttons.entries()) {
      button.setAttribute("aria-pressed", String(index === now.experiment && !changed));
    }
    const texts = chosen
      ? [chosen.see, chosen.then].map((text) => filled(text, numbers(now)))
      : ["Each experiment sets everything up, and begins, with a click. It ends after 1 or 4 epochs.", ""];
    const key = [now.experiment, changed, ...texts].join();
    if (seen.dataset.of === key) return chosen?.chart; // a reader of screens does not hear the same twice
    seen.dataset.of = key;
    seen.textContent = changed ? `${texts[0]} (With your own settings now.)` : texts[0];
    if (!chosen) then.textContent = "";
    else {
      const { chapter, page } = chosen;
      then.replaceChildren(texts[1], " ", page && !model.send ? html("a", { href: page }, chapter) : chapter, ".");
    }
    return chosen?.chart;
  };
}
