"""`dedupd run`: the daemon, in the foreground."""

from __future__ import annotations

import argparse
import shlex
import sys

from dedupd.cli.configuration import configuration
from dedupd.cli.live import Live
from dedupd.cli.parsing import add_root_options
from dedupd.config_schema import Config
from dedupd.errors import ExitCode
from dedupd.service import run_daemon
from dedupd.text import printable

EXAMPLE = "dedupd run --haystack ~/Pictures --needles ~/old-backups --live"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_root_options(parser)
    parser.add_argument("--live", action="store_true", help="show the report while it runs")


def run(args: argparse.Namespace) -> ExitCode:
    """Run until a signal ends it."""
    config = configuration(args)
    if not args.live:
        return run_daemon(config, lambda: configuration(args), None)
    with Live(sys.stdout, colour=not args.no_color, footer=next_steps(config)) as live:
        return run_daemon(config, lambda: configuration(args), live.show)


def next_steps(config: Config) -> str:
    """Return what to type in a second terminal, with this command's own path."""
    where = ("--config", str(config.source)) if config.source else ("--state", str(config.state))
    command, told = shlex.quote(sys.argv[0]), " ".join(map(shlex.quote, where))
    asks = ("status", "missing", "events --follow")
    lines = [f"  {command} {ask} {told}" for ask in asks]
    return "\n".join(map(printable, ["", "In a second terminal, type:", *lines]))
