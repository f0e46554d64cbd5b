"""`dedupd explain`: everything known about one file, and what decided about it."""

from __future__ import annotations

import argparse
import sys

from dedupd.cli.answers import Answers
from dedupd.cli.parsing import absolute, add_daemon_options
from dedupd.cli.pictures import print_answer
from dedupd.errors import ExitCode
from dedupd.faces import questions
from dedupd.faces.outputs.files import explanation
from dedupd.faces.outputs.look import look_of

EXAMPLE = "dedupd explain ~/old-backups/IMG_0815.JPG"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("picture", metavar="PICTURE", help="any file below a root")


def run(args: argparse.Namespace) -> ExitCode:
    """Ask and print; without a daemon from the store that it left."""
    with Answers(args) as answers:
        answer = answers.ask(questions.explain(absolute(args.picture)))
    if args.json:
        print_answer(answer)
    else:
        print("\n".join(explanation(answer, look_of(sys.stdout, colour=not args.no_color))))
    return ExitCode.DONE
