"""`dedupd missing`: the pictures that are not in the library."""

from __future__ import annotations

import argparse
import json
import sys

from dedupd.cli.asking import ask
from dedupd.cli.parsing import absolute, add_daemon_options, classes
from dedupd.cli.pictures import also, print_pictures
from dedupd.errors import DaemonNotRunning, ExitCode
from dedupd.faces import questions
from dedupd.faces.questions import Fields

EXAMPLE = "dedupd missing -0 ~/old-backups | xargs -0 cp --target-directory ~/to-import"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("folders", metavar="FOLDER", nargs="*", help="only what is below these")
    parser.add_argument(
        "-0", dest="nul", action="store_true", help="exact names, each ended by NUL"
    )
    parser.add_argument(
        "--class",
        dest="classes",
        metavar="CLASS,...",
        type=classes,
        default=("unmatched",),
        help="other classes than unmatched, for example possible,unreadable",
    )
    parser.add_argument("--distinct", action="store_true", help="one of each set of equal pictures")


def run(args: argparse.Namespace) -> ExitCode:
    """List them; without a daemon from the store that it left."""
    folders = [absolute(folder) for folder in args.folders]
    question = questions.pictures(folders, args.classes, distinct=args.distinct)
    try:
        answer = ask(args, question, timeout_s=None)
    except DaemonNotRunning as stopped:
        answer = _from_store(args, question, stopped)
    if args.json:
        for line in answer["lines"]:
            print(json.dumps(line))
    else:
        print_pictures(answer["lines"], nul=args.nul)
    left_out = also(answer["totals"], args.classes)
    if left_out:
        print(f"also: {left_out}", file=sys.stderr)
    return ExitCode.DONE if answer["imported"] is True else ExitCode.NOT_IMPORTED


def _from_store(args: argparse.Namespace, question: Fields, stopped: DaemonNotRunning) -> Fields:
    if args.socket:
        raise stopped  # that daemon was meant, and none other's store
    # Loaded late: it needs the store and all that reads it.
    from dedupd.cli.offline import answer

    return answer(args, question)
