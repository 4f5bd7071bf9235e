"""The slides are whole files: every picture is in them and described, nothing is fetched, no markup is left."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lectures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    command = [sys.executable, str(ROOT / "tools" / "slides.py"), "--folder", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}


def test_there_are_two_lectures_with_a_figure_on_most_slides(lectures):
    assert sorted(lectures) == ["the-network", "the-smooth-corner"]
    for text in lectures.values():
        assert 20 <= text.count("<section>") <= 60
        assert text.count("<img ") > text.count("<section>") / 2


def test_nothing_is_fetched_and_every_picture_is_described(lectures):
    for text in lectures.values():
        assert re.findall(r"""(?:src|href)=["'](?!data:)""", text) == []
        assert "//" not in re.sub(r"data:image/png;base64,[\w+/=]+", "", text)
        assert re.findall(r'<img [^>]*alt=""', text) == []


def test_questions_and_answers_are_plain_words(lectures):
    for text in lectures.values():
        words = re.findall(r"<(?:h1|h2|p)[^>]*>(.*?)</(?:h1|h2|p)>", text, re.DOTALL)
        assert [each for each in words if re.search(r"[\\`$]|\{|\}", each)] == []
        assert [each for each in words if not each.strip()] == []
