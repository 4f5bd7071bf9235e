// What a page becomes in a file to keep. tools/rendered.py runs this in the built page.

/** A heading's words: of a formula, the letters of its MathML. */
function wording(heading) {
  const copy = heading.cloneNode(true);
  for (const part of copy.querySelectorAll(".headerlink, mjx-math")) part.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}

/** Where a figure to play with is alive; tools/edition_pdf.py knows where `alive:` is. */
function note(name) {
  const said = document.createElement("p");
  said.className = "edition-note";
  const link = document.createElement("a");
  link.href = `alive:${name}`;
  link.textContent = name;
  said.append("A figure to play with, as it looks at the start. It is alive on the page ", link, ".");
  return said;
}

/** Wait for the pictures. */
async function shown() {
  const pictures = [...document.querySelectorAll("article img")];
  await Promise.all(pictures.map((image) => image.decode().catch(() => {})));
}

/** Draw each figure from its vector graphics, where there are some of its name. */
async function sharpen(vectors) {
  for (const image of document.querySelectorAll("article img")) {
    const name = image.src.match(/([0-9a-f]{64})\.png$/)?.[1];
    if (name in vectors) image.src = vectors[name];
  }
  await shown();
}

/**
 * Make the page still and light, with a named destination for every id, which Chromium writes for ids that are linked to.
 * Return its headings.
 */
async function prepare(name) {
  const root = document.documentElement;
  root.dataset.theme = "light";
  root.classList.add("edition");
  const article = document.querySelector("article");
  for (const image of document.images) image.loading = "eager";
  for (const item of globalThis.MathJax?.startup.document.math ?? []) item.typesetRoot.dataset.tex = item.math;
  for (const figure of article.querySelectorAll("[data-explorer]")) figure.after(note(name));
  for (const enlarged of article.querySelectorAll("a:has(> img)")) enlarged.removeAttribute("href");
  const places = document.createElement("nav");
  places.hidden = true;
  for (const { id } of article.querySelectorAll("[id]")) {
    const link = document.createElement("a");
    link.href = `#${encodeURIComponent(id)}`;
    places.append(link);
  }
  document.body.append(places);
  await document.fonts.ready;
  await shown();
  return [...article.querySelectorAll("h1, h2, h3")].map((heading) => ({
    level: Number(heading.tagName[1]),
    id: heading.closest("section")?.id ?? "",
    text: wording(heading),
  }));
}

/** A formula as MathML, which readers of ePub set by themselves; its TeX for those that cannot. */
function mathml(formula) {
  const math = formula.querySelector("mjx-assistive-mml > math");
  for (const part of [math, ...math.querySelectorAll("*")]) {
    for (const { name } of [...part.attributes]) if (name.startsWith("data-")) part.removeAttribute(name);
  }
  math.setAttribute("alttext", formula.dataset.tex.trim());
  return math;
}

/** A question without its buttons: the choices by letter, and the reason of the right one. */
function answer(question) {
  for (const button of question.querySelectorAll("button")) {
    const letter = document.createElement("strong");
    letter.textContent = button.textContent;
    button.replaceWith(letter);
  }
  for (const why of question.querySelectorAll(".sl1-why")) {
    why.removeAttribute("hidden");
    if (!why.closest(".sl1-right")) why.remove();
  }
}

/** A figure to play with as its picture. */
function still(figure, source) {
  const image = document.createElement("img");
  image.src = source;
  image.alt = figure.querySelector(".sl1-explorer").getAttribute("aria-label");
  return image;
}

/** Turn a link between pages to the pages of the ePub, one to a live page to where the book is hosted; others become words. */
function turn(link, { root, pages, hosted }) {
  const [address] = link.href.split("#");
  const written = link.getAttribute("href") ?? "";
  if (!/^(file|alive):/.test(address)) return;
  if (hosted && link.protocol === "alive:") {
    link.href = hosted + link.pathname;
    return;
  }
  const known = pages.includes(decodeURI(address.slice(root.length)));
  if (known && written !== "#") link.setAttribute("href", written.replace(/\.html(?=#|$)/, ".xhtml"));
  else link.replaceWith(...link.childNodes);
}

const DEAD = "script, style, .headerlink, .copybtn, .toggle-button, .only-dark, .sl1-preview";

/** Return the article as XHTML, as it stands in the ePub; its figures to play with are pictures of these names. */
function article({ stills, ...known }) {
  const live = document.querySelector("article");
  const copy = live.cloneNode(true);
  // Before the copy changes: what a link leads to is known in the page.
  const links = copy.querySelectorAll("a");
  document.body.append(copy);
  for (const link of links) turn(link, known);
  copy.remove();
  for (const formula of copy.querySelectorAll("mjx-container")) formula.replaceWith(mathml(formula));
  copy.querySelectorAll("[data-explorer]").forEach((figure, place) => {
    figure.replaceWith(still(figure, stills[place]));
  });
  for (const question of copy.querySelectorAll(".sl1-question")) answer(question);
  for (const part of copy.querySelectorAll(DEAD)) part.remove();
  for (const fold of copy.querySelectorAll("details.hide > summary")) fold.textContent = "Code";
  for (const image of copy.querySelectorAll("img")) image.removeAttribute("loading");
  return new XMLSerializer().serializeToString(copy);
}

globalThis.edition = { prepare, article, sharpen };
