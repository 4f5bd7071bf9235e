"""What is to be emulated is emulated, or says why not: a run that stays native would be green for nothing."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import processors
import pytest

TOOLS = Path(processors.__file__).parent
ONE = dict.fromkeys(processors.THREADS, "1")


def python(code, variables):
    environment = processors.without_settings(os.environ) | {"PYTHONPATH": str(TOOLS)} | variables
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_the_bits_of_the_most_different_processor_differ(emulation):
    assert "NumPy's products" in emulation.differing or "PyTorch's products" in emulation.differing
    assert set(emulation.differing) <= set(processors.fingerprints())


def test_every_process_can_tell_that_it_emulates(emulation):
    done = python("import processors; processors.check()", emulation.variables)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def own():
    """What is in force in a process that is told nothing but to have one thread."""
    return json.loads(python("import json, processors; print(json.dumps(processors.in_force()))", ONE).stdout)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("ATEN_CPU_CAPABILITY", "PyTorch's instructions"),
        ("OPENBLAS_CORETYPE", "OpenBLAS"),
        ("NPY_DISABLE_CPU_FEATURES", "NumPy's features that are off"),
        ("MKL_CBWR", "MKL"),
        ("OMP_NUM_THREADS", "threads"),
    ],
)
def test_a_variable_that_is_not_read_is_noticed(emulation, own, variable, words):
    if variable not in emulation.variables:
        pytest.skip(f"{emulation.name} does without {variable}")
    rest = {name: value for name, value in emulation.variables.items() if name != variable}
    if variable == "OMP_NUM_THREADS":
        rest |= dict.fromkeys(processors.THREADS, "2")
    elif own[words] in (None, [], json.loads(emulation.variables[processors.EXPECTED])[words]):
        pytest.skip(f"{words}: {own[words]}, here as there")
    done = python("import processors; processors.check()", rest)
    assert done.returncode == 1
    assert f"AssertionError: {words}: " in done.stderr


def test_every_worker_is_asked_before_its_first_test(emulation, tmp_path):
    """A run that is told what to expect, and not to do it, is red before its first test."""
    (tmp_path / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    lie = {processors.EXPECTED: emulation.variables[processors.EXPECTED]}
    command = [sys.executable, "-m", "pytest", "-p", "emulated", "-q", "-n", "1", str(tmp_path)]
    environment = processors.without_settings(os.environ) | {"PYTHONPATH": str(TOOLS)}
    for variables, status in ((emulation.variables, 0), (lie, 3)):
        done = subprocess.run(command, env=environment | variables, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == status, done.stdout + done.stderr


def test_each_processor_is_emulated_or_left_out_with_a_reason():
    for processor in processors.PROCESSORS:
        mine = platform.machine().lower() in processor.machines
        able = processor.needs is None or processors.cpu_features().get(processor.needs)
        assert (processor.missing() is None) == (mine and bool(able)), processor.name
