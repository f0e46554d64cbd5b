"""Find the daemon that a command line means, and ask it."""

from __future__ import annotations

import argparse
import sys

from dedupd.errors import DaemonNotRunning
from dedupd.faces import address, client, pointer, questions
from dedupd.faces.questions import Fields
from dedupd.text import printable, shown

ANSWER_S = 30.0
"""How long the daemon may take over a question that it answers from memory."""


def ask(args: argparse.Namespace, question: Fields, timeout_s: float | None = ANSWER_S) -> Fields:
    """Return the daemon's answer to one of `faces.questions`.

    `--socket` and `--state` name the daemon; else its configuration file does, first by the
    pointer that it left, and only when nobody answers there by reading that file.

    Raises:
        DaemonNotRunning: Nobody listens where this daemon would.
        UserError: As `client.request` does, or the configuration is wrong.
    """
    places = _places(args)
    _say(args, "trying " + (", ".join(map(shown, places)) or "the configuration"))
    try:
        return client.request_any(places, question, timeout_s)
    except DaemonNotRunning:
        configured = _configured(args)
        if configured is None or configured in places:
            raise
        return client.request_any([*places, configured], question, timeout_s)


def is_running(args: argparse.Namespace) -> bool:
    """Say whether somebody listens where this daemon would."""
    places = _places(args)
    return client.listens(places) or client.listens(filter(None, [_configured(args)]))


def report(args: argparse.Namespace) -> Fields:
    """Return the daemon's report, the contract's object."""
    found: Fields = ask(args, questions.status())["report"]
    return found


def tell(args: argparse.Namespace, question: Fields) -> None:
    """Put a question that is answered by `done`, and print its note."""
    note = ask(args, question)["note"]
    print(printable(note) if note else "done")


def config_file(args: argparse.Namespace) -> str | None:
    """Return the configuration file that is meant, or None where there is none."""
    named: str | None = args.config
    return named or address.default_config()


def _places(args: argparse.Namespace) -> list[str]:
    if args.socket:
        return [args.socket]
    if args.state:
        return address.of_client(args.state)
    config = config_file(args)
    if config is None:
        return address.of_client()
    pointed = pointer.socket_of(config)
    return [pointed] if pointed else []


def _configured(args: argparse.Namespace) -> str | None:
    config = config_file(args)
    if args.socket or args.state or config is None:
        return None
    # Loaded late: it needs a YAML parser, and the pointer does without nearly always.
    from dedupd.config import load

    loaded = load(config, lambda *_: ())  # only its address is wanted, not its roots
    return address.of_daemon(loaded.control.socket, loaded.state)


def _say(args: argparse.Namespace, message: str) -> None:
    if args.verbose:
        print(f"dedupd: {message}", file=sys.stderr)
