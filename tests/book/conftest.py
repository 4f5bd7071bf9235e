"""Node, for the JavaScript of the book: what an explorer computes is tested without a browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import sl1lib

BOOK = Path(sl1lib.__file__).parent / "book"


@pytest.fixture(scope="session")
def node():
    """Run Node and return what it wrote; a failure shows what it says."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("no node here: the explorers' modules are not tested by themselves")

    def run(*arguments, **options):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, encoding="utf-8", **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    if int(run("--version").removeprefix("v").split(".")[0]) < 20:
        pytest.skip("node is older than 20, which the explorers' modules need")
    return run


@pytest.fixture
def javascript(node):
    """Evaluate an expression in Node: `m` is a module of the book, `data` what is given, through JSON both ways."""

    def evaluate(module, expression, data=None):
        script = (
            f"import * as m from {json.dumps((BOOK / module).as_uri())};\n"
            "let text = ''; for await (const part of process.stdin) text += part;\n"
            f"const data = JSON.parse(text);\nconsole.log(JSON.stringify({expression}));"
        )
        return json.loads(node("--input-type=module", "--eval", script, input=json.dumps(data)))

    return evaluate
