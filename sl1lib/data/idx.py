"""The IDX file format: MNIST's container for an array, read and written with care.

A file is a header and the values, everything big endian::

    00 00 | type code | number of dimensions | size of each (4 bytes) | values, last index fastest

Gzip around it is optional. A file may come from anywhere, so nothing in it is believed before it is checked:
reading takes no more memory than the header declares, never more than `MAX_BYTES`, and a header is checked
before its values.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import math
import os
import struct
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from sl1lib.data.errors import data_path, mismatch

#: Type code in the header -> NumPy's name of the dtype, big endian.
IDX_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

#: The largest array, in bytes, that is read or written: twenty times MNIST's largest, and harmless to a
#: laptop.
MAX_BYTES = 2**30

#: The largest number of dimensions; real files have one (labels), three (images) or four (colour images).
MAX_DIMENSIONS = 8

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 2**20
_KEPT_OF_NAME = 50  # characters of a file's name in that of its part
_PROBE_BYTES = 4096  # a full disk may still have room for a name
_REMEDIES = {
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ENOSPC: "make room there, or name a file elsewhere",
    errno.EEXIST: "what should be its folder is a file; name another folder",
    errno.ENOTDIR: "what should be its folder is a file; name another folder",
}


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """Read an array from an IDX file, gzip-compressed or plain.

    Which of the two is decided by the content, not by the name: browsers and HTTP libraries decompress files
    and keep their ``.gz``, or the other way round.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    max_bytes : int, optional
        The largest size of the values, in bytes, that is accepted.

    Returns
    -------
    ndarray
        Of the shape and type in the header (uint8, int8, int16, int32, float32 or float64), in native byte
        order, C-contiguous and writable.

    Raises
    ------
    DataError
        If the file is missing, empty, neither IDX nor gzip around IDX, corrupt, longer or shorter than its
        header says, or declares an absurd size. The message names the file, what was expected and what was
        found.

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
    return read_idx_and_digest(path, max_bytes=max_bytes)[0]


def read_idx_and_digest(
    path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES, where: str | None = None
) -> tuple[NDArray[Any], str]:
    """Read an array as `read_idx` does, and the SHA-256 of the file's decompressed content with it.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    max_bytes : int, optional
        The largest size of the values, in bytes, that is accepted.
    where : str, optional
        How messages call the file; its path by default. A download is read under a temporary name that tells
        a reader nothing.

    Returns
    -------
    array : ndarray
        As from `read_idx`.
    digest : str
        64 hexadecimal digits. The compressed bytes differ between places that recompressed the same file, so
        only the decompressed content identifies it.

    Raises
    ------
    DataError
        As `read_idx`.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> plain, packed = Path(folder.name) / "a.idx", Path(folder.name) / "a.idx.gz"
    >>> write_idx(plain, np.arange(3, dtype=np.uint8))
    >>> write_idx(packed, np.arange(3, dtype=np.uint8))
    >>> read_idx_and_digest(plain)[1] == read_idx_and_digest(packed)[1]
    True
    >>> folder.cleanup()
    """
    path = data_path("path", path, "file")
    where = str(path) if where is None else where
    try:
        with path.open("rb") as file:
            return _read_file(file, where, max_bytes)
    except FileNotFoundError:
        raise mismatch(where, "an IDX file", "no such file") from None
    except IsADirectoryError:
        raise mismatch(where, "an IDX file", "a folder") from None
    except OSError as error:
        # Windows answers "permission denied" where other systems say "is a directory".
        found = "a folder" if path.is_dir() else f"a file that cannot be read ({error})"
        raise mismatch(where, "an IDX file", found) from error


def write_idx(path: str | os.PathLike[str], array: NDArray[Any]) -> None:
    """Write an array as an IDX file, gzip-compressed if the name ends in ``.gz``.

    The same array gives the same bytes every time (no time stamp, no file name inside). The file appears
    whole or not at all: it is written under a temporary name in the same folder and renamed.

    Parameters
    ----------
    path : str or os.PathLike
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

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "row.idx"
    >>> write_idx(path, np.array([[1, 2]], dtype=np.int16))
    >>> path.read_bytes().hex(" ")
    '00 00 0b 02 00 00 00 01 00 00 00 02 00 01 00 02'
    >>> write_idx(path, np.array([1, 2], dtype=np.int64))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: ...row.idx: expected an array of dtype uint8, ..., found dtype int64
    >>> folder.cleanup()
    """
    path = data_path("path", path, "file")
    header, dtype = _header_of(array, path)
    with replacing(path) as part, part.open("xb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                packed.write(header)
                packed.write(np.ascontiguousarray(array, dtype=dtype).tobytes())
        else:
            file.write(header)
            file.write(np.ascontiguousarray(array, dtype=dtype).tobytes())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary name beside `path`; rename to `path` on success, remove on any failure.

    Parameters
    ----------
    path : Path
        The name that the finished file shall have.

    Yields
    ------
    Path
        The temporary name, of a file that does not exist yet. It must be closed when the block ends.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with replacing(Path(folder.name) / "note.txt") as part:
    ...     _ = part.write_text("whole")
    >>> [file.name for file in Path(folder.name).iterdir()]
    ['note.txt']
    >>> folder.cleanup()
    """
    part = _part_of(path)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Raise unless a file can be written under this name; what is there stays as it is, and folders are made.

    For whoever works long before there is something to write: afterwards it is too late to hear of it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        Naming the file, what is in the way, and what would help.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> require_writable(Path(folder.name) / "run.npz")
    >>> list(Path(folder.name).iterdir())
    []
    >>> folder.cleanup()
    """
    part = _part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            path.lstat()  # tells of a name that is too long; the part's is cut
        try:
            part.write_bytes(bytes(_PROBE_BYTES))
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "name a file in a folder where you may write")
        raise OSError(f"{path} cannot be written ({error.strerror or error}); {remedy}") from error


def _part_of(path: Path) -> Path:
    """Give a name beside `path` that no other file has, hidden, and short enough whatever the name of `path`."""
    # Not the tempfile module: its files are readable by their owner only, and the name would keep that. File
    # systems allow 255 bytes, of which a character may take four.
    return path.with_name(f".{path.name[:_KEPT_OF_NAME]}.{uuid.uuid4().hex}.part")


def _read_file(file: BinaryIO, where: str, max_bytes: int) -> tuple[NDArray[Any], str]:
    """Tell gzip from plain by the first bytes, and read."""
    start = file.read(4)
    file.seek(0)
    if not start:
        raise mismatch(where, "an IDX file", "an empty file (0 bytes)")
    if start[:2] != _GZIP_MAGIC:
        _check_magic(start, where)
        return _read_stream(file, where, max_bytes)
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            return _read_stream(cast(BinaryIO, unpacked), where, max_bytes)
    except EOFError:
        raise mismatch(where, "a whole gzip file", "a truncated one (its end is missing)") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise mismatch(where, "a gzip file", f"a corrupt one ({error})") from error


def _read_stream(stream: BinaryIO, where: str, max_bytes: int) -> tuple[NDArray[Any], str]:
    """Read header and values from plain bytes; never ask for more than one byte beyond the declared."""
    magic = stream.read(4)
    _check_magic(magic, where)
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise mismatch(where, f"a header of {4 + 4 * magic[3]} bytes", f"only {4 + len(sizes)} (truncated)")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    dtype = np.dtype(IDX_DTYPES[magic[2]])
    declared = math.prod(shape) * dtype.itemsize
    _check_size(shape, dtype, max_bytes, where)
    values = _read_up_to(stream, declared + 1)
    if len(values) < declared:
        expected = f"{declared:,} bytes of values for shape {shape} of {dtype.name}"
        raise mismatch(where, expected, f"only {len(values):,} (truncated)")
    if len(values) > declared:
        expected = f"the end of the file after {declared:,} bytes of values for shape {shape} of {dtype.name}"
        raise mismatch(where, expected, "trailing bytes")
    digest = hashlib.sha256(magic + sizes)
    digest.update(values)
    array = np.frombuffer(values, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False), digest.hexdigest()


def _read_up_to(stream: BinaryIO, limit: int) -> bytearray:
    """Read `limit` bytes or to the end, in pieces: a lying header reserves no memory."""
    content = bytearray()
    while len(content) < limit:
        piece = stream.read(min(_CHUNK, limit - len(content)))
        if not piece:
            break
        content += piece
    return content


def _check_magic(magic: bytes, where: str) -> None:
    """Refuse what does not begin like IDX: two zeros, a known type code, a sensible number of dimensions."""
    found = f"{magic[:4].hex(' ')} ({magic[:4]!r})" if magic else "nothing"
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_DTYPES:
        codes = ", ".join(f"{code:02x}" for code in IDX_DTYPES)
        gzip_or = "neither gzip (1f 8b) nor IDX though named .gz: " if where.endswith(".gz") else ""
        expected = f"the first bytes of an IDX file (00 00, one of {codes}, number of dimensions)"
        raise mismatch(where, expected, f"{gzip_or}{found}")
    if not 1 <= magic[3] <= MAX_DIMENSIONS:
        raise mismatch(where, f"1 to {MAX_DIMENSIONS} dimensions", f"{magic[3]} in the header {found}")


def _check_size(shape: tuple[int, ...], dtype: np.dtype[Any], max_bytes: int, where: object) -> None:
    """Refuse more than `max_bytes`; zeros count as ones, since NumPy cannot hold (0, 2**32, 2**32) either."""
    size = math.prod(max(length, 1) for length in shape) * dtype.itemsize
    if size > max_bytes:
        expected = f"at most {max_bytes:,} bytes of values"
        raise mismatch(where, expected, f"a header of shape {shape} of {dtype.name}, {size:,} bytes")


def _header_of(array: NDArray[Any], path: Path) -> tuple[bytes, str]:
    """Give the header of an array, and its dtype in the file."""
    codes = {np.dtype(name).newbyteorder("="): code for code, name in IDX_DTYPES.items()}
    if not isinstance(array, np.ndarray):
        raise mismatch(path, "a NumPy array to write", f"a {type(array).__name__}")
    native = array.dtype.newbyteorder("=")
    if native not in codes:
        names = ", ".join(dtype.name for dtype in codes)
        raise mismatch(path, f"an array of dtype {names}", f"dtype {array.dtype}")
    if not 1 <= array.ndim <= MAX_DIMENSIONS:
        raise mismatch(path, f"an array of 1 to {MAX_DIMENSIONS} dimensions", f"{array.ndim}")
    _check_size(array.shape, native, MAX_BYTES, path)
    code = codes[native]
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape), IDX_DTYPES[code]


__all__ = ["IDX_DTYPES", "MAX_BYTES", "MAX_DIMENSIONS", "read_idx", "read_idx_and_digest", "write_idx"]
