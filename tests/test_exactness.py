"""Floating-point results are equal to a tolerance; where equality is exact, a comment says why it may be.

Rounding differs between processors, so a check that two sums agree to the bit holds on the machine where it was
written. Integers, selections, copies, round trips through a file and repetitions within one process may be equal.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "book").rglob("*.ipynb")])
MARK = re.compile(r"# exact: \S")
EXACT = {"array_equal", "assert_array_equal", "assert_equal", "equal"}  # the last one is torch's
CLOSE = {"allclose", "assert_allclose", "assert_close", "agrees", "isclose"}  # equal, where the tolerance is 0
COMPUTED = {"mean", "std", "var", "norm", "dot", "matmul", "tobytes"}  # no integers, as sums may be


def name_of(node: ast.AST) -> str:
    """The last name of what is called: `array_equal` for `np.array_equal(a, b)`."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def equality(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops)


def tolerances(call: ast.Call) -> list[ast.AST]:
    return [*call.args[2:], *(each.value for each in call.keywords if each.arg in {"rtol", "atol", "rel", "abs"})]


def is_computed(node: ast.AST) -> bool:
    """Whether one side of a comparison was rounded for certain: a mean, a product of matrices, a digest of bits."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult) or is_computed(node.left) or is_computed(node.right)
    return name_of(node) in COMPUTED


def is_result(node: ast.AST) -> bool:
    """Whether it was returned by a function, and not by one that rounds it to a few digits or compares loosely."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return isinstance(node, ast.Call | ast.BinOp) and name_of(node) not in {"approx", "round"}


def is_exact(node: ast.AST, asserted: bool) -> bool:
    """Whether a node compares arrays, or numbers that were computed, for equality."""
    if isinstance(node, ast.Call):
        of = [node.func.value] if isinstance(node.func, ast.Attribute) and not node.args else node.args[:1]
        none = [isinstance(each, ast.Constant) and each.value == 0 for each in tolerances(node)]
        return (
            name_of(node) in EXACT
            or (name_of(node) == "all" and any(map(equality, of)))
            or (name_of(node) in CLOSE and bool(none) and all(none))
        )
    if not equality(node):
        return False
    sides = [node.left, *node.comparators]
    fractions = any(isinstance(side, ast.Constant) and isinstance(side.value, float) for side in sides)
    return (any(map(is_computed, sides)) and all(name_of(side) != "approx" for side in sides)) or (
        asserted and fractions and any(map(is_result, sides))
    )


def unmarked(source: str) -> Iterator[int]:
    """Yield the lines of exact comparisons without a reason, beside them or on the line above their statement."""
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and MARK.match(token.string)
    }
    for statement in ast.walk(ast.parse(source)):
        if not isinstance(statement, ast.stmt):
            continue
        asserted = isinstance(statement, ast.Assert)
        heads = [node for node in ast.iter_child_nodes(statement) if not isinstance(node, ast.stmt)]
        found = [node.lineno for head in heads for node in ast.walk(head) if is_exact(node, asserted)]
        last = max([getattr(head, "end_lineno", 0) for head in heads], default=0)
        if found and not comments & set(range(statement.lineno - 1, last + 1)):
            yield min(found)


def sources(path: Path) -> Iterator[tuple[str, str]]:
    name = path.relative_to(ROOT).as_posix()
    if path.suffix == ".py":
        yield name, path.read_text(encoding="utf-8")
        return
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            yield f"{name}, cell {cell.id}", cell.source


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_compared_exactly_says_why_it_may_be(path):
    found = [f"{name}:{line}" for name, source in sources(path) for line in unmarked(source)]
    assert not found, (
        "floating-point results differ between processors: compare them to a tolerance, or say why they are equal, "
        f"as in `# exact: a copy`: {', '.join(found)}"
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("assert (a @ b == b.T @ a).all()", True),
        ("assert np.all(a == b)", True),
        ("assert np.array_equal(a, b)", True),
        ("assert torch.equal(a, b)", True),
        ("np.testing.assert_allclose(a, b, rtol=0, atol=0)", True),
        ("assert a.mean() == b", True),
        ("assert f(1)[0] == 0.5", True),
        ("assert a.tobytes() == b.tobytes()", True),
        ("if x:\n    assert (a == b).all()  # exact:", True),
        ("# exact: one statement, and not the next\nx = 1\nassert (a == b).all()", True),
        ("assert (a == b).all()  # exact: integers", False),
        ("# exact: a copy\nassert np.array_equal(\n    a, b\n)", False),
        ("assert np.allclose(a, b, rtol=0, atol=1e-12)", False),
        ("assert a.mean() == pytest.approx(b)", False),
        ("assert len(a) == 3", False),
        ("assert (a < b).all()", False),
    ],
)
def test_what_is_found(source, found):
    assert bool(list(unmarked(source))) == found
