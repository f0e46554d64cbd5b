"""`dedupd review`: open the page for decisions, pictures side by side."""

from __future__ import annotations

import argparse
import json
import os
import sys

from dedupd.cli.asking import ask
from dedupd.cli.parsing import add_daemon_options
from dedupd.errors import ExitCode
from dedupd.faces import questions
from dedupd.text import printable

EXAMPLE = "dedupd review --no-open"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("--no-open", action="store_true", help="only print the address")


def run(args: argparse.Namespace) -> ExitCode:
    """Ask the daemon for the page's address, print it, and open it where there is a screen."""
    url = str(ask(args, questions.page())["url"])
    if args.json:
        print(json.dumps({"url": url}), flush=True)
        return ExitCode.DONE
    print(printable(url), flush=True)
    if not args.no_open and sys.stdout.isatty() and _has_screen():
        # Loaded late: it looks for browsers as soon as it is imported.
        import webbrowser

        webbrowser.open(url)
    return ExitCode.DONE


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
