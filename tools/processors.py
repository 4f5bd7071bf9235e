"""Other processors, emulated: what NumPy, PyTorch and the libraries below them are told to do without.

python tools/processors.py     which processors this machine can emulate, and where each one's bits differ from its own

A processor decides in which order a sum is taken, and with it the last bits of nearly every number here. The libraries
choose their code by what the processor can do when they are loaded, and environment variables can take that away. A
variable that is misspelt or no longer read would leave a run native and green: so `check` asks the libraries, inside
each process that has been told, and `emulations` compares bits.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}  # a thread that waits for another leaves its core to whoever has work
EXPECTED = "SL1LIB_EMULATED"  # holds what `check` expects, as JSON
X86 = ("x86_64", "amd64")
SSE = frozenset({"SSSE3", "SSE41", "POPCNT", "SSE42", "X86_V2"})
AVX = SSE | {"AVX"}
AVX2 = AVX | {"F16C", "FMA3", "AVX2", "X86_V3"}
AVX512 = AVX2 | {"AVX512F", "AVX512CD", "AVX512_SKX", "X86_V4"}
COMPATIBLE = 3  # what MKL answers where MKL_CBWR=COMPATIBLE is in force


@dataclass(frozen=True)
class Processor:
    """A processor, as each library names it; NumPy by the features that it keeps."""

    name: str
    machines: tuple[str, ...]
    openblas: str
    aten: str
    onednn: str
    keeps: frozenset[str]
    needs: str | None = None  # the feature, in NumPy's words, without which its instructions would end the process
    compatible: bool = False  # whether MKL is to use the code that every processor has
    known_as: str = ""  # OpenBLAS's answer, where it is not `openblas`
    c: str = ""  # what a C compiler calls it

    def environment(self, threads: int) -> dict[str, str]:
        """Return the variables that make a process compute as this processor would, with so many threads."""
        features = cpu_features()
        off = [name for name in dispatched() if features.get(name) and name not in self.keeps]
        told = {
            "ATEN_CPU_CAPABILITY": self.aten,
            "OPENBLAS_CORETYPE": self.openblas,
            "ONEDNN_MAX_CPU_ISA": self.onednn,
            "NPY_DISABLE_CPU_FEATURES": " ".join(off),
            "CFLAGS": f"-march={self.c}",  # for the engine in C
            **dict.fromkeys(THREADS, str(threads)),
            **PATIENT,
            EXPECTED: json.dumps(
                {
                    "PyTorch's instructions": self.aten.upper(),
                    "OpenBLAS": [self.known_as or self.openblas],
                    "NumPy's features that are off": sorted(off),
                    "MKL": COMPATIBLE if self.compatible else None,
                    "threads": threads,
                }
            ),
        }
        return told | ({"MKL_CBWR": "COMPATIBLE"} if self.compatible else {})

    def missing(self) -> str | None:
        """Say why this machine cannot emulate it, or None."""
        if platform.machine().lower() not in self.machines:
            return f"this machine is {platform.machine()}"
        if self.needs and not cpu_features().get(self.needs):
            return f"this processor has no {self.needs}"
        return None


# From the one furthest from today's to the nearest. OpenBLAS calls its code for Prescott "Katmai", and has none for
# Zen alone.
PROCESSORS = (
    Processor(
        "prescott", X86, "Prescott", "default", "SSE41", frozenset(), compatible=True, known_as="Katmai", c="nocona"
    ),
    Processor("nehalem", X86, "Nehalem", "default", "SSE41", SSE, compatible=True, c="nehalem"),
    Processor("sandybridge", X86, "Sandybridge", "default", "AVX", AVX, "AVX", compatible=True, c="sandybridge"),
    Processor("haswell", X86, "Haswell", "avx2", "AVX2", AVX2, "AVX2", c="haswell"),
    Processor("zen", X86, "Zen", "avx2", "AVX2", AVX2, "AVX2", known_as="Haswell", c="znver1"),
    Processor("skylakex", X86, "SkylakeX", "avx512", "AVX512_CORE", AVX512, "AVX512_SKX", c="skylake-avx512"),
    Processor("armv8", ("aarch64", "arm64"), "ARMV8", "default", "DEFAULT", frozenset(), c="armv8-a"),
)


def _umath() -> Any:
    import numpy as np

    return (np._core if hasattr(np, "_core") else np.core)._multiarray_umath


def cpu_features() -> dict[str, bool]:
    """Return what this processor can do and NumPy has not been told to do without, in NumPy's words."""
    return _umath().__cpu_features__


def dispatched() -> list[str]:
    """Return the features for which this NumPy has code of its own, which it can be told to do without."""
    return list(_umath().__cpu_dispatch__)


def _mkl() -> int | None:
    """Return the code that MKL says it uses; None where PyTorch has no MKL, or one that does not tell."""
    import torch

    with contextlib.suppress(OSError, AttributeError, StopIteration):
        library = next(Path(torch.__file__).with_name("lib").glob("*torch_cpu.*"))
        return int(ctypes.CDLL(str(library)).mkl_serv_cbwr_get(-1))
    return None


def in_force() -> dict[str, Any]:
    """Ask each library in this process what it uses."""
    import scipy.linalg  # noqa: F401  (it brings its own OpenBLAS)
    import threadpoolctl
    import torch

    blas = [pool for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"]
    features = cpu_features()
    return {
        "PyTorch's instructions": torch.backends.cpu.get_cpu_capability(),
        "OpenBLAS": sorted({pool["architecture"] for pool in blas}),
        "NumPy's features that are off": sorted(name for name in dispatched() if not features[name]),
        "MKL": _mkl(),
        "threads": torch.get_num_threads(),
    }


def check() -> None:
    """Raise AssertionError if this process has been told to emulate a processor and does not."""
    found = in_force()
    for what, expected in json.loads(os.environ[EXPECTED]).items():
        received = found[what]
        if received in (None, []) or expected is None:
            continue  # there is none, it does not tell, or it is left as it is
        if what == "NumPy's features that are off":
            received = sorted(set(received) & set(expected))  # besides, those that the processor itself lacks
        assert received == expected, f"{what}: {received}, where {expected} is to be emulated"


def fingerprints() -> dict[str, str]:
    """Digest the bits of a few results of each library."""
    import numpy as np
    import torch

    random = np.random.default_rng(0)
    x = random.normal(size=(260, 300)).astype(np.float32)
    y = random.normal(size=(300, 130)).astype(np.float32)
    u, v = torch.from_numpy(x), torch.from_numpy(y)
    results = {
        "NumPy's products": [x @ y, x.astype(float) @ y.astype(float)],
        "NumPy's functions": [np.exp(x), np.exp(x.astype(float)), np.tanh(x.astype(float)), x.sum(axis=1)],
        "PyTorch's products": [u @ v, u.double() @ v.double()],
        "PyTorch's convolutions": [torch.nn.functional.conv2d(u[None, None], v[None, None, :5, :5])],
        "PyTorch's functions": [torch.exp(u), torch.sigmoid(u), torch.sum(u, 1), torch.sum(u.double())],
    }
    return {
        what: sha256(b"".join(np.asarray(array).tobytes() for array in arrays)).hexdigest()
        for what, arrays in results.items()
    }


def probe(variables: dict[str, str]) -> dict[str, str]:
    """Return the fingerprints of a process with these variables, which must do what they say."""
    code = (
        "import json, os, processors as p; p.EXPECTED in os.environ and p.check(); print(json.dumps(p.fingerprints()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=without_settings(os.environ) | {"PYTHONPATH": str(Path(__file__).parent)} | variables,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"with {variables}, a process ends with status {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those that choose code or a number of threads."""
    chosen = set(PROCESSORS[0].environment(1)) | {"MKL_CBWR"}
    return {name: value for name, value in environ.items() if name not in chosen}


@dataclass(frozen=True)
class Emulation:
    """A processor with a number of threads: in what its bits differ from this machine's, or why it is left out."""

    name: str
    variables: dict[str, str]
    differing: tuple[str, ...] = ()
    reason: str | None = None


def emulations(threads: Iterable[int] = (1, 2)) -> Iterator[Emulation]:
    """Yield each processor with each number of threads, beginning with those that are furthest from this machine."""
    own = probe(dict.fromkeys(THREADS, "1"))
    for processor in PROCESSORS:
        for count in threads:
            name = f"{processor.name}, {count} thread{'s' if count > 1 else ''}"
            if reason := processor.missing():
                yield Emulation(name, {}, reason=reason)
                continue
            variables = processor.environment(count)
            found = probe(variables)
            differing = tuple(what for what in own if found[what] != own[what])
            yield Emulation(name, variables, differing, None if differing else "it rounds as this machine does")


if __name__ == "__main__":
    for emulation in emulations():
        print(f"{emulation.name}: {emulation.reason or 'other bits in ' + ', '.join(emulation.differing)}", flush=True)
