"""A class's hand-ins: each gets what it is worth, and one that attacks gets nothing and costs its time alone."""

import csv
import json
import os
import textwrap
import time

import pytest

from sl1lib import course
from sl1lib.course.grading import grade, grade_submission, prepared
from sl1lib.course.marks import write_csv, write_json
from sl1lib.course.sandbox import GRACE
from sl1lib.course.submission import Submission

POOL, SOFTMAX = course.exercise("avg_pool2d"), course.exercise("softmax")
SECONDS = 2.0  # enough for a right answer on a busy machine
RIGHT = """
import numpy as np

def avg_pool2d(a, k):
    n, c, h, w = a.shape
    return a.reshape(n, c, h // k, k, w // k, k).mean(axis=(3, 5))
"""
RIGHT_SOFTMAX = """
import numpy as np

def softmax(s):
    powers = np.exp(s - s.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
"""


@pytest.fixture(scope="module")
def asked():
    return [prepared(POOL, seed=7), prepared(SOFTMAX, seed=7)]


def marks(asked, source, seconds=SECONDS):
    pieces = tuple(
        (f"eve: eve.py, cell {n}", textwrap.dedent(each)) for n, each in enumerate([source, RIGHT_SOFTMAX], 1)
    )
    return grade_submission(Submission("eve", pieces), asked, seconds)


def test_right_and_wrong_answers_get_what_a_check_gives_them(asked):
    found = marks(asked, RIGHT)
    assert [verdict.passed for verdict in found.verdicts.values()] == [True, True]
    assert found.score == found.points == 4
    found = marks(asked, RIGHT.replace(".mean(", ".sum("))
    assert found.verdicts["avg_pool2d"].mistake == "sum_for_mean"
    assert found.score == 3


#: Attacks on the mark: the source, and what is found. The right softmax beside each gets its points all the same.
ATTACKS = {
    "leaves": ("import os\ndef avg_pool2d(a, k):\n    os._exit(0)", "crash"),
    "leaves with the code of a right answer": ("import sys\ndef avg_pool2d(a, k):\n    sys.exit(0)", "exception"),
    "writes answers to every file": (
        """
        import json, os
        def avg_pool2d(a, k):
            line = json.dumps({"result": json.dumps(1.0), "error": None, "places": [], "changed": [], "shared": [],
                               "printed": "", "calls": [], "passed": True, "credit": 1.0, "score": 100})
            for number in range(100):
                try:
                    os.write(number, (line + "\\n").encode() * 20)
                except OSError:
                    pass
            return a
        """,
        None,
    ),
    "says that it was lost": (
        """
        import os
        def avg_pool2d(a, k):
            for number in range(100):
                try:
                    os.write(number, b'{"lost": "call me in your own process"}\\n')
                except OSError:
                    pass
        """,
        "crash",
    ),
    "writes what is no answer": (
        """
        import os
        def avg_pool2d(a, k):
            for number in range(100):
                try:
                    os.write(number, b"[" * 100000 + b"\\n")
                except OSError:
                    pass
        """,
        "crash",
    ),
    "writes without an end": (
        """
        import os
        def avg_pool2d(a, k):
            while True:
                for number in range(3, 100):
                    try:
                        os.write(number, b"x" * 65536)
                    except OSError:
                        pass
        """,
        None,
    ),
    "closes every file and goes on": (
        """
        import os
        def avg_pool2d(a, k):
            os.closerange(0, 100)
            while True:
                pass
        """,
        "crash",
    ),
    "patches NumPy, the library and what compares": (
        """
        import sys
        import numpy as np
        import sl1lib.course.comparing as comparing
        comparing.agrees = lambda *given: True
        np.abs = np.isfinite = lambda *given: np.ones(1, bool)
        def avg_pool2d(a, k):
            comparing.agrees = lambda *given: True
            frame, modules = sys._getframe(), list(sys.modules.values())
            while frame:
                modules += [each for each in frame.f_globals.values() if hasattr(each, "__dict__")]
                frame = frame.f_back
            for module in modules:
                for name in ("agrees", "_close", "_alike", "judge", "encode", "same", "allclose", "array_equal"):
                    if hasattr(module, name):
                        try:
                            setattr(module, name, lambda *given, **named: True)
                        except Exception:
                            pass
            return a
        """,
        None,
    ),
    "looks for the right answer in its callers": (
        """
        import sys
        def avg_pool2d(a, k):
            frame, wanted = sys._getframe(), (a.shape[0], a.shape[1], a.shape[2] // k, a.shape[3] // k)
            while frame:
                for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
                    for each in [value, *getattr(value, "__dict__", {}).values()]:
                        found = getattr(each, "expected", None)
                        if getattr(found, "shape", None) == wanted:
                            return found
                frame = frame.f_back
            return np.zeros(wanted)
        """,
        None,
    ),
    "takes the library's function": (
        "from sl1lib import reference\ndef avg_pool2d(a, k):\n    return reference.avg_pool2d(a, k)",
        "forbidden_call",
    ),
    "takes the solution": (
        """
        def avg_pool2d(a, k):
            from sl1lib import course
            return course.exercise("avg_pool2d").function(a, k)
        """,
        "forbidden_call",
    ),
    "puts back what was taken away": (
        """
        import sys
        def avg_pool2d(a, k):
            sys.meta_path[:] = [each for each in sys.meta_path if type(each).__name__ != "_Finder"]
            for name in [name for name in sys.modules if name.startswith("sl1lib")]:
                del sys.modules[name]
            import sl1lib.reference as reference
            return reference.avg_pool2d(a, k)
        """,
        "exception",
    ),
    "reads the solution's file": (
        f"""
        def avg_pool2d(a, k):
            names = {{}}
            exec(open({POOL.function.__code__.co_filename!r}).read().split("EXERCISE")[0].replace("from", "#"), names)
            return names["avg_pool2d"](a, k)
        """,
        "exception",
    ),
    "patches what the fence calls": (
        f"""
        import builtins
        class Text(str):
            def lower(self):
                return "/usr/lib/nothing"
        def avg_pool2d(a, k):
            builtins.isinstance = lambda *given: False
            builtins.PermissionError = Warning
            names = {{}}
            exec(open(Text({POOL.function.__code__.co_filename!r})).read().split("EXERCISE")[0], names)
            return names["avg_pool2d"](a, k)
        """,
        "exception",
    ),
    "takes the fence from a traceback": (
        f"""
        import os
        def avg_pool2d(a, k):
            try:
                open("/etc/hostname-or-nothing")
            except Exception as error:
                frame = error.__traceback__
                while frame.tb_next:
                    frame = frame.tb_next
                frame.tb_frame.f_locals.update(roots=("/",), hidden=(), stopped=frozenset(), root="", path="")
                frame.tb_frame.f_globals.update(STOPPED=frozenset(), WRITES=0)
            names = {{}}
            exec(open({POOL.function.__code__.co_filename!r}).read().split("EXERCISE")[0].replace("from", "#"), names)
            return names["avg_pool2d"](a, k)
        """,
        "exception",
    ),
    "starts processes without end": (
        "import os\ndef avg_pool2d(a, k):\n    while True:\n        os.fork()",
        "exception",
    ),
    "starts a program": ("import os\ndef avg_pool2d(a, k):\n    os.system('true')", "exception"),
    "asks for 20 GiB": ("import numpy as np\ndef avg_pool2d(a, k):\n    return np.ones(20 * 2**27)", "memory"),
    "kills its parent": ("import os\ndef avg_pool2d(a, k):\n    os.kill(os.getppid(), 9)", "exception"),
    "writes a file": ("def avg_pool2d(a, k):\n    open('marks.csv', 'w').write('eve,100')", "exception"),
    "removes a file": ("import shutil\ndef avg_pool2d(a, k):\n    shutil.rmtree('/tmp/sl1-nothing')", "exception"),
    "calls a phone": (
        "import socket\ndef avg_pool2d(a, k):\n    socket.create_connection(('127.0.0.1', 9), 1)",
        "exception",
    ),
    "calls machine code": (
        "import ctypes\ndef avg_pool2d(a, k):\n    return ctypes.CDLL(None).getpid()",
        "exception",
    ),
    "returns an array of a hundred axes": (
        "import numpy as np\ndef avg_pool2d(a, k):\n    return np.broadcast_to(1.0, (3,) * 32)",
        "wrong_type",
    ),
    "returns a number without end": ("def avg_pool2d(a, k):\n    return 10**100000", "wrong_type"),
    "returns a text without end": ("def avg_pool2d(a, k):\n    return 'x' * 10**8", "wrong_type"),
    "says that it took no argument": ("def avg_pool2d(*given):\n    given[0][...] = 0\n    return given[0]", None),
    "remembers the cases": (
        f"""
        import numpy as np
        def avg_pool2d(a, k):
            known = {[(case[1][0].tolist(), case[1][1]) for case in POOL.cases]!r}
            if (a.tolist(), k) in known:
                n, c, h, w = a.shape
                return np.array([[[[a[0, 0, i:i+k, j:j+k].sum() / k**2 for j in range(0, w, k)]
                                   for i in range(0, h, k)]]])
            return np.zeros((a.shape[0], a.shape[1], a.shape[2] // k, a.shape[3] // k))
        """,
        None,
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gets_nothing_and_takes_nothing_from_the_answer_beside_it(asked, attack):
    source, finding = ATTACKS[attack]
    started = time.monotonic()
    found = marks(asked, source)
    pool, softmax = found.verdicts["avg_pool2d"], found.verdicts["softmax"]
    assert (pool.passed, pool.credit) == (False, 0), pool
    assert finding is None or pool.mistake == finding, pool
    assert attack.startswith("patches") or softmax.passed, (softmax, found.notes)
    assert time.monotonic() - started < 4 * (SECONDS + GRACE) + 30  # its time, a new process, a busy machine
    assert len(str(pool)) < 10_000


def test_an_endless_function_costs_its_time_and_an_endless_file_all_of_it(asked):
    found = marks(asked, "def avg_pool2d(a, k):\n    while True:\n        pass", seconds=0.5)
    assert [verdict.mistake for verdict in found.verdicts.values()] == ["endless", None]
    found = marks(asked, RIGHT + "while True:\n    again = avg_pool2d", seconds=0.5)
    assert found.score == 4  # what no function needs is not run
    found = marks(asked, "import numpy as np\nwhile True:\n    np.pi = 3", seconds=0.5)
    assert [verdict.mistake for verdict in found.verdicts.values()] == ["endless", "endless"]
    assert "ended its process while it was read (time)" in found.notes[0]
    slow = "import time\ndef avg_pool2d(a, k):\n    time.sleep(0.02)\n    return a + 0.01"
    started = time.monotonic()
    assert not marks(asked, slow, seconds=1.0).verdicts["avg_pool2d"].passed
    assert time.monotonic() - started < 30  # looking for the smallest failing case counts, too


def test_a_function_that_python_cannot_read_and_one_that_is_missing_are_told_apart(asked):
    found = marks(asked, RIGHT.replace("return", "return return"))
    assert found.verdicts["avg_pool2d"].mistake == "syntax_error"
    assert "eve.py, cell 1: SyntaxError in line 6" in found.verdicts["avg_pool2d"].message
    assert found.verdicts["softmax"].passed
    found = marks(asked, "pooled = 3")
    assert found.verdicts["avg_pool2d"].mistake == "not_attempted"
    assert "no function `avg_pool2d`" in found.verdicts["avg_pool2d"].message
    found = marks(asked, "kernel = undefined\n" + RIGHT.replace("k, w", "k + 0 * kernel, w"))
    assert found.verdicts["avg_pool2d"].mistake == "exception"
    assert found.notes == ("eve.py, cell 1: NameError in line 1: name 'undefined' is not defined",)


def notebook(*cells):
    return json.dumps(
        {"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells], "nbformat": 4}
    )


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """What ten students of a class hand in."""
    folder = tmp_path_factory.mktemp("handed in")
    files = {
        "ada.ipynb": notebook(
            "%pip install sl1lib\nfrom sl1lib import course", RIGHT, 'course.check("avg_pool2d", avg_pool2d)'
        ),
        "bob/pool.py": "# %%\n" + RIGHT + "\n# %%\nprint(avg_pool2d(1, 2))\n",
        "bob/softmax.ipynb": notebook("import numpy as np", RIGHT_SOFTMAX, "!rm -rf /", "softmax?"),
        "cem.py": RIGHT.replace(".mean(", ".sum("),
        "dee.py": RIGHT.replace(".mean(axis=(3, 5))", ".mean(axis=(3, 5)) ** 2"),
        "eve.py": ATTACKS["writes answers to every file"][0],
        "fay.py": "def avg_pool2d(a, k):\n    while True:\n        pass\n",
        "gus.py": "",
        "hal.ipynb": '{"cells": 3}',
        "ivy.py": RIGHT + "\n\ndef softmax(s)\n    return s\n",
        "=cmd.py": "def avg_pool2d(a, k):\n    ...\n",
        ".hidden.py": RIGHT,
        "notes.txt": "no submission",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    (folder / "jan").mkdir()
    (folder / "bob" / ".ipynb_checkpoints").mkdir()
    (folder / "bob" / ".ipynb_checkpoints" / "pool.py").write_text("def avg_pool2d(a, k):\n    return a\n")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.py")  # reading it would never end
    return folder


def test_a_folder_becomes_a_table_of_marks_and_a_file_for_each_student(handed_in, tmp_path):
    seen = []
    found = course.grade(handed_in, [POOL, SOFTMAX], seconds=SECONDS, done=seen.append)
    assert sorted(each.student for each in seen) == [each.student for each in found]
    scores = {each.student: each.score for each in found}
    expected = {
        "ada": 2,
        "bob": 4,
        "cem": 1,
        "dee": 0,
        "eve": 0,
        "fay": 0,
        "gus": 0,
        "hal": 0,
        "ivy": 0,
        "jan": 0,
        "=cmd": 0,
    }
    assert scores == expected | ({"pipe": 0} if hasattr(os, "mkfifo") else {})
    notes = {each.student: each.notes for each in found}
    assert "hal.ipynb cannot be read: it is no notebook" in notes["hal"][0]
    assert notes["jan"] == ("the folder is empty",)
    write_csv(found, tmp_path / "marks.csv")
    with open(tmp_path / "marks.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert "'=cmd" in rows  # no formula
    assert (rows["cem"]["score"], rows["cem"]["of"]) == ("1", "4")
    assert rows["cem"]["avg_pool2d: finding"] == "sum_for_mean"
    assert rows["ivy"]["softmax: finding"] == "syntax_error"
    assert rows["ada"]["avg_pool2d: finding"] == "passed"
    write_json(found, tmp_path / "json")
    cem = json.loads((tmp_path / "json" / "cem.json").read_text(encoding="utf-8"))
    assert (cem["score"], cem["max_score"]) == (1, 4)
    assert "divide" in cem["tests"][0]["output"]


def test_what_cannot_be_graded_is_refused_with_a_reason(tmp_path):
    with pytest.raises(ValueError, match="is no folder"):
        grade(tmp_path / "nothing")
    with pytest.raises(ValueError, match="holds no submission"):
        grade(tmp_path)
    (tmp_path / "ada.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match="no submission has a function"):
        grade(tmp_path)
    with pytest.raises(ValueError, match="seconds is 0"):
        grade(tmp_path, seconds=0)
    with pytest.raises(ValueError, match="jobs is 0"):
        grade(tmp_path, jobs=0)


def test_each_grading_asks_other_questions_unless_it_is_told_which():
    one, other, same = (prepared(POOL, seed).trials[-1].arguments[0] for seed in (1, 2, 1))
    assert one.shape != other.shape or (one != other).any()
    assert (one == same).all()  # exact: one seed, drawn twice
