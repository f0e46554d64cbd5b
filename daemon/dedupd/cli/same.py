"""`dedupd same`: say that two pictures show the same, or a folder's doubtful ones do."""

from __future__ import annotations

import argparse

from dedupd.cli.deciding import add_yes, decide, decide_many, wrong
from dedupd.cli.parsing import add_daemon_options
from dedupd.errors import ExitCode

EXAMPLE = "dedupd same --possible ~/old-backups/2009 --reason smaller,toned"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("a", metavar="A", nargs="?", help="a needle picture")
    parser.add_argument("b", metavar="B", nargs="?", help="the picture of the library")
    parser.add_argument(
        "--possible", metavar="FOLDER", help="all to review below it, each with its nearest"
    )
    parser.add_argument(
        "--reason", metavar="R,...", type=_words, default=(), help="of those only with this reason"
    )
    add_yes(parser)


def run(args: argparse.Namespace) -> ExitCode:
    """Tell the daemon."""
    if args.possible is not None:
        if args.a is not None:
            raise wrong(args, "--possible goes without pictures")
        return decide_many(args, "same", args.possible, "possible", args.reason)
    if args.reason or args.yes:
        raise wrong(args, "--reason and --yes go with --possible FOLDER")
    if args.b is None:
        raise wrong(args, "two pictures are needed, or --possible FOLDER")
    return decide(args, "same", args.a, args.b)


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(","))
    if not all(words):
        raise argparse.ArgumentTypeError(f"{text!r} has an empty reason")
    return words
