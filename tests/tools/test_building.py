"""A book is built anywhere; a page that fails says so, shows nothing that was not computed, and is named at the end."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import build_book
import common
import installed
import nbformat
import notebooks
import pytest
from progress import Progress, in_words

ROOT = Path(__file__).parents[2]
STORED = "a result of yesterday"
STYLED = "from sl1lib.book.style import use_style\nuse_style()\n"
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4])\nNone"
DRAWS = "from sl1lib.book.show import say\nsay('There are $1 + 1$ numbers.')"


def page(*cells):
    """Make a notebook with outputs of yesterday; a cell is Markdown, or code, or code with a tag."""
    book = nbformat.v4.new_notebook()
    for cell in cells:
        source, *tags = (cell,) if isinstance(cell, str) else cell
        if source.startswith(("#", "(")):
            book.cells.append(nbformat.v4.new_markdown_cell(source))
        else:
            output = nbformat.v4.new_output("stream", name="stdout", text=STORED)
            book.cells.append(nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1))
            book.cells[-1].metadata["tags"] = tags
    return book


def project(folder, **pages):
    """Write a small book with this project's settings, extensions and library."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("sl1lib", "tools", "book/_ext", "book/_static"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("_config.yml", "book/references.bib"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "book" / "index.md").write_text("# Start\n\nWords.\n", encoding="utf-8")
    for name, book in pages.items():
        nbformat.write(book, folder / "book" / f"{name}.ipynb")
    chapters = "".join(f"- file: book/{name}\n" for name in pages)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters:\n{chapters}", encoding="utf-8")
    return folder


def build(folder, start=(), **options):
    variables = dict(os.environ, PYTHONPATH=str(folder)) if "env" not in options else options.pop("env")
    command = [*start, sys.executable, "tools/build_book.py"]
    return subprocess.run(command, cwd=folder, env=variables, encoding="utf-8", **options)


def words(folder, name):
    html = (folder / "_build/html/book" / f"{name}.html").read_text(encoding="utf-8")
    article = html[html.index("<article") : html.index("</article")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", article)).replace("&gt;", ">")


FAILS = "def halve(n):\n    assert n % 2 == 0, f'{n} is odd'\n    return n // 2\n\n\nhalve(3)"


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """A book of which two pages fail, and what its build printed."""
    folder = project(
        tmp_path_factory.mktemp("failed") / "project",
        good=page("# Good", "print('computed ' + 'well')"),
        wrong=page(
            "(wrong-page)=\n# Wrong\n\nWords.",
            "print('computed ' + 'before')",
            (DRAWS, "remove-input"),
            (FAILS, "remove-input"),
            "print('computed ' + 'behind')",
            "## More",
            ("say('computed prose behind')", "remove-input"),
        ),
        warns=page("# Warns", "import warnings\nwarnings.warn('be careful')", "print('computed ' + 'behind')"),
    )
    return folder, build(folder, capture_output=True)


def test_a_failed_page_fails_the_build_and_is_named_with_the_lines_that_matter(failed):
    _, done = failed
    assert done.returncode != 0
    assert "3 of 3" in done.stdout
    assert "FAILED  book/wrong  cell 4 of 7:  def halve(n):" in done.stderr
    shown = done.stderr.partition("FAILED  book/wrong")[2].splitlines()[1:7]
    assert [line.strip() for line in shown[:5]] == [
        "Cell In[3], line 6",
        "----> 6 halve(3)",
        "Cell In[3], line 2, in halve(n)",
        "----> 2     assert n % 2 == 0, f'{n} is odd'",
        "AssertionError: 3 is odd",
    ]
    log = Path(shown[5].partition("all of it: ")[2])
    assert "AssertionError: 3 is odd" in log.read_text(encoding="utf-8")
    assert "The book is not built: 2 pages failed." in done.stderr.splitlines()
    assert len(done.stderr.splitlines()) < 30


def test_a_failed_page_shows_nothing_from_behind_the_cell_that_failed(failed):
    folder, _ = failed
    text = words(folder, "wrong")
    assert "This page could not be computed" in text.partition("Words.")[0]
    assert "cell 4 of 7" in text
    assert "AssertionError: 3 is odd" in text
    assert "computed before" in text
    assert "There are" in text
    behind = text.partition("print('computed ' + 'behind')")[2]
    assert behind
    assert "computed" not in behind
    for folder_of_pages in ("book", "_sources/book"):
        assert all(
            STORED not in path.read_text(encoding="utf-8")
            for path in (folder / "_build/html" / folder_of_pages).iterdir()
        )


def test_a_warning_from_a_cell_fails_its_page(failed):
    folder, done = failed
    assert "FAILED  book/warns  cell 2 of 3:  import warnings" in done.stderr
    assert "UserWarning: be careful" in done.stderr
    assert "computed behind" not in words(folder, "warns")


def test_the_other_pages_are_there(failed):
    folder, _ = failed
    assert "computed well" in words(folder, "good")
    assert "could not be computed" not in words(folder, "good")


def test_the_notebooks_themselves_are_left_alone(failed):
    folder, _ = failed
    assert all(STORED in path.read_text(encoding="utf-8") for path in (folder / "book").glob("*.ipynb"))


def test_a_book_is_built_on_a_bare_machine(tmp_path):
    """No home, no name for the letters, no network, nobody who reads what it prints; and a talkative machine."""
    chatter = "import os\nos.write(2, b'the driver of this machine is old\\n')\nNone"
    folder = project(
        tmp_path / "ein Ordner mit Übung",
        good=page("# Good", (chatter, "remove-input"), (DRAWS, "remove-input"), STYLED + PLOT),
    )
    variables = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    variables |= {"PYTHONPATH": str(folder), "LC_ALL": "C", "MPLBACKEND": "Agg"}
    start = ("unshare", "-n")
    if not shutil.which("unshare") or subprocess.run([*start, "true"], capture_output=True).returncode:
        start = ()  # only some may take their own network away
    with open(os.devnull) as closed:  # nothing can be written to it
        done = build(folder, start, env=variables, stdout=closed, stderr=closed)
    log = (folder / "_build/logs/sphinx.log").read_text(encoding="utf-8")
    assert done.returncode == 0, log
    html = (folder / "_build/html/book/good.html").read_text(encoding="utf-8")
    assert "There are" in html
    assert "the driver" not in html
    assert "the driver" in (folder / "_build/logs/book-good.log").read_text(encoding="utf-8")
    [picture] = re.findall(r'src="(\S+\.png)"', html)
    assert (folder / "_build/html/book" / picture).is_file()
    vector = folder / "_build/figures" / Path(picture).with_suffix(".svg").name  # what the PDF draws in its place
    assert "<svg" in vector.read_text(encoding="utf-8")
    [script] = re.findall(r'src="([^"?]*tex-mml-chtml.js)', html)
    assert (folder / "_build/html/book" / script).is_file()


def test_a_users_own_settings_do_not_change_a_notebook(tmp_path):
    """A start-up file of IPython, a style of Matplotlib, another Python's kernel under the same name."""
    home, folder = tmp_path / "home", tmp_path / "project"
    folder = project(folder, good=page("# Good", "import matplotlib\nprint(matplotlib.rcParams['lines.linewidth'])"))
    (home / ".ipython/profile_default/startup").mkdir(parents=True)
    (home / ".ipython/profile_default/startup/00.py").write_text("print('good morning')")
    (home / ".config/matplotlib").mkdir(parents=True)
    (home / ".config/matplotlib/matplotlibrc").write_text("lines.linewidth: 77")
    kernel = home / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "P", "language": "python"}))
    env = dict(os.environ, HOME=str(home), PYTHONPATH=str(folder), JUPYTER_PREFER_ENV_PATH="0")
    path = folder / "book/good.ipynb"
    done = subprocess.run(
        [sys.executable, folder / "tools/notebooks.py", path], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    [output] = nbformat.read(path, as_version=4).cells[1].outputs
    assert output["text"] == "1.5\n"


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as POSIX does")
def test_ctrl_c_ends_the_kernels_and_leaves_the_notebooks(tmp_path):
    marker = tmp_path / "pid"
    sleeps = f"import os, time, pathlib\npathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\ntime.sleep(600)"
    folder = project(tmp_path / "project", sleeps=page("# Sleeps", sleeps))
    path = folder / "book/sleeps.ipynb"
    before = path.read_bytes()
    env = dict(os.environ, PYTHONPATH=str(folder))
    command = [sys.executable, str(folder / "tools/notebooks.py"), str(path)]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while not (marker.is_file() and marker.read_text()):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert path.read_bytes() == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_the_box_stands_below_the_title_or_at_the_top():
    failure = notebooks.Failure(2, "1 / 0", ("ZeroDivisionError: division by zero",), "")
    for first, start in (("(label)=\n# Title\n\nWords.", "(label)=\n# Title\n\n:::{admonition}"), ("Words.", ":::{")):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(first), nbformat.v4.new_code_cell("1/0")])
        build_book.mark(notebooks.Executed(ROOT / "book" / "a.ipynb", book, 1.0, failure))
        assert book.cells[0].source.startswith(start)
        assert "cell 2 of 2:  1 / 0" in book.cells[0].source
        assert any("Words." in cell.source for cell in book.cells)


def test_a_long_traceback_is_told_in_five_lines():
    frames = [f"File ~/library/{n}.py:{n}, in f{n}(x)\n      1 one\n----> {n} f{n + 1}(x)\n" for n in range(5, 9)]
    traceback = "\n".join(["Cell In[3], line 1", "----> 1 f5(x)", "", *frames, "ValueError: no"])
    expected = ("Cell In[3], line 1", "----> 1 f5(x)", "File ~/library/8.py:8, in f8(x)", "----> 8 f9(x)")
    assert notebooks.essence(traceback, "ValueError: no\nsuch thing") == (*expected, "ValueError: no")
    assert notebooks.essence("", "AssertionError: ") == ("AssertionError",)


def test_the_time_that_is_left_follows_the_pace():
    progress = Progress({"a": 60, "b": 60, "c": 120, "d": 60}, workers=2, alone=["d"])
    assert progress.seconds_left() == 60 / 2 + 60 / 2 + 120 / 2 + 60
    progress.end("a", 120)  # twice as slow as expected
    assert progress.seconds_left() == 2 * max((60 + 120) / 2, 120) + 2 * 60
    assert in_words(progress.seconds_left()) == "about 6 min"
    for name in "bcd":
        progress.end(name, 60)
    assert progress.left() == ""


def test_nobody_has_to_listen(monkeypatch):
    class Gone:
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    common.say("a line")
    assert sys.stdout is None
    common.say("another line")


def test_the_installed_mathjax_is_that_of_npm():
    """The digest is that of the same files in npm's archive mathjax@3.2.2."""
    folder = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    digest = sha256(b"".join(sha256(p.read_bytes()).digest() for p in files)).hexdigest()
    assert digest == "38da7c644ec348f28e768cf4144d141e4d7e957b23caa86dae2a59681fbd5e65"


def test_what_is_wanted_is_read_from_the_projects_file():
    wanted = installed.wanted()
    assert str(wanted["numpy"]).startswith(">=")
    assert {"jupyter-book", "pytest", "ruff"} <= set(wanted)
    assert set(wanted) - set(installed.pins()) <= {"pytest-xdist"}


def test_without_a_network_it_is_told_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(installed, "from_here", lambda: True)
    assert installed.main(["--usable"]) == 0
    real = installed.installed
    monkeypatch.setattr(installed, "installed", lambda name: None if name == "numpy" else real(name))
    assert not installed.exact()
    assert installed.main(["--usable"]) == 1
    err = capsys.readouterr().err
    assert "That needs a network, once" in err
    assert "numpy: not installed, >=" in err


def test_a_library_from_another_folder_is_not_taken_for_this_one(monkeypatch, tmp_path):
    info = tmp_path / "sl1lib-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sl1lib\nVersion: 0.1.0\n")
    (tmp_path / "sl1lib.egg-info").mkdir()
    (tmp_path / "sl1lib.egg-info" / "PKG-INFO").write_text((info / "METADATA").read_text())
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for folder, here in ((tmp_path / "ö", False), (ROOT, True)):
        (info / "direct_url.json").write_text(json.dumps({"url": folder.as_uri(), "dir_info": {"editable": True}}))
        assert installed.from_here() == here
    (info / "direct_url.json").unlink()
    assert not installed.from_here()
