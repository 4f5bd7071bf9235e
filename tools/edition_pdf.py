"""Join the prints of the pages to one PDF, whose links stay inside it, with an outline and numbers of pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, Fit, FloatObject, NameObject, NullObject, TextStringObject
from rendered import Rendered

DEEPEST = 3  # headings in the outline
ALIVE = "alive:"  # how the link to a page as it is alive begins, which is not to lead to its print
PAGE = "page:"  # how a link of the contents begins: in the document that prints them, a real one would lead to itself
FRONT = ""  # the name of what stands in front of the first page


@dataclass
class Prints:
    """The prints of the pages, one behind the other: where in them each place of a page is."""

    sheets: list[tuple[str, Any]] = field(default_factory=list)  # a page's name, and a sheet of its print
    places: dict[tuple[str, str], tuple[int, float | None]] = field(default_factory=dict)  # sheet, and height on it

    def add(self, name: str, pdf: bytes) -> None:
        """Append a page's print."""
        reader, begin = PdfReader(BytesIO(pdf)), len(self.sheets)
        self.places[name, ""] = begin, None
        for destination in reader.named_destinations.values():
            sheet = reader.get_destination_page_number(destination)
            if sheet is not None:
                self.places[name, anchor(destination.title)] = begin + sheet, float(destination.top)
        self.sheets += [(name, sheet) for sheet in reader.pages]

    def place(self, name: str, id_: str) -> tuple[int, float | None] | None:
        """Return the sheet of a place and the height on it, or where its page begins; None for another page."""
        return self.places.get((name, id_)) or self.places.get((name, ""))

    def number(self, name: str, id_: str) -> int:
        """Return the number that is printed where a place is."""
        place = self.place(name, id_)
        assert place is not None
        return place[0] + 1


def anchor(name: str) -> str:
    """Return the id behind a name of Chromium's for a destination."""
    return unquote(str(name).removeprefix("/"))


class Joined:
    """The PDF: what stands in front, then the prints of the pages.

    Parameters
    ----------
    front : bytes
        A print of its own, with roman numbers.
    prints : Prints
        The pages.
    root, address : str
        How a link to a file beside the pages begins, and how it begins seen from the PDF.
    """

    def __init__(self, front: bytes, prints: Prints, root: str, address: str) -> None:
        self.prints, self.root, self.address = prints, root, address
        self.writer = PdfWriter()
        before = [(FRONT, sheet) for sheet in PdfReader(BytesIO(front)).pages]
        self.before = len(before)
        sheets = before + prints.sheets
        for _, sheet in sheets:
            self.writer.add_page(sheet)
        self.references = [page.indirect_reference for page in self.writer.pages]
        for (name, _), page in zip(sheets, self.writer.pages, strict=True):
            for link in page.get("/Annots", ()):
                self.turn(link.get_object(), name)

    def turn(self, link: DictionaryObject, name: str) -> None:
        """Let a link of a page lead to its place in the PDF, or to the address of a file beside the pages."""
        action = link.get("/A", {})
        target = str(action.get("/URI", ""))
        if "/Dest" in link:
            place = self.prints.place(name, anchor(link["/Dest"]))
        elif target.startswith((self.root, PAGE)):
            file = target.removeprefix(self.root).removeprefix(PAGE)
            place = self.prints.place(*map(unquote, urldefrag(file)))
            action[NameObject("/URI")] = TextStringObject(self.address + file)
        elif target.startswith(ALIVE):
            place = None
            action[NameObject("/URI")] = TextStringObject(self.address + target.removeprefix(ALIVE))
        else:
            return
        if place is not None:
            link.pop("/A", None)
            link[NameObject("/Dest")] = self.destination(*place)

    def destination(self, sheet: int, top: float | None) -> ArrayObject:
        """Return a place as a PDF has it."""
        height = NullObject() if top is None else FloatObject(top)
        return ArrayObject(
            [self.references[self.before + sheet], NameObject("/XYZ"), NullObject(), height, NullObject()]
        )

    def outline(self, caption: str, pages: list[Rendered]) -> None:
        """Append a part to the outline: its pages, and their headings."""
        part = self.entry(caption, *self.prints.places[pages[0].name, ""], None) if caption else None
        for page in pages:
            above = [(0, part)]
            for heading in page.headings:
                if heading.level <= DEEPEST:
                    while above[-1][0] >= heading.level:
                        above.pop()
                    place = self.prints.place(page.name, heading.id)
                    above.append((heading.level, self.entry(heading.text, *place, above[-1][1])))

    def entry(self, title: str, sheet: int, top: float | None, parent: Any) -> Any:
        """Append an entry to the outline, and return it; what is below it is folded."""
        return self.writer.add_outline_item(
            title=title, page_number=self.before + sheet, parent=parent, fit=Fit.xyz(top=top), is_open=False
        )

    def write(self, path: Path, title: str, author: str) -> None:
        """Write it, with numbers of pages as they are printed."""
        self.writer.set_page_label(0, self.before - 1, style="/r")
        self.writer.set_page_label(self.before, len(self.references) - 1, style="/D", start=1)
        self.writer.add_metadata({"/Title": title, "/Author": author})
        self.writer.page_mode = "/UseOutlines"
        self.writer.root_object[NameObject("/Lang")] = TextStringObject("en")
        self.writer.compress_identical_objects()
        self.writer.write(path)


def write_pdf(joined: Joined, path: Path, parts: Iterable[tuple[str, list[Rendered]]], title: str, author: str) -> None:
    """Write the PDF with the outline of the book's parts."""
    for caption, pages in parts:
        joined.outline(caption, pages)
    joined.write(path, title, author)
