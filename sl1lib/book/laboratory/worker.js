// The trainer in a worker: the first message brings the images, each other one is a command.

import { Trainer } from "./trainer.js";

let trainer;

self.addEventListener("message", ({ data }) => {
  if (trainer) trainer.handle(data);
  else trainer = new Trainer(data, (snapshot) => self.postMessage(snapshot));
});
