"""The command line ``sl1``, also ``python -m sl1lib``: data, train, compare, study, prune, check, env."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final, NoReturn

import torch

from ._output import printed_after
from ._version import __version__
from .data import fetch_mnist, load_data
from .data.idx import replacing, require_writable
from .environment import examine
from .errors import unexpected
from .experiment import COMPARED_PENALTIES, DEFAULT_PENALTY, DivergedError, Run, RunConfig, compare, method_name, train
from .experiment.config import LEARNING_RATES
from .experiment.run import run_path
from .experiment.study import command as study_command
from .fast import WorkerError
from .ledger import LEDGER, check, matching
from .pruning import command as pruning_command
from .settings import GROUPINGS, MOMENTUM_READINGS, PROFILES, MomentumRamp, Penalty

_BROKEN_PIPE: Final = 141  # as the shell counts it: 128 and the number of SIGPIPE

_DEFAULTS = {field.name: field.default for field in fields(RunConfig)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``sl1``; None takes them from the process.

    Returns
    -------
    int
        0 if all went well, 1 if a check failed or something is missing, 2 for input that cannot be used,
        130 after Ctrl-C, 141 if the reader of a pipe has gone; what was to be saved is saved by then.

    Examples
    --------
    >>> main(["check", "eq-conv-size"])
    ✓ eq-conv-size: the size of the output
      ✓ equal  against counting the places, for every size up to 29
    1 equation, 0 failed
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a λ must not fail where the locale has none
    try:
        return _run(_parser().parse_args(arguments))
    finally:
        _settle_output()


def _run(options: argparse.Namespace) -> int:
    """Run the command that was asked for; return its exit code, or that of its error, which is told."""
    try:
        code = int(options.command(options))
        if sys.stdout is not None:
            sys.stdout.flush()  # what cannot be written is told here, not by the interpreter's end
        return code
    except BrokenPipeError:  # as head does: it has read enough, and no word is needed
        return _BROKEN_PIPE
    except (ValueError, OSError, DivergedError, WorkerError) as error:
        _tell(f"sl1 {options.name}: {error}")
        return 2
    except KeyboardInterrupt:
        _tell(f"sl1 {options.name}: broken off")
        return 130


def _tell(line: str) -> None:
    if sys.stderr is not None:  # print would take None for standard output
        print(line, file=sys.stderr)


def _settle_output() -> None:
    """Drop what standard output does not take, or the interpreter would complain of it once more as it ends."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, which a dozen lines of usage would bury."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Tells the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        tell = action.default is not None and action.default is not False
        return super()._get_help_string(action) if tell else action.help


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sl1", description="Train and check the small network with a smoothed L1 penalty on its weights."
    )
    parser.add_argument("--version", action="version", version=f"sl1lib {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command, about, add_options in (
        ("data", _data, "get MNIST and say where it is", _data_options),
        ("train", _train, "train one network and print a summary", _train_options),
        (
            "compare",
            _compare,
            "train without penalty, with L2, L1 and SL1, side by side; print a table, draw a plot",
            _compare_options,
        ),
        ("study", study_command.run, "run a declared study: plan, run, show, audit", study_command.add_options),
        (
            "prune",
            pruning_command.run,
            "make a saved run's network smaller; print sizes, errors and times before and after",
            pruning_command.add_options,
        ),
        ("check", _check, "check the equations of the book on this machine", _check_options),
        ("env", _env, "check this machine: what is missing, and how to get it", lambda _: None),
    ):
        sub = commands.add_parser(
            name, help=about, description=about[0].upper() + about[1:] + ".", formatter_class=_Help
        )
        add_options(sub)
        sub.set_defaults(command=command, name=name)
    return parser


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="download into this folder instead of the cache")


def _data(options: argparse.Namespace) -> int:
    if options.to is not None:
        print(f"MNIST is in {fetch_mnist(options.to)}; set SL1LIB_DATA to that folder to use it from there")
        return 0
    print(load_data("mnist"))
    return 0


def _train_options(parser: argparse.ArgumentParser) -> None:
    _network_options(parser)
    penalty = parser.add_argument_group("penalty on the last layer's weights")
    add = penalty.add_argument
    add("--strength", type=float, default=DEFAULT_PENALTY.strength, help="λ; 0 trains without penalty")
    add("--eps", type=float, default=DEFAULT_PENALTY.eps, help="ε, width of the smoothing and threshold of a dead node")
    add("--profile", default=DEFAULT_PENALTY.profile, help=f"shape of the penalty: {', '.join(PROFILES)}")
    add("--grouping", default=DEFAULT_PENALTY.grouping, help=f"what is penalised as one: {', '.join(GROUPINGS)}")
    add("--step", default=DEFAULT_PENALTY.step, help="gradient, or proximal: how training takes the penalty")
    _optimiser_options(parser)
    output = parser.add_argument_group("output")
    output.add_argument("--save", type=Path, metavar="FILE", help="write the run to FILE.npz")
    _running_options(output)


def _network_options(parser: argparse.ArgumentParser) -> None:
    network = parser.add_argument_group("data and network")
    network.add_argument("--data", default="auto", help="mnist, digits, auto (MNIST where it can be had), or a folder")
    network.add_argument(
        "--reading",
        default="table",
        help="table (conv, pool, ReLU) or text (conv, sigmoid, pool), each also with +relu-logits",
    )
    network.add_argument("--n-train", type=int, metavar="N", help="train on N images only")
    network.add_argument(
        "--validation", type=int, default=_DEFAULTS["validation"], metavar="N",
        help="set N training images aside and measure on them instead of on the test images",
    )  # fmt: skip


def _optimiser_options(parser: argparse.ArgumentParser) -> None:
    tuned = ", ".join(f"{lr:g} with {activation}" for activation, lr in LEARNING_RATES.items())
    optimiser = parser.add_argument_group("training")
    add = optimiser.add_argument
    add(
        "--loss", default=_DEFAULTS["loss"],
        help="cross_entropy, the entropy error, or squared_error; the penalty is added to it",
    )  # fmt: skip
    add("--epochs", type=int, default=_DEFAULTS["epochs"], help="how often each image is used")
    add("--batch-size", type=int, default=_DEFAULTS["batch_size"], help="images an update")
    add("--lr", type=float, help=f"learning rate; without it, the tuned one: {tuned}")
    add("--lr-end", type=float, default=_DEFAULTS["lr_end"], help="share of lr that remains at the end; 1 keeps it")
    add(
        "--momentum", default="ramp",
        help=f"a number in [0, 1), or a reading of the paper: {', '.join(MOMENTUM_READINGS)}",
    )  # fmt: skip
    add("--seed", type=int, default=_DEFAULTS["seed"], help="decides the start and the order of the images")
    add("--dtype", default=_DEFAULTS["dtype"], help="float32 or float64")
    add("--device", default=_DEFAULTS["device"], help="cpu, or cuda where there is one")


def _running_options(output: argparse._ArgumentGroup) -> None:
    output.add_argument(
        "--checkpoint", type=Path, metavar="FOLDER",
        help="keep the training in FOLDER while it runs; killed or broken off, the same command goes on from there",
    )  # fmt: skip
    output.add_argument("--quiet", action="store_true", help="no progress bar")


def _train(options: argparse.Namespace) -> int:
    penalty = Penalty(options.strength, options.eps, options.profile, options.grouping, options.step)
    config = _config(options, penalty)
    if options.save is not None:
        require_writable(run_path(options.save))  # fails here, not after the training
    run = train(config, progress=not options.quiet, checkpoint=options.checkpoint)
    with printed_after(summary(run)):
        saved = None if options.save is None else run.save(options.save)
    if saved is not None:
        print(f"saved          {saved}")
    return _end([run], options)


def _config(options: argparse.Namespace, penalty: Penalty | None) -> RunConfig:
    return RunConfig(
        data=options.data,
        reading=options.reading,
        penalty=penalty,
        epochs=options.epochs,
        batch_size=options.batch_size,
        lr=options.lr,
        lr_end=options.lr_end,
        momentum=_momentum(options.momentum),
        seed=options.seed,
        n_train=options.n_train,
        validation=options.validation,
        dtype=options.dtype,
        device=options.device,
        loss=options.loss,
    )


def _end(runs: Sequence[Run], options: argparse.Namespace) -> int:
    """Return the exit code; after Ctrl-C, say how to go on."""
    if all(run.complete for run in runs):
        return 0
    if options.checkpoint is not None:
        print(f"the same command goes on from here: {options.checkpoint} has it")
    return 130


def _momentum(text: str) -> MomentumRamp:
    if text in MOMENTUM_READINGS:
        return MOMENTUM_READINGS[text]
    try:
        level = float(text)
    except ValueError:
        right = f"it must be a number in [0, 1) or one of {', '.join(MOMENTUM_READINGS)}"
        raise unexpected("momentum", text, right) from None
    return MomentumRamp(level, level, updates=0)


def summary(run: Run) -> str:
    """Return what a person wants to know of a run, in a few lines.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
    """
    config, history = run.config, run.history
    penalty = config.penalty or Penalty(0)
    lines = [
        ("data", run.data_name),
        ("network", f"reading {config.reading.name}, seed {config.seed}, {config.dtype} on {config.device}"),
        ("penalty", config.method + (f": λ = {penalty.strength:g}, ε = {penalty.eps:g}" if penalty.strength else "")),
        (
            "training",
            f"{len(history.E0):,} updates of {config.batch_size} images, learning rate {config.lr:g}, "
            f"{history.seconds.sum():.1f} s" + ("" if run.complete else "; BROKEN OFF"),
        ),
    ]
    if len(history.E0):
        tail = max(1, len(history.E0) // max(1, len(history.seconds)))
        unit = " nats" if config.loss == "cross_entropy" else ", the squared error"
        lines.append(("training E0", f"{history.E0[-tail:].mean():.4f}{unit}, mean over the last {tail:,} updates"))
    if len(history.held_out_E0):
        lines.append((f"{run.held_out} E0", f"{history.held_out_E0[-1]:.4f} nats"))
        lines.append((f"{run.held_out} error", f"{100 * run.held_out_error:.2f} %"))
    lines.append(("nodes below ε", f"{run.nodes_below(penalty.eps)} of {len(run.node_norms)} (ε = {penalty.eps:g})"))
    return "\n".join(f"{name:<14} {value}" for name, value in lines)


def _compare_options(parser: argparse.ArgumentParser) -> None:
    strengths = ", ".join(f"{method_name(p)} λ = {p.strength:g}" for p in COMPARED_PENALTIES if p is not None)
    parser.description = (
        f"{parser.description} All four start alike and see the same batches. The strengths are defaults, and not "
        f"tuned: {strengths}; SL1 has ε = {DEFAULT_PENALTY.eps:g}."
    )
    _network_options(parser)
    _optimiser_options(parser)
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output", type=Path, default=Path("comparison.png"), metavar="FILE",
        help="where the plot goes: E0 on the training batches; the name's ending decides the format",
    )  # fmt: skip
    _running_options(output)
    output.add_argument(
        "--processes", type=int, default=min(torch.get_num_threads(), len(COMPARED_PENALTIES)), metavar="N",
        help="divide the trainings among N processes",
    )  # fmt: skip


def _compare(options: argparse.Namespace) -> int:
    config = _config(options, None)
    _check_picture(options.output)
    runs = compare(config, progress=not options.quiet, processes=options.processes, checkpoint=options.checkpoint)
    complete = all(run.complete for run in runs)
    with printed_after(comparison(runs)):
        if complete:
            _draw_comparison(runs, options.output)
    if complete:
        print(f"plot: {options.output}")
    return _end(runs, options)


def _check_picture(path: Path) -> None:
    """Raise for a plot that could not be written, before the training rather than after it."""
    from matplotlib.backend_bases import FigureCanvasBase  # takes a moment to import, and only plots need it

    known = sorted(FigureCanvasBase.get_supported_filetypes())
    if path.suffix.removeprefix(".").lower() not in known:
        raise unexpected("output", str(path), f"its name must end in one of .{', .'.join(known)}")
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder; give the name of a file in it, {path / 'comparison.png'} say")
    require_writable(path)


def _draw_comparison(runs: Sequence[Run], path: Path) -> None:
    from matplotlib import rc_context

    from .plots import loss_curves, use_style

    with rc_context():
        use_style()
        skip = min(20, len(runs[0].history.E0) // 2)  # a very short training has not much more
        with replacing(path) as part:
            loss_curves(runs, skip=skip).savefig(part, format=path.suffix.removeprefix(".").lower())


def comparison(runs: Sequence[Run]) -> str:
    """Return a table of runs that differ in their penalty, and what it does not tell.

    Parameters
    ----------
    runs : sequence of Run
        At least one.

    Returns
    -------
    str
    """
    config, held_out, eps = runs[0].config, runs[0].held_out, DEFAULT_PENALTY.eps
    loss = "" if config.loss == _DEFAULTS["loss"] else f", loss {config.loss}"
    updates, seconds = len(runs[0].history.E0), sum(run.history.seconds.sum() for run in runs)
    head = ("method", "λ", f"{held_out} error", f"{held_out} E0", "nodes < ε", "seconds")
    rows = [head, *(_row(run, eps) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    table = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    lines = [
        f"{runs[0].data_name}, reading {config.reading.name}, seed {config.seed}, {updates:,} updates of "
        f"{config.batch_size} images{loss}{'' if all(run.complete for run in runs) else '; BROKEN OFF'}",
        "",
        *table,
        "",
        f"E0 in nats, ε = {eps:g}. Side by side the trainings took {seconds:.1f} s; each has its share.",
        "One seed, and strengths that were not tuned alike: small differences say nothing about the methods.",
    ]
    return "\n".join(lines)


def _row(run: Run, eps: float) -> tuple[str, ...]:
    history, penalty = run.history, run.config.penalty
    measured = len(history.held_out_E0) > 0
    return (
        run.config.method,
        "" if penalty is None else f"{penalty.strength:g}",
        f"{100 * run.held_out_error:.2f} %" if measured else "–",
        f"{history.held_out_E0[-1]:.4f}" if measured else "–",
        str(run.nodes_below(eps)),
        f"{history.seconds.sum():.1f}",
    )


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", nargs="*", help="labels, or what they begin with; without any, all equations")
    parser.add_argument("--list", action="store_true", help="name the equations and check nothing")


def _check(options: argparse.Namespace) -> int:
    labels = matching(*options.label)
    if options.list:
        print("\n".join(f"{label}: {LEDGER[label].title}" for label in labels))
        return 0
    failed = skipped = 0
    for label in labels:
        result = check(label)
        print(result, flush=True)  # a line as soon as it is known: all of them take a minute
        failed += result.failed
        skipped += bool(result.skipped)
    count = f"{len(labels)} equation{'s' * (len(labels) != 1)}"
    print(f"{count}, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def _env(options: argparse.Namespace) -> int:
    findings = examine()
    for finding in findings:
        print(finding)
    missing = sum(not finding.ok and finding.needed for finding in findings)
    print(f"\n{missing} needed thing{'s' * (missing != 1)} missing" if missing else "\nAll that is needed is here.")
    return 1 if missing else 0
