"""MNIST: found on this machine, or downloaded once and verified.

MNIST (Y. LeCun, C. Cortes, C. J. C. Burges) has 60,000 training and 10,000 test images of handwritten digits,
28x28 grey levels. It is looked for in this order:

1. the folder that the environment variable ``SL1LIB_DATA`` names, which must hold it whole;
2. the user's cache, `cache_folder`;
3. the `MIRRORS`, over HTTPS, into that cache, unless ``SL1LIB_OFFLINE=1``.

Every file is verified at every load by the SHA-256 of its decompressed content.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from ..errors import DataError, DataUnavailableError
from .dataset import Dataset
from .download import DownloadError, fetch_files, lacking
from .folder import SAME_FORMAT, FourFiles, listed, read_folder
from .idx import data_path

# The shapes of the four files, and the digests of their decompressed content.
_CONTENT: Final = (
    ((60_000, 28, 28), "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    ((60_000,), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    ((10_000, 28, 28), "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    ((10_000,), "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)
MNIST_FILES: Final[FourFiles] = tuple(
    replace(file, shape=shape, sha256=digest) for file, (shape, digest) in zip(SAME_FORMAT, _CONTENT, strict=True)
)

#: Where the compressed files are: PyTorch's mirror, the CVDF's, and one on GitHub.
MIRRORS: Final = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://raw.githubusercontent.com/fgnt/mnist/master",
)

#: Seconds in which a mirror must answer when MNIST was asked for by name.
PATIENCE: Final = 10.0

#: The same when MNIST is only preferred: what a reader without a network waits, once.
SHORT_PATIENCE: Final = 4.0

_REMEDY: Final = f"""one of these helps:
  - set SL1LIB_DATA to a folder that holds MNIST's four files ({listed(MNIST_FILES)})
  - run `sl1 data` where there is a network, to download them once
  - use load_data("digits"), 1,797 smaller digits that come with this library"""

# Folder -> why nothing could be downloaded into it, so that one process waits for a dead network only once.
_remembered: dict[Path, str] = {}


def load_mnist(
    *,
    files: FourFiles = MNIST_FILES,
    mirrors: Sequence[str] = MIRRORS,
    patience: float = PATIENCE,
    retry: bool = True,
    progress: bool = True,
) -> Dataset:
    """Load MNIST from ``$SL1LIB_DATA``, the user's cache or a mirror: what ``load_data("mnist")`` returns.

    A folder that is set and lacks a file, or holds a wrong one, is an error: what was set on purpose is not silently
    replaced. A mirror must answer within ``patience`` seconds; with ``retry=False`` a download that failed before in
    this process fails at once. ``files`` other than MNIST's are for tests.
    """
    chosen = chosen_folder()
    if chosen is not None:
        try:
            return _load_folder(chosen, f"SL1LIB_DATA ({chosen})", files)
        except DataError as error:
            raise DataError(error.path, error.why, f"{error.remedy} (SL1LIB_DATA is set to {chosen})") from error
    cache = cache_folder()
    source = f"the user's cache ({cache})"
    try:
        return _load_folder(cache, source, files)
    except DataError as error:
        here = f"{error.path} {error.why}"
    _fetch(cache, here, files, mirrors, patience, progress, retry)
    return _load_folder(cache, source, files)


def fetch_mnist(
    folder: str | os.PathLike[str] | None = None, *, mirrors: Sequence[str] = MIRRORS, progress: bool = True
) -> Path:
    """Make sure that a folder holds MNIST, downloading what is missing or damaged: ``sl1 data``.

    Parameters
    ----------
    folder : path, optional
        Where to; the user's cache by default. Set ``SL1LIB_DATA`` to use another one afterwards.
    mirrors : sequence of str
        Addresses to download from.
    progress : bool
        Show a progress bar on standard error.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataUnavailableError
        If no mirror gives a file, or ``SL1LIB_OFFLINE=1`` forbids asking.

    Examples
    --------
    >>> fetch_mnist("data/mnist")  # doctest: +SKIP
    PosixPath('data/mnist')
    """
    target = cache_folder() if folder is None else data_path("folder", folder)
    if lacking(target, MNIST_FILES):
        _fetch(target, f"{target} does not hold all four files", MNIST_FILES, mirrors, PATIENCE, progress)
    return target


def cache_folder() -> Path:
    """Return the folder in which downloads are kept, by the rules of the operating system; it need not exist.

    Raises
    ------
    DataUnavailableError
        If this user has no home folder, and so no cache.

    Examples
    --------
    >>> cache_folder().name
    'mnist'
    """
    try:
        return user_cache_path("sl1lib", appauthor=False) / "mnist"
    except RuntimeError:  # neither HOME nor an entry for the user
        raise _unavailable("this user has no home folder, and so no cache") from None


def chosen_folder() -> Path | None:
    """Return the folder that ``SL1LIB_DATA`` names, absolute, or None if it names none."""
    value = os.environ.get("SL1LIB_DATA", "")
    return data_path("SL1LIB_DATA", value).absolute() if value.strip() else None


def offline() -> bool:
    """Return whether ``SL1LIB_OFFLINE`` forbids downloads; a `DataError` for what is neither yes nor no."""
    value = os.environ.get("SL1LIB_OFFLINE", "")
    match value.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "" | "0" | "false" | "no" | "off":
            return False
    # A misspelt ban must not open the network.
    raise DataError("SL1LIB_OFFLINE", f"is {value!r}", "it must be 1 (no downloads) or 0")


@lru_cache(maxsize=2)
def _load_folder(folder: Path, source: str, files: FourFiles) -> Dataset:
    """Read and verify a folder once per process; failures are not remembered here."""
    return read_folder(folder, "mnist", source, files)


def _fetch(
    folder: Path,
    here: str,
    files: FourFiles,
    mirrors: Sequence[str],
    patience: float,
    progress: bool,
    retry: bool = True,
) -> None:
    """Download into a folder unless that is forbidden or known to fail; an error also says what is wrong ``here``."""
    if offline():
        raise _unavailable(f"SL1LIB_OFFLINE forbids downloads\n  {here}")
    if not retry and folder in _remembered:
        raise _unavailable(_remembered[folder])
    try:
        fetch_files(folder, files, mirrors, patience=patience, progress=progress)
    except DownloadError as error:
        _remembered[folder] = f"{error}\n  {here}"
        raise _unavailable(_remembered[folder]) from error
    _remembered.pop(folder, None)


def _unavailable(reason: str) -> DataUnavailableError:
    """Return the error for a machine without MNIST; the first line of ``reason`` names no path of it."""
    return DataUnavailableError("MNIST", f"is not available: {reason}", _REMEDY)
