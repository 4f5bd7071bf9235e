"""What a check says to everything that people hand in, and what it survives."""

import dataclasses
import functools
import importlib.util
import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from own_exercise import OWN

import sl1lib.reference
from sl1lib import course
from sl1lib.course import sandbox
from sl1lib.course.carrying import pack, unpack
from sl1lib.course.checking import judge
from sl1lib.course.sandbox import SANDBOX, Sandbox, run_here

POOL = course.exercise("avg_pool2d")
SOFTMAX = course.exercise("softmax")
RELU = course.exercise("relu_backward")


def means(a, k):
    n, c, h, w = a.shape
    return a.reshape(n, c, h // k, k, w // k, k).mean(axis=(3, 5))


def endless(a, k):
    while True:
        pass


def greedy(a, k):
    return np.ones(20 * 2**27)


def growing(a, k):
    numbers = []
    while True:
        numbers.append("x" * 10**6 + str(len(numbers)))


def forking(a, k):
    import os

    while True:
        os.fork()


def starting(a, k):
    import subprocess

    subprocess.run(["echo"], check=False)


def quitting(a, k):
    import os

    os._exit(3)


def leaving(a, k):
    raise SystemExit


def printing(a, k):
    print(a.mean())


def silent(a, k):
    a.mean()


def misspelt(a, k):
    n = len(a)
    return a.reshpe(n)


def asking(a, k):
    return input("k? ")


def undecided(a, k):
    raise NotImplementedError


def one_gap(a, k):
    return a / ...


def changing(a, k):
    answer = means(a, k)
    a *= 0
    return answer


def flat(a, k):
    return means(a, k)[0]


def single(a, k):
    return means(a.astype(np.float32), k)


def far_too_large(a, k):
    return np.ones((2000, 2000))


def listed(a, k):
    return means(a, k).tolist()


def lazily(a, k):
    return (row for row in a)


def twice(a, k):
    return means(a, k), 0


def with_the_library(a, k):
    return sl1lib.reference.avg_pool2d(a, k)


def as_tensor(a, k):
    import torch

    return torch.from_numpy(means(a, k))


ON_OTHER_DATA = np.zeros((1, 1, 4, 4))


def on_other_data(image, k):
    return means(ON_OTHER_DATA, k)


CALLS = []


def tired(a, k):
    CALLS.append(k)
    return means(a, k) * (len(CALLS) <= len(POOL.trials))


HANDED_IN = [
    (3, "not_a_function", "an int, not a function"),
    (None, "not_attempted", "Nothing was handed in"),
    (lambda a: a, "wrong_arguments", "takes (a); the exercise asks for (a, k)"),
    (undecided, "not_attempted", "NotImplementedError"),
    (one_gap, "not_attempted", "`...`"),
    (greedy, "memory", "asks in its line 2, `return np.ones(20 * 2**27)`, for more memory than there is"),
    (growing, "memory", "memory"),
    (forking, "exception", "os.fork is not allowed"),
    (starting, "exception", "not allowed"),
    (quitting, "crash", "ended the whole Python process"),
    (leaving, "exception", "stops in its line 2, `raise SystemExit`, with SystemExit"),
    (printing, "prints_instead", "prints '3.0' and returns nothing"),
    (silent, "returns_nothing", "returns None"),
    (misspelt, "exception", "stops in its line 3, `return a.reshpe(n)`, with AttributeError: "),
    (asking, "exception", "EOFError"),
    (changing, "changed_argument", "`a` in place"),
    (flat, "wrong_shape", "The shape is (1, 1, 1); it should be (1, 1, 1, 1). Only axes of length 1"),
    (far_too_large, "wrong_shape", "The shape is (2000, 2000); it should be (1, 1, 1, 1)"),
    (single, "single_precision", "float32"),
    (listed, "wrong_type", "The answer is a list; a NumPy array is expected"),
    (lazily, "wrong_type", "The answer is a generator"),
    (twice, "wrong_type", "The answer is a tuple"),
    (with_the_library, "forbidden_call", "calls sl1lib.reference.pooling.avg_pool2d"),
    (sl1lib.reference.avg_pool2d, "forbidden_call", "is sl1lib.reference.pooling.avg_pool2d"),
    (on_other_data, "reads_global", "reads `ON_OTHER_DATA` from outside; its arguments are image, k"),
    (tired, "not_repeatable", "Asked the same a second time"),
]


@pytest.mark.parametrize(("function", "finding", "words"), HANDED_IN, ids=[case[1] for case in HANDED_IN])
def test_everything_that_people_hand_in_has_its_sentence(function, finding, words):
    verdict = POOL.check(function)
    assert (verdict.passed, verdict.mistake) == (False, finding), verdict
    assert words in str(verdict)
    assert verdict.credit == course.FINDINGS[finding]
    assert "Traceback" not in str(verdict)


@pytest.mark.parametrize(
    ("name", "function", "finding", "words"),
    [
        ("dense_backward", lambda ds, o, U: (ds @ U, ds.T @ o), "wrong_count", "returns 2 values; 3 are expected"),
        ("dense_backward", lambda ds, o, U: ds @ U, "wrong_count", "returns 1 value; 3 are expected"),
        ("dead_nodes", lambda U, eps: (np.linalg.norm(U, axis=0) < eps) * 1, "wrong_dtype", "bool is expected"),
        ("penalty", lambda U, eps: "5.5", "wrong_type", "The answer is a str; a number is expected"),
        ("softmax", lambda s: np.full(s.shape, np.nan), "not_finite", "nan at [0, 0]"),
        ("speed_up", "1 / (1 - share", "no_expression", "is no expression in Python"),
    ],
)
def test_what_is_no_answer_to_this_exercise_is_told(name, function, finding, words):
    verdict = course.check(name, function)
    assert (verdict.mistake, words in verdict.message) == (finding, True), verdict


def powers_by_their_sum(s, added=0.0):
    powers = np.exp(s - s.max(axis=-1, keepdims=True))
    return powers / (powers.sum(axis=-1, keepdims=True) + added)


RELATED = [
    ("avg_pool2d", lambda a, k: 3 * means(a, k), "off_by_a_factor", "Your answer is the right one times 3, in every"),
    ("avg_pool2d", lambda a, k: means(a, k) / 7, "off_by_a_factor", "Your answer is the right one divided by 7, in"),
    ("softmax", lambda s: powers_by_their_sum(s) / len(s), "off_by_a_factor", "divided by the length of axis 0 of `s`"),
    (
        "dense_backward",
        lambda ds, o, U: (ds @ U, ds.T @ o, -ds.sum(axis=0)),
        "off_by_a_factor",
        "Value 3 of your answer has the opposite sign",
    ),
    ("pseudo_huber", lambda r, eps: np.hypot(r, eps) + eps, "off_by_a_constant", "is too large by `eps`, in every"),
    ("pseudo_huber", lambda r, eps: np.hypot(r, eps) - 0.5, "off_by_a_constant", "is too small by 0.5, in every call"),
    ("avg_pool2d", lambda a, k: np.flip(means(a, k), (2, 3)), "rearranged", "turned round along axes 2 and 3"),
    ("softmax", lambda s: powers_by_their_sum(s).T, "rearranged", "with axes 0 and 1 exchanged"),
    ("softmax", lambda s: np.roll(powers_by_their_sum(s), 1, -1), "rearranged", "moved along axis 1"),
    ("avg_pool2d", lambda a, k: means(a, k) // 1, "rounded", "Your answer is the right one, rounded down"),
    ("avg_pool2d", lambda a, k: means(a, k) * np.eye(*(np.array(a.shape[2:]) // k)), "partly_zero", "a `return`"),
    ("softmax", lambda s: np.log2(np.exp(powers_by_their_sum(s))), "off_by_a_factor", "a logarithm to base 2"),
    ("softmax", lambda s: powers_by_their_sum(s, 3e-8), "nearly_right", "Your answer is right to about 7 digits"),
]


@pytest.mark.parametrize(("name", "function", "finding", "words"), RELATED)
def test_what_follows_from_the_right_answer_is_told(name, function, finding, words):
    verdict = judge(course.exercise(name), function, run_here)
    assert (verdict.mistake, words in verdict.message) == (finding, True), verdict
    assert verdict.credit == course.FINDINGS[finding]


def test_a_case_that_shows_a_mistake_is_small_even_where_whole_numbers_do_not_show_it():
    verdict = course.check("dead_nodes", lambda U, eps: np.abs(U).mean(axis=0) < 0.9 * eps)
    assert verdict.mistake is None
    assert verdict.case.arguments["U"].size <= 4


def test_every_finding_is_tried_here():
    source = "".join(Path(__file__).with_name(name).read_text("utf-8") for name in ("test_check.py", "test_grading.py"))
    assert [finding for finding in course.FINDINGS if f'"{finding}"' not in source] == []


def test_a_view_of_an_argument_is_told():
    verdict = RELU.check(lambda dy, x: dy if (x > 0).all() else np.where(x > 0, dy, 0.0))
    assert verdict.passed or verdict.mistake == "returns_view"
    assert course.check("softmax", lambda s: np.exp(s)).mistake == "no_shift+not_normalised"
    always = course.Exercise(
        lambda x: x + 0.0,
        "The same",
        "pooling",
        "line",
        1,
        "Return a copy of `x`.",
        cases=[("two numbers", (np.array([1.0, 2.0]),))],
        inputs=lambda draw, n: (draw.numbers(n),),
        sizes={"n": (1, 2)},
        mistakes=[],
        hints=("a", "b", "c"),
    )
    assert always.check(lambda x: x).mistake == "returns_view"
    assert always.check(lambda x: x[:]).mistake == "returns_view"
    assert always.check(lambda x: np.array([int(v) for v in x])).mistake is None


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_a_tensor_in_the_place_of_an_array_is_told():
    verdict = judge(dataclasses.replace(POOL, forbids=()), as_tensor, run_here)
    assert verdict.mistake == "wrong_type"
    assert "The answer is a tensor; a NumPy array is expected" in verdict.message


@pytest.mark.parametrize("run", [functools.partial(SANDBOX.run, seconds=0.3), functools.partial(run_here, seconds=0.3)])
def test_an_endless_loop_is_told_soon_after_its_limit(run):
    start = time.monotonic()
    verdict = judge(POOL, endless, run)
    assert verdict.mistake == "endless"
    assert "after 0.3 seconds" in verdict.message
    assert time.monotonic() - start < 5


def test_after_a_process_was_lost_the_next_check_has_a_new_one():
    assert POOL.check(quitting).mistake == "crash"
    assert POOL.check(means).passed


def test_a_process_that_does_not_get_going_is_no_fault_of_the_function(monkeypatch):
    monkeypatch.setattr(sandbox, "_START", "raise SystemExit(3)")
    alone = Sandbox()
    assert judge(POOL, means, alone.run).passed
    monkeypatch.setattr(sandbox, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(sandbox, "STARTING", 0.2)
    assert judge(POOL, means, alone.run).passed
    alone.close()


def test_where_no_process_can_be_started_the_function_is_called_here(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no processes here")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    alone = Sandbox()
    assert judge(POOL, means, alone.run).passed


def test_a_function_that_cannot_be_carried_is_called_here():
    class Means:  # known to this test alone
        def __call__(self, a, k):
            return means(a, k)

    assert POOL.check(Means()).passed


def written_in_a_notebook(text, **names):
    """What a cell defines: no file has it."""
    namespace = {"__name__": "__main__", "np": np, **names}
    exec(compile(textwrap.dedent(text), "<cell 1>", "exec"), namespace)
    return namespace


def test_functions_of_a_notebook_travel_with_what_they_read():
    cell = written_in_a_notebook(
        """
        factor = 2
        def twice(x):
            return factor * x
        def fall(n):
            return n if n <= 0 else rise(n - 1)
        def rise(n):
            return fall(n - 1)
        def outer(shift):
            def inner(x, *, more=1):
                return twice(x) + shift + more + fall(3)
            return inner
        """
    )
    data = pack(cell["outer"](10))
    assert unpack(data)(1, more=2) == 13
    code = f"from sl1lib.course.carrying import unpack; print(unpack({data!r})(1))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "12"


def test_a_right_function_is_told_what_was_verified_and_quickly():
    POOL.check(means)
    start = time.monotonic()
    verdict = POOL.check(means)
    assert time.monotonic() - start < 0.5 * 4  # four times what is promised: the machine may be busy
    assert verdict.passed
    assert verdict.score == verdict.points == 2
    for words in ("3 cases a person can follow", "12 with random numbers", "1e-09", "since"):
        assert words in verdict.message


def test_a_mistake_is_named_with_a_case_and_a_section_and_without_the_solution():
    verdict = POOL.check(lambda a, k: k * k * means(a, k))
    assert verdict.mistake == "sum_for_mean"
    assert verdict.section == "Pooling, section The equation"
    assert "expected: [[[[3.]]]]" in str(verdict)
    assert "mean(" not in str(verdict)
    assert json.loads(verdict.to_json())["score"] == 1
    card = verdict._repr_html_()
    assert 'role="status"' in card
    assert "not yet" in card
    assert repr(verdict) == str(verdict)


def test_what_no_mistake_explains_gets_the_smallest_failing_case():
    verdict = course.check("softmax", lambda s: powers_by_their_sum(s) ** 2)
    assert verdict.mistake is None
    assert verdict.case.arguments["s"].size <= 2
    assert "numbers differ, first" in str(verdict)


def test_hints_come_one_after_another_and_solutions_can_be_switched_off():
    q = course.exercise("softmax")
    q._hints_given = 0
    assert [str(q.hint())[:11] for _ in range(4)] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    shown = q.hint()._repr_html_()
    assert [f"Hint {number} of 3" in shown for number in (1, 2, 3)] == [True] * 3
    assert "<code>.solution()</code> in place of" in shown
    assert "def softmax(s):" in q.solution()
    course.configure(solutions=False)
    try:
        assert "switched off" in q.solution()
        assert ".solution()" not in q.hint()
    finally:
        course.configure(solutions=True)
    with pytest.raises(TypeError):
        course.configure(solution=False)


def test_sections_are_links_where_the_book_has_an_address():
    course.configure(book="https://example.org/book/")
    try:
        verdict = POOL.check(lambda a, k: k * k * means(a, k))
    finally:
        course.configure(book="")
    assert verdict.link == "https://example.org/book/network/pooling.html#the-equation"
    assert verdict.link in verdict._repr_html_()


def test_the_list_is_a_table_and_unknown_names_are_suggested():
    listing = course.exercises()
    assert len(repr(listing).splitlines()) == len(listing) + 1
    assert listing._repr_html_().count("<tr>") == len(listing) + 1
    with pytest.raises(ValueError, match="did you mean 'softmax'"):
        course.exercise("sofmax")


def test_an_exercise_of_ones_own_is_one_file(tmp_path):
    path = tmp_path / "doubled.py"
    path.write_text(OWN, encoding="utf-8")
    assert course.check(path, lambda x: 3 * x).mistake == "tripled"
    assert course.check(path, lambda x: x + x).passed
    path.write_text("EXERCISE = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no EXERCISE"):
        course.exercise(path)
    with pytest.raises(ValueError, match="is not there"):
        course.exercise(tmp_path / "none.py")


def test_a_change_that_does_not_fit_the_solution_is_refused():
    q = course.exercise("softmax")
    with pytest.raises(ValueError, match="must occur once in the solution, and is found 0 times"):
        q.wrong(course.Mistake("none", ("arctan", "tan"), "No. It is not there."))


def test_the_course_needs_no_pytorch_and_loads_fast():
    heavy = ("torch", "scipy", "matplotlib", "IPython")
    code = f"import sys; from sl1lib import course; course.exercises(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
