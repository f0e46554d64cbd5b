"""`dedupd find`: where in the library is this picture?"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from dedupd.asks import Known, MatchLine
from dedupd.cli.answers import Answers
from dedupd.cli.parsing import add_daemon_options, nearest
from dedupd.cli.searching import Counter, contents, policy_of, reader_of, settings
from dedupd.errors import ExitCode, UsageError, UserError
from dedupd.faces import questions
from dedupd.faces.outputs.files import match_lines
from dedupd.faces.outputs.look import Look, look_of
from dedupd.faces.outputs.phrases import several
from dedupd.faces.questions import Fields
from dedupd.faces.shapes.files import fingerprint_fields, known_fields, known_of, match_fields
from dedupd.model import Fingerprint, Unreadable
from dedupd.pictures.hashes import HASHES
from dedupd.searching.find import Image, Search, by_hash, find
from dedupd.searching.reader import Content, NotRead, Reader
from dedupd.text import path_fields, path_of, printable, shown
from dedupd.wire import encode_fingerprint

EXAMPLE = "dedupd find ~/Downloads/whatsapp.jpg"

SHOWN = 20
"""Pictures that `--algorithm` lists without `--all`."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("image", metavar="IMAGE", help="any file, also outside the roots")
    parser.add_argument(
        "--algorithm",
        metavar="NAME",
        help=f"list by the distance of this hash instead, slow: {', '.join(HASHES)}",
    )
    parser.add_argument("--all", action="store_true", help="also what only resembles it")


def run(args: argparse.Namespace) -> ExitCode:
    """Look for it; exit 0 only if an evidence that counts was seen just now."""
    if args.algorithm is not None and args.algorithm not in HASHES:
        near = nearest(args.algorithm, HASHES)
        why = f"there is no hash {args.algorithm!r}{near}; there are {', '.join(HASHES)}"
        raise UsageError("the command line is wrong", why, "dedupd find --help")
    config = settings(args)
    path = os.path.realpath(os.fsencode(args.image))
    with Answers(args) as answers, reader_of(config) as reader:
        image = _image(reader, path)
        if args.algorithm is not None:
            return _by_hash(args, answers, reader, image)
        answer = answers.ask(questions.near(image.digest, encode_fingerprint(image.sought)))
        near_ = [_line_of(fields) for fields in answer["matches"]]
        search = find(reader, image, near_, policy_of(config))
    _print(args, image, search, unread=answer["unread"])
    return ExitCode.DONE if search.found else ExitCode.NOT_IMPORTED


def _image(reader: Reader, path: bytes) -> Image:
    try:
        return Image(path, *reader.fingerprint(Content(path)))
    except NotRead as problem:
        raise _cant_look(path, problem) from problem


def _cant_look(path: bytes, problem: NotRead) -> UserError:
    why = problem.why.detail or problem.why.reason
    return UserError(f"can't look for {shown(path)}", why, "dedupd find IMAGE")


def _line_of(fields: Fields) -> MatchLine:
    known = known_of(fields)
    bits, score = int(fields["distance_bits"]), float(fields["sketch_score"])
    return MatchLine(known, None, str(fields["reason"]), bits, score)


def _print(args: argparse.Namespace, image: Image, search: Search, unread: int) -> None:
    matches = [match_fields(line) for line in search.lines]
    shown_ = [one for one in matches if args.all or one["evidence"] is not None]
    if args.json:
        verdict = {"class": _class(search), "reason": "", "evidence": None}
        best = matches[0] if matches else None
        if best is not None and best["evidence"] is not None:
            verdict |= {"reason": best["reason"], "evidence": best["evidence"]}
        print(json.dumps({**_head(image), **verdict, "matches": shown_, "unread": unread}))
    else:
        print(
            "\n".join(_text(image, search, shown_, look_of(sys.stdout, colour=not args.no_color)))
        )
    _say_what_is_open(search, matches, unread)


def _class(search: Search) -> str:
    if search.found:
        return "matched"
    return "possible" if any(line.evidence for line in search.lines) else "unmatched"


def _head(image: Image) -> dict[str, Any]:
    found = image.fingerprint
    bad = found if isinstance(found, Unreadable) else None
    return {
        "schema": 1,
        **path_fields(image.path),
        "sha256": image.digest.hex(),
        "fingerprint": fingerprint_fields(found) if isinstance(found, Fingerprint) else None,
        "unreadable": {"reason": bad.reason, "detail": bad.detail} if bad else None,
    }


def _text(image: Image, search: Search, matches: list[Fields], look: Look) -> list[str]:
    words = {"matched": "in the library", "possible": "perhaps in the library"}
    colours = {"matched": "green", "possible": "yellow"}
    cls = _class(search)
    verdict = look.paint(words.get(cls, "not in the library"), colours.get(cls, "red"))
    lines = [f"{shown(image.path)}: {verdict}"]
    if isinstance(image.fingerprint, Unreadable):
        why = printable(image.fingerprint.detail or image.fingerprint.reason)
        lines.append(f"  it can't be read as a picture ({why}): only equal bytes were looked for")
    for match in matches:
        lines += match_lines(match, look)
    return lines


def _say_what_is_open(search: Search, matches: list[Fields], unread: int) -> None:
    """Say on standard error what may hide an answer."""
    for match in matches:
        if match["evidence"] is None and match["reason"] in ("changed", "gone", "forbidden", "io"):
            print(f"dedupd: {match['reason']}: {shown(path_of(match))}", file=sys.stderr)
    if search.skipped:
        left = several(search.skipped, "more library picture")
        print(f"dedupd: {left} that may resemble it not compared", file=sys.stderr)
    if unread:
        left = several(unread, "library file")
        print(f"dedupd: {left} not read yet: it may be among them", file=sys.stderr)


def _by_hash(args: argparse.Namespace, answers: Answers, reader: Reader, image: Image) -> ExitCode:
    counter, files = Counter(), list(contents(answers, "haystack"))
    found: list[tuple[int, bytes, Known]] = []
    unread = 0
    try:
        for known, bits in by_hash(reader, image, args.algorithm, files):
            counter.show("hashed", len(found) + unread, len(files))
            if bits is None:
                unread += 1
            else:
                found.append((bits, known.path, known))
    except NotRead as problem:
        raise _cant_look(image.path, problem) from problem
    finally:
        counter.clear()
    found.sort(key=lambda one: one[:2])
    listed = found if args.all else found[:SHOWN]
    length = HASHES[args.algorithm].bits
    matches = [
        {
            **known_fields(known),
            "evidence": "bytes" if known.digest == image.digest else None,
            "distance_bits": bits,
            "score": None,
            "worse": [],
        }
        for bits, _, known in listed
    ]
    if args.json:
        hashed = {"algorithm": args.algorithm, "bits": length, "unread": unread}
        verdict = {"class": None, "reason": "", "evidence": None}
        print(json.dumps({**_head(image), **verdict, **hashed, "matches": matches}))
    else:
        for bits, path, _ in listed:
            print(f"{bits:>4} of {length} bits  {shown(path)}")
    if unread:
        print(f"dedupd: {several(unread, 'library picture')} could not be read", file=sys.stderr)
    equal = any(known.digest == image.digest for _, _, known in found)
    return ExitCode.DONE if equal else ExitCode.NOT_IMPORTED
