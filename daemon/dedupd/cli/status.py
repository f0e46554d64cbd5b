"""`dedupd status`: what the daemon knows; of one path: what is true at this moment."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from typing import NoReturn

from dedupd.cli.asking import ask, report
from dedupd.cli.parsing import absolute, add_daemon_options, nearest
from dedupd.errors import ExitCode
from dedupd.faces import questions
from dedupd.faces.outputs import RENDERINGS, reasons
from dedupd.faces.outputs.look import Look, look_of
from dedupd.faces.outputs.phrases import STATE_ORDER
from dedupd.faces.outputs.text import folder_line
from dedupd.faces.questions import Fields
from dedupd.text import path_of, printable, shown

EXAMPLE = 'dedupd status "/media/card 1" && echo "all of it is in the library"'

WATCH_S = 0.5


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument(
        "path", metavar="PATH", nargs="?", help="look at it now: exit 0 only if it is imported"
    )
    parser.add_argument("--all", action="store_true", help="list imported folders too")
    parser.add_argument(
        "--only", metavar="STATE,...", type=states, default=(), help="list only such folders"
    )
    parser.add_argument("--watch", action="store_true", help="keep the report on the screen")
    parser.add_argument("--wait", action="store_true", help="first let every earlier change arrive")


def states(text: str) -> tuple[str, ...]:
    """Return the states of `--only incomplete,review`."""
    named = tuple(word.strip() for word in text.split(","))
    for word in named:
        if word not in STATE_ORDER:
            near = nearest(word, STATE_ORDER) or f" (there are {', '.join(STATE_ORDER)})"
            raise argparse.ArgumentTypeError(f"there is no state {word!r}{near}")
    return named


def run(args: argparse.Namespace) -> ExitCode:
    """Ask, and print the answer."""
    if args.wait:
        ask(args, questions.wait(), timeout_s=None)
    if args.path is not None:
        return _of_path(args)
    if args.watch:
        return _watch(args)
    look = look_of(sys.stdout, colour=not args.no_color)
    if args.json or look.columns is None:
        print(RENDERINGS["json" if args.json else "text"].render(_chosen(args), look))
        return ExitCode.DONE
    # Loaded late: only eyes need bars and words for times, and scripts ask more often.
    from dedupd.faces.outputs import terminal

    print(terminal.render(report(args), look, terminal.Choice(args.only, args.all)))
    return ExitCode.DONE


def _chosen(args: argparse.Namespace) -> Fields:
    """Return the report, of its folders those that `--only` names; its sums are of all."""
    whole = report(args)
    if not args.only:
        return whole
    return {**whole, "folders": [one for one in whole["folders"] if one["state"] in args.only]}


def _watch(args: argparse.Namespace) -> ExitCode:
    # Loaded late: the plain `status` does without.
    from dedupd.cli.screen import Screen
    from dedupd.faces.outputs.terminal import Choice

    signal.signal(signal.SIGTERM, _end)
    choice = Choice(args.only, args.all)
    with Screen(sys.stdout, colour=not args.no_color, choice=choice) as screen:
        while True:
            if args.json:
                print(json.dumps(_chosen(args)), flush=True)
            else:
                # On a terminal the screen chooses: what it says of the rest is of the whole.
                screen.draw(report(args) if sys.stdout.isatty() else _chosen(args))
            time.sleep(WATCH_S)


def _end(number: int, _: object) -> NoReturn:
    """Leave in good order, so that the terminal gets its own screen back."""
    raise SystemExit(128 + number)


def _of_path(args: argparse.Namespace) -> ExitCode:
    answer = ask(args, questions.path(absolute(args.path)), timeout_s=None)
    if args.json:
        kept = ("version", "imported", "why", "folder", "picture")
        print(json.dumps({"schema": 1, **{key: answer[key] for key in kept}}))
    else:
        print("\n".join(path_lines(answer, look_of(sys.stdout, colour=not args.no_color))))
    # Only a plain `true` counts: whatever else may come is not imported.
    fine = answer["imported"] is True or answer.get("empty") is True
    return ExitCode.DONE if fine else ExitCode.NOT_IMPORTED


def path_lines(answer: Fields, look: Look) -> list[str]:
    """Return what people see of an answer about one path."""
    lines = []
    if answer["folder"]:
        lines.append(folder_line(_doubted(answer), look))
    if answer["picture"]:
        lines += _picture(answer["picture"])
    if answer["why"] and answer["why"] not in (*STATE_ORDER, _told(answer["picture"])):
        lines.append(printable(answer["why"]))
    return lines


def _told(picture: Fields | None) -> str:
    """Return the class and the reason, which the picture's own lines say already."""
    return f"{picture['class']} {picture['reason']}".strip() if picture else ""


def _doubted(answer: Fields) -> Fields:
    """Return the folder, not called imported where this very look did not confirm it."""
    folder: Fields = answer["folder"]
    if folder["state"] == "imported" and answer["imported"] is not True:
        return {**folder, "state": "unverified", "last_state": "imported"}
    return folder


def _picture(picture: Fields) -> list[str]:
    lines = [f"{picture['class']:<12}{shown(path_of(picture))}"]
    evidence = picture["evidence"]
    grounds = reasons.evidence(evidence) if evidence else reasons.reason(picture["reason"])
    if grounds:
        lines.append(f"            {printable(grounds)}")
    if picture["detail"]:
        lines.append(f"            {printable(picture['detail'])}")
    if picture["nearest"]:
        lines.append(f"            library: {shown(path_of(picture['nearest']))}")
    return lines
