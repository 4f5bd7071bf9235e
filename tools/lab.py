"""Open JupyterLab on the book, with this Python and with settings of the project's own.

python tools/lab.py [--folder FOLDER] [OPTION OF JUPYTERLAB ...]

Without a folder, it is the JupyterLab edition, brought up to date with the book: see lab_edition.py.

The notebooks are marked as trusted, so their figures move before a cell has been run. Nothing is asked of other
machines: no news, no updates, no list of extensions.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from common import OWN, environment, warm_up

os.environ.update(environment())  # before Jupyter looks where its settings are

import nbformat
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyterlab.labapp import LabApp
from lab_edition import derive
from nbformat.sign import NotebookNotary
from notebooks import without_widgets

PAGE = {
    "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True},
    "buildCheck": False,  # there is nothing to build, and Node may not be here
    "buildAvailable": False,
}
OPTIONS = ("--LabApp.extension_manager=readonly", "--ServerApp.contents_manager_class=lab.Contents")


class Contents(AsyncLargeFileManager):
    """The files of a folder; a notebook without a kernel shows what stands beside its widgets."""

    async def get(self, path: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Return a file's model."""
        model = await super().get(path, *arguments, **options)
        if model["type"] == "notebook" and model["content"] is not None:
            sessions = await self.parent.session_manager.list_sessions()
            if path.strip("/") not in (session["path"] for session in sessions):
                without_widgets(model["content"])
        return model


def trust(folder: Path) -> None:
    """Mark the notebooks of a folder as trusted: JupyterLab shows no script of another's."""
    notary = NotebookNotary()
    for path in folder.rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            notary.sign(nbformat.read(path, as_version=4))


def main(options: list[str]) -> None:
    """Open JupyterLab; Ctrl-C ends it."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--folder", type=Path)
    known, others = parser.parse_known_args(options)
    begin = [] if known.folder else ["--LabApp.default_url=/lab/tree/book/index.ipynb"]
    folder = known.folder or derive()
    if folder is None:
        sys.exit(1)
    settings = OWN / "jupyter" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(PAGE), encoding="utf-8")
    warm_up()
    trust(folder)
    LabApp.launch_instance([f"--ServerApp.root_dir={folder.resolve()}", *begin, *OPTIONS, *others])


if __name__ == "__main__":
    sys.modules["lab"] = sys.modules["__main__"]  # the name that OPTIONS has for this file
    main(sys.argv[1:])
