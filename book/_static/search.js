// Below each page that a search finds stands its section that has the most of the words, with a link to it.
// `book/_ext/sl1search.py` has written the texts, a script for each page, so that nothing is asked of a server.

window.sl1Texts = {};

(() => {
  const LENGTH = 230; // characters that are shown
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const query = (new URLSearchParams(location.search).get("q") ?? "").toLowerCase();
  const { Stemmer, stopwords } = window; // Sphinx's own: a word is found in its other forms, too
  const stemmer = new Stemmer();
  const typed = query.split(/[^\p{L}\p{N}_]+/u).filter((word) => word && !stopwords.includes(word));
  const stems = [...new Set(typed.map((word) => shared(word, stemmer.stemWord(word))))];

  /** What two words begin with: the stem of "heavy" is "heavi". */
  function shared(word, stem) {
    let end = stem.length;
    while (!word.startsWith(stem.slice(0, end))) end--;
    return stem.slice(0, end);
  }

  /** Load a page's sections: each an id, a heading, a text. */
  function sectionsOf(page) {
    return new Promise((done) => {
      const script = document.createElement("script");
      script.src = new URL(`_static/texts/${page}.js`, root);
      script.onload = script.onerror = () => done(window.sl1Texts[page] ?? []);
      document.head.append(script);
    });
  }

  /** Where in a text the words begin, as [place, stem], in order. */
  function places(text) {
    const found = [];
    for (const stem of stems)
      for (const { index } of text.toLowerCase().matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${stem}`, "gu")))
        found.push([index, stem]);
    return found.sort(([a], [b]) => a - b);
  }

  /** The stretch of a text with the most of the words: how many, and where it begins. */
  function best(text) {
    const found = places(text);
    const counts = found.map(([from]) => {
      const near = found.filter(([place]) => place >= from && place < from + LENGTH * 0.7);
      return [new Set(near.map(([, stem]) => stem)).size, from];
    });
    return counts.reduce((most, each) => (each[0] > most[0] ? each : most), [0, 0]);
  }

  /** A piece of a text from a place on, from word to word, what was searched for marked. */
  function piece(text, place) {
    const start = place < LENGTH / 3 ? 0 : text.lastIndexOf(" ", place - LENGTH / 4) + 1;
    const end = start + LENGTH < text.length ? text.lastIndexOf(" ", start + LENGTH) : text.length;
    const shown = text.slice(start, end);
    const parts = [start ? "… " : ""];
    let last = 0;
    for (const [at] of places(shown)) {
      const word = shown.slice(at).match(/^[\p{L}\p{N}_]+/u)[0];
      const mark = Object.assign(document.createElement("mark"), { textContent: word });
      parts.push(shown.slice(last, at), mark);
      last = at + word.length;
    }
    return [...parts, shown.slice(last), end < text.length ? " …" : ""];
  }

  async function show(item) {
    const link = item.querySelector("a");
    if (item.querySelector(":scope > span")) return; // a name of the library, of which Sphinx says what it is
    const [address, anchor] = link.getAttribute("href").split("#");
    let sections = await sectionsOf(address.replace(/\.html$/, ""));
    if (anchor && sections.some(([id]) => id === anchor)) sections = sections.filter(([id]) => id === anchor);
    const rated = sections.map((section) => [section, ...best(`${section[1]} ${section[2]}`)]);
    const most = rated.reduce((most, each) => (each[1] > most[1] ? each : most), rated[0]);
    if (!most) return;
    const [[id, heading, text]] = most;
    const context = Object.assign(document.createElement("p"), { className: "context" });
    if (!anchor && id && most[0] !== sections[0]) {
      const to = Object.assign(document.createElement("a"), { href: `${address}#${id}`, textContent: heading });
      context.append(to, ": ");
    }
    context.append(...piece(text, best(text)[1]));
    item.append(context);
  }

  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node.matches?.("ul.search > li")) show(node);
  }).observe(document.getElementById("search-results"), { childList: true, subtree: true });
})();
