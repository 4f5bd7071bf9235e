"""What ``sl1 env`` looks at, and what it says of a thing that is missing or too old."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from support import PATIENCE

from sl1lib import cli
from sl1lib.cli import env as environment
from sl1lib.cli.env import Line, examine


def found(what):
    [finding] = [finding for finding in examine() if finding.what == what]
    return finding


@pytest.fixture
def versions(monkeypatch):
    """Pretend that some packages have another version, or, given None, are not installed."""
    real, changed = metadata.version, {}

    def version(name):
        if changed.get(name, "real") is None:
            raise metadata.PackageNotFoundError(name)
        return changed.get(name) or real(name)

    monkeypatch.setattr(metadata, "version", version)
    return changed


def test_here_all_that_is_needed_is_found():
    assert [finding for finding in examine() if finding.needed and not finding.ok] == []


def test_it_looks_at_python_every_dependency_and_what_parts_need():
    findings = examine()
    needed = [finding.what for finding in findings if finding.needed]
    assert needed[0] == "Python"
    assert {"numpy", "torch", "matplotlib", "tqdm", "platformdirs", "filelock"} <= set(needed)
    assert {"MNIST", "CUDA device", "Chromium (test)", "jupyter-book (book)"} <= {finding.what for finding in findings}
    assert [finding.needed for finding in findings] == sorted((f.needed for f in findings), reverse=True)
    assert all(finding.remedy for finding in findings if not finding.ok)


def test_a_missing_package_is_named_with_the_way_to_get_it(versions, capsys):
    versions["tqdm"] = None
    assert cli.main(["env"]) == 1
    out = capsys.readouterr().out
    assert "MISSING  tqdm                   not installed, >=4.66 wanted\n" in out
    assert "         -> python -m pip install -c constraints.txt -e '.'\n" in out
    assert out.endswith("\n1 needed thing missing\n")


def test_a_package_that_only_the_book_needs_may_be_absent(versions, capsys):
    versions["jupyter-book"] = None
    assert cli.main(["env"]) == 0
    out = capsys.readouterr().out
    assert "absent   jupyter-book (book)" in out
    assert "-> python -m pip install -c constraints.txt -e '.[book]'" in out
    assert out.endswith("\nAll that is needed is here.\n")


def test_a_package_that_is_too_old_or_too_new_is_not_taken(versions):
    versions |= {"numpy": "1.25.2", "jupyter-book": "2.0.1"}
    assert not found("numpy").ok
    assert found("numpy").found.startswith("1.25.2, >=")
    assert not found("jupyter-book (book)").ok


def test_a_build_and_a_release_candidate_are_taken(versions):
    versions |= {"torch": "2.13.0+cpu", "numpy": "2.6.0rc1", "jupyter-book": "2.0.0rc1"}
    assert found("torch").ok
    assert found("numpy").ok
    assert not found("jupyter-book (book)").ok


def test_what_only_another_system_needs_is_not_looked_for(monkeypatch):
    lines = ["numpy>=1.26; sys_platform == 'nowhere'", "tqdm>=4.66; python_version > '3'"]
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    assert {"numpy", "tqdm"} & {finding.what for finding in examine()} == {"tqdm"}


def test_without_an_installed_package_it_says_how_to_install(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert not found("sl1lib").ok
    assert "pip install -e ." in str(found("sl1lib"))


def test_a_named_folder_that_is_not_there_is_an_error(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SL1LIB_DATA", str(tmp_path / "nowhere"))
    assert cli.main(["env"]) == 1
    assert f"SL1LIB_DATA is {tmp_path / 'nowhere'}" in capsys.readouterr().out
    monkeypatch.setenv("SL1LIB_DATA", str(tmp_path))
    assert found("MNIST").ok


def test_mnist_in_the_cache_is_not_needed_but_found(monkeypatch, tmp_path):
    monkeypatch.delenv("SL1LIB_DATA", raising=False)
    monkeypatch.setenv("SL1LIB_OFFLINE", "1")
    monkeypatch.setattr("sl1lib.data.mnist.cache_folder", lambda: tmp_path / "mnist")
    assert str(found("MNIST")).startswith("absent   MNIST                  not on this machine, SL1LIB_OFFLINE set\n")
    assert "sl1 data downloads it" in found("MNIST").remedy
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"")
    assert found("MNIST").found == f"in {tmp_path / 'mnist'}"


def test_a_finding_shows_its_remedy_only_where_it_helps():
    assert str(Line("a", "1.0", True, remedy="get it")) == f"ok       {'a':<22} 1.0"
    assert str(Line("a", "1.0", False, remedy="get it")) == f"MISSING  {'a':<22} 1.0\n         -> get it"
    assert str(Line("a", "1.0", False, needed=False, remedy="get it")).startswith("absent ")


def test_without_the_projects_folder_the_advice_is_for_a_user_of_the_library(versions, monkeypatch, capsys):
    """Who installed a wheel has no constraints file, and no use for what builds and tests the book."""
    monkeypatch.setattr(environment, "_in_checkout", lambda: False)
    versions |= {"tqdm": None, "onnx": None}
    assert cli.main(["env"]) == 1
    out = capsys.readouterr().out
    assert "-> python -m pip install 'tqdm>=4.66'\n" in out
    assert "-> python -m pip install 'onnx>=1.16'\n" in out
    for word in ("constraints", "(book)", "(test)", "(lint)", "make", "Chromium"):
        assert word not in out


@pytest.mark.parametrize("missing", ["torch", "platformdirs", "numpy", "packaging"])
def test_it_tells_of_a_missing_package_instead_of_failing_for_want_of_it(tmp_path, missing):
    (tmp_path / f"{missing}.py").write_text(f"raise ImportError('no {missing} here', name={missing!r})")
    path = os.pathsep.join([str(tmp_path), str(Path(environment.__file__).parents[2])])
    program = [
        "import sys; from importlib import metadata",
        "real = metadata.version",
        "def version(name):",
        f"    if name == {missing!r}: raise metadata.PackageNotFoundError(name)",
        "    return real(name)",
        "metadata.version = version",
        "from sl1lib.cli import main; sys.exit(main(['env']))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(program)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert f"MISSING  {missing:<22} not installed" in done.stdout


def test_without_a_home_it_says_so_in_a_line(monkeypatch):
    def homeless(*_, **__):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("SL1LIB_DATA", raising=False)
    monkeypatch.setattr("sl1lib.data.mnist.user_cache_path", homeless)
    assert "this user has no home folder" in str(found("MNIST"))
    monkeypatch.setenv("SL1LIB_DATA", "~nobody-has-this-name/mnist")
    assert "SL1LIB_DATA is '~nobody-has-this-name/mnist'" in str(found("MNIST"))
