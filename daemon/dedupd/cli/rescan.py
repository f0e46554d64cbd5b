"""`dedupd rescan`: let the daemon look again now."""

from __future__ import annotations

import argparse

from dedupd.cli.asking import tell
from dedupd.cli.parsing import absolute, add_daemon_options
from dedupd.errors import ExitCode
from dedupd.faces import questions

EXAMPLE = "dedupd rescan /mnt/nas/cards"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("path", metavar="PATH", nargs="?", help="only this; else every root")


def run(args: argparse.Namespace) -> ExitCode:
    """Ask for it; the daemon answers at once."""
    tell(args, questions.rescan(absolute(args.path) if args.path is not None else None))
    return ExitCode.DONE
