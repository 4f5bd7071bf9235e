"""Draw the picture of the README anew: book/_static/landing.png, which git keeps.

python tools/landing.py
"""

from __future__ import annotations

from common import ROOT

from sl1lib import load_data
from sl1lib.book.paper.figures import landing_figure
from sl1lib.book.style import use_style

TARGET = ROOT / "book" / "_static" / "landing.png"

if __name__ == "__main__":
    use_style()
    landing_figure(load_data("digits").x_test[0]).savefig(TARGET, dpi=170, metadata={"Software": None})
