// What a link inside the book leads to, shown beside the link: while the pointer rests on it or on the card, while it has
// the focus, or after a first tap; a second tap follows the link. Escape closes the card. `book/_ext/sl1previews.py` has
// written the cards, a script for each page, so that nothing is asked of a server.

window.sl1Previews = {};

(() => {
  const LEDGER = "book/reference/ledger";
  const PATIENCE = 250; // milliseconds that a pointer rests before a card opens, and may be away before it closes
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const loading = new Map();
  let card, owner, timer, touched;

  /** Load the cards of a page; a page that has none answers with an empty object. */
  function cardsOf(page) {
    if (!loading.has(page))
      loading.set(
        page,
        new Promise((done) => {
          const script = document.createElement("script");
          script.src = new URL(`_static/previews/${page}.js`, root);
          script.onload = script.onerror = () => done(window.sl1Previews[page] ?? {});
          document.head.append(script);
        }),
      );
    return loading.get(page);
  }

  /** The page and the id that a link leads to, or null if it leaves the book or leads to no place of its own. */
  function target(link) {
    const url = new URL(link.href, location.href);
    if (!url.href.startsWith(root.href) || !url.hash) return null;
    const page = url.href.slice(root.href.length).replace(/\.html#.*$/, "");
    return { page, id: decodeURIComponent(url.hash.slice(1)), url };
  }

  async function content({ page, id, url }) {
    const cards = page === LEDGER ? {} : await cardsOf(page);
    if (!cards[id]) return null;
    const box = document.createElement("div");
    const badge = /^(equation-|sl1lib\.)/.test(id) ? (await cardsOf(LEDGER))[id] : "";
    box.innerHTML = cards[id] + (badge ? `<p>${badge}</p>` : "");
    for (const name of ["href", "src"])
      for (const each of box.querySelectorAll(`[${name}]`))
        each.setAttribute(name, new URL(each.getAttribute(name), url).href);
    for (const each of box.querySelectorAll("a.headerlink, button")) each.remove();
    return box;
  }

  function close() {
    clearTimeout(timer);
    owner?.removeAttribute("aria-describedby");
    card?.remove();
    card = owner = undefined;
  }

  function place(link) {
    const at = link.getClientRects()[0];
    const { width, height } = card.getBoundingClientRect();
    const below = at.bottom + height + 12 < innerHeight || at.top < height + 12;
    card.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
    card.style.top = `${below ? at.bottom + 6 : at.top - height - 6}px`;
  }

  async function open(link) {
    const where = target(link);
    const box = where && (await content(where));
    if (!box) return false;
    close();
    owner = link;
    card = Object.assign(document.createElement("div"), { className: "sl1-preview", id: "sl1-preview" });
    card.setAttribute("role", "tooltip");
    card.append(box);
    link.closest("article").append(card);
    link.setAttribute("aria-describedby", card.id);
    await window.MathJax?.typesetPromise?.([card]);
    if (card && owner === link) place(link);
    return true;
  }

  const linkOf = (event) => {
    const link = event.target.closest?.("article a[href*='#']:not(.headerlink)");
    return link?.closest(".sl1-explorer, .sl1-preview, .page-toc") ? null : link;
  };
  const soon = (work) => {
    clearTimeout(timer);
    timer = setTimeout(work, PATIENCE);
  };
  const inside = (event) => card && (card.contains(event.target) || owner.contains(event.target));

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const link = linkOf(event);
    if (link && link !== owner) soon(() => open(link));
    else if (inside(event)) clearTimeout(timer);
    else soon(close);
  });
  document.addEventListener("focusin", (event) => {
    const link = linkOf(event);
    if (link?.matches(":focus-visible")) open(link);
    else if (!inside(event)) close();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    if (!inside(event)) close();
  });
  document.addEventListener("click", (event) => {
    const link = touched && linkOf(event);
    const where = link && link !== owner && target(link);
    if (!where) return;
    event.preventDefault();
    open(link).then((shown) => shown || location.assign(link.href));
  });
})();
