"""What all explorers promise: they run from a file and beside each other, and under another model than the page's."""

import numpy as np
import pytest

from sl1lib.book.convolution.explorer import convolution_explorer
from sl1lib.book.dense_and_entropy.explorer import softmax_explorer
from sl1lib.book.explorer import Explorer
from sl1lib.book.fast_path.explorer import band_explorer
from sl1lib.book.numpy_training.explorer import heavy_ball_explorer
from sl1lib.book.pooling.explorer import pooling_explorer
from sl1lib.book.smooth_function import explorer as smooth_function
from sl1lib.book.the_corner.explorer import corner_explorer

# A model of anywidget's kind that is not the page's own: it keeps what was saved, and tells of changes at once.
FOREIGN = """
async ([source, css, state]) => {
  const listeners = new Map();
  const saved = {};
  let unsaved = {};
  const model = {
    get: (name) => state[name],
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = unsaved[name] = value;
      for (const callback of listeners.get(`change:${name}`) ?? []) callback();
    },
    save_changes() { Object.assign(saved, unsaved); unsaved = {}; },
    on: (event, callback) => listeners.set(event, [...(listeners.get(event) ?? []), callback]),
    off: (event, callback) => listeners.set(event, listeners.get(event).filter((other) => other !== callback)),
  };
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const [el, style] = [document.createElement("div"), document.createElement("style")];
  style.textContent = css;
  document.body.append(style, el);
  const end = module.default.render({ model, el });
  window.live = { model, saved, end, count: () => [...listeners.values()].flat().length };
}
"""


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    yield page
    page.close()
    assert trouble == []


@pytest.fixture
def live(page):
    explorer = corner_explorer()
    page.set_content("<!doctype html><body></body>")
    page.evaluate(FOREIGN, [explorer.module, explorer.css, explorer.state])
    return page


def test_a_moved_slider_is_saved_in_the_model_and_so_is_what_follows(live):
    live.fill("[name=z]", "1.2")
    saved = live.evaluate("live.saved")
    assert saved["z"] == 1.2  # exact: what the slider says
    assert saved["minimum"] == pytest.approx(0.2)
    assert len(saved["path"]) == 61


def test_a_change_of_the_model_moves_the_slider_and_draws(live):
    live.evaluate("live.model.set('t', 7)")
    live.evaluate("live.model.set('method', 'proximal step')")
    assert live.input_value("[name=t]") == "7"
    assert "After update 7" in live.text_content("output")
    assert live.get_by_role("button", name="proximal step").get_attribute("aria-pressed") == "true"


def test_what_render_returns_ends_the_drawing(live):
    assert live.evaluate("live.count()") > 0
    live.evaluate("live.end()")
    assert live.evaluate("live.count()") == 0


def test_several_explorers_on_a_page_from_a_file_ask_for_nothing(page, tmp_path):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    shown = [corner_explorer(), heavy_ball_explorer(20), pooling_explorer(), heavy_ball_explorer(30)]
    file = tmp_path / "page.html"
    head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    file.write_text(head + "".join(explorer.html for explorer in shown), encoding="utf-8")
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert page.locator(".sl1-explorer").count() == 4
    lengths = page.eval_on_selector_all(
        "[data-explorer=numpy_training]", "all => all.map(e => e.model.get('path').length)"
    )
    assert lengths == [21, 31]
    page.locator("[name=lr]").nth(1).fill("3")
    assert "above" in page.locator("output").nth(1).text_content()
    assert "below" in page.locator("output").nth(3).text_content()


def test_without_javascript_a_sentence_says_what_would_be_here(browser):
    page = browser.new_page(java_script_enabled=False)
    page.set_content(corner_explorer().html)
    assert page.locator("p").inner_text() == "A weight at the corner: 60 updates. It is drawn by JavaScript."
    page.close()


def test_text_of_the_state_is_never_markup(page):
    note = "</script><img src=x onerror=document.title='run'>"
    explorer = Explorer(smooth_function.__file__, "a note", notes={"huber": note}, profile="huber", eps=1, w=0.5)
    page.set_content(explorer.html)
    assert page.locator("output").inner_text().endswith(note)
    assert page.title() == ""


@pytest.mark.parametrize(
    ("make", "name", "value", "shown"),
    [
        (lambda: convolution_explorer(np.zeros((28, 28))), "image", np.ones((9, 12)), "image X, 9×12"),
        (lambda: convolution_explorer(np.zeros((28, 28))), "kernel", np.ones((3, 3)), "kernel K, 3×3"),
        (lambda: softmax_explorer(label=2), "scores", [20, 1], "class 1 ●: 1.0"),
        (pooling_explorer, "image", np.ones((4, 4)), "P[0, 1] = 1 in two steps"),
        (band_explorer, "layers", {"mine": (8, 2, 3, 3, 1)}, "mine"),
    ],
)
def test_whatever_a_change_makes_another_size_of_is_drawn_anew_in_whatever_order_it_is_told(
    page, make, name, value, shown
):
    explorer = make()
    page.set_content(explorer.html)
    before = explorer.state
    setattr(explorer, name, value)
    changes = {each: now for each, now in explorer.state.items() if now != before[each]}
    for order in (list(changes), list(changes)[::-1]):
        page.set_content(make().html)
        page.evaluate(
            """([changes, order]) => {
              const { model } = document.querySelector("[data-explorer]");
              Object.assign(model.state, changes);
              for (const name of order) model.dispatchEvent(new Event(`change:${name}`));
            }""",
            [changes, order],
        )
        page.get_by_text(shown).first.wait_for()
