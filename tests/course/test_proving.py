"""An exercise of a teacher's own that does not hold is told why; one that holds, in one sentence."""

import pytest
from own_exercise import OWN

from sl1lib import cli, course

MISTAKE = '("2 * x", "3 * x")'
BROKEN = {
    "change": (
        MISTAKE,
        '("2 *x", "3 * x")',
        "the change of tripled is '2 *x'; it must occur once",
    ),
    "syntax": (MISTAKE, '("2 * x", "3 * (x")', "tripled cannot be made: '(' was never closed"),
    "right": (MISTAKE, '("2 * x", "x + x")', "The answers of the mistake tripled are right in all calls"),
    "twin": (
        "mistakes=[",
        f'mistakes=[Mistake("three", {MISTAKE}, "a. b."),',
        "tripled are those of three in",
    ),
    "sizes": (
        "lambda draw, n: (draw.numbers(n),)",
        "lambda draw, k: (draw.numbers(k),)",
        "names of `sizes`, n, and",
    ),
    "arity": (
        "(np.array([3.0]),))",
        "(np.array([3.0]), 1))",
        "A call has 2 arguments; the solution takes (x)",
    ),
    "stops": ("return 2 * x", "return [][1] if x.size > 1 else 2 * x", "The solution stops with IndexError in a call"),
    "infinite": (
        "np.array([3.0])",
        "np.array([np.inf])",
        "The right answer is not finite in a call of the check",
    ),
    "changes": ("    return 2 * x", "    x += x\n    return 2 * x / 2", "The solution does not pass."),
    "thought": ("2 * x\n", "0 * x + 1\n", "1 everywhere, gets 1 of 1: add a case that it fails"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_does_not_hold_is_told(tmp_path, broken):
    right, wrong, told = BROKEN[broken]
    assert right in OWN
    text = OWN.replace(right, wrong, 1)
    if broken == "thought":
        text = text.replace(MISTAKE, '("+ 1", "+ 2")')
    (tmp_path / "doubled.py").write_text(text, encoding="utf-8")
    faults = course.prove(tmp_path / "doubled.py")
    assert [fault for fault in faults if told in fault], faults
    assert repr(faults).startswith("doubled:\n  - ")


def test_the_command_says_what_holds_and_ends_with_1_where_something_does_not(tmp_path, capsys):
    (tmp_path / "doubled.py").write_text(OWN, encoding="utf-8")
    assert cli.main(["course", "prove", "dense", str(tmp_path / "doubled.py")]) == 0
    assert capsys.readouterr().out.count("the solution passes") == 2
    (tmp_path / "broken.py").write_text(OWN.replace(*BROKEN["right"][:2]), encoding="utf-8")
    assert cli.main(["course", "prove", str(tmp_path / "broken.py")]) == 1
    assert cli.main(["course", "prove"]) == 2
