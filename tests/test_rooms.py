"""One room for one idea: no two rooms have one name, and each function can be seen at a glance."""

import ast
from collections import Counter
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "sl1lib"
MIRROR = (LIBRARY / "reference", LIBRARY / "fast")
IN_EVERY_CHAPTER = {"__init__.py", "equations.py", "figures.py", "explorer.py"}
MOST_LINES = 45


def modules():
    return sorted(LIBRARY.rglob("*.py"))


def test_no_two_modules_have_one_name_but_the_mirrored_pairs_and_what_every_chapter_has():
    """Nor the exercises, which have the names of the functions that they ask for."""
    rooms = [path for path in modules() if path.parent not in (*MIRROR, LIBRARY / "course" / "exercises")]
    others = [path.name for path in rooms if path.name not in IN_EVERY_CHAPTER]
    mirrored = {path.name for folder in MIRROR for path in folder.glob("*.py")} - {"__init__.py"}
    assert [name for name, count in Counter(others).items() if count > 1] == []
    assert mirrored & set(others) == set()
    assert {path.parent for path in modules() if path.name == "equations.py"} <= set((LIBRARY / "book").iterdir())


def code_lines(function, lines):
    """Count a function's lines of code: neither its docstring, nor comments, nor empty ones."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    said = set(range(first.lineno, first.end_lineno + 1)) if documented else set()
    numbered = enumerate(lines[function.lineno - 1 : function.end_lineno], function.lineno)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for n, line in numbered if n not in said)


def test_no_function_is_longer_than_a_screen():
    found = {}
    for path in modules():
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{path.relative_to(LIBRARY)}: {node.name}"] = code_lines(node, text.splitlines())
    assert len(found) > 500
    assert {name: lines for name, lines in found.items() if lines > MOST_LINES} == {}
