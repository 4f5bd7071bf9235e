"""Files to keep are made where their tools are; where they are not, one line says so, and nothing fails."""

import sys
from zipfile import ZipFile

import editions
import pytest

INDEX = '<html><body><article><h1>Start</h1><div class="sl1-editions"></div></article></body></html>'


@pytest.fixture
def html(tmp_path):
    folder = tmp_path / "html"
    for name, text in {"index.html": INDEX, "paper.html": "<h1>The paper</h1>"}.items():
        (folder / "book").mkdir(parents=True, exist_ok=True)
        (folder / "book" / name).write_text(text, encoding="utf-8")
    return folder


def run(html, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["editions.py", "--html", str(html)])
    status = editions.main()
    return status, capsys.readouterr()


def offered(html):
    return (html / "book" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lacking", "said"),
    [(["Chromium"], "Chromium is not installed"), (["Playwright", "pypdf"], "Playwright and pypdf are not installed")],
)
def test_what_is_missing_is_named_and_the_archive_is_made(html, monkeypatch, capsys, lacking, said):
    monkeypatch.setattr(editions, "missing", lambda: lacking)
    status, printed = run(html, monkeypatch, capsys)
    assert status == 0
    assert printed.out.splitlines()[0] == f"no PDF and no ePub: {said}"
    (made,) = (html / "editions").iterdir()
    assert made.suffix == ".zip"
    assert f"{made}   0.0 MB" in printed.out


def test_a_browser_that_fails_costs_no_book(html, monkeypatch, capsys):
    def fail(*_):
        raise RuntimeError("the page crashed\nand much more")

    monkeypatch.setattr(editions, "missing", list)
    monkeypatch.setattr(editions, "make_books", fail)
    status, printed = run(html, monkeypatch, capsys)
    assert status == 0
    assert printed.err == "no PDF and no ePub: RuntimeError: the page crashed\n"
    assert offered(html).count("<a ") == 1


def test_the_archive_holds_the_pages_and_not_itself(html, monkeypatch, capsys):
    monkeypatch.setattr(editions, "missing", lambda: ["Chromium"])
    for _ in range(2):  # made anew, it does not hold what was made before
        run(html, monkeypatch, capsys)
    with ZipFile(next((html / "editions").glob("*.zip"))) as packed:
        names = packed.namelist()
        index = packed.read(f"{editions.NAME}/book/index.html").decode()
    assert names == [f"{editions.NAME}/book/{name}" for name in ("index.html", "paper.html")]
    assert index == INDEX


def test_the_first_page_offers_what_was_made_with_its_size(html, monkeypatch, capsys):
    def make_books(html, groups, stem):
        assert groups == [("", ["book/index.html"]), ("Before you start", ["book/paper.html"])]
        made = [stem.with_suffix(".pdf"), stem.with_suffix(".epub")]
        for path in made:
            path.write_bytes(bytes(1_500_000))
        return made

    monkeypatch.setattr(editions, "missing", list)
    monkeypatch.setattr(editions, "make_books", make_books)
    monkeypatch.setattr(editions, "LIMIT", 1)
    _, printed = run(html, monkeypatch, capsys)
    page = offered(html)
    for kind in ("pdf", "epub", "zip"):
        assert f'<a href="../editions/{editions.NAME}.{kind}">' in page
    assert page.count("&nbsp;(1.5 MB)") == 2
    assert printed.out.count("1.5 MB   larger than 1 MB") == 2


def test_no_book_is_an_error(tmp_path, monkeypatch, capsys):
    status, printed = run(tmp_path, monkeypatch, capsys)
    assert status == 1
    assert "run make book first" in printed.err
