"""`dedupd completion`: a script with which a shell completes this command."""

from __future__ import annotations

import argparse

from dedupd.cli.completing import SCRIPTS, Completed, of_parser
from dedupd.errors import ExitCode

EXAMPLE = 'eval "$(dedupd completion bash)"   # in ~/.bashrc; fish: ... | source'


def add(parser: argparse.ArgumentParser) -> None:
    """Add the argument."""
    parser.add_argument(
        "shell", metavar="|".join(SCRIPTS), choices=tuple(SCRIPTS), help="your shell"
    )


def run(args: argparse.Namespace) -> ExitCode:
    """Print the script."""
    print(SCRIPTS[args.shell](commands()), end="")
    return ExitCode.DONE


def commands() -> list[Completed]:
    """Return every command with what can follow it."""
    # Loaded late: `main` loads this module by its name, and knows it no other way.
    from dedupd.cli.main import COMMANDS, command_parser

    return [of_parser(name, about, command_parser(name)) for name, about in COMMANDS.items()]
