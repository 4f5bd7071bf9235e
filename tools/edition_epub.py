"""Pack the articles of the pages as an ePub 3: XHTML, formulas as MathML, figures to play with as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from mimetypes import guess_type
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from rendered import Heading, Rendered

STYLE = (Path(__file__).parent / "edition_epub.css").read_text(encoding="utf-8")
PICTURE = "_static/landing.png"  # of the title page
DEEPEST = 2  # headings in the contents
SOURCE = re.compile(r'<img [^>]*?src="([^"]+)"')
CONTAINER = """\
<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
PAGE = """\
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="{up}book.css"/></head>
<body{kind}>
{body}
</body>
</html>
"""
PACKAGE = """\
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:language>en</dc:language>
<dc:rights>{rights}</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""


@dataclass(frozen=True)
class About:
    """What a book says of itself."""

    title: str
    author: str
    version: str
    rights: str


@dataclass(frozen=True)
class Item:
    """A file of the ePub: its path, its content, what the manifest says of it beside its type."""

    path: str
    content: bytes
    properties: str = ""


def page(path: str, title: str, body: str, kind: str = "") -> Item:
    """Return a page of the ePub, with the properties that its content asks for."""
    properties = [name for name, mark in (("mathml", "<math "), ("svg", "<svg ")) if mark in body]
    text = PAGE.format(title=escape(title), up="../" * path.count("/"), kind=kind, body=body)
    return Item(path, text.encode(), " ".join(properties))


def pictures(html: Path, pages: Iterable[Rendered]) -> Iterator[Item]:
    """Yield the pictures of the pages, each once."""
    seen = set()
    for each in pages:
        for name, still in each.stills.items():
            yield Item(f"_stills/{name}", still)
        folder = (html / each.name).parent
        for source in SOURCE.findall(each.article):
            file = (folder / source).resolve()
            if "/_stills/" not in source and file not in seen:
                seen.add(file)
                yield Item(file.relative_to(html).as_posix(), file.read_bytes())


def entry(name: str, heading: Heading) -> str:
    """Return a link of the contents."""
    anchor = f"#{escape(heading.id)}" if heading.id and heading.level > 1 else ""
    return f'<a href="{name.removesuffix(".html")}.xhtml{anchor}">{escape(heading.text)}</a>'


def chapter(each: Rendered) -> str:
    """Return a page and its sections as an entry of the contents."""
    first, *rest = (heading for heading in each.headings if heading.level <= DEEPEST)
    below = "".join(f"<li>{entry(each.name, heading)}</li>" for heading in rest)
    return f"<li>{entry(each.name, first)}{f'<ol>{below}</ol>' if below else ''}</li>"


def contents(parts: Iterable[tuple[str, list[Rendered]]]) -> Item:
    """Return the contents, which reading systems show as they like."""
    entries = []
    for caption, pages in parts:
        chapters = "\n".join(map(chapter, pages))
        entries.append(f"<li><span>{escape(caption)}</span><ol>\n{chapters}</ol></li>" if caption else chapters)
    body = f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>\n{"".join(entries)}\n</ol></nav>'
    made = page("contents.xhtml", "Contents", body)
    return Item(made.path, made.content, "nav")


def package(about: About, items: list[Item], reading: list[str]) -> bytes:
    """Return the list of all files, and the order in which they are read."""
    number = {item.path: f"i{place}" for place, item in enumerate(items)}
    manifest = [
        f'<item id="{number[item.path]}" href="{escape(item.path)}" media-type="{media_type(item.path)}"'
        + (f' properties="{item.properties}"' if item.properties else "")
        + "/>"
        for item in items
    ]
    text = PACKAGE.format(
        identifier=uuid5(NAMESPACE_URL, f"{about.title} {about.version}"),
        title=escape(about.title),
        author=escape(about.author),
        rights=escape(about.rights),
        modified=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        manifest="\n".join(manifest),
        spine="\n".join(f'<itemref idref="{number[path]}"/>' for path in reading),
    )
    return text.encode()


def media_type(path: str) -> str:
    """Return what kind of file it is; not every system knows XHTML by its ending."""
    return "application/xhtml+xml" if path.endswith(".xhtml") else guess_type(path)[0] or "application/octet-stream"


def write_epub(
    path: Path, html: Path, about: About, title: str, cover: bytes, parts: list[tuple[str, list[Rendered]]]
) -> None:
    """Write the book: its title, its contents, then its pages, part by part."""
    pages = [each for _, group in parts for each in group]
    texts = [
        page("title.xhtml", about.title, title),
        contents(parts),
        *(page(each.name.removesuffix(".html") + ".xhtml", each.title, each.article) for each in pages),
    ]
    items = [
        Item("_stills/cover.png", cover, "cover-image"),
        Item(PICTURE, (html / PICTURE).read_bytes()),
        Item("book.css", STYLE.encode()),
        *texts,
        *pictures(html, pages),
    ]
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/epub+zip", ZIP_STORED)  # first, and as it is: readers look for it
        packed.writestr("META-INF/container.xml", CONTAINER)
        packed.writestr("book.opf", package(about, items, [each.path for each in texts]))
        for item in items:
            packed.writestr(item.path, item.content)
