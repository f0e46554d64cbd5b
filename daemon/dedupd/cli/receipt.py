"""`dedupd receipt`: the proof of a verdict, to keep."""

from __future__ import annotations

import argparse
import json
import sys
import time

from dedupd import __version__
from dedupd.cli.answers import Answers
from dedupd.cli.parsing import absolute, add_daemon_options
from dedupd.errors import ExitCode
from dedupd.faces import questions
from dedupd.faces.outputs.receipt import render
from dedupd.faces.questions import Fields
from dedupd.text import path_of, rfc3339

EXAMPLE = 'dedupd receipt "/media/card 1" > ~/card-1.sha256   # sha256sum -c checks it'

FINE = ("matched", "dismissed", "")
"""The classes of files that an imported folder may hold; "" is for what is no picture."""

EQUAL_BYTES = ("bytes", "hardlink")
"""The evidences that say that both files hold the same bytes."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("folder", metavar="FOLDER", help="a needle folder")


def run(args: argparse.Namespace) -> ExitCode:
    """Look at the folder now, and print what was seen; exit 0 only if all of it is imported."""
    folder = absolute(args.folder)
    with Answers(args) as answers:
        looked = answers.ask(questions.path(folder))
        portions = _portions(answers, folder)
    head = receipt_head(looked, portions, answers.age)
    lines = [line for portion in portions for line in portion["lines"]]
    if args.json:
        print(json.dumps({**head, "lines": lines}))
    else:
        for line in render(head, lines):
            sys.stdout.buffer.write(line + b"\n")
    fine = head["imported"] or (looked.get("empty") is True and not lines)
    return ExitCode.DONE if fine else ExitCode.NOT_IMPORTED


def receipt_head(looked: Fields, portions: list[Fields], age: str) -> Fields:
    """Return the head of a receipt.

    Args:
        looked: The answer to `questions.path`.
        portions: The answers to `questions.receipt`, in order.
        age: How old all of it is; "" where a daemon just looked.
    """
    why = _doubt(looked, portions)
    fresh = (
        "every witness was seen on the disk at this time"
        if not why
        else "nothing of it was confirmed on the disk at this time"
    )
    return {
        "schema": 1,
        "version": __version__,
        "time": rfc3339(time.time()),
        "imported": not why,
        "why": why,
        "freshness": f"no daemon was running: {age}" if age else fresh,
        "folder": portions[-1]["folder"],
        "limits": portions[-1]["limits"],
    }


def _doubt(looked: Fields, portions: list[Fields]) -> str:
    """Return why this may not be called imported, "" if nothing speaks against it."""
    if looked["imported"] is not True or looked["folder"] is None:
        return str(looked["why"]) or "it was not confirmed on the disk"
    lines = [line for portion in portions for line in portion["lines"]]
    states = {portion["folder"]["state"] for portion in portions}
    pictures = sum(line["class"] != "" for line in lines)
    if states != {"imported"} or any(line["class"] not in FINE for line in lines):
        return "it changed while the receipt was made"
    if pictures != looked["folder"]["pictures"]:
        return "it changed while the receipt was made"
    vouched = all(_vouched(line) for line in lines if line["class"] == "matched")
    return "" if vouched else "a witness is missing, or is not what it should be"


def _vouched(line: Fields) -> bool:
    """Does a library file stand beside this picture, with equal bytes where that is said?"""
    witness = line["witness"]
    if witness is None or witness["role"] != "haystack" or not witness["sha256"]:
        return False
    return bool(line["evidence"] not in EQUAL_BYTES or witness["sha256"] == line["sha256"])


def _portions(answers: Answers, folder: bytes) -> list[Fields]:
    """Return the daemon's answers until all files of the folder were told; at least one."""
    portions: list[Fields] = []
    after = b""
    while True:
        portion = answers.ask(questions.receipt(folder, after))
        portions.append(portion)
        if not portion["more"] or not portion["lines"]:
            return portions
        after = path_of(portion["lines"][-1])
