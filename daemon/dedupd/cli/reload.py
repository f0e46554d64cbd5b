"""`dedupd reload`: let the daemon read its configuration again."""

from __future__ import annotations

import argparse

from dedupd.cli.asking import tell
from dedupd.cli.parsing import add_daemon_options
from dedupd.errors import ExitCode
from dedupd.faces import questions

EXAMPLE = "dedupd config check && dedupd reload"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)


def run(args: argparse.Namespace) -> ExitCode:
    """Ask for it; a wrong configuration is refused, and the old one stays."""
    tell(args, questions.reload())
    return ExitCode.DONE
