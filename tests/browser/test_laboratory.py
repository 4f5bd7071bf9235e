"""The laboratory in a browser: drawing by mouse, finger and keys, training in a worker, experiments, removal."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from sl1lib import PROFILES, MomentumRamp, Penalty, load_data, reference
from sl1lib.architecture import PARAMETER_SHAPES
from sl1lib.book.laboratory.explorer import FIRST_SETTINGS, laboratory
from sl1lib.book.laboratory.stored import error_rate, stored_params
from sl1lib.settings import GROUPINGS

UPDATES = 20
MODEL = "document.querySelector('[data-explorer]').model"
DRAWN = json.loads((Path(__file__).parents[1] / "book" / "drawn_digits.json").read_text(encoding="utf-8"))
DIGITS = load_data("digits")
PENALTIES = [
    {"profile": profile, "grouping": grouping, "step": step, "strength": 0.01, "eps": 0.05}
    for profile, grouping, step in itertools.product(PROFILES, GROUPINGS, ("gradient", "proximal"))
    if step == "gradient" or PROFILES[profile].convex
]


@pytest.fixture
def open_laboratory(browser, tmp_path):
    """Open the laboratory from a file; the test fails if a script raises or anything but the worker is asked for."""
    pages, trouble = [], []

    def open_page(width=700, **context):
        page = browser.new_page(viewport={"width": width, "height": 900}, **context)
        page.set_default_timeout(120_000)  # milliseconds: a busy machine is slow, not wrong
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: trouble.append(request.url) if not known(request.url) else None)
        page.goto(file.as_uri())
        page.wait_for_function(f"{MODEL}?.get('weights')")
        pages.append(page)
        return page

    def known(address):
        return address == file.as_uri() or address.startswith("blob:")

    file = tmp_path / "laboratory.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += "<title>Laboratory</title>"
    body = f"<main><h1>Laboratory</h1>{laboratory().html}</main>"
    file.write_text(f"{head}<body style='margin:8px'>{body}</body></html>", encoding="utf-8")
    yield open_page
    for page in pages:
        page.close()
    assert trouble == []


@pytest.fixture
def page(open_laboratory):
    return open_laboratory()


def get(page, name):
    return page.evaluate(f"{MODEL}.get({json.dumps(name)})")


def put(page, **values):
    for name, value in values.items():
        page.evaluate(f"{MODEL}.set({json.dumps(name)}, {json.dumps(value)})")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def wait_until(page, condition):
    page.wait_for_function(f"(() => {{ const get = (name) => {MODEL}.get(name); return {condition}; }})()")


def update(page, name="one update"):
    """Press a button that trains, and wait until it has."""
    before = get(page, "told")
    press(page, name)
    wait_until(page, f"get('told') > {before} && !get('running')")


def flat(params):
    return np.concatenate([params[name].ravel() for name in PARAMETER_SHAPES])


def test_twenty_updates_with_each_penalty_are_the_references(page):
    """The page's module, in Chromium: 12 digits are enough, and the worker is tested below."""
    x, y = DIGITS.x_train[:12], DIGITS.y_train[:12]
    data = {"x": x.ravel().tolist(), "y": y.tolist(), "settings": PENALTIES, "updates": UPDATES}
    found = page.evaluate(
        """async ([script, data]) => {
          const text = `${script}\\nself.Trainer = Trainer;`;
          const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
          await new Promise((resolve) => {
            const element = document.createElement("script");
            Object.assign(element, { src: address, onload: resolve });
            document.body.append(element);
          });
          let told;
          const images = Uint8Array.from(data.x);
          const part = { images, labels: data.y, testImages: images, testLabels: data.y };
          const trainer = new self.Trainer(part, (snapshot) => { told = snapshot; });
          return data.settings.map((settings) => {
            trainer.handle({ type: "settings", lr: 0.2, momentum: 0.5, ...settings });
            trainer.handle({ type: "reset", seed: 0 });
            for (let t = 0; t < data.updates; t++) trainer.handle({ type: "update" });
            return [...told.weights];
          });
        }""",
        [laboratory().state["worker"], data],
    )
    momentum = MomentumRamp(0.5, 0.5, updates=0)
    for weights, setting in zip(found, PENALTIES, strict=True):
        course = reference.train(
            *(reference.init_params(0), x[:, None] / 255, y),
            **{"epochs": UPDATES, "lr": 0.2, "momentum": momentum, "penalty": Penalty(**setting)},
        )
        *_, last = itertools.islice(course, UPDATES)
        np.testing.assert_allclose(weights, flat(last.params), atol=1e-9, err_msg=str(setting))


def test_the_worker_trains_as_the_reference_from_the_stored_weights_and_from_a_seed(page):
    x, y = DIGITS.x_train[:, None] / 255, DIGITS.y_train
    penalty = Penalty(**{name: value for name, value in FIRST_SETTINGS.items() if name not in ("lr", "momentum")})
    lr, mu = FIRST_SETTINGS["lr"], FIRST_SETTINGS["momentum"]
    settings = {"lr": lr, "momentum": MomentumRamp(mu, mu, updates=0), "penalty": penalty}
    for start, button, seed in (
        (stored_params(), "start again from MNIST’s weights", 0),
        (reference.init_params(5), "from scratch, with seed", 5),
    ):
        page.get_by_label("seed").fill(str(seed))
        before = get(page, "told")
        press(page, button)
        wait_until(page, f"get('told') > {before}")
        for _ in range(UPDATES):
            update(page)
        assert get(page, "updates") == UPDATES
        *_, last = itertools.islice(reference.train(start, x, y, epochs=1, seed=seed, **settings), UPDATES)
        np.testing.assert_allclose(get(page, "weights"), flat(last.params), atol=1e-9)
        error = error_rate(last.params, DIGITS.x_test, DIGITS.y_test)
        assert get(page, "error") == pytest.approx(error, abs=2 / 382)  # two scores may be as good as equal


def strokes(page, drawn, **mouse):
    """Draw with the mouse."""
    box = page.locator(".pad").bounding_box()
    for stroke in drawn["strokes"]:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, **mouse)
        page.mouse.up()


def test_drawing_with_a_mouse(page):
    press(page, "clear")
    assert get(page, "strokes") == []
    assert (get(page, "read"), get(page, "probability")) == (None, None)
    assert page.locator(".answers .read").count() == 0
    assert "Draw a digit" in page.locator("output").inner_text()
    right = []
    for drawn in DRAWN[:10]:
        press(page, "clear")
        strokes(page, drawn)
        assert len(get(page, "strokes")) == len(drawn["strokes"])
        right.append(get(page, "read") == drawn["digit"])
    assert sum(right) >= 9
    assert "The network reads" in page.locator("output").inner_text()


def test_drawing_with_a_finger_does_not_scroll_the_page(open_laboratory):
    page = open_laboratory(width=390, has_touch=True, is_mobile=True)
    press(page, "clear")
    box = page.locator(".pad").bounding_box()
    client = page.context.new_cdp_session(page)
    before = page.evaluate("scrollY")
    path = [(0.3, 0.1 + 0.08 * step) for step in range(11)]

    def touch(kind, *places):
        points = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in places]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", path[0])
    for place in path[1:]:
        touch("touchMove", place)
    touch("touchEnd")
    (drawn,) = get(page, "strokes")
    np.testing.assert_allclose([drawn[0], drawn[-1]], [path[0], path[-1]], atol=0.02)
    assert get(page, "read") == 1
    assert page.evaluate("scrollY") == before


def test_drawing_with_the_keyboard(page):
    press(page, "clear")
    page.locator(".pad").focus()
    for key in [" ", *["ArrowDown"] * 10, " ", "ArrowRight", "ArrowRight", " ", "ArrowUp", " "]:
        page.keyboard.press(key)
    first, second = get(page, "strokes")
    assert len(first) == 11
    np.testing.assert_allclose(first[-1], [0.5, 0.75])
    np.testing.assert_allclose(second, [[0.6, 0.75], [0.6, 0.7]])
    page.keyboard.press("Backspace")
    assert len(get(page, "strokes")) == 1
    assert get(page, "read") == 1


def test_centring_decides_what_is_read(page):
    assert (get(page, "centred"), get(page, "read")) == (True, 4)
    press(page, "as drawn")
    assert get(page, "read") != 4
    image = np.array(get(page, "image")).reshape(28, 28)
    assert image[:14, 14:].sum() > 0.99 * image.sum()  # the drawing stands in its corner


def test_a_test_image_can_be_taken(page):
    page.get_by_label("another 7 of the test images").click()
    first = get(page, "picked")
    assert DIGITS.y_test[first] == 7
    np.testing.assert_allclose(get(page, "image"), DIGITS.x_test[first].ravel() / 255, atol=1e-15)
    page.get_by_label("another 7 of the test images").click()
    assert get(page, "picked") > first
    assert page.locator(".hint").inner_text() == "a test image is shown; draw here to read your own"
    page.locator(".pad").click()
    assert page.locator(".hint").inner_text() == ""


def test_a_number_says_which_sum_made_it(page):
    page.get_by_label("The six maps of layer 1").hover(position={"x": 2, "y": 2})
    assert get(page, "chosen") == {"field": "stage1", "at": 0}
    page.get_by_label("The six maps of layer 1").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert get(page, "chosen") == {"field": "stage1", "at": 13}
    text = page.locator(".sum").inner_text()
    assert text.startswith("Layer 1, map 0, row 1, column 1: the sum of 36 products")
    assert page.locator(".square").count() == 2  # the number, and its window in the image
    for _ in range(11):
        page.keyboard.press("ArrowRight")
    assert get(page, "chosen")["at"] == 144 + 12  # over the gap, in the next map
    page.get_by_label("The twelve maps of layer 2").hover(position={"x": 3, "y": 3})
    assert get(page, "chosen") == {"field": "stage2", "at": 0}
    assert page.locator(".square").count() == 1 + 6
    page.locator("[data-class='8']").hover()
    assert page.locator(".sum").inner_text().startswith("Score of 8")


def test_the_chart_follows_the_node_that_is_taken_and_no_other(page):
    maps, lengths = page.get_by_label("The twelve maps of layer 2"), page.get_by_label("The length of the weights of")
    for field in (maps, lengths):
        field.hover(position={"x": 3, "y": 3})
        field.focus()
        page.keyboard.press("ArrowRight")
        assert get(page, "node") == 80  # looking at a node changes nothing
    assert get(page, "chosen") == {"field": "lengths", "at": 1}
    assert "A click, or Enter, lets the weights’ chart follow it." in page.locator(".sum").inner_text()
    page.keyboard.press("Enter")
    assert get(page, "node") == 1
    page.get_by_text("The 10 weights of node 1 ").wait_for()
    assert "The weights’ chart follows it." in page.locator(".sum").inner_text()
    maps.click(position={"x": 3, "y": 3})
    assert get(page, "node") == 0
    assert page.locator(".followed").count() == 2  # in both pictures of the nodes


def test_looking_around_moves_nothing_on_the_page(page):
    def top():
        return page.locator(".experiment").bounding_box()["y"]

    before = top()
    for label in ("The image of 28×28", "The six maps of layer 1", "The twelve maps of layer 2", "The length of the"):
        page.get_by_label(label).hover(position={"x": 9, "y": 9})
        assert top() == pytest.approx(before, abs=0.5)


def test_settings_change_while_it_trains_and_the_page_answers(page):
    press(page, "start")
    wait_until(page, "get('running') && get('updates') > 5")
    page.get_by_label("η rate, of learning").focus()
    page.keyboard.press("ArrowLeft")
    assert get(page, "lr") == pytest.approx(0.04)
    page.select_option("[name=profile]", "squared")
    page.select_option("[name=step]", "proximal")
    assert get(page, "running")  # the page answered meanwhile
    press(page, "pause")
    wait_until(page, "!get('running')")
    made = get(page, "updates")
    update(page, "one epoch")
    assert get(page, "updates") % 29 == 0
    assert get(page, "updates") > made
    page.select_option("[name=profile]", "sqrt_quartic")
    assert get(page, "step") == "gradient"  # there is no single proximal map


def test_nodes_are_removed_and_put_back(page):
    weights = get(page, "weights")
    threshold = page.get_by_label("threshold below which a node is removed")
    threshold.fill("35")
    press(page, "remove, means forgotten")
    wait_until(page, "get('left') < 192 && get('told') > 1")
    page.wait_for_selector("tr.here >> text=forgotten")
    errors = at_removal(page)
    assert errors[0] < errors[1] < errors[2]
    told = page.locator(".consequence")
    assert f"by {errors[2] - errors[0]:.1f} points with their means forgotten" in told.inner_text()
    params = stored_params()
    removed = reference.group_norms(params["U"]) < 0.01 * 10 ** (35 / 20)
    assert get(page, "left") == 192 - removed.sum()
    U = np.array(get(page, "weights"))[-1930:-10].reshape(10, 192)
    assert (U[:, removed] == 0).all()  # exact: what is removed is 0
    struck = "paths => paths.map((path) => (path.getAttribute('d') ?? '').split('M').length - 1)"
    counts = page.eval_on_selector_all(".strikes path", struck)
    assert [count for count in counts if count] == [removed.sum()] * 2  # in layer 2, and among the lengths
    update(page)
    assert at_removal(page) == errors
    now = page.locator("tr.here td:nth-child(7)").inner_text()
    assert float(now.split()[0]) == pytest.approx(100 * get(page, "error"), abs=0.05)  # it follows the training
    press(page, "put them back")
    page.wait_for_selector("tr.here >> text=whole")
    np.testing.assert_allclose(get(page, "weights"), weights, rtol=1e-15)
    assert f"The {removed.sum()} nodes are back" in told.inner_text()
    assert "What the 1 update since then changed is undone" in told.inner_text()


def at_removal(page):
    """The table's rates of misread images at the removal: whole, folded, forgotten."""
    return [float(cell.split()[0]) for cell in page.locator("tbody td:nth-child(6)").all_inner_texts()]


def course(page, name):
    press(page, name)
    wait_until(page, "get('updates') === 116 && !get('running')")


def test_the_experiments_show_what_they_say(page):
    def last_layer():
        return np.array(get(page, "weights"))[-1930:-10].reshape(10, 192)

    def lengths():
        return reference.group_norms(last_layer())

    def jump(updates=4):
        """The largest step of the ten weights in a few updates."""
        found = [last_layer()[:, get(page, "node")]]
        for _ in range(updates):
            update(page)
            found.append(last_layer()[:, get(page, "node")])
        return np.abs(np.diff(found, axis=0)).max()

    course(page, "1 chatter of plain L1")
    assert "Stopped after 4 epochs, at update 116: press start to go on." in page.locator(".status").inner_text()
    far = jump()
    assert far > 8e-4  # ηλ/(1+μ), the step of the two-cycle
    assert page.get_by_role("button", name="1 chatter of plain L1").get_attribute("aria-pressed") == "true"
    spread = page.locator(".measured").inner_text()
    assert "over 0.00083 to 0.0019" in spread  # the orbits of two and of four updates, as the sentence computes them
    assert "= 0.00083 from end to end" in page.locator(".see").inner_text()
    page.get_by_label("η rate, of learning").fill("-16")
    assert page.get_by_role("button", name="1 chatter of plain L1").get_attribute("aria-pressed") == "false"
    assert "what you changed holds from the next update on" in page.locator(".status").inner_text()
    assert "= 0.00042 from end to end" in page.locator(".see").inner_text()
    update(page, "one epoch")
    assert 0.4 < jump() / far < 0.6
    course(page, "2 ε too small")
    assert jump() > 1e-4
    put(page, eps=1e-3)
    update(page, "one epoch")
    update(page, "one epoch")
    assert jump() < 1e-5
    assert page.locator(".measured").inner_text().startswith("At rest")
    course(page, "3 a node dies")
    assert lengths()[get(page, "node")] < 0.01
    assert page.locator(".then a").get_attribute("href") == "../smoothing/gradients.html"
    press(page, "4 folding matters")
    page.wait_for_selector("tr.here >> text=forgotten")
    whole, folded, forgotten = at_removal(page)
    assert whole < folded
    assert folded + 5 < forgotten  # per cent of the test images
    course(page, "5 a penalty that hurts")
    assert (lengths() < get(page, "eps")).sum() > 80
    assert get(page, "error") > 0.2
    assert lengths()[get(page, "node")] < get(page, "eps")
    put(page, strength=3e-3)
    update(page, "one epoch")
    update(page, "one epoch")
    assert get(page, "error") < 0.15
    assert lengths()[get(page, "node")] > 2 * get(page, "eps")


@pytest.mark.parametrize("width", [390, 700])
def test_it_is_no_wider_than_the_screen(open_laboratory, width):
    page = open_laboratory(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".scrolled")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


@pytest.mark.parametrize("width", [390, 1000])
def test_nothing_in_it_keeps_anybody_out(open_laboratory, axe, width):
    page = open_laboratory(width=width)
    assert axe(page) == []
    press(page, "4 folding matters")
    page.wait_for_selector("tr.here >> text=forgotten")
    press(page, "clear")
    page.select_option("[name=profile]", "abs")
    assert axe(page) == []


def test_it_ends_when_it_is_taken_away(page):
    """anywidget calls what `render` returns; nothing is drawn after that."""
    errors = page.evaluate(
        """async ([source, state]) => {
          const listeners = new Set();
          const model = {
            get: (name) => state[name],
            set: (name, value) => { state[name] = value; },
            on: (event, callback) => listeners.add(callback),
            off: (event, callback) => listeners.delete(callback),
            save_changes() {},
          };
          const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
          const end = module.default.render({ model, el: document.createElement("div") });
          const count = listeners.size;
          end();
          return [count, listeners.size];
        }""",
        [laboratory().module, laboratory().state],
    )
    assert errors[0] > 5
    assert errors[1] == 0
