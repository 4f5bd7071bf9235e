"""Explorers in a real JupyterLab, started as `make lab` starts it: live, the same in Python and in the page.

One server, one notebook, one kernel for all of them: starting those takes longer than the tests.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import numpy as np
import pytest

import sl1lib

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.parent.name for path in (Path(sl1lib.__file__).parent / "book").glob("*/explorer.js"))
CHAPTERS.remove("laboratory")
PATIENCE = 180_000  # milliseconds: a kernel imports PyTorch, on a busy machine
SETUP = f"""\
import json, sys
sys.path.insert(0, {str(ROOT / "tests" / "book")!r})
import numpy as np
from test_explorer import EXPLORERS
from sl1lib.book.choices import as_json

def report(*names):
    print("REPORT" + json.dumps({{name: as_json(getattr(w[c], name)) for c, name in names}}) + "END")

w = {{chapter: make() for chapter, make in EXPLORERS.items()}}
seen = []
w["the_corner"].observe(lambda change: seen.append(change["new"]), "eps")
"""

RUN = """
async (number) => {
  const { sessionContext, content } = jupyterapp.shell.currentWidget;
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
  content.activeCellIndex = number;
  await jupyterapp.commands.execute("notebook:run-cell");
}
"""

# A control of each explorer as a reader moves it, the trait that follows, and its value.
MOVED = {
    "backpropagation": ("button:text-is('one step back')", "click", "shown", 1),
    "claims": ("[name=pairs]", "5", "pairs", 5),
    "comparison": ("select[name=quantity]", None, "quantity", "error (%)"),
    "convergence": ("canvas.map", "ArrowRight", "place", [2.25, 0.2]),
    "convolution": ("canvas.image", "ArrowDown", "place", [10, 11]),
    "dense_and_entropy": ("[name=warmth]", "0.5", "warmth", 0.5),
    "fast_path": ("[name=width]", "0", "width", 5),
    "first_page": ("[name=strength]", "0.5", "strength", 0.5),
    "gradients": ("[name=tau]", "1.25", "tau", 1.25),
    "numpy_training": ("[name=lr]", "1.5", "lr", 1.5),
    "pooling": ("button:text-is('dot')", "click", "image", np.eye(6)[[2]].T @ np.eye(6)[[2]]),
    "pruning": ("[name=shift]", "-7", "shift", -7),
    "smooth_function": ("[name=eps]", "0.3", "eps", 0.3),
    "the_corner": ("[name=eps]", "0.05", "eps", 0.05),
    "your_own_model": ("[name=shift]", "-3", "shift", -3),
}

# What Python sets, and where the page shows it.
SET = {
    "backpropagation": ("target = 2.5", "text=½ (S − 2.5)²", None),
    "claims": ("family = 1", "[name=family]", "1"),
    "comparison": ('values = {"mine": {"SL1": [1, 2, 3], "L2": [3, 4, 5]}}', "[name=quantity]", "mine"),
    "convergence": ("place = [1.1, 0.5]", "text=η·curvature = 1.10, μ = 0.50", None),
    "convolution": ("image = np.ones((12, 20))", "text=image X, 12×20", None),
    "dense_and_entropy": ("scores = np.arange(5.0)", "text=class 4: 4.0", None),
    "fast_path": ('layers = {"mine": (8, 2, 3, 3, 1)}', "button:text-is('mine')", None),
    "first_page": ("eps = 0.1", "[name=eps]", "0.1"),
    "gradients": ("eps = 0.85", "[name=eps]", "0.85"),
    "numpy_training": ("momentum = 0.6", "[name=momentum]", "0.6"),
    "pooling": ("image = np.ones((8, 8)) / 2", "[aria-label='X row 7, column 7']", None),
    "pruning": ("eps = 0.1", "text=0.045", None),
    "smooth_function": ("w = -1.2", "[name=w]", "-1.2"),
    "the_corner": ("t = 7", "[name=t]", "7"),
    "your_own_model": ("shift = 11", "[name=shift]", "11"),
}


def write_notebook(path):
    set_all = "\n".join(f"w[{chapter!r}].{command}" for chapter, (command, *_) in SET.items())
    moved = ", ".join(repr((chapter, name)) for chapter, (_, _, name, _) in MOVED.items())
    cells = [
        SETUP,
        *(f"w[{chapter!r}]" for chapter in CHAPTERS),
        f"print('REPORT' + json.dumps({{c: as_json(getattr(w[c], n)) for c, n in [{moved}]}}) + 'END')",
        set_all,
        "assert isinstance(w['the_corner'].path, np.ndarray) and w['the_corner'].path.shape == (61,)\n"
        "assert w['convolution'].output.shape == (8, 16) and w['pooling'].pooled.shape[0] == 4\n"
        "assert seen == [0.05]\n"
        "print('REPORT' + json.dumps(as_json(w['the_corner'].path)) + 'END')",
        "from sl1lib import load_data\n"
        "from sl1lib.book.laboratory.explorer import laboratory\n"
        "lab = laboratory(data=load_data('digits'))\n"
        "lab",
        "assert lab.wait(60)\n"
        "run = lab.run\n"
        "lab.start(10)\n"
        "assert lab.wait(60) and len(lab.run.history.E0) == len(run.history.E0) + 10\n"
        "print('REPORT' + json.dumps({'strength': lab.strength, 'penalty': run.config.penalty.strength,"
        " 'updates': len(run.history.E0), 'epochs': len(run.history.seconds)}) + 'END')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start JupyterLab as `make lab` does; return its address, and end it."""
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "live.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = [f"--port={port}", "--no-browser", f"--IdentityProvider.token={token}", "--expose-app-in-browser"]
    command = [sys.executable, str(ROOT / "tools" / "lab.py"), "--folder", str(folder), *options, "--allow-root"]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # JupyterLab would open again what was open there the last time.
    variables = {"PYTHONPATH": paths, "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces")}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | variables)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urlopen(f"{address}/api/status?token={token}").close()
                break
            except URLError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.2)
        yield address, token
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def lab(browser, server):
    """The notebook in JupyterLab, its explorers shown; what went wrong in the page is told at the end."""
    address, token = server
    page = browser.new_page(viewport={"width": 1400, "height": 14_000})  # JupyterLab draws only what is seen
    page.set_default_timeout(PATIENCE)
    page.trouble = []
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on(
        "console", lambda said: page.trouble.append(f"{said.text} {said.location}") if said.type == "error" else None
    )
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.asked = []
    page.goto(f"{address}/lab/tree/live.ipynb?token={token}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    for number in range(1 + len(CHAPTERS)):
        run(page, number)
    page.locator(".sl1-explorer").nth(len(CHAPTERS) - 1).wait_for()
    yield page
    page.close()


def run(page, number):
    """Run a cell and wait until the kernel has answered."""
    page.evaluate(RUN, number)
    cell = page.locator(".jp-Notebook .jp-Cell").nth(number)
    page.wait_for_function(
        "e => /\\[\\d+\\]/.test(e.textContent)", arg=cell.locator(".jp-InputPrompt").element_handle()
    )
    wrong = cell.locator("[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type$='jupyter.error']")
    assert wrong.all_inner_texts() == []


def reported(page, number):
    run(page, number)
    text = page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea-output").inner_text()
    return json.loads(re.search("REPORT(.*)END", text, re.DOTALL)[1])


def shown(page, chapter):
    return page.locator(".jp-Notebook .jp-Cell").nth(1 + CHAPTERS.index(chapter)).locator(".sl1-explorer")


def test_explorers_and_the_laboratory_are_live_in_jupyterlab(lab, server):
    """One test, since the parts share a server, and workers would each start one."""
    python_follows_the_page(lab)
    the_page_follows_python(lab)
    keys_move_what_is_focused(lab)
    explorers_follow_the_dark_theme(lab)
    the_laboratory_trains_in_the_kernel(lab)
    nothing_is_asked_of_another_machine(lab, server)
    without_a_kernel_the_same_figures_are_shown(lab, server)


def python_follows_the_page(lab):
    assert lab.locator(".sl1-explorer").count() == len(CHAPTERS) == len(MOVED) == len(SET)
    assert lab.locator("[data-explorer]").count() == 0  # none is the static figure
    for chapter, (selector, how, _, _) in MOVED.items():
        control = shown(lab, chapter).locator(selector)
        if how == "click":
            control.click()
        elif how and how.startswith("Arrow"):
            control.press(how)
        elif how:
            control.fill(how)
    found = reported(lab, 1 + len(CHAPTERS))
    for chapter, (_, _, _, value) in MOVED.items():
        np.testing.assert_array_equal(found[chapter], value, err_msg=chapter)  # exact: what the control says


def the_page_follows_python(lab):
    run(lab, 2 + len(CHAPTERS))
    for chapter, (_, selector, value) in SET.items():
        control = shown(lab, chapter).locator(selector).first
        control.wait_for()
        if value is not None:
            lab.wait_for_function("([e, v]) => e.value === v", arg=[control.element_handle(), value])
    path = reported(lab, 3 + len(CHAPTERS))
    kept = shown(lab, "the_corner").locator("output").inner_text()
    assert f"After update 7: w = {path[7]:.3f}".replace("-", "−") in kept


def keys_move_what_is_focused(lab):
    """And not the notebook's cells."""
    slider = shown(lab, "the_corner").locator("[name=t]")
    slider.press("ArrowUp")
    assert slider.input_value() == "8"


def explorers_follow_the_dark_theme(lab):
    """Those with a kernel; the style sheet is that of the others, too."""
    for theme, is_light, seen in (("Dark", "false", "invert(1) hue-rotate(180deg)"), ("Light", "true", "none")):
        lab.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{ theme: 'JupyterLab {theme}' }})")
        lab.wait_for_function(f"document.body.dataset.jpThemeLight === '{is_light}'")
        lab.wait_for_function("!document.getElementById('jupyterlab-splash')")  # two would be removed as one
        filters = lab.eval_on_selector_all(".sl1-explorer", "all => all.map((e) => getComputedStyle(e).filter)")
        assert set(filters) == {seen}


def the_laboratory_trains_in_the_kernel(lab):
    run(lab, 4 + len(CHAPTERS))
    cell = lab.locator(".jp-Notebook .jp-Cell").nth(4 + len(CHAPTERS))
    cell.get_by_text("Press start, or choose an experiment.").wait_for()
    cell.get_by_text("The 10 weights of node 80").wait_for()
    cell.get_by_role("button", name="one epoch").click()
    cell.get_by_text("Stopped after 1 epoch, at update 29").wait_for()
    cell.get_by_role("button", name="start", exact=True).click()
    cell.get_by_role("button", name="pause").wait_for()
    strength = cell.locator("[name=strength]")
    strength.press("ArrowRight")  # while it trains
    cell.get_by_role("button", name="pause").click()
    cell.get_by_role("button", name="start", exact=True).wait_for()
    found = reported(lab, 5 + len(CHAPTERS))
    assert found["strength"] == found["penalty"] > 0.003
    assert found["updates"] > 29
    assert found["epochs"] == found["updates"] // 29
    cell.get_by_text(f"at update {found['updates'] + 10}").wait_for()  # which Python made


def nothing_is_asked_of_another_machine(lab, server):
    address, _ = server
    assert [url for url in lab.asked if not url.startswith((address, "blob:", "data:"))] == []
    assert lab.trouble == []


def without_a_kernel_the_same_figures_are_shown(lab, server):
    address, token = server
    lab.evaluate("jupyterapp.commands.execute('docmanager:save')")
    lab.evaluate("jupyterapp.serviceManager.sessions.shutdownAll()")
    lab.wait_for_function("fetch('/api/sessions').then(r => r.json()).then(all => all.length === 0)")
    lab.goto(f"{address}/lab/tree/live.ipynb?token={token}&reset")
    lab.locator("[data-explorer] .sl1-explorer").nth(len(CHAPTERS)).wait_for()
    assert lab.get_by_text("Error displaying widget").count() == 0
