"""The loops that are timed beside those in C give the same layer. No time is asserted."""

import numpy as np
import pytest
import torch

from benchmarks import ways
from sl1lib.engine.compiler import NotCompiledError


@pytest.fixture(scope="module")
def layer():
    x, k, b, _ = ways.layer_arrays(lanes=4)
    return x[:1], k, b, ways.expected(x[:1], k, b)


@pytest.mark.parametrize("loops", [ways.as_written, ways.in_blocks])
def test_the_loops_for_numba(layer, loops):
    x, k, b, expected = layer
    y = np.zeros_like(expected, dtype=np.float32)
    loops(4)(x, k, b, y)
    np.testing.assert_allclose(y, expected, rtol=0, atol=ways.TOLERANCE)


def test_whole_arrays_for_torch_compile(layer):
    x, k, b, expected = layer
    y = torch.zeros(expected.shape)
    ways.image_last(*(torch.from_numpy(array) for array in (x, k, b)), y)
    np.testing.assert_allclose(y, expected, rtol=0, atol=ways.TOLERANCE)


def test_what_cannot_be_had_is_left_out_and_said(monkeypatch, tmp_path, capsys):
    def missing() -> ways.Run:
        raise ImportError("no such package")

    real = ways.ways

    def some(folder):
        arrays, found = real(folder)
        return arrays, {"C by ctypes": found["C by ctypes"], "Numba, in blocks": missing}

    monkeypatch.setattr(ways, "ways", some)
    try:
        assert ways.main(["--rounds", "1"]) == 0
    except NotCompiledError as error:
        pytest.skip(str(error))
    said = capsys.readouterr().out
    assert "Numba, in blocks is left out: no such package" in said
    assert "C by ctypes" in said
