// An explorer on a page without a kernel: the model is filled from the data beside the explorer.

export class PageModel extends EventTarget {
  constructor(state) {
    super();
    this.state = state;
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (JSON.stringify(value) === JSON.stringify(this.state[name])) return;
    this.state[name] = value;
    this.dispatchEvent(new Event(`change:${name}`));
  }

  on(event, callback) {
    this.addEventListener(event, callback);
  }

  off(event, callback) {
    this.removeEventListener(event, callback);
  }

  save_changes() {} // there is nobody to save them for
}

/** Draw each explorer of this name that none of the page's scripts has drawn yet. */
export function drawOnPage(name, render) {
  for (const place of document.querySelectorAll(`[data-explorer="${name}"]`)) {
    if (place.model) continue;
    place.model = new PageModel(JSON.parse(place.querySelector("script").textContent));
    render({ model: place.model, el: place.querySelector("div") });
  }
}
