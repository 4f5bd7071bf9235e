"""The command ``sl1 prune``: a saved run in; a table out, and on request a smaller network in a file."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from .._output import printed_after
from ..data import load_data
from ..paths import path_option, require_writable
from ..pruning.onnx_model import onnx_path, require, run_onnx
from ..pruning.procedure import prune
from ..pruning.pruned import Pruned, PrunedFileError
from ..pruning.selection import Floor
from ..pruning.sources import images_of
from ..training import Run, RunFileError
from ..training.classifier import saved_path
from ..training.images import Images


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options to ``parser``."""
    parser.add_argument(
        "run", type=path_option, metavar="FILE", help="a run that sl1 train --save wrote, with or without .npz"
    )
    selection = parser.add_argument_group("selection")
    add = selection.add_argument
    add("--threshold", type=float, metavar="LENGTH", help="nodes shorter than this; without it, the penalty's ε")
    add("--count", type=int, metavar="N", help="instead: the N shortest nodes, or maps with --grouping map")
    add("--grouping", default="node", help="node, weight (all ten of a node), or map: whose length counts")
    add(
        "--kernel-threshold", type=float, default=0.0, metavar="LENGTH",
        help="maps of layer 1 whose kernels in layer 2 are together no longer; 0 changes no score",
    )  # fmt: skip
    for layer, what in (("nodes", "nodes"), ("maps1", "maps of layer 1"), ("maps2", "maps of layer 2")):
        add(f"--floor-{layer}", type=int, metavar="N", help=f"keep at least N {what}, the longest")
    add("--no-fold", dest="fold", action="store_false", help="do not put the mean of what is removed into the biases")
    tuning = parser.add_argument_group("fine-tuning")
    tuning.add_argument("--fine-tune", type=int, default=0, metavar="EPOCHS", help="epochs of training afterwards")
    tuning.add_argument("--lr", type=float, help="learning rate to begin with; without it, half of the run's")
    tuning.add_argument(
        "--keep-penalty", action="store_true", help="fine-tune with the run's penalty; without this, with none"
    )
    output = parser.add_argument_group("data and output")
    output.add_argument("--data", help="data to take means from and to measure on; without it, what the run names")
    output.add_argument("--device", help="cpu, or cuda where there is one; without it, where the run was trained")
    output.add_argument(
        "--no-latency", dest="latency", action="store_false", help="do not measure how long answers take"
    )
    output.add_argument("--save", type=path_option, metavar="FILE", help="write the pruned network to FILE.npz")
    output.add_argument(
        "--onnx", type=path_option, metavar="FILE", help="write an ONNX model to FILE.onnx and check it"
    )


def run(options: argparse.Namespace) -> int:
    """Prune a saved run and print what that did; return 1 if the ONNX model does not answer as the network does."""
    file = options.run if options.run.is_file() else saved_path(options.run)
    _check_options(options)
    _check_outputs(options, file)
    trained = _load(file)
    data = None if options.data is None else load_data(options.data)
    pruned = prune(
        trained,
        options.threshold,
        count=options.count,
        grouping=options.grouping,
        kernel_threshold=options.kernel_threshold,
        floor=_floor(options),
        fold=options.fold,
        fine_tune=options.fine_tune,
        lr=options.lr,
        penalty=trained.config.penalty if options.keep_penalty else None,
        data=data,
        device=options.device,
        latency=options.latency,
    )
    with printed_after(str(pruned.report)):
        saved = None if options.save is None else pruned.save(options.save)
        path = None if options.onnx is None else pruned.to_onnx(options.onnx)
    if saved is not None:
        print(f"saved {saved}")
    if path is None:
        return 0
    agrees, told = _compare(pruned, path, images_of(pruned.config, pruned.provenance, data))
    print(f"wrote {path}; {told}")
    return 0 if agrees else 1


def _floor(options: argparse.Namespace) -> Floor | None:
    """Return the floor if any part of it is asked for; the other parts are 1."""
    given = [options.floor_nodes, options.floor_maps1, options.floor_maps2]
    if given == [None, None, None]:
        return None
    nodes, maps1, maps2 = (1 if least is None else least for least in given)
    return Floor(nodes, (maps1, maps2))


def _load(file: Path) -> Run:
    try:
        return Run.load(file)
    except RunFileError:
        with suppress(PrunedFileError):
            Pruned.load(file)
            right = "name the run that it was made of, which sl1 train --save wrote"
            raise ValueError(f"{file} is a pruned network already; {right}") from None
        raise


def _check_options(options: argparse.Namespace) -> None:
    """Refuse what `prune` would refuse too, in words of the command line."""
    if options.threshold is not None and options.count is not None:
        raise ValueError("--threshold and --count are given; a selection has one of them")
    tuning = {"--lr": options.lr is not None, "--keep-penalty": options.keep_penalty}
    if not options.fine_tune and any(tuning.values()):
        named = " and ".join(name for name, given in tuning.items() if given)
        raise ValueError(f"{named}: only for fine-tuning; say for how many epochs, --fine-tune 2 for instance")


def _check_outputs(options: argparse.Namespace, file: Path) -> None:
    """Fail here rather than after the work; the run that is pruned must not be overwritten."""
    if options.onnx is not None:
        try:
            require("onnx"), require("onnxruntime")
        except ImportError as error:
            raise ValueError(f"--onnx: {error}") from error
    for name, place, path_of in (("--save", options.save, saved_path), ("--onnx", options.onnx, onnx_path)):
        if place is None:
            continue
        path = path_of(place)
        require_writable(path)
        if path.exists() and file.exists() and path.samefile(file):
            other = path.with_stem(path.stem + "-pruned")
            raise ValueError(f"{name} names the run itself, {path}; give another name, {other} say")


def _compare(pruned: Pruned, path: Path, images: Images) -> tuple[bool, str]:
    """Return whether ONNX Runtime gives the same answers for all held-out images, and a sentence about it."""
    grey = images.x_held_out[:, 0].cpu().numpy()
    expected, received = pruned.predict(grey), run_onnx(path, grey)
    wrong = int((received.argmax(axis=1) != expected.argmax(axis=1)).sum())
    gap = float(abs(received - expected).max())
    answers = "the same answer" if not wrong else f"{wrong} other answers"
    return not wrong, (
        f"ONNX Runtime gives {answers} for all {len(grey):,} {pruned.report.held_out} images, scores within {gap:.1g}"
    )
