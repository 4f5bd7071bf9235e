"""A file appears under its name whole or not at all, and whether it can is known beforehand."""

from __future__ import annotations

import os

import pytest

from sl1lib.paths import replacing, require_writable


@pytest.mark.skipif(os.name == "nt", reason="names may be longer there")
@pytest.mark.parametrize("letter", ["r", "ε", "𝜀"])
def test_a_part_has_a_name_as_short_as_the_file_system_asks_for(tmp_path, letter):
    path = tmp_path / (letter * (255 // len(letter.encode())))
    with replacing(path) as part:
        part.write_text("whole")
        assert (part.parent, part.name[0], part.suffix) == (tmp_path, ".", ".part")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_whether_a_file_can_be_written_is_found_out_without_a_trace(tmp_path):
    path = tmp_path / "new" / "run.npz"
    require_writable(path)
    assert list(path.parent.iterdir()) == []
    path.write_text("there")
    require_writable(path)
    assert path.read_text() == "there"
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(OSError, match=r"x cannot be written .*; what should be its folder is a file"):
        require_writable(path / "x")


@pytest.mark.skipif(os.name == "nt", reason="names may be longer there")
def test_a_name_that_is_too_long_is_found_out(tmp_path):
    require_writable(tmp_path / ("r" * 255))
    with pytest.raises(OSError, match=r"r cannot be written \(File name too long\); give it a shorter name"):
        require_writable(tmp_path / ("r" * 256))
