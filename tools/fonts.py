"""Make the book's fonts anew: book/_static/fonts, which git keeps. Nothing but a change of this file asks for it.

python tools/fonts.py                 needs npm, and fontTools with brotli: pip install "fonttools[woff]"

The sources are Adobe's Source families, from npm, by digest. They are cut down to the characters of `CHARACTERS`, to
the weights that the pages use, and to WOFF2. The licence reserves the name "Source" for the uncut fonts, so the cut
ones are called SL1 Serif, SL1 Sans and SL1 Mono.

The serif's weight and optical size are chosen to match the mathematics. MathJax's TeX fonts, at the scale of 1.05 that
_config.yml sets, have vertical stems of 0.102 em; Source Serif at optical size 18, the size of the text in pixels,
has the same at weight 385. Then a formula in a line of text is neither lighter nor darker than the words.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from common import ROOT
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

TARGET = ROOT / "book" / "_static" / "fonts"
# The package, the SHA-512 of its archive.
SERIF = (
    "source-serif@4.5.1",
    "354021e48cc5eca894bb6813a6a13e79df4c35b31ee2cb7b2c82176743871d23"
    "dcea083ce87ebb8f4e0cf2c221536aaa15ddba6ed5da150da07b9bbfa7bda3d1",
)
SANS = (
    "source-sans@3.52.0",
    "c6c9bbaa5308fc9c31c0d769ea9be947a97e6998e7f747f33b3a1e533feaa288"
    "4861b29b0f040d448cf9fc8b58b3bfe1bea2e2ad0354a031465d2540dd353db7",
)
MONO = (
    "source-code-pro@2.42.0",
    "d7c8aca7d978c6d38bdebeb54f02fd9b5863617f6a6f5fa2ee22b4a521c47960"
    "032ae40239d4240738458aff2905f38feeef6535304def9c9889fd8751dca2ca",
)
# First and last of each range. A font that lacks a character leaves it out.
CHARACTERS = (
    (0x20, 0x7E),  # Basic Latin
    (0xA0, 0x17F),  # Latin-1, Latin Extended-A: names of people
    (0x2C6, 0x2DD),  # spacing accents
    (0x300, 0x308),  # combining accents, as in x̄
    (0x391, 0x3C9),  # Greek
    (0x2010, 0x2044),  # dashes, quotation marks, ellipsis, primes
    (0x2070, 0x209C),  # superscripts, subscripts
    (0x20AC, 0x20AC),  # €
    (0x2190, 0x2199),  # arrows
    (0x2200, 0x22FF),  # mathematical operators
    (0x25A0, 0x25FF),  # squares, triangles, circles
    (0x2713, 0x2717),  # ✓ ✗
)
FEATURES = ["ccmp", "kern", "liga", "lnum", "locl", "mark", "mkmk", "pnum", "tnum"]


@dataclass(frozen=True)
class Face:
    """One file to make."""

    file: str
    family: str
    package: tuple[str, str]
    source: str
    axes: dict = field(default_factory=dict)  # a number pins an axis, a pair of numbers limits it


TEXT = {"opsz": 18, "wght": 385}
BOLD = {"opsz": 18, "wght": 700}
WEIGHTS = {"wght": (400, 700)}
FACES = (
    Face("serif", "SL1 Serif", SERIF, "VAR/SourceSerif4Variable-Roman.ttf", TEXT),
    Face("serif-italic", "SL1 Serif", SERIF, "VAR/SourceSerif4Variable-Italic.ttf", TEXT),
    Face("serif-bold", "SL1 Serif", SERIF, "VAR/SourceSerif4Variable-Roman.ttf", BOLD),
    Face("serif-bold-italic", "SL1 Serif", SERIF, "VAR/SourceSerif4Variable-Italic.ttf", BOLD),
    Face("sans", "SL1 Sans", SANS, "VF/SourceSans3VF-Upright.ttf", WEIGHTS),
    Face("sans-italic", "SL1 Sans", SANS, "VF/SourceSans3VF-Italic.ttf", {"wght": 400}),
    Face("mono", "SL1 Mono", MONO, "target/VAR/SourceCodeVF-Roman.ttf", WEIGHTS),
)


def download(package: tuple[str, str], folder: Path) -> Path:
    """Unpack a package into a folder of its own; return that."""
    name, expected = package
    folder = folder / name
    folder.mkdir()
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("there is no npm")
    subprocess.run([npm, "pack", name, "--silent", "--pack-destination", str(folder)], cwd=folder, check=True)
    (archive,) = folder.glob("*.tgz")
    if (digest := hashlib.sha512(archive.read_bytes()).hexdigest()) != expected:
        raise RuntimeError(f"{archive.name}: SHA-512 {digest[:16]}…, expected {expected[:16]}…")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def rename(font: TTFont, family: str, style: str) -> None:
    """Give the font its own name in place of the reserved one; copyright and licence stay."""
    names = {1: family, 2: "Regular", 3: f"{family} {style}", 4: f"{family} {style}"}
    names[6] = names[4].replace(" ", "")
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)


def make(face: Face, source: Path) -> None:
    """Cut one font and write it."""
    options = subset.Options(
        hinting=False, layout_features=FEATURES, name_IDs=[0, 13, 14], recalc_timestamp=False, notdef_outline=True
    )
    font = subset.load_font(str(source / face.source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[c for first, last in CHARACTERS for c in range(first, last + 1)])
    cutter.subset(font)
    font = instantiateVariableFont(font, face.axes)
    rename(font, face.family, face.file)
    font.flavor = "woff2"
    font.save(TARGET / f"{face.file}.woff2")


def main() -> int:
    """Make every font, and copy the licence beside them."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        sources = {package: download(package, Path(name)) for package in {face.package for face in FACES}}
        for face in FACES:
            make(face, sources[face.package])
        notices = [sources[package] / "LICENSE.md" for package in (SERIF, SANS, MONO)]
        first, *others = [notice.read_text(encoding="utf-8") for notice in notices]
        # One licence, three notices of copyright.
        copyrights = [text.splitlines()[0] for text in (first, *others)]
        licence = "\n".join([*copyrights, *first.splitlines()[1:]])
    (TARGET / "LICENSE.md").write_text(licence + "\n", encoding="utf-8", newline="\n")
    sizes = {path.name: path.stat().st_size for path in sorted(TARGET.glob("*.woff2"))}
    print(*(f"{size:7d}  {name}" for name, size in sizes.items()), f"{sum(sizes.values()):7d}  bytes in all", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
