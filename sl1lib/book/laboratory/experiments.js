// Five experiments: a click sets one up, a sentence says what to see, a link leads to the chapter that explains it.

import { html } from "../explorer.js";

/** Add the buttons and the place for the sentence; return what draws them. */
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
  const told = panel.add(html("p", { class: "see", "aria-live": "polite" }));

  return ({ experiment }) => {
    for (const [index, button] of buttons.entries()) button.setAttribute("aria-pressed", String(index === experiment));
    if (told.dataset.of === String(experiment)) return;
    told.dataset.of = experiment;
    if (experiment === null) told.textContent = "Five experiments: each is set up, and begins, with a click.";
    else {
      const { see, chapter, page } = experiments[experiment];
      told.replaceChildren(see, " ", page && !model.send ? html("a", { href: page }, chapter) : chapter, ".");
    }
  };
}
