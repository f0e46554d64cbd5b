"""`dedupd duplicates`: groups of equal pictures within the library, or within the needles."""

from __future__ import annotations

import argparse
import json
import sys

from dedupd.cli.answers import Answers
from dedupd.cli.parsing import add_daemon_options
from dedupd.cli.searching import Counter, contents, policy_of, reader_of, settings
from dedupd.errors import ExitCode
from dedupd.faces.outputs.files import file_facts
from dedupd.faces.outputs.look import Look, look_of
from dedupd.faces.outputs.phrases import number, several
from dedupd.faces.outputs.reasons import evidence, reason
from dedupd.faces.questions import Fields
from dedupd.faces.shapes.files import known_fields
from dedupd.searching.duplicates import Copy, Duplicates, Duplicating, Group
from dedupd.text import path_fields, shown

EXAMPLE = "dedupd duplicates --bytes"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    role = parser.add_mutually_exclusive_group()
    role.add_argument(
        "--haystack",
        dest="role",
        action="store_const",
        const="haystack",
        default="haystack",
        help="within the library (this is what is done if nothing is said)",
    )
    role.add_argument(
        "--needles", dest="role", action="store_const", const="needles", help="within the needles"
    )
    parser.add_argument("--bytes", action="store_true", help="only equal bytes: fast")


def run(args: argparse.Namespace) -> ExitCode:
    """Look for them, and print each group once."""
    config, counter = settings(args), Counter()
    with Answers(args) as answers, reader_of(config) as reader:
        files = list(contents(answers, args.role))
        search = Duplicating(reader, files, policy_of(config), counter.show, exact=args.bytes)
        try:
            found = search.run()
        finally:
            counter.clear()
    _print(args, found)
    return ExitCode.DONE


def _print(args: argparse.Namespace, found: Duplicates) -> None:
    look = look_of(sys.stdout, colour=not args.no_color)
    for group in found.groups:
        if args.json:
            print(json.dumps(group_fields(group)))
        else:
            print("\n".join([*_group(group, look), ""]))
    summary = _summary(found)
    # In JSON every line is a group, so the sum goes where people look.
    print("\n".join(summary), file=sys.stderr if args.json else sys.stdout)
    for path, why in found.unread:
        print(f"dedupd: left out: {shown(path)}: {reason(why.reason)}", file=sys.stderr)


def group_fields(group: Group) -> Fields:
    """Return the JSON object of one group."""
    return {
        "schema": 1,
        "evidence": group.evidence.value,
        "wasted_bytes": group.wasted_bytes,
        "kept_apart": group.kept_apart,
        "files": [_copy_fields(copy) for copy in group.copies],
    }


def _copy_fields(copy: Copy) -> Fields:
    name_of = path_fields(copy.name_of, "hardlink_of") if copy.name_of else {"hardlink_of": None}
    return {**known_fields(copy.known), **name_of}


def _group(group: Group, look: Look) -> list[str]:
    head = f"{several(len(group.copies), 'file')}: {evidence(group.evidence.value)}"
    lines = [look.paint(f"{head}; wasted: {number(group.wasted_bytes)} bytes", "bold")]
    for copy in group.copies:
        lines.append(f"  {shown(copy.known.path)}")
        if copy.name_of:
            lines.append(f"    another name of {shown(copy.name_of)}")
        elif group.evidence.value != "bytes":
            lines += [f"    {fact}" for fact in file_facts(known_fields(copy.known), short=True)]
    if group.kept_apart:
        pairs = several(group.kept_apart, "pair")
        lines.append(f"  {pairs} with pictures elsewhere, which don't equal all of these")
    return lines


def _summary(found: Duplicates) -> list[str]:
    wasted = sum(group.wasted_bytes for group in found.groups)
    files = sum(len(group.copies) for group in found.groups)
    lines = [
        f"{several(len(found.groups), 'group')}, {several(files, 'file')},"
        f" {number(wasted)} bytes wasted"
    ]
    if found.kept_apart:
        apart = several(found.kept_apart, "pair")
        lines.append(f"{apart} of equal pictures kept apart: not all of their group are equal")
    return lines
