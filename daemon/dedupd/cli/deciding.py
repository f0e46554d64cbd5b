"""Put the owner's decisions to the daemon, one or many, and print what came of it."""

from __future__ import annotations

import argparse
import json

from dedupd.cli.asking import ask
from dedupd.cli.parsing import absolute
from dedupd.errors import ExitCode, UsageError
from dedupd.faces import questions
from dedupd.faces.outputs import decisions
from dedupd.faces.questions import Fields


def decide(args: argparse.Namespace, kind: str, first: str, second: str | None = None) -> ExitCode:
    """Decide about one picture or two, named on the command line."""
    other = None if second is None else absolute(second)
    return _show(args, ask(args, questions.decide(kind, absolute(first), other)))


def decide_many(
    args: argparse.Namespace, kind: str, folder: str, cls: str, reasons: tuple[str, ...] = ()
) -> ExitCode:
    """Decide about a class of pictures below a folder; without `--yes` only show about which."""
    question = questions.decide_many(kind, absolute(folder), cls, reasons, sure=args.yes)
    answer = ask(args, question, timeout_s=None)
    if not args.json and not answer["decisions"]:
        print("there is no such picture; nothing to decide")
        return ExitCode.DONE
    return _show(args, answer)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the option without which many decisions are only shown."""
    parser.add_argument("--yes", action="store_true", help="decide; else only show what would be")


def wrong(args: argparse.Namespace, why: str) -> UsageError:
    """Return the error of arguments that don't go together."""
    return UsageError("the command line is wrong", why, f"dedupd {args.command} --help")


def _show(args: argparse.Namespace, answer: Fields) -> ExitCode:
    done = answer["done"] is True
    if args.json:
        print(json.dumps({key: answer[key] for key in ("done", "batch", "decisions")}))
    else:
        print("\n".join(decisions.decided(answer) if done else decisions.preview(answer)))
    return ExitCode.DONE if done else ExitCode.NOT_IMPORTED
