"""The command ``sl1 data``: get MNIST, and say where it is."""

from __future__ import annotations

import argparse

from sl1lib.data import fetch_mnist, load_data
from sl1lib.paths import path_option


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options to ``parser``."""
    parser.add_argument(
        "--to", type=path_option, metavar="FOLDER", help="download into this folder instead of the cache"
    )


def run(options: argparse.Namespace) -> int:
    """Make sure that MNIST is there, and print where; return 0."""
    if options.to is not None:
        print(f"MNIST is in {fetch_mnist(options.to)}; set SL1LIB_DATA to that folder to use it from there")
        return 0
    print(load_data("mnist"))
    return 0
