"""What every widget is made of: a fragment of HTML with its data and its script."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from string import Template


class Widget:
    """A piece of HTML that displays itself in a notebook; its plain text is what a terminal shows."""

    def __init__(self, html: str, plain: str) -> None:
        self.html, self._plain = html, plain

    def __repr__(self) -> str:
        return self._plain

    def _repr_html_(self) -> str:
        return self.html


def fill(package: str, name: str, **data: object) -> str:
    """Put data, script and the common style into the fragment of a chapter; the id follows from the content."""
    shared_folder, folder = resources.files(__package__), resources.files(package)
    style, sliders, chart = (
        (shared_folder / shared).read_text(encoding="utf-8") for shared in ("explorer.css", "sliders.css", "chart.js")
    )
    fragment, script = ((folder / f"explorer.{kind}").read_text(encoding="utf-8") for kind in ("html", "js"))
    packed = json.dumps(data, separators=(",", ":"))
    identity = f"sl1-{name}-{hashlib.sha256((packed + script).encode()).hexdigest()[:8]}"
    program = Template(script).substitute(id=identity, chart=chart)
    return Template(fragment).substitute(id=identity, data=packed, style=style, sliders=sliders, script=program)
