"""The commands ``sl1 train`` and ``sl1 compare``: options into a configuration, runs into a table."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

import torch

from .._output import aligned, printed_after
from ..errors import unexpected
from ..paths import path_option, replacing, require_writable
from ..reference import PROFILES
from ..settings import GROUPINGS, MOMENTUM_READINGS, MomentumRamp, Penalty
from ..training.classifier import saved_path
from ..training.comparison import compare
from ..training.config import COMPARED_PENALTIES, DEFAULT_PENALTY, LEARNING_RATES, RunConfig, method_name
from ..training.run import Run
from ..training.training import train

_TUNED: Final = ", ".join(f"{lr:g} with {activation}" for activation, lr in LEARNING_RATES.items())
# The options that are fields of `Penalty` and `RunConfig`, in groups: what --help says of each.
_PENALTY: Final = {
    "strength": "λ; 0 trains without penalty",
    "eps": "ε, width of the smoothing and threshold of a dead node",
    "profile": f"shape of the penalty: {', '.join(PROFILES)}",
    "grouping": f"what is penalised as one: {', '.join(GROUPINGS)}",
    "step": "gradient, or proximal: how training takes the penalty",
}
_NETWORK: Final = {
    "data": "mnist, digits, auto (MNIST if available, else the digits), or a folder",
    "reading": "table (conv, pool, ReLU) or text (conv, sigmoid, pool), each also with +relu-logits",
    "n_train": "train on N images only",
    "validation": "set N training images aside and measure on them instead of on the test images",
}
_TRAINING: Final = {
    "loss": "cross_entropy, the entropy error, or squared_error; the penalty is added to it",
    "epochs": "how many times each image is used",
    "batch_size": "images per update",
    "lr": f"learning rate; without it, the tuned one: {_TUNED}",
    "lr_end": "share of lr that remains at the end; 1 keeps it",
    "momentum": f"a number in [0, 1), or a reading of the paper: {', '.join(MOMENTUM_READINGS)}",
    "seed": "decides the start and the order of the images",
    "dtype": "float32 or float64",
    "device": "cpu, or cuda where there is one",
}
_DEFAULTS: Final = {
    **vars(DEFAULT_PENALTY),
    **{field.name: field.default for field in fields(RunConfig)},
    **{"data": "auto", "momentum": "ramp"},
}
_TYPES: Final = {"n_train": int, "lr": float}  # of those without a default


def train_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``sl1 train`` to ``parser``."""
    _add_fields(parser, "data and network", _NETWORK)
    _add_fields(parser, "penalty on the last layer's weights", _PENALTY)
    _add_fields(parser, "training", _TRAINING)
    output = parser.add_argument_group("output")
    output.add_argument("--save", type=path_option, metavar="FILE", help="write the run to FILE.npz")
    _running_options(output)


def _add_fields(parser: argparse.ArgumentParser, title: str, helps: Mapping[str, str]) -> None:
    group = parser.add_argument_group(title)
    for name, text in helps.items():
        default = _DEFAULTS[name]
        kind = _TYPES.get(name, type(default))
        metavar = "N" if kind is int else None
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default, metavar=metavar, help=text)


def _save(run: Run, path: Path) -> Path:
    """Save the run; if that fails after all, on a disk that has filled up say, keep it elsewhere and say where."""
    try:
        return run.save(path)
    except OSError as error:
        cause = f"{saved_path(path)} could not be written ({error.strerror or error})"
        try:
            kept = run.save(Path(tempfile.mkdtemp(prefix="sl1-")) / saved_path(path).name)
        except OSError:
            raise OSError(f"{cause}; the run is lost: with --checkpoint it would be kept while it trains") from error
        raise OSError(f"{cause}; the run is kept in {kept}: move it where there is room") from error


def _running_options(output: argparse._ArgumentGroup) -> None:
    output.add_argument(
        "--checkpoint", type=path_option, metavar="FOLDER",
        help="keep the training in FOLDER while it runs; killed or interrupted, the same command resumes from there",
    )  # fmt: skip
    output.add_argument("--quiet", action="store_true", help="no progress bar")


def run_train(options: argparse.Namespace) -> int:
    """Train a network, print a summary of the run, and save the run if asked to."""
    config = _config(options, Penalty(**{name: getattr(options, name) for name in _PENALTY}))
    if options.save is not None:
        require_writable(saved_path(options.save))  # fails here, not after the training
    run = train(config, progress=not options.quiet, checkpoint=options.checkpoint)
    with printed_after(summary(run)):
        saved = None if options.save is None else _save(run, options.save)
    if saved is not None:
        print(f"saved          {saved}")
    return _end([run], options)


def _config(options: argparse.Namespace, penalty: Penalty | None) -> RunConfig:
    given = {name: getattr(options, name) for name in (*_NETWORK, *_TRAINING)}
    return RunConfig(penalty=penalty, **(given | {"momentum": _momentum(options.momentum)}))


def _end(runs: Sequence[Run], options: argparse.Namespace) -> int:
    """Return the exit code; after Ctrl-C, say how to resume."""
    if all(run.complete for run in runs):
        return 0
    if options.checkpoint is not None:
        print(f"the same command resumes from here: {options.checkpoint} has it")
    return 130


def _momentum(text: str) -> MomentumRamp | float:
    if text in MOMENTUM_READINGS:
        return MOMENTUM_READINGS[text]
    try:
        return float(text)
    except ValueError:
        right = f"it must be a number in [0, 1) or one of {', '.join(MOMENTUM_READINGS)}"
        raise unexpected("momentum", text, right) from None


def summary(run: Run) -> str:
    """Return a summary of a run, in a few lines."""
    config, history = run.config, run.history
    penalty = config.penalty or Penalty(0)
    lines = [
        ("data", run.data_name),
        ("network", f"reading {config.reading.name}, seed {config.seed}, {config.dtype} on {config.device}"),
        ("penalty", config.method + (f": λ = {penalty.strength:g}, ε = {penalty.eps:g}" if penalty.strength else "")),
        (
            "training",
            f"{len(history.E0):,} updates of {config.batch_size} images, learning rate {config.lr:g}, "
            f"{history.seconds.sum():.1f} s" + ("" if run.complete else "; INTERRUPTED"),
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


def compare_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``sl1 compare`` to ``parser``."""
    strengths = ", ".join(f"{method_name(p)} λ = {p.strength:g}" for p in COMPARED_PENALTIES if p is not None)
    parser.description = (
        f"{parser.description} All four start alike and see the same batches. The strengths are defaults, and not "
        f"tuned: {strengths}; SL1 has ε = {DEFAULT_PENALTY.eps:g}."
    )
    _add_fields(parser, "data and network", _NETWORK)
    _add_fields(parser, "training", _TRAINING)
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output", type=path_option, default=Path("comparison.png"), metavar="FILE",
        help="where the plot goes: E0 on the training batches; the name's ending decides the format",
    )  # fmt: skip
    _running_options(output)
    output.add_argument(
        "--processes", type=int, default=min(torch.get_num_threads(), len(COMPARED_PENALTIES)), metavar="N",
        help="divide the trainings among N processes",
    )  # fmt: skip


def run_compare(options: argparse.Namespace) -> int:
    """Train the four methods side by side, print their table, and draw their errors."""
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

    from ..book.full_training.figures import loss_curves
    from ..book.style import use_style

    with rc_context():
        use_style()
        skip = min(20, len(runs[0].history.E0) // 2)  # a very short training has not much more
        with replacing(path) as part:
            loss_curves(runs, skip=skip).savefig(part, format=path.suffix.removeprefix(".").lower())


def comparison(runs: Sequence[Run]) -> str:
    """Return a table of runs that differ in their penalty, and what it does not tell."""
    config, held_out, eps = runs[0].config, runs[0].held_out, DEFAULT_PENALTY.eps
    loss = "" if config.loss == _DEFAULTS["loss"] else f", loss {config.loss}"
    updates, seconds = len(runs[0].history.E0), sum(run.history.seconds.sum() for run in runs)
    head = ("method", "λ", f"{held_out} error", f"{held_out} E0", "nodes < ε", "seconds")
    lines = [
        f"{runs[0].data_name}, reading {config.reading.name}, seed {config.seed}, {updates:,} updates of "
        f"{config.batch_size} images{loss}{'' if all(run.complete for run in runs) else '; INTERRUPTED'}",
        "",
        *aligned([head, *(_row(run, eps) for run in runs)]),
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
