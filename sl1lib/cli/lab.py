"""The command ``sl1 lab``: the laboratory, alone on a page that this machine serves to itself."""

from __future__ import annotations

import argparse
import webbrowser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ..book.laboratory.explorer import laboratory_page
from ..training import Run

_HOST = "127.0.0.1"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options to ``parser``."""
    parser.add_argument("run", nargs="?", help="a saved run to look into; without it, weights trained on MNIST")
    parser.add_argument("--port", type=int, default=0, help="where to serve the page (default: one that is free)")
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only say the address")


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    page = laboratory_page(Run.load(options.run) if options.run else None).encode()
    with server(page, options.port) as serving:
        address = f"http://{_HOST}:{serving.server_port}/"
        print(f"The laboratory is at {address}   (Ctrl-C ends it)", flush=True)
        if not options.no_browser:
            webbrowser.open(address)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def server(page: bytes, port: int) -> ThreadingHTTPServer:
    """Return a server of one page, to this machine only."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == "/"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page if found else b"There is one page here: /")

        def log_message(self, *arguments: object) -> None:
            """Say nothing of requests."""

    return ThreadingHTTPServer((_HOST, port), Handler)
