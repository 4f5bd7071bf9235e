"""What is stored in a notebook: every cell has been run, without an error, and nothing in it changes by itself.

Without this, nbval would pass a notebook that was never run: it has nothing to compare.
"""

import ast
import builtins
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
NOTEBOOKS = sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
FIX = "; run make notebooks"
WORDS = (("image", "alt"), ("figure", "caption"))


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(params=NOTEBOOKS, ids=name)
def notebook(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def where(number, cell):
    return f"cell {number} ({cell.get('id')}): {''.join(cell['source'])[:60]!r}"


def code_cells(notebook):
    return [(i, c) for i, c in enumerate(notebook["cells"]) if c["cell_type"] == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_every_code_cell_has_been_run(notebook):
    missing = [
        where(i, c) for i, c in code_cells(notebook) if "".join(c["source"]).strip() and c["execution_count"] is None
    ]
    assert not missing, f"never run: {missing}{FIX}"


def test_cells_were_run_in_order_in_a_fresh_kernel(notebook):
    counts = [c["execution_count"] for _, c in code_cells(notebook) if "".join(c["source"]).strip()]
    assert counts == list(range(1, len(counts) + 1)), f"execution counts {counts}{FIX}"


def test_no_error_and_no_stderr_is_stored(notebook):
    bad = [
        where(i, c)
        for i, c in code_cells(notebook)
        for o in c["outputs"]
        if o["output_type"] == "error" or o.get("name") == "stderr"
    ]
    assert not bad


def test_cell_ids_are_there_and_unique(notebook):
    assert (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5), "cell ids need nbformat 4.5"
    ids = [c.get("id") for c in notebook["cells"]]
    assert None not in ids
    assert len(set(ids)) == len(ids)


def test_no_time_stamps_are_stored(notebook):
    stamped = [where(i, c) for i, c in enumerate(notebook["cells"]) if "execution" in c["metadata"]]
    assert not stamped, f"{stamped}{FIX}"
    assert "version" not in notebook["metadata"].get("language_info", {}), f"the Python version is stored{FIX}"


def test_no_widget_of_a_kernel_is_stored_but_its_html(notebook):
    assert "widgets" not in notebook["metadata"], f"the state of widgets is stored{FIX}"
    views = [
        where(i, c)
        for i, c in code_cells(notebook)
        for output in c["outputs"]
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert not views, f"a widget is stored, which no other kernel has: {views}{FIX}"


def test_nothing_of_this_machine_is_stored(notebook):
    outputs = json.dumps([c.get("outputs") for _, c in code_cells(notebook)])
    assert not re.findall(r"/(?:home|Users|root|tmp|work)/[\w.-]+", outputs)


def test_every_figure_is_described_by_its_cell_or_with_its_output(notebook):
    bare = []
    for i, c in code_cells(notebook):
        for output in c["outputs"]:
            if "image/png" in output.get("data", {}):
                said = [each.get("mystnb", {}) for each in (c["metadata"], output["metadata"])]
                alt, caption = (any(k in each.get(kind, {}) for each in said) for kind, k in WORDS)
                bare += [] if alt and caption else [where(i, c)]
    assert not bare, f"without a caption or an alternative text: {bare}"


def test_the_kernel_is_the_environment_of_the_build(notebook):
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def names(cell):
    """Return the names that a cell defines, and those that it takes from outside, its own builtins aside."""
    defined, taken = set(), set()
    for node in ast.walk(ast.parse("".join(cell["source"]))):
        if isinstance(node, ast.Name):
            (defined if isinstance(node.ctx, ast.Store) else taken).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.alias):
            defined.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
        elif isinstance(node, ast.ExceptHandler):
            defined.add(node.name)
    return defined, taken - defined - set(dir(builtins))


def test_code_that_is_shown_takes_no_name_from_code_that_is_not(notebook):
    seen, missing = set(), []
    for i, cell in code_cells(notebook):
        if "remove-input" not in cell["metadata"].get("tags", []):
            defined, taken = names(cell)
            missing += [f"{where(i, cell)} takes {name}" for name in sorted(taken - seen)]
            seen |= defined
    assert not missing, "a reader who copies the code gets a NameError"


def test_every_notebook_is_in_the_table_of_contents():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"(?:file|root):\s*(\S+)", toc))
    assert [name(p) for p in NOTEBOOKS if name(p).removesuffix(".ipynb") not in listed] == []


def test_every_page_of_the_table_of_contents_exists():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = re.findall(r"(?:file|root):\s*(\S+)", toc)
    missing = [page for page in listed if not any((ROOT / f"{page}{end}").is_file() for end in (".md", ".ipynb"))]
    assert missing == []


def test_no_checkpoint_is_tracked():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [line for line in tracked.splitlines() if ".ipynb_checkpoints" in line] == []
