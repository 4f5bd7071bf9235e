"""A class's hand-ins: each gets what it is worth, and one that attacks gets nothing and costs its time alone."""

import csv
import json
import sys
import textwrap
import time

import numpy as np
import pytest

from sl1lib import course
from sl1lib.course.grading import grade, grade_submission, prepared
from sl1lib.course.marks import csv_text, write_csv, write_json
from sl1lib.course.sandbox import GRACE
from sl1lib.course.submission import Submission, submissions

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
        for module in list(sys.modules.values()):
            for name in ("agrees", "_close", "_alike", "judge", "encode", "same", "allclose", "array_equal"):
                if hasattr(module, name):
                    try:
                        setattr(module, name, lambda *given, **named: True)
                    except Exception:
                        pass
        np.abs = np.isfinite = lambda *given: np.ones(1, bool)
        def avg_pool2d(a, k):
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
        import sys, importlib
        sys.meta_path[:] = [each for each in sys.meta_path if "Finder" not in type(each).__name__ or
                            type(each).__module__ != "sl1lib.course.confined"]
        for name in [name for name in sys.modules if name.startswith("sl1lib")]:
            del sys.modules[name]
        try:
            import sl1lib.reference as reference
        except Exception as error:
            reference = None
        def avg_pool2d(a, k):
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
        builtins.isinstance = lambda *given: False
        builtins.PermissionError = Warning
        class Text(str):
            def lower(self):
                return "/usr/lib/nothing"
        def avg_pool2d(a, k):
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
    found = marks(asked, "while True:\n    pass", seconds=0.5)
    assert [verdict.mistake for verdict in found.verdicts.values()] == ["endless", "endless"]
    assert "ended its process while it was read (time)" in found.notes[0]
    slow = "import time\ndef avg_pool2d(a, k):\n    time.sleep(0.02)\n    return a + 0.01"
    started = time.monotonic()
    assert not marks(asked, slow, seconds=1.0).verdicts["avg_pool2d"].passed
    assert time.monotonic() - started < 30  # looking for the smallest failing case counts, too
