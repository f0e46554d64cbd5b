"""`dedupd run`: the daemon, in the foreground."""

from __future__ import annotations

import argparse
import sys

from dedupd.cli.configuration import configuration
from dedupd.cli.live import Live
from dedupd.cli.parsing import add_root_options
from dedupd.errors import ExitCode
from dedupd.service import run_daemon

EXAMPLE = "dedupd run --haystack ~/Pictures --needles ~/old-backups --live"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_root_options(parser)
    parser.add_argument("--live", action="store_true", help="show the report while it runs")


def run(args: argparse.Namespace) -> ExitCode:
    """Run until a signal ends it."""
    live = Live(sys.stdout, colour=not args.no_color) if args.live else None
    return run_daemon(configuration(args), lambda: configuration(args), live.show if live else None)
