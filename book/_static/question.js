// A question of a page: its choices become buttons, and each tells its reason when it is pressed.

/** Make a button of a choice's letter, and let the reason appear in a region that screen readers follow. */
function enable(choice, name) {
  const [said, why] = [choice.querySelector(".sl1-said"), choice.querySelector(".sl1-why")];
  const letter = said.querySelector("strong");
  const button = document.createElement("button");
  const told = document.createElement("div");
  button.type = "button";
  button.textContent = letter.textContent;
  letter.remove();
  [button.id, said.id, why.id] = [`${name}-button`, `${name}-said`, `${name}-why`];
  button.setAttribute("aria-labelledby", `${button.id} ${said.id}`);
  button.setAttribute("aria-controls", why.id);
  told.setAttribute("aria-live", "polite");
  why.replaceWith(told);
  told.append(why);
  choice.prepend(button);
  const show = (open) => {
    why.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    choice.classList.toggle("sl1-chosen", open);
  };
  button.addEventListener("click", () => show(why.hidden));
  show(false);
}

for (const question of document.querySelectorAll(".sl1-question")) {
  const asked = question.querySelector(".sl1-asked");
  question.setAttribute("role", "group");
  question.setAttribute("aria-labelledby", asked.id);
  question.querySelectorAll(".sl1-choice").forEach((choice, place) => {
    enable(choice, `${asked.id}-${place + 1}`);
  });
  question.classList.add("sl1-live");
}
