"""What a page names leads to where it is described, and what is listed leads back to where it is used."""

import json
import re

import pytest
from conftest import BOOK

API = "book/reference/api"
LEDGER = "book/reference/ledger.html"


@pytest.fixture(scope="module")
def html():
    if not (BOOK / LEDGER).is_file():
        pytest.skip(f"no {BOOK / LEDGER}: run make book, or make test")
    return lambda name: (BOOK / name).read_text(encoding="utf-8")


def test_every_described_function_of_the_ledger_is_a_link(html):
    page = html(LEDGER)
    anchors = "".join(path.read_text(encoding="utf-8") for path in (BOOK / API).glob("*.html"))
    plain = re.findall(r'<td[^>]*>.*?(?<!title="sl1lib\.)<code[^>]*><span class="pre">([a-z_]+\.[\w.]+)</span>', page)
    assert page.count('#sl1lib.reference.conv2d"') > 1
    assert [name for name in plain if f'id="sl1lib.{name}"' in anchors and f'">sl1lib.{name}<' in page] == []
    linked = re.findall(r'href="api/[\w-]+\.html#(sl1lib[\w.]+)" title="[\w.]+"><code', page)
    assert len(linked) > 200


def test_names_in_code_and_in_prose_lead_to_their_description(html):
    page = html("book/network/convolution.html")
    assert re.search(r'<a class="sl1-name" href="\.\./reference/api/reference\.html#sl1lib\.reference\.conv2d"', page)
    prose = html("book/network/pooling.html")
    assert re.search(r'<a [^>]*#sl1lib\.reference\.avg_pool2d_backward"[^>]*><code', prose)


def test_a_word_that_may_mean_something_else_is_no_link(html):
    pages = [path.read_text(encoding="utf-8") for path in (BOOK / "book").glob("*/*.html") if path.parent.name != "api"]
    linked = set(re.findall(r'<a [^>]*#sl1lib[\w.]*"[^>]*><code[^>]*><span class="pre">(\w+)</span>', "".join(pages)))
    assert {"NodePenalty", "cross_entropy"} <= linked
    assert linked.isdisjoint({"table", "penalty", "backward", "forward", "train", "prune", "check"})


def test_the_number_of_an_equation_leads_to_its_row_which_leads_back_to_where_it_is_used(html):
    page = html("book/training/full-training.html")
    row = re.search(r'href="\.\./reference/ledger\.html#(ledger-eq-heavy-ball)"', page)
    entry = re.search(rf'<td[^>]*id="{row[1]}".*?</td>', html(LEDGER), re.DOTALL)
    assert "../smoothing/convergence.html#" in entry[0].partition("sl1-uses")[2]


def test_a_reference_says_where_it_is_cited_and_a_function_where_it_is_used(html):
    entries = re.findall(r'<div class="citation".*?</div>', html("book/reference/bibliography.html"), re.DOTALL)
    uncited = [entry[:120] for entry in entries if "Cited in <a" not in entry]
    assert uncited == []
    function = html(f"{API}/reference.html").partition('id="sl1lib.reference.conv2d_kernel_grad"')[2]
    used = re.search(r"Used in (<a .*?)</span>", function)
    assert "../../network/convolution.html#" in used[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sl1lib.fast.NodePenalty.dead", "api/fast.html"),
        ("sl1lib.Penalty", "api/sl1lib.html"),
        ("sl1lib.book.pooling.explorer.pooling_explorer", "api/chapters.html"),
        ("api-course", "api/course.html"),
    ],
)
def test_an_address_of_the_time_of_one_page_leads_to_the_new_one(browser, book, old, new):
    page = browser.new_page()
    page.goto(f"{book}/{API}.html#{old}", wait_until="commit")
    page.wait_for_url(f"**/{new}#{old}")
    page.locator(f"[id='{old}']").wait_for(state="attached")
    page.close()


def test_every_name_of_the_one_page_is_known_to_the_list(html):
    moved = json.loads(re.search(r'id="sl1-moved">(.*?)</script>', html(f"{API}.html"))[1])
    for path in sorted((BOOK / API).glob("*.html")):
        for name in re.findall(r'id="(sl1lib\.[\w.]+)"', path.read_text(encoding="utf-8")):
            starts = [start for start in moved if name.startswith(f"{start}.")]
            assert moved[max(starts, key=len)] == f"api/{path.name}", name
