"""The PDF and the ePub of a few pages: links stay inside, contents are right, and every reader can open them."""

import re
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import pytest
from conftest import BOOK
from support import PATIENCE

pytest.importorskip("pypdf", reason="pypdf is not installed")

import editions
from pypdf import PdfReader
from rendered import missing

GROUPS = [("", ["book/index.html"]), ("The network", ["book/network/pooling.html"]), ("More", ["book/notation.html"])]
XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
EPUBCHECK = Path("/usr/share/java/epubcheck.jar")  # Debian's; its command needs a kernel that starts jars


@pytest.fixture(scope="module")
def made(book, tmp_path_factory):
    """The PDF and the ePub of three pages; `book` skips where there is none."""
    if lacking := missing():
        pytest.skip(f"no PDF and no ePub without {' and '.join(lacking)}")
    # In a thread: the browser of the other tests has the event loop of this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(editions.make_books, BOOK, GROUPS, tmp_path_factory.mktemp("editions") / "book").result()


@pytest.fixture(scope="module")
def pdf(made):
    return PdfReader(made[0])


@pytest.fixture(scope="module")
def epub(made):
    with ZipFile(made[1]) as packed:
        yield packed


def links(pdf):
    """Yield each link of a PDF: the number of its sheet, its target's, or its address."""
    number = {sheet.indirect_reference.idnum: place for place, sheet in enumerate(pdf.pages)}
    for place, sheet in enumerate(pdf.pages):
        for annotation in sheet.get("/Annots", ()):
            link = annotation.get_object()
            target = link["/Dest"][0].idnum if "/Dest" in link else None
            yield place, number.get(target), str(link.get("/A", {}).get("/URI", ""))


def words(text):
    return "".join(text.split())


def test_links_between_pages_stay_in_the_pdf(pdf):
    found = list(links(pdf))
    assert all(target is not None or address for _, target, address in found)
    assert [address for *_, address in found if address.startswith("file:")] == []
    assert sum(target is not None for _, target, _ in found) > 40


def test_a_figure_to_play_with_says_which_page_has_it_alive(pdf):
    alive = [address for *_, address in links(pdf) if address.endswith("pooling.html")]
    assert alive == ["../book/network/pooling.html"]


def test_contents_lead_to_their_headings_and_give_the_number_that_is_printed_there(pdf):
    labels = pdf.page_labels
    front = sum(not label.isdecimal() for label in labels)
    assert labels == [*("i", "ii", "iii", "iv")[:front], *map(str, range(1, len(labels) - front + 1))]
    contents = " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages[1:front]).split())
    for title in ("Short names in code", "2.4. Pooling is a matrix, on the left and on the right"):
        number = re.search(re.escape(title) + r" (\d+)\b", contents)[1]
        sheet = words(pdf.pages[front - 1 + int(number)].extract_text())
        assert words(title) in sheet
        assert number in sheet
    targets = {target for place, target, _ in links(pdf) if 0 < place < front}
    assert min(targets) == front


def test_the_outline_has_parts_pages_and_sections(pdf):
    first, _, part, below, *_ = pdf.outline
    assert first.title == "A small network, a smooth corner"
    assert part.title == "The network"
    page, sections = below
    assert page.title == "2. Pooling"
    titles = [each.title for each in sections if not isinstance(each, list)]  # a list is what is below the one before
    assert "2.4. Pooling is a matrix, on the left and on the right" in titles
    assert pdf.get_destination_page_number(page) > pdf.get_destination_page_number(first)


def test_every_sheet_has_something_on_it(pdf):
    assert [place for place, sheet in enumerate(pdf.pages) if len(sheet.extract_text()) < 20] == []
    assert {tuple(map(round, sheet.mediabox[2:])) for sheet in pdf.pages} == {(595, 842)}  # A4


def pages(epub):
    return {name: ElementTree.fromstring(epub.read(name)) for name in epub.namelist() if name.endswith(".xhtml")}


def test_the_epub_begins_as_readers_expect(epub):
    first = epub.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
    assert epub.read("mimetype") == b"application/epub+zip"


def test_formulas_are_mathml_with_their_tex_and_nothing_in_the_epub_is_dead(epub):
    page = pages(epub)["book/network/pooling.xhtml"]
    built = (BOOK / "book/network/pooling.html").read_text(encoding="utf-8")
    formulas = list(page.iter(f"{MATHML}math"))
    assert len(formulas) == len(re.findall(r'<(?:span|div) class="math', built))
    assert all(formula.get("alttext") for formula in formulas)
    tags = Counter(element.tag.removeprefix(XHTML) for element in page.iter())
    assert not tags.keys() & {"script", "style", "button", "input", "select", "mjx-container"}
    stills = [each for each in page.iter(f"{XHTML}img") if "_stills" in each.get("src")]
    assert [bool(each.get("alt")) for each in stills] == [True]


def test_everything_that_a_page_of_the_epub_names_is_in_it(epub):
    known = pages(epub)
    ids = {name: {each.get("id") for each in page.iter()} for name, page in known.items()}
    for name, page in known.items():
        for element in page.iter():
            target = element.get("src") or element.get("href") or ""
            if not target or re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (Path("/", name).parent / path).resolve().relative_to("/").as_posix() if path else name
            assert file in epub.namelist(), (name, target)
            assert not anchor or anchor in ids[file], (name, target)


def test_epubcheck_finds_nothing(made):
    if not (EPUBCHECK.is_file() and shutil.which("java")):
        pytest.skip("epubcheck or Java is not installed")
    command = ["java", "-jar", str(EPUBCHECK), str(made[1])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
