"""IDX: what is written is read again, and nothing malformed is believed."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import tracemalloc
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl1lib.data import DataError, idx
from sl1lib.data.idx import IDX_DTYPES, content_digest, read_idx, write_idx

DTYPES = list(IDX_DTYPES.values())
SHAPES = hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=4)
ARRAYS = st.sampled_from(DTYPES + [dtype.newbyteorder("=") for dtype in DTYPES]).flatmap(
    lambda dtype: hnp.arrays(dtype, SHAPES)
)
GOOD = struct.pack(">BBBBI", 0, 0, 8, 1, 3) + bytes([7, 8, 9])


def packed(data):
    """Return the same bytes whenever it is called: they name tests, which must be the same in every process."""
    return gzip.compress(data, mtime=0)


@settings(max_examples=60, deadline=None)
@given(array=ARRAYS, suffix=st.sampled_from([".idx", ".idx.gz"]), transpose=st.booleans())
def test_round_trip(tmp_path_factory, array, suffix, transpose):
    array = array.T if transpose else array
    path = tmp_path_factory.mktemp("idx") / f"a{suffix}"
    write_idx(path, array)
    back = read_idx(path)
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.shape == array.shape
    # exact: a round trip through a file
    assert back.tobytes() == array.astype(back.dtype).tobytes()  # NaN and -0.0 too
    assert back.flags.writeable
    assert back.flags.c_contiguous
    content = path.read_bytes()
    plain = gzip.decompress(content) if suffix.endswith("gz") else content
    assert content_digest(back) == hashlib.sha256(plain).hexdigest()


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=40))
def test_any_bytes_give_an_array_or_a_data_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("idx") / "fuzz.idx"
    for content in (data, GOOD[:4] + data, gzip.compress(data), b"\x1f\x8b" + data):
        path.write_bytes(content)
        outcome = array_or_message(path)
        assert isinstance(outcome, np.ndarray) or "fuzz.idx " in outcome


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_in_gzip_is_a_data_error_or_harmless(tmp_path_factory, position, bit):
    path = tmp_path_factory.mktemp("idx") / "flip.idx.gz"
    changed = bytearray(packed(GOOD))
    changed[position % len(changed)] ^= 1 << bit
    path.write_bytes(changed)
    outcome = array_or_message(path)
    if isinstance(outcome, str):
        assert "flip.idx.gz " in outcome
    else:
        np.testing.assert_array_equal(outcome, [7, 8, 9])  # exact: a round trip through a file


def array_or_message(path: Path) -> np.ndarray | str:
    try:
        return read_idx(path)
    except DataError as error:
        return str(error)


def test_the_bytes_are_the_format(tmp_path):
    write_idx(tmp_path / "a", np.array([7, 8, 9], np.uint8))
    assert (tmp_path / "a").read_bytes() == GOOD


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("a.idx", b"", ["is empty (0 bytes)", "it must be an IDX file"]),
        ("a.idx.gz", b"", ["is empty (0 bytes)", "it must be an IDX file"]),
        ("a.idx", b"\x89PNG" + GOOD, ["begins with 89 50 4e 47 (b'\\x89PNG')", "an IDX file begins with 00 00"]),
        ("a.idx", b"\0\0\x0a\x01" + GOOD[4:], ["one of 08, 09, 0b, 0c, 0d, 0e", "00 00 0a 01"]),
        ("a.idx", b"\0\0", ["begins with 00 00 (", "an IDX file begins with"]),
        ("a.idx.gz", b"<html>not found</html>", ["begins with 3c 68 74 6d (b'<htm')", "a gzip file with 1f 8b"]),
        ("a.idx", b"\0\0\x08\0", ["begins with 00 00 08 00", "0 dimensions", "1 to 8"]),
        ("a.idx", b"\0\0\x08\xff" + bytes(1020), ["255 dimensions", "1 to 8"]),
        ("a.idx", GOOD[:6], ["is truncated", "6 of the 8 bytes of its header"]),
        ("a.idx", GOOD[:-1], ["is truncated", "2 of the 3 bytes of values", "(3,) of uint8"]),
        ("a.idx", GOOD + b"x", ["trailing bytes after the 3 bytes of values", "(3,) of uint8"]),
        ("a.idx.gz", packed(GOOD[:-1]), ["is truncated", "2 of the 3 bytes of values"]),
        ("a.idx.gz", packed(GOOD + b"x"), ["trailing bytes after the 3 bytes of values", "(3,) of uint8"]),
        ("a.idx.gz", packed(b"") + GOOD, ["a corrupt gzip file"]),
        ("a.idx.gz", packed(GOOD)[:-9], ["a truncated gzip file", "it must be whole"]),
        ("a.idx.gz", packed(GOOD)[:-8] + b"\0" * 8, ["a corrupt gzip file", "CRC"]),
        ("a.idx.gz", packed(GOOD) + b"junk", ["a corrupt gzip file"]),
        ("a.idx.gz", b"\x1f\x8bjunkjunkjunk", ["a corrupt gzip file"]),
        ("a.idx", struct.pack(">BBBB2I", 0, 0, 8, 2, 2**32 - 1, 2**32 - 1), ["1,073,741,824 at most"]),
        ("a.idx", struct.pack(">BBBB3I", 0, 0, 8, 3, 0, 2**32 - 1, 2**32 - 1), ["(0, 4294967295, 4294967295)"]),
    ],
)
def test_malformed(tmp_path, name, content, parts):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    for part in [f"{path} ", "; ", *parts]:
        assert part in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.idx is not there; it must be an IDX file"):
        read_idx(tmp_path / "none.idx")


def test_folder_instead_of_file(tmp_path):
    with pytest.raises(DataError, match="is a folder; it must be an IDX file"):
        read_idx(tmp_path)


@pytest.mark.parametrize(("name", "content"), [("a.gz", GOOD), ("a", packed(GOOD))])
def test_content_decides_whether_it_is_gzip(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_idx(tmp_path / name), [7, 8, 9])  # exact: a round trip through a file


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    """100 MB behind a header that declares 1,000 bytes; and behind one that declares all, with a lower limit."""
    path = tmp_path / "bomb.idx.gz"
    for declared, limit, message in [(1000, idx.MAX_BYTES, "trailing bytes"), (10**8, 10**6, "1,000,000 at most")]:
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(struct.pack(">BBBBI", 0, 0, 8, 1, declared))
            for _ in range(100):
                file.write(bytes(10**6))
        tracemalloc.start()
        with pytest.raises(DataError, match=message):
            read_idx(path, max_bytes=limit)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2 * 10**6


def test_a_header_that_lies_reserves_no_memory(tmp_path):
    path = tmp_path / "liar.idx"
    path.write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, idx.MAX_BYTES))
    tracemalloc.start()
    with pytest.raises(DataError, match="truncated"):
        read_idx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 10**6


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(3, np.int64), "array has dtype int64; IDX holds uint8, int8, int16, int32, float32, float64"),
        (np.zeros(3, bool), "array has dtype bool"),
        (np.array(3, np.uint8), "array has 0 dimensions; IDX holds 1 to 8"),
        (np.zeros((1,) * 9, np.uint8), "array has 9 dimensions; IDX holds 1 to 8"),
        (np.broadcast_to(np.uint8(0), (2**16, 2**16)), "4,294,967,296 bytes; it may have 1,073,741,824 at most"),
        ([1, 2], "array is a list; it must be a NumPy array"),
    ],
)
def test_what_the_format_cannot_hold(tmp_path, array, message):
    with pytest.raises(DataError, match=message):
        write_idx(tmp_path / "a.idx", array)
    assert list(tmp_path.iterdir()) == []


def test_writing_is_reproducible(tmp_path):
    for name in ("a.gz", "b.gz"):
        write_idx(tmp_path / name, np.arange(100, dtype=np.uint8))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert (tmp_path / "a.gz").read_bytes()[4:8] == bytes(4)  # no time stamp


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.idx"
    write_idx(path, np.array([7, 8, 9], np.uint8))

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_idx(path, np.zeros(5, np.uint8))
    assert [file.name for file in tmp_path.iterdir()] == ["a.idx"]
    assert path.read_bytes() == GOOD


def test_paths_may_be_strings(tmp_path):
    write_idx(str(tmp_path / "a.idx"), np.zeros(2, np.float32))
    assert read_idx(os.fspath(Path(tmp_path) / "a.idx")).dtype == np.float32
