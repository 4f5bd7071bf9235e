"""Make files to keep of the built book: a PDF, an ePub, and an archive of the pages, beside the pages.

python tools/editions.py [--html FOLDER] [PAGE ...]     a PAGE is a part of an address; without one, the whole book

PDF and ePub take Chromium, Playwright and pypdf; where these are not, the archive alone is made. What was made
stands in the folder `editions` beside the pages, and the first page then offers it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile

import yaml
from common import HTML, ROOT, say
from edition_epub import PICTURE, About, write_epub
from progress import clear, draw
from rendered import Rendered, Renderer, chromium, missing

FOLDER = "editions"  # below the pages
NAME = "a-small-network-a-smooth-corner"
LIMIT = 25  # MB: what a course's server and a mail take
RIGHTS = "Text: CC BY 4.0. Code: MIT License."
OFFER = re.compile(r'<div class="sl1-editions">.*?</div>', re.DOTALL)
KINDS = {"pdf": "PDF", "epub": "ePub", "zip": "all pages in one archive"}

Parts: TypeAlias = list[tuple[str, list[Rendered]]]


def declared(name: str) -> dict:
    """Return what a file at the project's top declares."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def about() -> About:
    """Return what the book says of itself."""
    config = declared("_config.yml")
    return About(config["title"], config["author"], version("sl1lib"), RIGHTS)


def hosted() -> str:
    """Return where the book is hosted, with a slash at its end, if `_config.yml` says so in `html: baseurl:`."""
    address = declared("_config.yml")["html"].get("baseurl")
    return f"{address.rstrip('/')}/" if address else ""


def files(entry: dict) -> Iterator[str]:
    """Yield the pages below an entry of the table of contents."""
    for kind in ("chapters", "sections"):
        for each in entry.get(kind, ()):
            yield each["file"]
            yield from files(each)


def book_parts(html: Path, asked: list[str]) -> list[tuple[str, list[str]]]:
    """Return the book's parts, each a caption and the addresses of its built pages, in the book's order."""
    toc = declared("_toc.yml")
    groups = [("", [toc["root"]])]
    groups += [(part.get("caption", ""), list(files(part))) for part in toc.get("parts", [toc])]

    def wanted(name: str) -> bool:
        return (html / f"{name}.html").is_file() and (not asked or any(each in name for each in asked))

    parts = [(caption, [f"{name}.html" for name in filter(wanted, names)]) for caption, names in groups]
    return [(caption, names) for caption, names in parts if names]


def title_page(book: About, picture: str) -> str:
    """Return the title page: what it is, of which version, under which licence."""
    name, _, subtitle = book.title.partition(": ")
    return f"""\
<section class="edition-title">
<h1>{escape(name)}</h1>
<p class="subtitle">{escape(subtitle)}</p>
<p class="author">{escape(book.author)}</p>
<p><img src="{picture}" alt="The network of the book, and below it an absolute value whose corner is rounded."/></p>
<p>Version {escape(book.version)}. {escape(book.rights)}</p>
<p>This is a still of a book that computes: its pages execute each number and figure, and have figures to play with.</p>
</section>
"""


def contents(parts: Parts, number: Callable[[str, str], int]) -> str:
    """Return the contents, with the numbers of pages."""
    lines = []
    for caption, pages in parts:
        lines += [f'<li class="part">{escape(caption)}</li>'] * bool(caption)
        for page in pages:
            for heading in page.headings:
                if heading.level < 3:
                    address = f"page:{page.name}#{heading.id}"
                    words = f'<a href="{escape(address)}">{escape(heading.text)}</a>'
                    at = number(page.name, heading.id)
                    lines.append(f'<li class="level-{heading.level}">{words}<span>{at}</span></li>')
    return f'<section class="edition-contents"><h1>Contents</h1><ol>{"".join(lines)}</ol></section>'


def make_books(html: Path, groups: list[tuple[str, list[str]]], stem: Path) -> list[Path]:
    """Make the PDF and the ePub from one look at every page."""
    from edition_pdf import Joined, Prints, write_pdf

    book, prints = about(), Prints()
    names = [name for _, group in groups for name in group]
    with chromium() as browser:
        renderer = Renderer(browser, html, names, hosted())
        rendered = {}
        waiting = renderer.open(names[0])
        for name, following in zip(names, [*names[1:], None], strict=True):
            draw(f"files to keep: {name}")
            # While one page is printed, the next is loading.
            page, waiting = waiting, renderer.open(following) if following else None
            rendered[name] = renderer.render(page, name, 1 + len(prints.sheets))
            prints.add(name, rendered[name].pdf)
        parts = [(caption, [rendered[name] for name in group]) for caption, group in groups]
        picture = (html / PICTURE).as_uri()
        front, cover = renderer.front(title_page(book, picture) + contents(parts, prints.number))
    clear()
    pdf, epub = stem.with_suffix(".pdf"), stem.with_suffix(".epub")
    write_pdf(Joined(front, prints, f"{html.as_uri()}/", hosted() or "../"), pdf, parts, book.title, book.author)
    write_epub(epub, html, book, title_page(book, PICTURE), cover, parts)
    return [pdf, epub]


def make_archive(html: Path, target: Path) -> Path:
    """Make one file of all pages, without the files to keep."""
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(html.rglob("*")):
            if path.is_file() and path.relative_to(html).parts[0] != FOLDER:
                packed.write(path, Path(NAME, path.relative_to(html)))
    return target


def offer(html: Path, made: list[Path]) -> None:
    """Let the first page offer what was made; nothing, where nothing was."""
    links = [
        f'<a href="../{FOLDER}/{path.name}">{KINDS[path.suffix[1:]]}</a>&nbsp;({megabytes(path)})' for path in made
    ]
    text = f"<p>To keep: {', '.join(links)}.</p>" if links else ""
    index = html / "book" / "index.html"
    page = index.read_text(encoding="utf-8")
    index.write_text(OFFER.sub(f'<div class="sl1-editions">{text}</div>', page), encoding="utf-8")


def megabytes(path: Path) -> str:
    """Return a file's size in words."""
    return f"{path.stat().st_size / 1e6:.1f} MB"


def make(html: Path, asked: list[str]) -> list[Path]:
    """Make what can be made here; say of the rest why not."""
    groups = book_parts(html, asked)
    if not groups:
        say(f"no such page in {html}", stream="stderr")
        return []
    folder = html / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    offer(html, [])
    made = [make_archive(html, folder / f"{NAME}.zip")]
    if lacking := missing():
        say(f"no PDF and no ePub: {' and '.join(lacking)} {'are' if len(lacking) > 1 else 'is'} not installed")
        return made
    try:
        made = [*make_books(html, groups, folder / NAME), *made]
    except Exception as error:  # whatever the browser or a page did, the book is built
        clear()
        say(f"no PDF and no ePub: {type(error).__name__}: {str(error).strip().splitlines()[0]}", stream="stderr")
    return made


def main() -> int:
    """Make the files, offer them, say how large they are and how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--html", type=Path, default=HTML, help="folder of the built pages")
    parser.add_argument("page", nargs="*", help="part of an address; without one, the whole book")
    args = parser.parse_args()
    html = args.html.resolve()
    if not (html / "book" / "index.html").is_file():
        say(f"{html} holds no built book: run make book first", stream="stderr")
        return 1
    start = time.perf_counter()
    made = make(html, args.page)
    offer(html, made)
    for path in made:
        large = f"   larger than {LIMIT} MB" if path.stat().st_size > LIMIT * 1e6 else ""
        say(f"{path}   {megabytes(path)}{large}")
    say(f"files to keep: {time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
