"""`dedupd dismiss`: say that a picture isn't wanted in the library."""

from __future__ import annotations

import argparse

from dedupd.cli.deciding import add_yes, decide, decide_many, wrong
from dedupd.cli.parsing import add_daemon_options
from dedupd.errors import ExitCode

EXAMPLE = "dedupd dismiss --class unreadable ~/old-backups"

DISMISSIBLE = ("unreadable", "unmatched", "possible")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("path", metavar="PICTURE", help="the picture; with --class a folder")
    parser.add_argument(
        "--class",
        dest="cls",
        metavar="CLASS",
        choices=DISMISSIBLE,
        help=f"all of a class below the folder: {', '.join(DISMISSIBLE)}",
    )
    add_yes(parser)


def run(args: argparse.Namespace) -> ExitCode:
    """Tell the daemon."""
    if args.cls is not None:
        return decide_many(args, "dismiss", args.path, args.cls)
    if args.yes:
        raise wrong(args, "--yes goes with --class CLASS FOLDER")
    return decide(args, "dismiss", args.path)
