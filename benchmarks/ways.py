"""One layer with an image in each lane, compiled in four ways: what each takes, and what it costs to begin.

python -m benchmarks.ways [--rounds 40]

The layer is the first of ``table`` with pooling composed into it, forward, 64 images, one thread. The ways: the
library's C, called by ctypes; Numba, with the loops as they are written and in blocks; ``torch.compile``, on arrays
with the image last; the same C as an operator of PyTorch's. What is not installed is left out, and the reason said.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from sl1lib.clock import Timing, time_side_by_side
from sl1lib.engine.compiler import FLAGS, SOURCE, find_compiler

IMAGES: Final = 64
MAPS, TAPS, OUT, BLOCK = 6, 6, 12, 4  # of the layer: maps, a side of the composed kernel and of the result; places
TOLERANCE: Final = 1e-4  # of sums of 36 products of numbers about 1, in float32
FUNCTION: Final = f"""
#include "{SOURCE.as_posix()}"
int lanes_here(void) {{ return LANES; }}
void layer(const V *x, const REAL *k, const REAL *b, V *y, int64_t tiles) {{
    for (int64_t n = 0; n < tiles; n++)
        convolve(x + n * PIXELS, SIZE, 1, k, WIDE, POOL, b, IN2, MAPS1, FIT(IN2, MAPS1), MAPS1,
                 y + n * IN2 * IN2 * MAPS1);
}}
"""
OPERATOR: Final = """
#include <torch/extension.h>
extern "C" void layer(const void *, const float *, const float *, void *, int64_t);
void on_tensors(torch::Tensor x, torch::Tensor k, torch::Tensor b, torch::Tensor y) {
    layer(x.data_ptr<float>(), k.data_ptr<float>(), b.data_ptr<float>(), y.data_ptr<float>(), x.size(0));
}
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("layer", &on_tensors); }
"""
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Run = Callable[[], Any]


def layer_arrays(lanes: int) -> Arrays:
    """Return images and result in tiles, the image last, and between them kernel and bias."""
    rng = np.random.default_rng(0)
    shapes = (IMAGES // lanes, 28, 28, lanes), (TAPS, TAPS, MAPS), (MAPS,), (IMAGES // lanes, OUT, OUT, MAPS, lanes)
    x, k, b, y = (_aligned(rng.standard_normal(shape)) for shape in shapes)
    return x, k, b, y


def _aligned(values: np.ndarray) -> np.ndarray:
    """Return a float32 array that begins where a vector register may read."""
    room = np.empty(4 * values.size + 64, np.uint8)
    first = -room.ctypes.data % 64
    array = room[first : first + 4 * values.size].view(np.float32).reshape(values.shape)
    array[...] = values
    return array


def expected(x: np.ndarray, k: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return what the layer has to give."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (TAPS, TAPS), (1, 2))[:, ::2, ::2]
    return np.einsum("nijlrt,rtm->nijml", windows, k, dtype=float) + b[:, None]


def in_c(folder: Path) -> ctypes.CDLL:
    """Return the layer's loop of ``kernels.c``, compiled for this processor."""
    source = folder / "layer.c"
    source.write_text(FUNCTION, encoding="utf-8")
    flags = [*FLAGS, "-march=native", "-lm", "-lpthread"]
    subprocess.run([find_compiler(), str(source), "-o", str(folder / "layer.so"), *flags], check=True)
    return ctypes.CDLL(str(folder / "layer.so"))


def as_written(lanes: int) -> Callable[..., None]:
    """Return the loops of the equation, the image innermost, for Numba."""

    def layer(x: np.ndarray, k: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        for n in range(x.shape[0]):
            for i in range(OUT):
                for j in range(OUT):
                    for m in range(MAPS):
                        total = y[n, i, j, m]
                        total[:] = b[m]
                        for r in range(TAPS):
                            for t in range(TAPS):
                                for lane in range(lanes):
                                    total[lane] += x[n, 2 * i + r, 2 * j + t, lane] * k[r, t, m]

    return layer


def in_blocks(lanes: int) -> Callable[..., None]:
    """Return the loops of ``kernels.c``, for Numba: a block of sums is kept while its products are added."""

    def layer(x: np.ndarray, k: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        total = np.empty((BLOCK, MAPS, lanes), np.float32)
        for n in range(x.shape[0]):
            for i in range(OUT):
                for j in range(0, OUT, BLOCK):
                    for p in range(BLOCK):
                        for m in range(MAPS):
                            total[p, m, :] = b[m]
                    for r in range(TAPS):
                        for t in range(TAPS):
                            for p in range(BLOCK):
                                for m in range(MAPS):
                                    for lane in range(lanes):
                                        total[p, m, lane] += x[n, 2 * i + r, 2 * (j + p) + t, lane] * k[r, t, m]
                    y[n, i, j : j + BLOCK] = total

    return layer


def image_last(x: torch.Tensor, k: torch.Tensor, b: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Write the layer as a sum over taps of whole arrays, for ``torch.compile``."""
    total = b[:, None]
    for r in range(TAPS):
        for t in range(TAPS):
            rows, columns = slice(r, r + 2 * OUT - 1, 2), slice(t, t + 2 * OUT - 1, 2)
            total = total + x[:, rows, columns, None] * k[r, t, :, None]
    return y.copy_(total)


def ways(folder: Path) -> tuple[Arrays, dict[str, Callable[[], Run]]]:
    """Return the arrays, and for each way a function that makes it ready and returns what is then to be timed."""
    library = in_c(folder)
    arrays = layer_arrays(library.lanes_here())
    tensors = [torch.from_numpy(array) for array in arrays]
    lanes, tiles = library.lanes_here(), ctypes.c_int64(len(arrays[0]))

    def by_ctypes() -> Run:
        function, addresses = in_c(folder).layer, [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        return lambda: function(*addresses, tiles)

    def by_numba(loops: Callable[..., None]) -> Run:
        import numba

        compiled = numba.njit(fastmath=True)(loops)
        return lambda: compiled(*arrays)

    def by_torch() -> Run:
        compiled = torch.compile(image_last)
        return lambda: compiled(*tensors)

    def as_operator() -> Run:
        from torch.utils import cpp_extension

        (folder / "operator.cpp").write_text(OPERATOR, encoding="utf-8")
        operator = cpp_extension.load(
            "operator", [str(folder / "operator.cpp")], extra_ldflags=[str(folder / "layer.so")], build_directory=folder
        )
        return lambda: operator.layer(*tensors)

    return arrays, {
        "C by ctypes": by_ctypes,
        "Numba, as written": lambda: by_numba(as_written(lanes)),
        "Numba, in blocks": lambda: by_numba(in_blocks(lanes)),
        "torch.compile": by_torch,
        "C++ operator": as_operator,
    }


def measure_ways(rounds: int) -> dict[str, tuple[float, Timing]]:
    """Return for each way that can be had the seconds to its first result, and its times; its answer is checked."""
    starts, ready = {}, {}
    with tempfile.TemporaryDirectory(prefix="sl1lib-bench-", ignore_cleanup_errors=True) as folder:
        arrays, found = ways(Path(folder))
        answer = expected(*arrays[:3])
        for name, make in found.items():
            arrays[3][:] = 0
            begun = time.perf_counter()
            try:
                run = make()
                run()
            except (ImportError, OSError, RuntimeError) as error:
                print(f"{name} is left out: {error}")
                continue
            starts[name], ready[name] = time.perf_counter() - begun, run
            np.testing.assert_allclose(arrays[3], answer, rtol=0, atol=TOLERANCE, err_msg=name)
        timings = time_side_by_side(ready, rounds)
    return {name: (starts[name], timing) for name, timing in timings.items()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ways", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    torch.set_num_threads(1)
    found = measure_ways(parser.parse_args(arguments).rounds)
    ours = np.array(found["C by ctypes"][1].seconds)
    for name, (start, timing) in found.items():
        low, middle, high = np.percentile(timing.seconds / ours, [25, 50, 75])
        print(
            f"{name:18} {1e6 * timing.least:6.0f} µs at least, {middle:5.2f} times C [{low:.2f}, {high:.2f}], "
            f"{start:4.1f} s to begin  n = {len(ours)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
