"""`dedupd missing`: the pictures that are not in the library."""

from __future__ import annotations

import argparse
import json
import os
import sys

from dedupd.cli.answers import Answers
from dedupd.cli.parsing import absolute, add_daemon_options, classes
from dedupd.cli.pictures import also, print_pictures
from dedupd.errors import ExitCode, UsageError
from dedupd.faces import questions
from dedupd.faces.outputs.phrases import several
from dedupd.faces.questions import Fields
from dedupd.text import path_fields, path_of, shown

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
    parser.add_argument(
        "--link-into", metavar="DIR", help="make a tree of symbolic links there instead of a list"
    )


def run(args: argparse.Namespace) -> ExitCode:
    """List them; without a daemon from the store that it left."""
    if args.link_into is not None and args.nul:
        raise UsageError("the command line is wrong", "-0 goes without --link-into")
    folders = [absolute(folder) for folder in args.folders]
    question = questions.pictures(folders, args.classes, distinct=args.distinct)
    with Answers(args) as answers:
        answer = answers.ask(question)
        report = answers.report() if args.link_into is not None else None
    if report is not None:
        _link(args, answer["lines"], report)
    elif args.json:
        for line in answer["lines"]:
            print(json.dumps(line))
    else:
        print_pictures(answer["lines"], nul=args.nul)
    left_out = also(answer["totals"], args.classes)
    if left_out:
        print(f"also: {left_out}", file=sys.stderr)
    elif not answer["lines"] and answer["imported"] is not True:
        print(_UNCONFIRMED, file=sys.stderr)
    return ExitCode.DONE if answer["imported"] is True else ExitCode.NOT_IMPORTED


_UNCONFIRMED = (
    "nothing is known to be missing, but nobody looked at the disk just now: "
    "start the daemon, or run dedupd check"
)


def _link(args: argparse.Namespace, lines: list[Fields], report: Fields) -> None:
    # Loaded late: a list does without.
    from dedupd.cli.linking import link_tree

    target = os.path.abspath(os.fsencode(args.link_into))
    made = link_tree(target, (path_of(line) for line in lines), report)
    if args.json:
        print(json.dumps({"schema": 1, **path_fields(target), "links": made}))
    else:
        print(f"{several(made, 'link')} in {shown(target)}")
