"""`dedupd report`: one self-contained page, doubtful pictures first, beside the library's."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dedupd.cli.answers import Answers
from dedupd.cli.parsing import add_daemon_options
from dedupd.cli.searching import Counter, reader_of, settings
from dedupd.cli.writing import demand_writable, write_whole
from dedupd.errors import DaemonNotRunning, ExitCode, UsageError, UserError
from dedupd.faces import questions
from dedupd.faces.outputs.html import ORDER, Pair, render
from dedupd.faces.outputs.phrases import several
from dedupd.faces.questions import Fields
from dedupd.searching.reader import Content, Reader
from dedupd.text import path_of

EXAMPLE = "dedupd report --html ~/doubtful.html"

EDGE_PX = 320
LIMIT = 500


class Found(NamedTuple):
    """What a report is made of.

    Attributes:
        lines: Pictures by class, folder and path, no more than were asked for; of each `picture`
            and `match` are what is known of it and of the library picture beside it, or null.
        left_out: How many more there are.
        age: How old all of it is; "" where a daemon answered.
    """

    report: Fields
    lines: list[Fields]
    left_out: int
    age: str


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument(
        "--html", metavar="FILE", help="write the page there, outside all roots; - is stdout"
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=_limit,
        default=LIMIT,
        help=f"show no more pictures than that ({LIMIT})",
    )


def run(args: argparse.Namespace) -> ExitCode:
    """Ask, and write the page; without a daemon from the store that it left."""
    if args.html is None and not args.json:
        raise UsageError("the command line is wrong", "--html FILE is missing", EXAMPLE)
    if args.html == "-" and args.json:
        raise UsageError("the command line is wrong", "--json goes without --html -", EXAMPLE)
    target = None
    with Answers(args) as answers:
        report = answers.report()
        if args.html not in (None, "-"):
            target = os.path.realpath(os.fsencode(args.html))
            demand_writable(target, report)
        found = _found(answers, report, args.limit)
    if args.html is not None:
        _write_page(args, target, found)
    if args.json:
        print(json.dumps({"schema": 1, **found._asdict()}))
    if found.left_out:
        more = several(found.left_out, "more picture")
        print(f"dedupd: {more} left out (--limit {args.limit})", file=sys.stderr)
    return ExitCode.DONE


def _limit(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number, not {text!r}")
    return int(text)


def _found(answers: Answers, report: Fields, limit: int) -> Found:
    lines = answers.ask(questions.pictures([], ORDER))["lines"]
    rank = {cls: place for place, cls in enumerate(ORDER)}
    lines.sort(key=lambda one: (rank[one["class"]], path_of(one, "folder"), path_of(one)))
    known = [_with_facts(answers, line) for line in lines[:limit]]
    return Found(report, known, max(0, len(lines) - limit), answers.age)


def _with_facts(answers: Answers, line: Fields) -> Fields:
    try:
        answer = answers.ask(questions.explain(path_of(line)))
    except DaemonNotRunning:
        raise
    except UserError:  # it went away since it was listed, or is a folder that can't be listed
        return {**line, "detail": "", "picture": None, "match": None}
    nearest = path_of(line["nearest"]) if line["nearest"] else None
    matches = {path_of(match): match for match in reversed(answer["matches"])}
    first = answer["matches"][0] if answer["matches"] else None
    kept = ("v", "version", "answer", "matches")
    picture = {key: value for key, value in answer.items() if key not in kept}
    match = matches.get(nearest, first) if nearest is not None else first
    return {**line, "detail": answer["detail"], "picture": picture, "match": match}


def _write_page(args: argparse.Namespace, target: bytes | None, found: Found) -> None:
    with reader_of(settings(args)) as reader:
        page = render(found.report, _pairs(reader, found.lines), found.left_out, found.age)
        parts = (part.encode("utf-8") for part in page)
        if target is not None:
            write_whole(target, parts)
        else:
            for part in parts:
                sys.stdout.buffer.write(part)


def _pairs(reader: Reader, lines: Iterable[Fields]) -> Iterator[Pair]:
    """Yield each line with both thumbnails; the workers make several at once."""
    counter, listed = Counter(), list(lines)
    try:
        for done, pair in enumerate(reader.each(lambda line: _pair(reader, line), listed)):
            counter.show("pictures", done, len(listed))
            yield pair
    finally:
        counter.clear()


def _pair(reader: Reader, line: Fields) -> Pair:
    unreadable = line["class"] == "unreadable"
    ours = None if unreadable else _thumbnail(reader, line["picture"])
    return Pair(line, ours, _thumbnail(reader, line["match"]))


def _thumbnail(reader: Reader, known: Fields | None) -> bytes | None:
    """Return the picture as dedupd knows it; another content under the same name is not shown."""
    if known is None or not known["sha256"]:
        return None
    return reader.thumbnail(Content(path_of(known), bytes.fromhex(known["sha256"])), EDGE_PX)
