"""Make slides for two lectures from the figures of the chapters and their captions.

python tools/slides.py [--folder FOLDER]     into _build/slides

A caption asks first and answers then: the question stands above its figure, the answer comes with the next key. A
lecture is one HTML file, with its pictures in it, that loads nothing from elsewhere; printed, it is a handout.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from common import BUILD, ROOT, say

#: Each lecture's title and the chapters that its figures are from.
LECTURES = {
    "the-network": (
        "A small network, forwards and backwards",
        ("network/convolution", "network/pooling", "network/dense-and-entropy", "network/backpropagation"),
    ),
    "the-smooth-corner": (
        "A smooth corner, and what came of it",
        (
            *("smoothing/the-corner", "smoothing/smooth-function", "smoothing/gradients", "smoothing/convergence"),
            *("findings/comparison", "findings/pruning"),
        ),
    ),
}
MOST = 6  # figures of a chapter: 90 minutes are short
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light; font: 1.4rem/1.4 system-ui, sans-serif; }}
body {{ margin: 0; color: #1b1f24; background: #fff; }}
section {{ box-sizing: border-box; height: 100vh; padding: 3vh 5vw 8vh; display: none; flex-direction: column;
  align-items: center; justify-content: center; gap: 2vh; text-align: center; }}
section.now {{ display: flex; }}
h1, h2 {{ margin: 0; font-size: 1.9rem; line-height: 1.25; text-wrap: balance; }}
img {{ max-width: 100%; max-height: 62vh; min-height: 0; object-fit: contain; }}
p {{ margin: 0; max-width: 60ch; }}
.answer {{ visibility: hidden; }}
.shown .answer, .answer:only-child {{ visibility: visible; }}
nav {{ position: fixed; bottom: 1vh; right: 2vw; font-size: 0.9rem; }}
nav button {{ font: inherit; }}
@media print {{
  section {{ display: flex; break-after: page; }}
  .answer {{ visibility: visible; }}
  nav {{ display: none; }}
}}
</style>
</head>
<body>
<main aria-live="polite">
{slides}
</main>
<nav aria-label="Slides"><button type="button" id="back">Back</button> <span id="place"></span>
<button type="button" id="on">On</button></nav>
<script>
const slides = [...document.querySelectorAll("section")];
let number = Math.min(Math.max(Number(location.hash.slice(1)) || 1, 1), slides.length) - 1;
function show(step, answered) {{
  number = Math.min(Math.max(step, 0), slides.length - 1);
  slides.forEach((slide, at) => slide.classList.toggle("now", at === number));
  slides[number].classList.toggle("shown", answered);
  document.getElementById("place").textContent = `${{number + 1}} of ${{slides.length}}`;
  history.replaceState(null, "", `#${{number + 1}}`);
}}
function on() {{
  const slide = slides[number];
  if (slide.querySelector(".answer") && !slide.classList.contains("shown")) show(number, true);
  else if (number < slides.length - 1) show(number + 1, false);
}}
const back = () => show(number - 1, true);
document.getElementById("on").onclick = on;
document.getElementById("back").onclick = back;
document.addEventListener("keydown", (event) => {{
  if (event.target.closest("button") && event.key === " ") return;
  const keys = {{ ArrowRight: on, PageDown: on, " ": on, ArrowLeft: back, PageUp: back,
    Home: () => show(0, false), End: () => show(slides.length - 1, true) }};
  if (keys[event.key]) {{ event.preventDefault(); keys[event.key](); }}
}});
show(number, false);
</script>
</body>
</html>
"""


def slides(title: str, pages: tuple[str, ...]) -> Iterator[str]:
    """Yield a lecture's slides: its title, then those of each chapter."""
    yield f"<section><h1>{html.escape(title)}</h1></section>"
    for page in pages:
        cells = json.loads((ROOT / "book" / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
        heading, promise = "".join(cells[0]["source"]).split("\n\n")[:2]
        yield f"<section><h2>{plain(heading.removeprefix('# '))}</h2>\n<p>{plain(promise)}</p></section>"
        yield from list(filter(None, map(slide, cells)))[:MOST]


def slide(cell: dict) -> str | None:
    """Return the slide of a cell's figure; None where it has none, or no caption of its own."""
    described = cell["metadata"].get("mystnb", {})
    pictures = [
        output["data"]["image/png"] for output in cell.get("outputs", ()) if "image/png" in output.get("data", {})
    ]
    caption = described.get("figure", {}).get("caption", "")
    if not pictures or not caption:
        return None
    asked, _, answer = caption.partition("? ") if "? " in caption else caption.partition(": ")
    mark = "?" if "? " in caption else ""
    alt = html.escape(described.get("image", {}).get("alt", ""))
    picture = "".join(pictures[0].split())
    told = f'\n<p class="answer">{plain(answer)}</p>' * bool(answer)
    image = f'<img src="data:image/png;base64,{picture}" alt="{alt}">'
    return f"<section><h2>{plain(asked)}{mark}</h2>\n{image}{told}</section>"


def plain(text: str) -> str:
    """Return a caption as HTML: without MyST's marks, mathematics by its letters."""
    text = re.sub(r"\{\w+(?::\w+)?\}`([^`<]*?)\s*(?:<[^`]*>)?`", r"\1", text)  # a role: its words
    letters = {
        r"\delta": "δ",
        r"\lambda": "λ",
        r"\varepsilon": "ε",
        r"\eps": "ε",
        r"\eta": "η",
        r"\mu": "μ",
        r"\pi": "π",
    }
    for command, letter in letters.items():
        text = text.replace(command, letter)
    text = html.escape(text.replace("$", ""), quote=False)
    text = re.sub(r"\^\{?([-\w]+)\}?", r"<sup>\1</sup>", text).replace("<sup>-", "<sup>−")
    text = re.sub(r"`([^`]*)`", r"<code>\1</code>", text)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)


def main() -> int:
    """Write the lectures and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=BUILD / "slides", help="where the slides go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, (title, pages) in LECTURES.items():
        path = folder / f"{name}.html"
        path.write_text(PAGE.format(title=html.escape(title), slides="\n".join(slides(title, pages))), encoding="utf-8")
        say(f"{title}: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
