"""Sphinx extension: pages that fetch nothing, and a build from stored outputs for the tests.

Jupyter Book loads extensions for running code elsewhere (sphinx-thebe) and for comments (sphinx-comments)
whether or not they are used; both put scripts with foreign addresses on every page. This book uses neither.
"""

from __future__ import annotations

import os
from pathlib import Path

UNUSED = ("sphinx_thebe", "sphinx_comments")
MATHJAX = "vendor/mathjax/tex-mml-chtml.js"
STATIC = Path(__file__).resolve().parents[1] / "_static"


def drop_unused(app) -> None:
    """Disconnect what the unused extensions registered; there is no way to leave them out of the list."""
    for listeners in app.events.listeners.values():
        listeners[:] = [x for x in listeners if not x.handler.__module__.startswith(UNUSED)]
    app.registry.css_files[:] = [x for x in app.registry.css_files if "thebe" not in str(x[0])]


def configure(app, config) -> None:
    """Point to the vendored MathJax where there is one, and switch execution off where that was asked for."""
    if (STATIC / MATHJAX).is_file():
        config.mathjax_path = MATHJAX
    if os.environ.get("SL1LIB_STORED_OUTPUTS"):  # set by tools/build_book.py --stored only
        config.nb_execution_mode = "off"


def setup(app) -> dict:
    drop_unused(app)
    app.connect("config-inited", configure, priority=100)
    # Extensions set up after this one are caught here.
    app.connect("config-inited", lambda app, config: drop_unused(app), priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
