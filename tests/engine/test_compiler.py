"""Kernels that are compiled where they are used: what is kept, what heals, and what happens without a compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from support import assert_close

from sl1lib import MomentumRamp, Penalty, fast
from sl1lib.engine import CompiledEngine, Engine, NotCompiledError, Training, compiler, make_engine
from sl1lib.engine.choice import with_engine
from sl1lib.engine.compiler import cache_folder, find_compiler, kernels

try:
    HERE = find_compiler()
except NotCompiledError:
    HERE = ""
needs_compiler = pytest.mark.skipif(not HERE, reason="there is no C compiler")


@pytest.fixture(autouse=True)
def _anew(monkeypatch, tmp_path):
    """Begin with an empty cache, and leave no function behind that another test would take for its own."""
    monkeypatch.setattr(compiler, "cache_folder", lambda: tmp_path / "kept" / "kernels")
    forget()
    yield
    forget()


def forget():
    """Let everything be found anew, as in another process."""
    compiler._once.cache_clear()
    compiler._asked.cache_clear()


def training(dtype=torch.float32):
    return Training(fast.init_params(0, dtype), 0.1, MomentumRamp(), Penalty(0.01, 0.1))


def images(dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(40, 1, 28, 28, generator=generator, dtype=dtype), torch.arange(40) % 10


def kept(tmp_path):
    return sorted((tmp_path / "kept" / "kernels").iterdir())


@needs_compiler
def test_what_is_compiled_once_is_kept_and_loaded(tmp_path, monkeypatch):
    kernels("float")
    (path,) = kept(tmp_path)
    forget()
    monkeypatch.setattr(compiler, "_compile", None)  # it would fail
    kernels("float")
    assert kept(tmp_path) == [path]


@needs_compiler
@pytest.mark.parametrize("damage", [b"", b"nonsense", None], ids=["empty", "nonsense", "half"])
def test_a_damaged_object_is_made_anew(tmp_path, damage):
    kernels("float")
    (path,) = kept(tmp_path)
    whole = path.read_bytes()
    path.unlink()  # it may be mapped into this process: the damage goes into another file
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    forget()
    kernels("float")
    (path,) = kept(tmp_path)
    assert len(path.read_bytes()) > 1000


@needs_compiler
def test_other_flags_make_another_object(tmp_path, monkeypatch):
    kernels("float")
    monkeypatch.setenv("CFLAGS", "-O1")
    forget()
    kernels("float")
    assert len(kept(tmp_path)) == 2


@needs_compiler
def test_where_nothing_can_be_kept_it_works_for_this_process(tmp_path):
    (tmp_path / "kept").write_text("no folder")
    assert kernels("float").sl1_sizes
    assert type(make_engine([training()], *images())) is CompiledEngine


@needs_compiler
def test_two_processes_at_once_do_not_disturb_each_other(tmp_path):
    program = "from sl1lib.engine.compiler import kernels; kernels('float').sl1_sizes"
    homes = {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    started = [subprocess.Popen([sys.executable, "-c", program], env=os.environ | homes) for _ in range(3)]
    assert [each.wait() for each in started] == [0, 0, 0]
    objects = [path for path in tmp_path.rglob("float-*") if path.is_file()]
    assert objects
    assert not list(tmp_path.rglob("*.part"))


def test_without_a_compiler_the_other_engine_trains(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(NotCompiledError, match=r"there is no C compiler \(cc, gcc, clang\); install one"):
        kernels("float")
    assert type(make_engine([training()], *images())) is Engine


def test_it_can_be_forbidden(monkeypatch):
    monkeypatch.setenv("SL1LIB_COMPILE", "0")
    with pytest.raises(NotCompiledError, match="SL1LIB_COMPILE is 0"):
        kernels("float")
    assert type(make_engine([training()], *images())) is Engine


@needs_compiler
def test_what_is_to_come_out_as_before_is_trained_by_the_same_engine():
    for name, expected in (("Engine", Engine), ("", CompiledEngine), ("CompiledEngine", CompiledEngine)):
        with with_engine(name):
            assert type(make_engine([training()], *images())) is expected
    assert type(make_engine([training()], *images())) is CompiledEngine


@pytest.mark.skipif(os.name == "nt", reason="there is no /bin/false")
def test_a_compiler_that_fails_says_so_and_is_asked_once(monkeypatch, tmp_path):
    monkeypatch.setenv("CC", "false")
    with pytest.raises(NotCompiledError, match=r"false ended with 1 \(no message\); install another compiler"):
        kernels("float")
    monkeypatch.setattr(compiler, "find_compiler", None)
    assert type(make_engine([training()], *images())) is Engine


def script(tmp_path, monkeypatch, *lines):
    """Let a shell script be the compiler."""
    path = tmp_path / "compiler"
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)
    monkeypatch.setenv("CC", str(path))


needs_shell = pytest.mark.skipif(os.name == "nt", reason="there is no shell")


@needs_shell
def test_a_compiler_that_hangs_is_given_up_once(monkeypatch, tmp_path):
    script(tmp_path, monkeypatch, f"echo once >> {tmp_path}/asked", "exec sleep 600")
    monkeypatch.setattr(compiler, "PATIENCE", 0.5)
    for real, maps in (("float", (6, 12)), ("double", (6, 12)), ("float", (3, 6))):
        with pytest.raises(NotCompiledError, match=r"does not run \(.* timed out .*\); install another compiler"):
            kernels(real, maps)
    assert (tmp_path / "asked").read_text() == "once\n"


@needs_shell
@needs_compiler
def test_warnings_of_a_compiler_are_nobodys_business(monkeypatch, tmp_path, capfd):
    script(tmp_path, monkeypatch, "echo 'warning: this and that' >&2", f'exec {HERE} "$@"')
    assert kernels("float").sl1_sizes
    assert capfd.readouterr() == ("", "")


@needs_shell
@needs_compiler
def test_a_compiler_that_does_not_know_its_processor_is_told_less(monkeypatch, tmp_path):
    knows_not = 'case "$*" in *=native*) echo "unsupported argument native" >&2; exit 1;; esac'
    script(tmp_path, monkeypatch, knows_not, f'exec {HERE} "$@"')
    assert kernels("float").sl1_sizes


def test_the_first_use_says_so_in_a_terminal(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compiler, "_run", lambda command: "")
    for terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal, raising=False)
        compiler._compile(["some/compiler"], tmp_path / "object")
        said = capsys.readouterr().err
        assert said.count("\n") == terminal
        assert ("with some/compiler, once" in said) == terminal


def test_on_windows_and_on_a_mac_without_tools_nothing_is_tried(monkeypatch):
    monkeypatch.setattr(compiler.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(compiler, "_tools_of_apple", lambda: False)
    with pytest.raises(NotCompiledError, match="run xcode-select --install"):
        find_compiler()
    monkeypatch.setattr(compiler.os, "name", "nt")
    with pytest.raises(NotCompiledError, match="not compiled on Windows; use the Windows Subsystem for Linux"):
        find_compiler()


@needs_compiler
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_other_dtypes_are_left_to_the_other_engine(dtype):
    assert type(make_engine([training(dtype)], *images(dtype))) is Engine


@needs_compiler
@pytest.mark.parametrize("reading", ["table", "text"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("flags", ["", "-march=x86-64", "-march=haswell", "-O1 -ffp-contract=off"])
def test_every_width_of_registers_gives_the_numbers_of_the_other_engine(flags, dtype, reading, monkeypatch):
    if "-march=" in flags and not _runs(flags):
        pytest.skip(f"not this processor: {flags}")
    monkeypatch.setenv("CFLAGS", flags)
    one, other = (
        kind([training(dtype)], *images(dtype), reading=reading, batch_size=13) for kind in (CompiledEngine, Engine)
    )
    found, expected = one.advance(8), other.advance(8)
    tolerance = 1e-10 if dtype == torch.float64 else 1e-4  # sums in another order; eight updates carry it on
    assert_close(found.E0, expected.E0, tolerance)
    assert_close(one.params()["K1"].numpy(), other.params()["K1"].numpy(), tolerance)
    x = images(dtype)[0]
    torch.testing.assert_close(one.predict(x), other.predict(x), rtol=tolerance, atol=tolerance)


def _runs(flags):
    """Return whether this machine runs what is compiled with these flags."""
    if not Path("/proc/cpuinfo").is_file():
        return False
    words = Path("/proc/cpuinfo").read_text().split()
    return "sse2" in words if "x86-64" in flags else {"avx2", "fma", "bmi2"} <= set(words)


@needs_compiler
def test_the_sanitizers_find_nothing(tmp_path):
    """Every function, both types, all readings, a pruned width, on arrays of exactly the size that they ask for."""
    program = tmp_path / "program"
    for real, maps in (("float", (6, 12)), ("double", (6, 12)), ("float", (3, 9))):
        source = Path(__file__).with_name("sanitized.c")
        flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-DREAL={real}"]
        flags += [f"-DMAPS1={maps[0]}", f"-DMAPS2={maps[1]}"]
        include = f"-I{compiler.SOURCE.parent}"
        made = subprocess.run(
            [HERE, *flags, include, "-o", program, source, "-lm", "-lpthread"], capture_output=True, text=True
        )
        if "cannot find" in made.stderr:
            pytest.skip("the compiler has no sanitizers here")
        assert made.returncode == 0, made.stderr
        done = subprocess.run([program], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "done" in done.stdout


def test_the_folder_is_the_users():
    assert cache_folder().name == "kernels"
