"""`dedupd check`: look once, without a daemon, and say what is not in the library."""

from __future__ import annotations

import argparse
import json
import sys

from dedupd import article, looking
from dedupd.cli import progress
from dedupd.cli.beside import Daemon, Here, Source
from dedupd.cli.configuration import configuration, with_cache_store
from dedupd.cli.parsing import CLASSES, add_root_options
from dedupd.cli.pictures import print_pictures
from dedupd.config_schema import Config
from dedupd.errors import ExitCode, StoreInUse, UsageError
from dedupd.faces.outputs import terminal, text
from dedupd.faces.outputs.look import look_of
from dedupd.faces.outputs.phrases import several
from dedupd.faces.questions import Fields
from dedupd.faces.verdict import all_imported
from dedupd.hashing import demand_known
from dedupd.text import path_fields, printable, shown

EXAMPLE = "dedupd check --haystack ~/Pictures --needles ~/old-backups /media/card"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_root_options(parser)
    parser.add_argument(
        "--list", dest="listed", metavar="CLASS", choices=CLASSES, help="list one class instead"
    )
    parser.add_argument("-0", dest="nul", action="store_true", help="with --list: NUL, not lines")
    parser.add_argument(
        "--article",
        action="store_true",
        help="the original article's rough script: which folders are still to check; it never"
        " calls one imported, so it never exits 0",
    )
    parser.add_argument(
        "--algorithm", metavar="NAME", help="with --article: another hash of `dedupd hash`"
    )


def run(args: argparse.Namespace) -> ExitCode:
    """Look, report, and exit 0 only if everything asked about is imported (or empty)."""
    _demand_consistent(args)
    args = with_cache_store(args)
    config = configuration(args)
    if args.article:
        return _article(args, config)
    source = _look(args, config)
    try:
        report = source.report()
        _print(args, report, source)
    finally:
        source.close()
    needles = [root.path for root in config.needles]
    return ExitCode.DONE if all_imported(report, needles) else ExitCode.NOT_IMPORTED


def _demand_consistent(args: argparse.Namespace) -> None:
    if args.nul and not args.listed:
        raise UsageError("the command line is wrong", "-0 goes with --list CLASS")
    if args.algorithm is not None:
        demand_known(args.algorithm)
        if not args.article:
            raise UsageError("the command line is wrong", "--algorithm goes with --article")


def _look(args: argparse.Namespace, config: Config) -> Source:
    try:
        with progress.shown(sys.stderr, verbose=args.verbose) as show:
            return Here(looking.check(config, show))
    except StoreInUse as in_use:
        return Daemon(config, in_use)


def _print(args: argparse.Namespace, report: Fields, source: Source) -> None:
    if args.listed:
        pictures = source.pictures(args.listed)["lines"]
        if args.json:
            for picture in pictures:
                print(json.dumps(picture))
        else:
            print_pictures(pictures, nul=args.nul)
    elif args.json:
        print(json.dumps(report))
    else:
        look = look_of(sys.stdout, colour=not args.no_color)
        rendering = text if look.columns is None else terminal
        print(rendering.render_work(report, look))


def _article(args: argparse.Namespace, config: Config) -> ExitCode:
    """Print the folders still to check; never 0, which would say that all is imported."""
    found = article.check(config, args.algorithm or article.HASH)
    if args.json:
        fields = {
            "schema": 1,
            "to_check": [path_fields(path) for path in found.to_check],
            "cleared": [path_fields(path) for path in found.cleared],
            "unread": [{**path_fields(path), "reason": why} for path, why in found.unread],
            "no_evidence": [path_fields(path) for path in found.no_evidence],
            "cleared_without_evidence": [
                path_fields(path) for path in found.cleared_without_evidence
            ],
        }
        print(json.dumps(fields))
    else:
        for path in found.to_check:
            print(shown(path))
        for path, why in found.unread:
            print(f"dedupd: could not read {shown(path)}: {printable(why)}", file=sys.stderr)
        _tell_no_evidence(found)
    return ExitCode.NOT_IMPORTED


def _tell_no_evidence(found: article.ArticleReport) -> None:
    if found.no_evidence:
        pictures = several(len(found.no_evidence), "picture")
        print(f"dedupd: no evidence, they hash like a single colour: {pictures}", file=sys.stderr)
    for folder in found.cleared_without_evidence:
        print(f"dedupd: cleared by such pictures alone: {shown(folder)}", file=sys.stderr)
