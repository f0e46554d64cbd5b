"""`dedupd accept`: tell that a suspicious root is right as it is."""

from __future__ import annotations

import argparse

from dedupd.cli.asking import tell
from dedupd.cli.parsing import absolute, add_daemon_options
from dedupd.errors import ExitCode
from dedupd.faces import questions

EXAMPLE = "dedupd accept ~/Pictures   # yes, I did delete half of it"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("root", metavar="ROOT", help="the root that `dedupd status` complains of")


def run(args: argparse.Namespace) -> ExitCode:
    """Tell the daemon."""
    tell(args, questions.accept(absolute(args.root)))
    return ExitCode.DONE
