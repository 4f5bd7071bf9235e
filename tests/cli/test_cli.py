"""The command line: what it prints, where, and with which exit code."""

import argparse
import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from support import PATIENCE

from sl1lib import (
    COMPARED_PENALTIES,
    MOMENTUM_READINGS,
    History,
    Penalty,
    Pruned,
    Run,
    RunConfig,
    cli,
)
from sl1lib.book import ledger
from sl1lib.book.convolution.equations import chapter
from sl1lib.book.ledger import Entry
from sl1lib.cli import env
from sl1lib.cli import train as command
from sl1lib.data import DataUnavailableError
from sl1lib.engine import Trainer
from sl1lib.training import training
from sl1lib.training.checkpoint import Checkpoint
from sl1lib.training.processes import WorkerError

QUICK = ["train", "--data", "digits", "--n-train", "100", "--epochs", "1", "--quiet"]


def options_of(name):
    """The argparse actions of a subcommand."""
    [commands] = [a for a in cli.command_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return commands.choices[name]._actions


@pytest.fixture
def refused(capsys):
    """Assert exit code 2, an empty standard output and one line on the other; return the line."""

    def refused(*arguments):
        try:
            code = cli.main(arguments)
        except SystemExit as exit:
            code = exit.code
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert err.endswith("\n")
        assert err.count("\n") == 1, err
        return err[:-1]

    return refused


# Help


@pytest.mark.parametrize("name", ["data", "train", "compare", "check", "env"])
def test_every_option_is_explained(name):
    for action in options_of(name):
        assert len(action.help or "") > 10, action


def test_the_help_of_train_names_every_option_and_its_default(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["train", "--help"])
    assert stopped.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for action in options_of("train"):
        assert action.option_strings[-1] in text
        if action.default not in (None, argparse.SUPPRESS) and action.default is not False:
            assert f"(default: {action.default})" in text
    assert "None" not in text
    assert "False" not in text
    for choice in ("gradient, or proximal", "float32 or float64", "table", "text", "log_cosh", "map", "switch"):
        assert choice in text


def test_every_field_of_a_configuration_can_be_set():
    given = {action.dest for action in options_of("train")}
    assert set(RunConfig.__dataclass_fields__) - {"penalty"} <= given
    assert {"strength", "eps", "profile", "grouping", "step"} <= given


@pytest.mark.parametrize("arguments", [["trian"], ["train", "--epoch", "1.5"], ["train", "--no-such", "1"]])
def test_a_wrong_word_is_told_in_one_line_that_points_to_the_help(refused, arguments):
    assert re.fullmatch(r"sl1( train)?: .*; see sl1( train)? --help", refused(*arguments))


def test_without_a_word_it_shows_the_help(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 0
    assert "compare" in capsys.readouterr().out


@pytest.mark.parametrize("typed", ["--strenght", "--stren"])
def test_a_misspelt_option_is_told_with_the_nearest_and_the_help_of_its_command(refused, typed):
    line = refused("train", typed, "0.1")
    assert line == f"sl1 train: unrecognized arguments: {typed} 0.1 (did you mean --strength?); see sl1 train --help"


@pytest.mark.parametrize(
    "program",
    [
        "import sl1lib; sl1lib.Penalty(1e-3, 1e-2)",
        "import sl1lib.reference; sl1lib.reference.conv2d",
        "import sl1lib; sl1lib.load_data('digits')",
        "from sl1lib.cli import main; main(['--version'])",
        "from sl1lib.cli import main; main([])",
        "from sl1lib.cli import main; main(['data', '--no-such'])",
        "from sl1lib.cli import main; main(['study', 'plan', 'smoke', '--results', 'nowhere'])",
        "from sl1lib.cli import main; main(['study', 'show', 'smoke', '--results', 'nowhere'])",
        "import sl1lib; sl1lib.RunConfig(); sl1lib.study.load_study('paper')",
    ],
)
def test_what_needs_no_pytorch_does_not_wait_for_it(program):
    watched = f"import sys, atexit; atexit.register(lambda: print('torch' in sys.modules))\n{program}"
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.endswith("False\n"), done.stdout + done.stderr


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"sl1lib {metadata.version('sl1lib')}\n"


def test_the_command_sl1_is_main():
    [script] = [entry for entry in metadata.entry_points(group="console_scripts") if entry.name == "sl1"]
    assert script.load() is cli.main


def test_as_a_module_it_gives_the_exit_code_to_the_shell_and_no_traceback():
    command = [sys.executable, "-m", "sl1lib", "train", "--epochs", "0"]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.splitlines() == [b"sl1 train: epochs is 0; it must be a whole number of at least 1"]


# sl1 train

SUMMARY = r"""data +digits
network +reading table, seed 0, float32 on cpu
penalty +SL1: λ = 0\.001, ε = 0\.02
training +29 updates of 50 images, learning rate 0\.2, \d+\.\d s
training E0 +\d\.\d{4} nats, mean over the last 29 updates
test E0 +\d\.\d{4} nats
test error +\d+\.\d\d %
nodes below ε +\d+ of 192 \(ε = 0\.02\)
"""
DEFAULTS = ["--data", "digits", "--epochs", "1", "--strength", "0.001", "--eps", "0.02", "--lr", "0.2"]


def test_train_prints_a_summary_with_the_nodes_below_eps(capsys):
    assert cli.main(["train", *DEFAULTS]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(SUMMARY, out)
    assert "img/s" in err


def test_quiet_leaves_the_summary_alone(capsys):
    assert cli.main(["train", *DEFAULTS, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(SUMMARY, out)
    assert err == ""


def test_without_strength_there_is_no_penalty_but_eps_still_counts(capsys):
    assert cli.main([*QUICK, "--strength", "0", "--eps", "100"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^penalty +none$", out, re.MULTILINE)
    assert "192 of 192 (ε = 100)" in out


def test_the_squared_error_is_trained_on_and_named(capsys):
    assert cli.main([*QUICK, "--loss", "squared_error"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^training E0 +0\.\d{4}, the squared error, mean", out, re.MULTILINE)
    assert re.search(r"^test E0 +\d\.\d{4} nats$", out, re.MULTILINE)  # measured as for any other training


def test_a_run_on_validation_images_shows_no_test_error(capsys):
    assert cli.main([*QUICK, "--validation", "50"]) == 0
    out = capsys.readouterr().out
    assert "validation error" in out
    assert "test" not in out


def test_options_reach_the_configuration_and_the_file(capsys, tmp_path):
    words = "--reading text --batch-size 25 --lr 1.5 --lr-end 0.5 --momentum rise --seed 3 --dtype float64"
    words += " --profile abs --grouping map --step proximal --strength 0.01 --eps 0.5"
    assert cli.main([*QUICK, *words.split(), "--save", str(tmp_path / "new" / "run")]) == 0
    assert f"saved          {tmp_path / 'new' / 'run.npz'}" in capsys.readouterr().out
    config = Run.load(tmp_path / "new" / "run.npz").config
    assert config == RunConfig(
        data="digits",
        reading="text",
        penalty=Penalty(0.01, 0.5, "abs", "map", "proximal"),
        epochs=1,
        batch_size=25,
        lr=1.5,
        lr_end=0.5,
        momentum=MOMENTUM_READINGS["rise"],
        seed=3,
        n_train=100,
        dtype="float64",
    )


def test_a_number_is_a_constant_momentum(tmp_path, capsys):
    assert cli.main([*QUICK, "--momentum", "0.3", "--save", str(tmp_path / "run")]) == 0
    assert Run.load(tmp_path / "run.npz").config.momentum == RunConfig(momentum=0.3).momentum


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--epochs 0", "epochs is 0; it must be a whole number of at least 1"),
        ("--epochs two", "argument --epochs: invalid int value: 'two'"),
        ("--batch-size 0", "batch_size is 0; it must be a whole number"),
        ("--lr 0", "lr is 0.0; it must be a finite number greater than 0"),
        ("--lr nan", "lr is nan; it must be a finite number greater than 0"),
        ("--lr-end 1.5", "lr_end is 1.5; it is the share"),
        ("--seed -1", "seed is -1; it must be a whole number of at least 0"),
        ("--eps 0", "eps is 0.0; it must be a finite number greater than 0"),
        ("--eps -1", "eps is -1.0; it must be a finite number greater than 0"),
        ("--strength -1", "strength is -1.0; it must be a finite number of at least 0"),
        ("--strength nan", "strength is nan; it must be a finite number of at least 0"),
        ("--profile hubert", "profile is 'hubert'; it must be one of 'huber'"),
        ("--grouping nodes", "(did you mean 'node'?)"),
        ("--step prox", "step is 'prox'; it must be one of 'gradient', 'proximal'"),
        ("--profile sqrt_quartic --step proximal", "it is not convex"),
        ("--reading tabel", "(did you mean 'table'?)"),
        ("--momentum 1", "it must be below 1"),
        ("--momentum fast", "momentum is 'fast'; it must be a number in [0, 1) or one of ramp, rise"),
        ("--dtype float16", "dtype is 'float16'; it must be one of 'float32', 'float64'"),
        ("--device gpu", "device is 'gpu'; this machine has"),
        ("--n-train 0", "n_train is 0"),
        ("--n-train 9999", "n_train"),
        ("--validation 5000", "validation"),
        ("--data mist", 'data is \'mist\'; it must be "mnist", "digits", "auto" or the path of a folder'),
        ("--lr 1e9 --epochs 5", "a smaller lr or strength would be right"),
    ],
)
def test_a_wrong_value_is_told_in_one_line(refused, words, message):
    line = refused(*QUICK, *words.split())
    assert line.startswith("sl1 train: ")
    assert message in line


def test_a_place_that_cannot_be_written_is_told_before_the_training(refused, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(command, "train", lambda *_, **__: pytest.fail("trained all the same"))
    assert str(tmp_path / "file") in refused(*QUICK, "--save", str(tmp_path / "file" / "run"))
    assert f"{tmp_path} is a folder; give the name of a file in it" in refused(*QUICK, "--save", str(tmp_path))


@pytest.mark.skipif(os.name == "nt", reason="names may be longer there")
def test_a_name_that_is_too_long_is_told_before_the_training(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "train", lambda *_, **__: pytest.fail("trained all the same"))
    monkeypatch.setattr(command, "compare", lambda *_, **__: pytest.fail("trained all the same"))
    for length in (252, 300):
        line = refused(*QUICK, "--save", str(tmp_path / ("r" * length)))
        assert line.startswith(f"sl1 train: {tmp_path / ('r' * length)}.npz cannot be written (File name too long); ")
        assert line.endswith("; give it a shorter name")
    assert "give it a shorter name" in refused(*COMPARE, "--output", str(tmp_path / ("p" * 252 + ".png")))


@pytest.mark.skipif(os.name == "nt", reason="names may be longer there")
def test_the_longest_name_that_is_allowed_will_do(capsys, tmp_path):
    run, plot = tmp_path / ("r" * 251), tmp_path / ("p" * 251 + ".png")
    assert cli.main([*QUICK, "--save", str(run)]) == 0
    assert cli.main([*COMPARE, "--output", str(plot)]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == [plot.name, f"{run.name}.npz"]
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_full_disk_is_told_before_the_training(refused, tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(command, "train", lambda *_, **__: pytest.fail("trained all the same"))
    remedy = "cannot be written (No space left on device); make room there, or name a file elsewhere"
    assert refused(*QUICK, "--save", str(tmp_path / "run")) == f"sl1 train: {tmp_path / 'run.npz'} {remedy}"


def test_looking_whether_it_can_be_written_leaves_what_is_there(refused, tmp_path):
    (tmp_path / "run.npz").write_text("precious")
    assert "a smaller lr" in refused(*QUICK, "--lr", "1e9", "--epochs", "5", "--save", str(tmp_path / "run"))
    assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]
    assert (tmp_path / "run.npz").read_text() == "precious"


def test_a_run_that_cannot_be_saved_after_all_is_printed_nevertheless(capsys, tmp_path, monkeypatch):
    def full(run, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Run, "save", full)
    assert cli.main([*QUICK, "--save", str(tmp_path / "run")]) == 2
    out, err = capsys.readouterr()
    assert "test error" in out
    assert "saved" not in out
    assert err == (
        f"sl1 train: {tmp_path / 'run.npz'} could not be written (No space left on device); the run is lost: with "
        "--checkpoint it would be kept while it trains\n"
    )


def test_a_run_whose_disk_has_filled_up_is_kept_elsewhere(capsys, tmp_path, monkeypatch):
    real = Run.save

    def full(run, path):
        if Path(path).parent == tmp_path:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(run, path)

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(Run, "save", full)
    assert cli.main([*QUICK, "--save", str(tmp_path / "run")]) == 2
    (kept,) = (tmp_path / "elsewhere").rglob("*.npz")
    assert Run.load(kept).complete
    assert f"the run is kept in {kept}: move it where there is room" in capsys.readouterr().err


# Streams that take nothing


def streamed(words, **streams):
    """Run the command in a process of its own; each stream is what `subprocess.run` takes."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60, **streams}
    return subprocess.run([sys.executable, "-m", "sl1lib", *words], **settings)


def without_reader(words, **settings):
    """Run the command into a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return streamed(words, stdout=writer, **settings)
    finally:
        os.close(writer)


UNBUFFERED = [{}, {"env": {**os.environ, "PYTHONUNBUFFERED": "1"}}]


@pytest.mark.skipif(os.name == "nt", reason="pipes work otherwise there")
@pytest.mark.parametrize("settings", UNBUFFERED, ids=["buffered", "unbuffered"])
def test_a_reader_that_has_gone_costs_no_run_and_no_plot(tmp_path, settings):
    done = without_reader([*QUICK, "--save", str(tmp_path / "run")], **settings)
    assert (done.returncode, done.stderr) == (141, b"")
    assert Run.load(tmp_path / "run.npz").complete
    done = without_reader([*COMPARE, "--output", str(tmp_path / "a.png")], **settings)
    assert (done.returncode, done.stderr) == (141, b"")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    done = without_reader(["prune", str(tmp_path / "run"), "--no-latency", "--save", str(tmp_path / "b")], **settings)
    assert (done.returncode, done.stderr) == (141, b"")
    assert Pruned.load(tmp_path / "b.npz").report.scores
    assert without_reader(["train", "--help"], **settings).stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("settings", UNBUFFERED, ids=["buffered", "unbuffered"])
def test_a_full_disk_under_standard_output_costs_no_run(tmp_path, settings):
    with open("/dev/full", "wb") as full:
        done = streamed([*QUICK, "--save", str(tmp_path / "run")], stdout=full, **settings)
    assert (done.returncode, done.stderr) == (2, b"sl1 train: [Errno 28] No space left on device\n")
    assert Run.load(tmp_path / "run.npz").complete


CLOSED = """
import os, sys
os.close({descriptor})
os.execv(sys.executable, [sys.executable, "-m", "sl1lib", *{words}])
"""


@pytest.mark.skipif(os.name == "nt", reason="a process begins otherwise there")
def test_closed_streams_are_no_reason_to_fail(tmp_path):
    def closed(descriptor, *words):
        script = CLOSED.format(descriptor=descriptor, words=list(words))
        return subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=PATIENCE)

    done = closed(2, "train", *DEFAULTS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(SUMMARY, done.stdout.decode())
    words = [*COMPARE[:-1], "--output", str(tmp_path / "a.png"), "--checkpoint", str(tmp_path / "kept")]
    for _ in range(2):  # the second time it tells that nothing is left to train
        done = closed(2, *words)
        assert (done.returncode, done.stderr) == (0, b"")
        assert re.fullmatch(TABLE, done.stdout.decode())
    done = closed(2, *QUICK, "--epochs", "0")
    assert (done.returncode, done.stdout) == (2, b"")  # an error does not go where results are expected
    done = closed(1, *QUICK, "--save", str(tmp_path / "run"))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert Run.load(tmp_path / "run.npz").complete


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_prints_and_saves_what_is_done_and_exits_130(tmp_path):
    words = ["train", "--data", "digits", "--epochs", "100000", "--save", str(tmp_path / "run")]
    command = [sys.executable, "-m", "sl1lib", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    shown = b""
    killer = threading.Timer(PATIENCE, process.kill)
    killer.start()
    while b"error" not in shown:  # an epoch is done
        part = os.read(process.stderr.fileno(), 4096)
        assert part, shown
        shown += part
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    killer.cancel()
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert "INTERRUPTED" in out.decode()
    assert f"saved          {tmp_path / 'run.npz'}" in out.decode()
    run = Run.load(tmp_path / "run.npz")
    assert not run.complete
    epochs = len(run.history.seconds)
    assert epochs >= 1
    assert 0 <= len(run.history.E0) - 29 * epochs <= 29  # 29: it came between an epoch's updates and its measurement
    assert f"test error     {100 * run.test_error:.2f} %" in out.decode()


def test_ctrl_c_before_the_first_update_is_told(capsys, monkeypatch):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "load_data", interrupted)
    assert cli.main(QUICK) == 130
    assert capsys.readouterr() == ("", "sl1 train: interrupted\n")


def test_the_summary_of_a_run_without_an_epoch(small_broken_run):
    text = command.summary(small_broken_run)
    assert "3 updates" in text
    assert "mean over the last 3 updates" in text
    assert "test" not in text


@pytest.fixture
def small_broken_run():
    curve = np.array([2.3, 2.2, 2.1])
    history = History(curve, 0 * curve, *(np.zeros(0),) * 3)
    params = {"U": np.zeros((10, 192), np.float32)}
    return Run(RunConfig(data="digits"), params, history, data_name="digits", complete=False)


# Checkpoints


def test_a_checkpoint_is_kept_and_used_again(capsys, tmp_path):
    words = [*QUICK[:-1], "--checkpoint", str(tmp_path / "kept")]
    assert cli.main(words) == 0
    first = capsys.readouterr()
    assert cli.main(words) == 0
    second = capsys.readouterr()
    assert second.out == first.out
    assert second.err == f"{tmp_path / 'kept'}: nothing is left to train\n"


def test_a_checkpoint_that_does_not_fit_or_is_in_use_is_told_in_one_line(refused, capsys, tmp_path):
    words = [*QUICK, "--checkpoint", str(tmp_path)]
    with Checkpoint(tmp_path):
        assert refused(*words).startswith(f"sl1 train: {tmp_path} is in use by another training; wait for its end")
    assert cli.main(words) == 0
    capsys.readouterr()
    line = refused(*words, "--seed", "3")
    assert line.startswith(f"sl1 train: {tmp_path} belongs to another training: seed is 0 there and 3 here; ask")


def test_after_ctrl_c_it_says_that_the_same_command_goes_on(capsys, tmp_path, monkeypatch):
    words = [*QUICK, "--checkpoint", str(tmp_path), "--epochs", "3"]
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", pressing(Trainer.advance))
        assert cli.main(words) == 130
    out = capsys.readouterr().out
    assert "1 updates of 50 images" in out
    assert out.endswith(f"the same command resumes from here: {tmp_path} has it\n")
    assert cli.main(words) == 0
    assert "6 updates of 50 images" in capsys.readouterr().out


def pressing(advance):
    """Press Ctrl-C before each update."""

    def pressed(self, *arguments, **settings):
        signal.raise_signal(signal.SIGINT)
        return advance(self, *arguments, **settings)

    return pressed


# sl1 compare

COMPARE = ["compare", "--data", "digits", "--n-train", "100", "--epochs", "2", "--processes", "1", "--quiet"]
TABLE = r"""digits\[100 training, seed 0\], reading table, seed 0, 4 updates of 50 images

method       λ  test error  test E0  nodes < ε  seconds
none            +\d+\.\d\d % +\d\.\d{4} +\d+ +\d+\.\d
L2      0\.0001 +\d+\.\d\d % +\d\.\d{4} +\d+ +\d+\.\d
L1      0\.0001 +\d+\.\d\d % +\d\.\d{4} +\d+ +\d+\.\d
SL1     0\.0003 +\d+\.\d\d % +\d\.\d{4} +\d+ +\d+\.\d

E0 in nats, ε = 0\.01\. Side by side the trainings took \d+\.\d s; each has its share\.
One seed, and strengths that were not tuned alike: small differences say nothing about the methods\.
plot: (.*)
"""


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_compare_prints_a_table_and_draws_a_plot(capsys, tmp_path, ending):
    plot = tmp_path / "new" / f"plot.{ending}"
    assert cli.main([*COMPARE, "--output", str(plot)]) == 0
    out, err = capsys.readouterr()
    assert (re.fullmatch(TABLE, out)[1], err) == (str(plot), "")
    assert plot.read_bytes().startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending])


def test_compare_shows_one_bar_and_the_memory_and_writes_here_by_default(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(COMPARE[:-1]) == 0
    out, err = capsys.readouterr()
    assert re.match(r"4 trainings side by side; images and trainings take about \d+ MiB\n", err)
    assert "img/s" in err
    assert out.endswith("plot: comparison.png\n")
    assert (tmp_path / "comparison.png").exists()


def test_compare_names_a_loss_that_is_not_the_default(capsys, tmp_path):
    assert cli.main([*COMPARE, "--loss", "squared_error", "--output", str(tmp_path / "a.png")]) == 0
    assert "4 updates of 50 images, loss squared_error\n" in capsys.readouterr().out


def test_compare_trains_what_the_library_compares(capsys, tmp_path, monkeypatch):
    asked = []
    real = command.compare

    def compare(config, **settings):
        asked.extend([config, settings["processes"], settings["checkpoint"]])
        return real(config, **settings)

    monkeypatch.setattr(command, "compare", compare)
    words = "--reading text --batch-size 25 --lr 1.5 --lr-end 0.5 --momentum rise --seed 3 --dtype float64"
    assert cli.main([*COMPARE, *words.split(), "--validation", "50", "--output", str(tmp_path / "a.png")]) == 0
    assert asked == [
        RunConfig(
            data="digits", reading="text", epochs=2, batch_size=25, lr=1.5, lr_end=0.5, seed=3, n_train=100,
            momentum=MOMENTUM_READINGS["rise"], dtype="float64", validation=50,
        ),
        1,
        None,
    ]  # fmt: skip
    out = capsys.readouterr().out
    assert "validation error  validation E0" in out
    assert "test e" not in out


def test_the_help_of_compare_names_each_strength(capsys):
    with pytest.raises(SystemExit):
        cli.main(["compare", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for penalty in COMPARED_PENALTIES[1:]:
        assert f"λ = {penalty.strength:g}" in text
    assert "The strengths are defaults, and not tuned" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--output plot", "output is 'plot'; its name must end in one of "),
        ("--output plot.doc", "output is 'plot.doc'; its name must end in one of "),
        ("--output .png", "its name must end in one of "),
        ("--epochs 0", "epochs is 0; it must be a whole number of at least 1"),
        ("--reading tabel", "(did you mean 'table'?)"),
        ("--lr 1e9 --epochs 9", "a smaller lr or strength would be right"),
        ("--strength 1", "unrecognized arguments: --strength 1"),
    ],
)
def test_compare_tells_what_is_wrong_in_one_line(refused, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = refused(*COMPARE, *words.split())
    assert line.startswith("sl1")
    assert message in line


def test_compare_refuses_a_plot_that_cannot_be_written_before_the_training(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "compare", lambda *_, **__: pytest.fail("trained all the same"))
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.png").mkdir()
    assert str(tmp_path / "file") in refused(*COMPARE, "--output", str(tmp_path / "file" / "a.png"))
    assert "folder.png is a folder; give the name" in refused(*COMPARE, "--output", str(tmp_path / "folder.png"))


def test_compare_tells_of_a_process_that_ended(refused, tmp_path, monkeypatch):
    def ended(*_, **__):
        raise WorkerError("a process of the engine ended with code -9")

    monkeypatch.setattr(command, "compare", ended)
    line = refused(*COMPARE, "--output", str(tmp_path / "a.png"))
    assert line == "sl1 compare: a process of the engine ended with code -9"


def test_compare_broken_off_prints_what_there_is_and_draws_nothing(capsys, tmp_path, monkeypatch):
    words = [*COMPARE, "--output", str(tmp_path / "a.png"), "--checkpoint", str(tmp_path / "kept")]
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", pressing(Trainer.advance))
        assert cli.main(words) == 130
    out = capsys.readouterr().out
    assert "1 updates of 50 images; INTERRUPTED" in out
    assert re.search(r"^SL1 +0\.0003 +– +– ", out, re.MULTILINE)
    assert "plot" not in out
    assert not (tmp_path / "a.png").exists()
    assert cli.main(words) == 0
    assert "4 updates of 50 images\n" in capsys.readouterr().out


# Terminals and pipes that know no Greek


SPEAK = f"""
from sl1lib.cli import main
assert main({QUICK}) == main(["check", "eq-conv-size"]) == 0
main(["train", "--help"])
"""


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}])
def test_a_locale_without_greek_is_no_reason_to_fail(locale):
    environment = {**os.environ, "PYTHONUTF8": "0", **locale}
    done = subprocess.run([sys.executable, "-c", SPEAK], capture_output=True, timeout=PATIENCE, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    for sign in "ε✓λ":
        assert sign.encode("ascii", "backslashreplace") in done.stdout


# sl1 check, sl1 env, sl1 data


def test_check_prints_each_equation_and_succeeds(capsys):
    assert cli.main(["check", "eq-conv-size", "eq-dense-shift"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("✓ eq-conv-size: ")
    assert "\n✓ eq-dense-shift: " in out
    assert out.endswith("\n2 equations, 0 failed\n")


def test_check_takes_the_beginning_of_labels_as_the_pages_do(capsys):
    assert cli.main(["check", "eq-dense-log"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[1] for line in out.splitlines() if line.startswith("✓")] == [
        "eq-dense-logsumexp:",
        "eq-dense-logsumexp-bounds:",
    ]


def test_check_can_name_the_equations_without_checking_them(capsys, monkeypatch):
    monkeypatch.setattr("sl1lib.cli.check.check", None)
    assert cli.main(["check", "--list", "eq-conv-size"]) == 0
    assert capsys.readouterr().out == "eq-conv-size: the size of the output\n"


def only(monkeypatch, *entries):
    """Let the ledger hold these entries and no others."""
    monkeypatch.setattr(ledger, "_CHAPTERS", {"convolution": ("eq-",)})
    monkeypatch.setattr(chapter, "entries", {entry.label: entry for entry in entries})


def test_check_prints_a_line_as_soon_as_it_is_known(monkeypatch, capsys):
    """All checks take a minute, and nobody knows of a silent minute whether it will end."""
    printed = []

    def compare(check):
        printed.append(capsys.readouterr().out)
        check("x", 0, 0.0)

    only(monkeypatch, *(Entry(f"eq-{name}", name, "none", compare=compare) for name in ("one", "two")))
    assert cli.main(["check"]) == 0
    assert printed == ["", "✓ eq-one: one\n  ✓ equal  x\n"]


def test_check_counts_what_it_skips_and_does_not_call_it_passed(capsys, monkeypatch):
    entry = Entry("eq-conv-size", "x", "none", compare=lambda check: check("x", 0, 0.0), needs=("no_such_package",))
    monkeypatch.setitem(chapter.entries, "eq-conv-size", entry)
    assert cli.main(["check", "eq-conv-size"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("– eq-conv-size: x. Skipped: no_such_package is not installed: pip install")
    assert out.endswith("\n1 equation, 0 failed, 1 skipped\n")


def test_check_takes_all_equations_without_a_label(capsys, monkeypatch):
    entry = Entry("eq-one", "one is one", "none", compare=lambda check: check("against one", 0, 0.0))
    only(monkeypatch, entry)
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out == "✓ eq-one: one is one\n  ✓ equal  against one\n1 equation, 0 failed\n"


@pytest.mark.parametrize(("deviation", "told"), [(0.5, "5.0e-01 > 1e-06"), (float("nan"), "nan > 1e-06")])
def test_check_fails_when_an_equation_does(capsys, monkeypatch, deviation, told):
    entry = Entry("eq-conv-size", "broken", "none", compare=lambda check: check("against itself", 1e-6, deviation))
    monkeypatch.setitem(chapter.entries, "eq-conv-size", entry)
    assert cli.main(["check", "eq-conv-size"]) == 1
    out = capsys.readouterr().out
    assert "✗ eq-conv-size: broken" in out
    assert told in out
    assert "1 equation, 1 failed" in out


def test_check_fails_when_the_library_is_wrong(capsys, monkeypatch):
    from sl1lib import reference

    right = reference.conv2d
    monkeypatch.setattr(reference, "conv2d", lambda *arguments: right(*arguments) * 1.001)
    assert cli.main(["check", "eq-paper-convolution"]) == 1
    assert "1 equation, 1 failed" in capsys.readouterr().out


def test_check_refuses_an_unknown_label(refused):
    line = refused("check", "eq-convv")
    assert line.startswith("sl1 check: label is 'eq-convv'; it must be one of ")
    assert line.endswith("(did you mean 'eq-conv'?)")


def test_data_without_a_network_says_what_to_do(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SL1LIB_OFFLINE", "1")
    monkeypatch.delenv("SL1LIB_DATA", raising=False)
    monkeypatch.setattr("sl1lib.data.mnist.cache_folder", lambda: tmp_path / "cache")
    for words in (["data"], ["data", "--to", str(tmp_path / "here")], ["train", "--data", "mnist", "--quiet"]):
        assert cli.main(words) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"sl1 {words[0]}: MNIST is not available: SL1LIB_OFFLINE forbids downloads\n")
        assert "set SL1LIB_DATA to a folder" in err
    assert issubclass(DataUnavailableError, ValueError)


def test_data_says_where_it_is(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("sl1lib.cli.data.fetch_mnist", lambda folder: folder)
    assert cli.main(["data", "--to", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"MNIST is in {tmp_path}; set SL1LIB_DATA to that folder to use it from there\n"


@pytest.mark.parametrize(("ok", "needed", "code", "last"), [
    (True, True, 0, "All that is needed is here."),
    (False, False, 0, "All that is needed is here."),
    (False, True, 1, "1 needed thing missing"),
])  # fmt: skip
def test_env_fails_only_without_what_is_needed(capsys, monkeypatch, ok, needed, code, last):
    finding = env.Line("a thing", "somewhere", ok, needed, "get it")
    monkeypatch.setattr(env, "examine", lambda: [finding])
    assert cli.main(["env"]) == code
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == last
    assert ("-> get it" in out) == (not ok)
