"""The Pythons of a machine are found, and the oldest versions of what the library needs are those of its ranges."""

import sys

import pytest
import pythons
from packaging.specifiers import SpecifierSet


@pytest.mark.parametrize(("version", "numpy"), [("3.11", "numpy==1.26"), ("3.13", "numpy==2.1")])
def test_the_oldest_versions_are_the_lower_bounds(version, numpy):
    oldest = pythons.oldest(version)
    assert oldest["numpy"] == numpy
    assert {"torch", "matplotlib", "tqdm", "filelock"} <= set(oldest)


def test_each_declared_python_is_allowed_and_the_first_is_the_oldest():
    allowed = SpecifierSet(pythons.project()["requires-python"])
    assert pythons.declared()
    assert all(f"{version}.0" in allowed for version in pythons.declared())
    assert str(allowed) == f">={pythons.declared()[0]}"


def test_what_starts_no_python_or_another_is_passed_over(monkeypatch):
    monkeypatch.setattr(pythons, "candidates", lambda version: [["no-such-python"], [sys.executable]])
    assert pythons.find(pythons.THIS) == [sys.executable]
    assert pythons.find("3.10") is None


def test_one_that_is_not_here_is_left_out_and_said_to_be(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(pythons, "candidates", lambda version: [])
    assert pythons.tried("3.12", tmp_path, tmp_path, tmp_path) == (0, 0, 1)
    assert capsys.readouterr().out.startswith("Python 3.12: left out")
