"""`dedupd different`: say that two pictures are not the same, whatever dedupd finds."""

from __future__ import annotations

import argparse

from dedupd.cli.deciding import decide
from dedupd.cli.parsing import add_daemon_options
from dedupd.errors import ExitCode

EXAMPLE = "dedupd different ~/cards/IMG_7.jpg ~/Pictures/2019/IMG_6.jpg"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("a", metavar="A", help="a needle picture")
    parser.add_argument("b", metavar="B", help="the picture of the library that it isn't")


def run(args: argparse.Namespace) -> ExitCode:
    """Tell the daemon."""
    return decide(args, "different", args.a, args.b)
