"""The command ``sl1 check``: the equations of the book, on this machine."""

from __future__ import annotations

import argparse

from ..book.ledger import LEDGER, check, matching


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options to ``parser``."""
    parser.add_argument("label", nargs="*", help="labels, or what they begin with; without any, all equations")
    parser.add_argument("--list", action="store_true", help="name the equations and check nothing")


def run(options: argparse.Namespace) -> int:
    """Check the equations asked for, print each as it is done, and return 1 if one failed."""
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
