(() => {
  const root = document.getElementById("$id");
  const { networks, eps, images, most, work } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const find = (selector) => root.querySelector(selector);
  const [green, grey, ink, dim] = ["#00815c", "#8b94a0", "#d55e00", "#666666"];
  const slider = find(".threshold");
  const names = Object.keys(networks);
  let chosen = names[0];
  $chart
  const logarithm = (value) => Math.log10(Math.max(value, 1e-12));
  const all = names.flatMap((name) => networks[name].lengths);
  const lows = [logarithm(eps) - 2, Math.ceil(logarithm(Math.max(...all)) * 2) / 2];

  function draw() {
    const { lengths, left, errors, unfolded, maps, full } = networks[chosen];
    const shift = slider.valueAsNumber;
    const threshold = shift === 0 ? eps : eps * 10 ** (shift / 20);
    const removed = lengths.filter((length) => length < threshold).length;
    const stays = lengths.length - removed;
    const mapsLeft = maps[stays - 1];
    const saved = 100 * ((work.maps - mapsLeft) * work.map + removed * work.node) / work.full;
    // Errors are stored at some counts only: the nearest of them speaks.
    const at = left.reduce((best, count, i) => (Math.abs(count - stays) < Math.abs(left[best] - stays) ? i : best), 0);

    const sorted = chart(find("#$id-lengths"), [0, lengths.length], lows, "node", "");
    sorted.line([[0, logarithm(threshold)], [lengths.length, logarithm(threshold)]], ink, { dash: "4 3" });
    lengths.forEach((length, place) => {
      sorted.dot(place + 0.5, Math.max(logarithm(length), lows[0]), length < threshold ? grey : green, 2);
    });
    const curve = chart(find("#$id-errors"), [0, lengths.length], [0, most], "nodes left", "");
    curve.line(left.map((count, i) => [count, unfolded[i]]), dim, { dash: "4 3", width: 1.5 });
    curve.line(left.map((count, i) => [count, errors[i]]), green);
    curve.mark(stays, ink);
    curve.dot(left[at], errors[at], ink, 4);
    find(".threshold-value").textContent = shift === 0 ? "ε" : String(Number(threshold.toPrecision(2)));
    slider.setAttribute("aria-valuetext", "threshold " + Number(threshold.toPrecision(2)));
    const percent = (value) => value.toFixed(2) + " %";
    find("output").textContent = removed + " of " + lengths.length + " nodes go; " + stays + (stays === 1 ? " is" : " are") +
      " left, in " + mapsLeft + " of " + work.maps + " maps. Multiply-adds saved: " + percent(saved) + ". The " + images +
      " error with " + left[at] + " left" + (left[at] === stays ? "" : ", the nearest count that was measured,") + " is " +
      percent(errors[at]) + " (" + percent(unfolded[at]) + " with the means forgotten), with all " + percent(errors[full]) + ".";
    Object.assign(root.dataset, { network: chosen, threshold, removed, left: left[at], error: errors[at], saved, maps: mapsLeft });
  }

  function choose(name) {
    chosen = name;
    // The slider counts twentieths of a power of ten from ε, and ends where the longest node still stays.
    slider.max = Math.floor((logarithm(networks[name].lengths[0]) - logarithm(eps)) * 20);
    slider.min = Math.min(-40, slider.max);
    for (const button of find(".presets").children) button.setAttribute("aria-pressed", String(button.textContent === name));
    draw();
  }

  for (const name of names) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => choose(name));
    find(".presets").append(button);
  }
  slider.value = 0;
  slider.addEventListener("input", draw);
  choose(chosen);
})();
