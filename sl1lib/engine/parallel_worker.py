"""A process of `ParallelEngine`: reads calls from its standard input, writes answers to its standard output."""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any, BinaryIO

import torch

from .banded import Engine


def main(threads: int, greeting: bytes) -> None:
    """Answer until there is nothing more to read: then whoever asked has ended.

    The greeting comes first: what stands before it was printed as the interpreter started, and is no answer.
    """
    torch.set_num_threads(threads)
    calls, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    elsewhere = sys.stderr.fileno() if sys.stderr is not None else os.open(os.devnull, os.O_WRONLY)
    os.dup2(elsewhere, sys.stdout.fileno())  # what anybody prints must not get among the answers
    try:
        answers.write(greeting)
        answers.flush()
        _serve(calls, answers)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        os._exit(0)  # without a word about pipes that the other side has closed


def _serve(calls: BinaryIO, answers: BinaryIO) -> None:
    engine: Engine | None = None
    shown: Any = None  # the images that `predict` was last asked about
    while True:
        try:
            method, arguments, named = pickle.load(calls)
        except pickle.UnpicklingError:  # cut off: whoever wrote it was killed
            return
        if method == "predict":
            shown = shown if arguments[0] is None else arguments[0]
            arguments = (shown,)
        answer: Any
        try:
            if method == "start":
                engine = Engine(*arguments, **named)
                answer = engine.updates_per_epoch
            else:
                answer = getattr(engine, method)(*arguments, **named)
        except Exception as error:  # it belongs to whoever asked
            answer = error
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
