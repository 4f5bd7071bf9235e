"""The command line ``sl1``, also ``python -m sl1lib``: data, train, compare, study, prune, course, lab, check, env.

Each command's options and work stand in a module of this package, which is imported when the command is asked for, so
that ``sl1 --help`` waits for no PyTorch.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, NoReturn

from .._version import __version__
from ..errors import TrainingError

_BROKEN_PIPE: Final = 141  # as the shell counts it: 128 and the number of SIGPIPE

#: What each command does, the module that does it, and there the functions that add its options and run it.
COMMANDS: Final = MappingProxyType(
    {
        "data": ("get MNIST and say where it is", "data", "add_options", "run"),
        "train": ("train one network and print a summary", "train", "train_options", "run_train"),
        "compare": (
            "train without penalty, with L2, L1 and SL1, side by side; print a table, draw a plot",
            "train", "compare_options", "run_compare",
        ),
        "study": ("run a declared study: plan, run, show, audit", "study", "add_options", "run"),
        "prune": (
            "make a saved run's network smaller; print sizes, errors and times before and after",
            "prune", "add_options", "run",
        ),
        "course": (
            "exercises for a course: list them, build a folder of notebooks, grade what students handed in",
            "course", "add_options", "run",
        ),
        "lab": (
            "show the laboratory in the browser: draw a digit, train while the penalty changes, remove nodes",
            "lab", "add_options", "run",
        ),
        "check": ("check the equations of the book on this machine", "check", "add_options", "run"),
        "env": ("check this machine: what is missing, and how to get it", "env", "add_options", "run"),
    }
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    ``arguments`` are the words after ``sl1``; None takes the process's. The exit code is 0 if all went well, 1 if a
    check failed or something is missing, 2 for input that cannot be used, 130 after Ctrl-C, 141 if the reader of a pipe
    has gone; what was to be saved has been saved.

    Examples
    --------
    >>> main(["check", "eq-conv-size"])
    ✓ eq-conv-size: the size of the output
      ✓ equal  against counting the places, for every size up to 29
    1 equation, 0 failed
    0
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a λ must not fail where the locale has none
    try:
        return _run(_options(words))
    finally:
        _settle_output()


def _options(words: Sequence[str]) -> argparse.Namespace:
    """Parse the words; a command reports an option that it does not know, with the nearest that it does."""
    parser = command_parser([word for word in words if not word.startswith("-")][:1])
    options, unknown = parser.parse_known_args(words or ["--help"])
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}{_nearest(options.parser, unknown[0])}")
    return options


def _nearest(parser: argparse.ArgumentParser, word: str) -> str:
    known = [string for action in parser._actions for string in action.option_strings]
    word = word.partition("=")[0]
    longer = [string for string in known if string.startswith(word)]
    near = longer if len(longer) == 1 else get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code; print an error that a user can mend, and return the error's."""
    try:
        code = int(options.command(options))
        if sys.stdout is not None:
            sys.stdout.flush()  # what cannot be written is reported here, not when the interpreter exits
        return code
    except BrokenPipeError:  # the reader has read enough, as head does: no message is needed
        return _BROKEN_PIPE
    except (ValueError, OSError, TrainingError) as error:
        _tell(f"sl1 {options.name}: {error}")
        return 2
    except KeyboardInterrupt:
        _tell(f"sl1 {options.name}: interrupted")
        return 130


def _tell(line: str) -> None:
    if sys.stderr is not None:  # print would take None for standard output
        with suppress(OSError):  # the exit code says it as well
            print(line, file=sys.stderr)


def _settle_output() -> None:
    """Discard what a stream cannot take, or the interpreter would complain of it again at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, which a dozen lines of usage would bury."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        tell = action.default is not None and not isinstance(action.default, bool)
        return super()._get_help_string(action) if tell else action.help


def command_parser(described: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of ``sl1``; of the commands that are not ``described`` it knows only the names."""
    parser = _Parser(
        prog="sl1",
        description="Train and check the small network with a smoothed L1 penalty on its weights.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sl1lib {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (about, module, add_options, run) in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=about,
            description=f"{about[0].upper()}{about[1:]}.",
            formatter_class=_Help,
            allow_abbrev=False,
        )
        if name in described:
            _call(module, add_options, sub)
        sub.set_defaults(command=partial(_call, module, run), name=name, parser=sub)
    return parser


def _call(module: str, name: str, argument: Any) -> Any:
    return getattr(import_module(f".{module}", __package__), name)(argument)
