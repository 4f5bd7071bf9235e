// The laboratory: a digit goes through the whole network, which trains meanwhile and loses the nodes it can do without.

import { html, Panel } from "../explorer.js";
import { thresholdAt } from "../formulas.js";
import { showExperiments } from "./experiments.js";
import { showPass } from "./pass.js";
import { showRemoval } from "./removal.js";
import { inPercent, Session } from "./session.js";
import { showTraining } from "./training.js";

const CHOSEN = ["strokes", "picked", "centred", "chosen", "node", "experiment"];
const REDRAWN = ["told", "running", "eps", "profile", "grouping", "latest"]; // changes that charts and table show

function summary({ read, probability, label, empty }, { running, error, trouble }) {
  if (trouble) return trouble;
  if (running) return "The network trains.";
  const digit = empty ? "Draw a digit, or pick one." : `The network reads ${read}, with ${inPercent(probability, 0)}`;
  const truth =
    label === null || label === undefined ? "" : label === read ? ", and that is right" : `; it is ${label}`;
  const misread = error === null ? "" : ` It misreads ${inPercent(error)} of the test images.`;
  return `${digit}${truth}${empty ? "" : "."}${misread}`;
}

function render({ model, el }) {
  const panel = new Panel({ model, el }, "Laboratory");
  panel.root.classList.add("laboratory");
  const heading = (text) => panel.add(html("p", { class: "heading" }, text));
  const session = new Session(panel);
  heading("A digit goes through the network");
  const pass = showPass(panel, session);
  heading("The network trains");
  const experiments = showExperiments(panel, session);
  const training = showTraining(panel, session);
  heading("Nodes are removed");
  const removal = showRemoval(panel, session);

  let drawn = null; // what the charts show: a stroke of the pen does not draw them anew
  const end = panel.start([...CHOSEN, "told", "running"], (values) => {
    const threshold = thresholdAt(values.eps, values.shift);
    const all = { ...values, threshold };
    const passed = pass(all);
    all.asked = experiments(all);
    const now = [...REDRAWN.map((name) => values[name]), threshold, all.asked].join();
    if (now !== drawn) {
      training(all);
      removal(all);
      drawn = now;
    }
    return summary(passed, { ...values, error: model.get("error") ?? null, trouble: session.trouble });
  });
  return () => {
    end();
    session.end();
  };
}

export default { render };
