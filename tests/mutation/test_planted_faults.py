"""The suite earns its trust: a copy of the library with one planted fault must fail the tests that are meant for it.

A fault is an edit of one place in the source, or a mistake that students make: one of the course's catalogue, put in
the place of the library's function. The copy's tests run in a process of their own; every named test must fail there,
and none may fail in the copy without a fault, nor with the exercises' solutions in the places of the mistakes.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sl1lib import course

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Fault:
    file: str  # below sl1lib/
    right: str
    wrong: str
    caught_by: tuple[str, ...]  # below tests/

    def plant(self, library: Path) -> None:
        source = library / self.file
        text = source.read_text(encoding="utf-8")
        assert text.count(self.right) == 1, f"{self.file} holds {self.right!r} {text.count(self.right)} times"
        source.write_text(text.replace(self.right, self.wrong), encoding="utf-8")


@dataclass(frozen=True)
class Slip:
    """A mistake of the course's catalogue; with no name, the solution."""

    file: str
    exercise: str
    mistake: str
    caught_by: tuple[str, ...]
    instead: str = ""  # how it takes the function's place, where the library's takes more than the exercise's

    def plant(self, library: Path) -> None:
        q = course.exercise(self.exercise)
        code = q.wrong_source(*[mistake for mistake in q.mistakes if mistake.name == self.mistake])
        code = code.replace(f"def {q.name}(", f"def planted_{q.name}(")
        source = library / self.file
        text = source.read_text(encoding="utf-8")
        source.write_text(f"{text}\n\n{code}\n\n{self.instead or f'{q.name} = planted_{q.name}'}\n", encoding="utf-8")


CONV2D = (
    "conv2d = lambda x, kernel, bias=None: planted_conv2d(x, kernel, np.zeros(len(kernel)) if bias is None else bias)"
)


FAULTS = {
    "relu-mask-from-the-wrong-tensor": Fault(
        "reference/network.py",
        "return relu_backward(dy, before)",
        "return relu_backward(dy, dy)",
        (
            "reference/test_gradients.py::test_the_whole_network[table-penalty0-b1]",
            "parity/test_network.py::test_backward_is_autograd_through_pytorchs_layers",
        ),
    ),
    "pooling-without-one-over-k-squared": Slip(
        "reference/pooling.py",
        "avg_pool2d",
        "sum_for_mean",
        ("parity/test_pooling.py::test_pooling_is_the_formula", "reference/test_gradients.py::test_pooling"),
    ),
    "gradient-of-pooling-without-one-over-k-squared": Slip(
        "reference/pooling.py",
        "avg_pool2d_backward",
        "not_divided",
        ("parity/test_pooling.py::test_backward_is_the_adjoint", "reference/test_gradients.py::test_pooling"),
    ),
    "kernel-flipped": Slip(
        "reference/convolution.py",
        "conv2d",
        "kernel_flipped",
        (
            "parity/test_convolution.py::test_a_kernel_with_a_single_one_picks_that_place",
            "reference/test_gradients.py::test_convolution",
        ),
        CONV2D,
    ),
    "kernel-flipped-in-the-gradient": Slip(
        "reference/convolution.py",
        "conv2d_input_grad",
        "kernel_flipped",
        (
            "parity/test_convolution.py::test_backward_is_the_adjoint_in_the_image_and_in_the_kernel",
            "reference/test_gradients.py::test_convolution",
        ),
    ),
    "kernel-flipped-in-fast": Fault(
        "fast/convolution.py",
        "F.conv2d(x, kernel, bias)",
        "F.conv2d(x, kernel.flip(2, 3), bias)",
        (
            "parity/test_convolution.py::test_a_kernel_with_a_single_one_picks_that_place",
            "parity/test_network.py::test_forward_is_pytorchs_layers",
        ),
    ),
    "eps-ignored-in-the-gradient": Slip(
        "reference/profiles.py",
        "huber_slope",
        "eps_ignored",
        (
            "parity/test_smoothing.py::test_value_and_slope_are_the_tables",
            "reference/test_gradients.py::test_penalty[node-huber]",
        ),
        "Huber.slope = lambda self, r, eps: planted_huber_slope(r, eps)",
    ),
    "eps-ignored-in-the-gradient-in-fast": Fault(
        "fast/profiles.py",
        "return (r / eps).clamp(max=1)",
        "return torch.sign(r)",
        (
            "parity/test_smoothing.py::test_value_and_slope_are_the_tables",
            "fast/test_autograd.py::test_curvature_at_zero",
        ),
    ),
    "softmax-without-its-shift": Slip(
        "reference/activations.py",
        "softmax",
        "no_shift",
        ("parity/test_dense_and_entropy.py::test_extreme_scores_stay_finite_and_right",),
        "softmax = lambda s: planted_softmax(np.asarray(s))",
    ),
    "kernels-side-by-side-without-padding": Fault(
        "engine/passes.py",
        "whole = REGISTERS // math.gcd(REGISTERS, pairs)",
        "whole = 1",
        (
            "engine/test_neighbours.py::test_alone_or_beside_others_in_any_order_a_training_gives_the_same_bits[Engine-text-float32-cross_entropy]",
        ),
    ),
    "a-penalty-alone-rounds-otherwise": Fault(
        "engine/penalties.py",
        "self._take(dU).addcmul_(quotient, u)",
        "self._take(dU).addcmul_(quotient, u) if self._all else self._take(dU).add_(quotient * u)",
        (
            "engine/test_neighbours.py::test_alone_or_beside_others_in_any_order_a_training_gives_the_same_bits[Engine-table-float32-cross_entropy]",
        ),
    ),
    "gradient-of-the-entropy-without-one-over-N": Fault(  # the course's takes classes only, no rows of probabilities
        "reference/losses.py",
        "return (softmax(logits) - targets) / len(logits)",
        "return softmax(logits) - targets",
        ("reference/test_gradients.py::test_cross_entropy",),
    ),
}


def run_tests(home: Path, tests: set[str], *faults: Fault | Slip) -> tuple[int, set[str], str]:
    """Run ``tests`` on a copy of the library below ``home``; return the exit code, the failures, the output."""
    home.mkdir()
    shutil.copy(ROOT / "pyproject.toml", home)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "sl1lib", home / "sl1lib", ignore=ignored)
    (home / "tests").mkdir()
    for name in ("conftest.py", "support.py"):
        shutil.copy(ROOT / "tests" / name, home / "tests")
    for name in ("reference", "fast", "engine", "parity"):
        shutil.copytree(ROOT / "tests" / name, home / "tests" / name, ignore=ignored)
    for fault in faults:
        fault.plant(home / "sl1lib")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile=sl1lib-quick"]
        + [f"tests/{test}" for test in sorted(tests)],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    failed = set(re.findall(r"^FAILED tests/(\S+)", done.stdout, flags=re.MULTILINE))
    return done.returncode, failed, done.stdout + done.stderr


def test_without_a_fault_all_of_these_tests_pass(tmp_path):
    code, failed, output = run_tests(tmp_path / "copy", {test for fault in FAULTS.values() for test in fault.caught_by})
    assert (code, failed) == (0, set()), output


def test_with_the_exercises_solutions_in_the_place_of_the_librarys_functions_they_pass(tmp_path):
    slips = [replace(fault, mistake="") for fault in FAULTS.values() if isinstance(fault, Slip)]
    assert len(slips) >= 6
    code, failed, output = run_tests(tmp_path / "copy", {test for slip in slips for test in slip.caught_by}, *slips)
    assert (code, failed) == (0, set()), output


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_caught(tmp_path, fault):
    code, failed, output = run_tests(tmp_path / "copy", set(fault.caught_by), fault)
    assert code == 1, output
    for test in fault.caught_by:
        assert any(name == test or name.startswith(f"{test}[") for name in failed), output
