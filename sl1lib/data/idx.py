"""The IDX file format: MNIST's container for an array, read and written with care.

A file is a header and the values, everything big endian::

    00 00 | type code | number of dimensions | size of each (4 bytes) | values, last index fastest

Gzip around it is optional. A file may come from anywhere, so nothing in it is believed before it is checked:
reading takes no more memory than the header declares, never more than `MAX_BYTES`, and a header is checked
before its values.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, FileError
from ..paths import replacing, user_path

#: Type code in the header -> the dtype of the values.
IDX_DTYPES: Final = {
    code: np.dtype(name)
    for code, name in {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}.items()
}

#: The largest array, in bytes, that is read or written: twenty times MNIST's largest, and harmless to a laptop.
MAX_BYTES: Final = 2**30

#: The largest number of dimensions; real files have one (labels), three (images) or four (colour images).
MAX_DIMENSIONS: Final = 8

_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 2**20
_WHOLE: Final = "it must be whole; copy or download it again"


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """Read an array from an IDX file, gzip-compressed or plain.

    Which of the two is decided by the content, not by the name: browsers and HTTP libraries decompress files
    and keep their ``.gz``, or the other way round.

    Parameters
    ----------
    path : str or path
    max_bytes : int, optional
        The largest size of the values, in bytes, that is accepted.

    Returns
    -------
    ndarray
        Of the shape and type in the header, in native byte order, C-contiguous and writable.

    Raises
    ------
    DataError
        If the file is missing, empty, neither IDX nor gzip around IDX, corrupt, longer or shorter than its
        header says, or declares an absurd size.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "labels.idx.gz"
    >>> write_idx(path, np.array([7, 2, 1], dtype=np.uint8))
    >>> read_idx(path)
    array([7, 2, 1], dtype=uint8)
    >>> folder.cleanup()
    """
    path = data_path("path", path, "file")
    try:
        with path.open("rb") as file, _unpacked(file) as stream:
            return _read_array(stream, path, max_bytes)
    except EOFError:
        raise DataError(path, "is a truncated gzip file (its end is missing)", _WHOLE) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(path, f"is a corrupt gzip file ({error})", _WHOLE) from error
    except FileNotFoundError:
        raise DataError(path, "is not there", "it must be an IDX file") from None
    except OSError as error:  # some systems speak of a permission where it is a folder
        why = "is a folder" if os.path.isdir(path) else f"cannot be read ({error})"
        raise DataError(path, why, "it must be an IDX file") from error


def write_idx(path: str | os.PathLike[str], array: NDArray[Any]) -> None:
    """Write an array as an IDX file, gzip-compressed if the name ends in ``.gz``; whole or not at all.

    The same array gives the same bytes every time (no time stamp, no file name inside).

    Parameters
    ----------
    path : str or path
        Where to; the folder must exist, a file already there is replaced.
    array : ndarray
        One to eight dimensions, of dtype uint8, int8, int16, int32, float32 or float64, in any byte order and
        memory layout, `MAX_BYTES` at most.

    Raises
    ------
    DataError
        If the format cannot hold the array.
    OSError
        If the file cannot be written.
    """
    path = data_path("path", path, "file")
    header, values = _encoded(array)
    content = header + values.tobytes()
    with replacing(path) as part:
        part.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def content_digest(array: NDArray[Any]) -> str:
    """Return the SHA-256 of the plain IDX file that holds an array: what recompression of a file does not change."""
    header, values = _encoded(array)
    digest = hashlib.sha256(header)
    digest.update(values.data)
    return digest.hexdigest()


def data_path(what: str, given: object, kind: str = "folder") -> Path:
    """Return the path that `sl1lib.paths.user_path` makes of it; what is wrong with it is a `DataError`."""
    try:
        return user_path(what, given, kind)
    except FileError as error:
        raise DataError(*error.args) from None


def _unpacked(file: BinaryIO) -> BinaryIO:
    """Return a file's content, unpacked if its first bytes are those of gzip."""
    packed = file.read(2) == _GZIP_MAGIC
    file.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def _read_array(stream: BinaryIO, path: Path, max_bytes: int) -> NDArray[Any]:
    dtype, shape = _read_header(stream, path)
    _require_size(path, shape, dtype, max_bytes)
    declared = math.prod(shape) * dtype.itemsize
    values = _read_up_to(stream, declared + 1)
    if len(values) != declared:
        state = "has trailing bytes after" if len(values) > declared else f"is truncated: it has {len(values):,} of"
        right = f"the {declared:,} bytes of values that its header declares, {shape} of {dtype.name}"
        raise DataError(path, f"{state} {right}", _WHOLE)
    return np.frombuffer(values, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read_header(stream: BinaryIO, path: Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Read what begins like IDX: two zeros, a known type code, a sensible number of dimensions, their sizes."""
    magic = stream.read(4)
    if not magic:
        raise DataError(path, "is empty (0 bytes)", "it must be an IDX file")
    begins = f"begins with {magic.hex(' ')} ({magic!r})"
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_DTYPES:
        codes = ", ".join(f"{code:02x}" for code in IDX_DTYPES)
        right = f"an IDX file begins with 00 00, one of {codes}, and the number of dimensions"
        raise DataError(path, begins, right + (", a gzip file with 1f 8b" if path.suffix == ".gz" else ""))
    dimensions = magic[3]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(path, f"{begins}: {dimensions} dimensions", f"they must be 1 to {MAX_DIMENSIONS}")
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        state = f"is truncated: it has {4 + len(sizes)} of the {4 + 4 * dimensions} bytes of its header"
        raise DataError(path, state, _WHOLE)
    return IDX_DTYPES[magic[2]], struct.unpack(f">{dimensions}I", sizes)


def _read_up_to(stream: BinaryIO, limit: int) -> bytearray:
    """Read ``limit`` bytes or to the end, in pieces: a lying header reserves no memory."""
    content = bytearray()
    while len(content) < limit and (piece := stream.read(min(_CHUNK, limit - len(content)))):
        content += piece
    return content


def _require_size(what: str | Path, shape: tuple[int, ...], dtype: np.dtype[Any], most: int) -> None:
    """Refuse more than ``most`` bytes; zeros count as ones, since NumPy cannot hold (0, 2**32, 2**32) either."""
    size = math.prod(max(length, 1) for length in shape) * dtype.itemsize
    if size > most:
        raise DataError(what, f"has shape {shape} of {dtype.name}, {size:,} bytes", f"it may have {most:,} at most")


def _encoded(array: NDArray[Any]) -> tuple[bytes, NDArray[Any]]:
    """Return the header of an array, and its values as they follow it."""
    if not isinstance(array, np.ndarray):
        raise DataError("array", f"is a {type(array).__name__}", "it must be a NumPy array")
    codes = {dtype.newbyteorder("="): code for code, dtype in IDX_DTYPES.items()}
    native = array.dtype.newbyteorder("=")
    if native not in codes:
        names = ", ".join(dtype.name for dtype in codes)
        raise DataError("array", f"has dtype {array.dtype}", f"IDX holds {names}")
    if not 1 <= array.ndim <= MAX_DIMENSIONS:
        raise DataError("array", f"has {array.ndim} dimensions", f"IDX holds 1 to {MAX_DIMENSIONS}")
    _require_size("array", array.shape, native, MAX_BYTES)
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, codes[native], array.ndim, *array.shape)
    return header, np.ascontiguousarray(array, dtype=IDX_DTYPES[codes[native]])
