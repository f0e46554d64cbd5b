"""`dedupd decisions`: everything that the owner ever decided."""

from __future__ import annotations

import argparse
import json
import sys

from dedupd.cli.asking import ask
from dedupd.cli.parsing import add_daemon_options
from dedupd.errors import DaemonNotRunning, ExitCode
from dedupd.faces import questions
from dedupd.faces.outputs.decisions import every
from dedupd.faces.questions import Fields

EXAMPLE = "dedupd decisions --json"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)


def run(args: argparse.Namespace) -> ExitCode:
    """List them, the oldest first; without a daemon from the file that it left."""
    try:
        answer = ask(args, questions.decisions())
    except DaemonNotRunning as stopped:
        answer = _from_file(args, stopped)
    for decision in answer["decisions"]:
        print(json.dumps(decision) if args.json else "\n".join(every(decision)))
    if not answer["decisions"] and not args.json:
        print("nothing was decided yet", file=sys.stderr)
    return ExitCode.DONE


def _from_file(args: argparse.Namespace, stopped: DaemonNotRunning) -> Fields:
    if args.socket:
        raise stopped  # that daemon was meant, and none other's file
    # Loaded late: it needs the configuration and the book of decisions.
    from dedupd.cli.decisionbook import answer

    return answer(args)
