"""`dedupd undo`: take a decision back, or all that were made in one go."""

from __future__ import annotations

import argparse
import json

from dedupd.cli.asking import ask
from dedupd.cli.parsing import add_daemon_options
from dedupd.errors import ExitCode
from dedupd.faces import questions
from dedupd.faces.outputs import decisions

EXAMPLE = "dedupd undo   # the last one"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument(
        "id", metavar="ID", nargs="?", default="", help="as `dedupd decisions` lists it"
    )


def run(args: argparse.Namespace) -> ExitCode:
    """Tell the daemon, and print what was taken back."""
    answer = ask(args, questions.undo(args.id))
    if args.json:
        print(json.dumps({key: answer[key] for key in ("done", "batch", "decisions")}))
    else:
        print("\n".join(decisions.undone(answer)))
    return ExitCode.DONE if answer["done"] is True else ExitCode.NOT_IMPORTED
