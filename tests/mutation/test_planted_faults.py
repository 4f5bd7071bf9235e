"""The suite earns its trust: a copy of the library with one planted fault must fail the tests that are meant for it.

Each fault is an edit of one place in the source. The copy's tests run in a process of their own; every named test must
fail there, and none may fail in the copy without a fault.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Fault:
    file: str  # below sl1lib/
    right: str
    wrong: str
    caught_by: tuple[str, ...]  # below tests/


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
    "pooling-without-one-over-k-squared": Fault(
        "reference/pooling.py",
        "np.sum(places, axis=0) / k**2",
        "np.sum(places, axis=0)",
        ("parity/test_pooling.py::test_pooling_is_the_formula", "reference/test_gradients.py::test_pooling"),
    ),
    "gradient-of-pooling-without-one-over-k-squared": Fault(
        "reference/pooling.py",
        ".repeat(k, axis=3) / k**2",
        ".repeat(k, axis=3)",
        ("parity/test_pooling.py::test_backward_is_the_adjoint", "reference/test_gradients.py::test_pooling"),
    ),
    "kernel-flipped": Fault(
        "reference/convolution.py",
        "np.tensordot(kernel, windows, ",
        "np.tensordot(kernel[:, :, ::-1, ::-1], windows, ",
        (
            "parity/test_convolution.py::test_a_kernel_with_a_single_one_picks_that_place",
            "reference/test_gradients.py::test_convolution",
        ),
    ),
    "kernel-flipped-in-the-gradient": Fault(
        "reference/convolution.py",
        "shares[:, m, l]",
        "shares[:, kh - 1 - m, kw - 1 - l]",
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
    "eps-ignored-in-the-gradient": Fault(
        "reference/profiles.py",
        "return r / np.maximum(r, eps)",
        "return np.sign(r)",
        (
            "parity/test_smoothing.py::test_value_and_slope_are_the_tables",
            "reference/test_gradients.py::test_penalty[node-huber]",
        ),
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
    "softmax-without-its-shift": Fault(
        "reference/activations.py",
        "powers = np.exp(shifted)",
        "powers = np.exp(s)",
        ("parity/test_dense_and_entropy.py::test_extreme_scores_stay_finite_and_right",),
    ),
    "kernels-side-by-side-without-padding": Fault(
        "engine/passes.py",
        "whole = REGISTERS // math.gcd(REGISTERS, pairs)",
        "whole = 1",
        (
            "engine/test_neighbours.py::test_alone_or_beside_others_in_any_order_a_training_gives_the_same_bits[text-float32-cross_entropy]",
        ),
    ),
    "a-penalty-alone-rounds-otherwise": Fault(
        "engine/penalties.py",
        "self._take(dU).addcmul_(quotient, u)",
        "self._take(dU).addcmul_(quotient, u) if self._all else self._take(dU).add_(quotient * u)",
        (
            "engine/test_neighbours.py::test_alone_or_beside_others_in_any_order_a_training_gives_the_same_bits[table-float32-cross_entropy]",
        ),
    ),
    "gradient-of-the-entropy-without-one-over-N": Fault(
        "reference/losses.py",
        "return (softmax(logits) - targets) / len(logits)",
        "return softmax(logits) - targets",
        ("reference/test_gradients.py::test_cross_entropy",),
    ),
}


def run_tests(home: Path, tests: set[str], fault: Fault | None = None) -> tuple[int, set[str], str]:
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
    if fault is not None:
        source = home / "sl1lib" / fault.file
        text = source.read_text(encoding="utf-8")
        assert text.count(fault.right) == 1, f"{fault.file} holds {fault.right!r} {text.count(fault.right)} times"
        source.write_text(text.replace(fault.right, fault.wrong), encoding="utf-8")
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


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_caught(tmp_path, fault):
    code, failed, output = run_tests(tmp_path / "copy", set(fault.caught_by), fault)
    assert code == 1, output
    for test in fault.caught_by:
        assert any(name == test or name.startswith(f"{test}[") for name in failed), output
