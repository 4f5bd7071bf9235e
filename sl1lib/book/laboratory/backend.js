// Who trains: a trainer that takes commands and tells snapshots, behind one function, `send`.
//
// A command is an object with a type:
//   { type: "settings", profile, grouping, step, strength, eps, lr, momentum }   some or all; they hold from the next update on
//   { type: "reset", seed, weights, plan }   a new start: the weights, or those drawn for the seed, which decides the
//                                         batches too; `plan` are commands, each for when the one before has ended
//   { type: "start", updates }            train: so many updates, or until told to pause
//   { type: "epoch" }, { type: "update" } train to the end of the epoch; once
//   { type: "pause" }
//   { type: "remove", threshold, fold }   take out the nodes that are shorter; fold their means into the biases, or not
//   { type: "restore" }                   the network as it was before that
//   { type: "watch", node }               whose ten weights the trail follows
//
// A snapshot tells the state, and what happened since the last one:
//   fresh       whether this is a new start, so that curves begin anew
//   step        updates made since the start
//   running     whether more follow
//   weights     Float64Array of the 3,898 parameters: K1, b1, K2, b2, U, b, each as the library's array, flat
//   losses      [update, E0 of its batch, penalty], both before the update
//   errors      [updates made, share of the test images that are misread]
//   changes     [updates made, { name: value } of the settings that hold from then on]
//   watched     the node of the trail
//   trail       [updates made, its ten weights]
//   removed     null, or { at, nodes, fold, errorBefore, errorFolded, errorForgotten }; `at` are the updates made till then
//
// kernel.py hears and tells the same, and the command { type: "hello" }, at which it tells everything once more.

import { Trainer } from "./trainer.js";

/**
 * A trainer in a worker whose script is `source`, with `data` as `loadDigits` returns them; where the browser allows no
 * worker, it works in the page itself. `listen` gets its snapshots. Returns `send`, and what ends it.
 */
export function startTrainer(source, data, listen) {
  try {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address);
    URL.revokeObjectURL(address);
    worker.addEventListener("message", (event) => listen(event.data));
    worker.postMessage(data);
    return { send: (command) => worker.postMessage(command), end: () => worker.terminate() };
  } catch {
    const trainer = new Trainer(data, listen);
    return { send: (command) => trainer.handle(command), end: () => trainer.handle({ type: "pause" }) };
  }
}

/**
 * The trainer of a kernel, which hears and tells through the model. It brings its own test images, which `meet` gets with
 * how many updates an epoch makes, or what went wrong; and it knows the weights that are stored.
 */
export function kernelTrainer(model, meet, listen) {
  const receive = ({ about, trouble, ...snapshot }, [first, second]) => {
    if (trouble) meet({ trouble });
    else if (about) meet({ ...about, digits: { testImages: bytes(first), testLabels: bytes(second) } });
    else listen({ ...snapshot, weights: new Float64Array(bytes(first).slice().buffer) });
  };
  model.on("msg:custom", receive);
  model.send({ type: "hello" });
  const send = ({ weights, ...command }) => model.send(weights ? { ...command, stored: true } : command);
  return { send, end: () => model.off("msg:custom", receive) };
}

const bytes = (view) => new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
