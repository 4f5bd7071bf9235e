"""Small stand-ins for MNIST's files, and a server on this machine in the place of the mirrors."""

from __future__ import annotations

import gzip
import hashlib
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from sl1lib.data import mnist
from sl1lib.data.folder import SAME_FORMAT, FourFiles
from sl1lib.data.idx import write_idx


def idx_bytes(array: np.ndarray) -> bytes:
    """Content of an IDX file of uint8, written independently of the library."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def small_arrays() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    sizes = (30, 20)
    arrays = []
    for size in sizes:
        arrays.append(random.integers(0, 256, (size, 28, 28), dtype=np.uint8))
        arrays.append((np.arange(size) % 10).astype(np.uint8))
    return arrays


@dataclass
class Small:
    """A tiny set in MNIST's format with known digests."""

    arrays: list[np.ndarray] = field(default_factory=small_arrays)

    @property
    def files(self) -> FourFiles:
        described = [
            replace(file, shape=array.shape, sha256=hashlib.sha256(idx_bytes(array)).hexdigest())
            for file, array in zip(SAME_FORMAT, self.arrays, strict=True)
        ]
        return tuple(described)  # type: ignore[return-value]

    @property
    def served(self) -> dict[str, bytes]:
        return {
            f"/{file.stem}.gz": gzip.compress(idx_bytes(array))
            for file, array in zip(SAME_FORMAT, self.arrays, strict=True)
        }

    def write(self, folder: Path, suffix: str = ".gz") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for file, array in zip(SAME_FORMAT, self.arrays, strict=True):
            write_idx(folder / f"{file.stem}{suffix}", array)
        return folder


class Handler(BaseHTTPRequestHandler):
    """Serves `server.content`; `server.cut` promises more than it sends; `server.delay` is waited first."""

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        mirror = self.server.mirror  # type: ignore[attr-defined]
        mirror.requests.append(f"{self.command} {self.path}")
        time.sleep(mirror.delay)
        content = mirror.content.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content[: len(content) // 2] if mirror.cut else content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


@dataclass
class Mirror:
    address: str
    content: dict[str, bytes]
    cut: bool = False
    delay: float = 0.0
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def small() -> Small:
    return Small()


@pytest.fixture
def serve() -> Iterator[Callable[..., Mirror]]:
    """Start mirrors; all are stopped when the test ends."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(content: dict[str, bytes], cut: bool = False, delay: float = 0.0) -> Mirror:
        server = Server(("127.0.0.1", 0), Handler)
        mirror = Mirror(f"http://127.0.0.1:{server.server_address[1]}", content, cut, delay)
        server.mirror = mirror  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        running.append((server, thread))
        return mirror

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Keep every test off the reader's settings, cache and network; give the cache folder it has instead."""
    cache = tmp_path / "cache" / "mnist"
    monkeypatch.delenv("SL1LIB_DATA", raising=False)
    monkeypatch.delenv("SL1LIB_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(mnist, "cache_folder", lambda: cache)
    monkeypatch.setattr(mnist, "_remembered", {})
    # The default argument was bound when the module was imported, so it is replaced where it is kept.
    defaults = mnist.load_mnist.__kwdefaults__
    monkeypatch.setitem(defaults, "mirrors", ("http://127.0.0.1:9/forgotten-by-a-test",))
    monkeypatch.setitem(defaults, "progress", False)
    mnist._load_folder.cache_clear()
    yield cache
    mnist._load_folder.cache_clear()
