"""`dedupd events`: the event log."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dedupd.cli import asking
from dedupd.cli.configuration import overlap_check
from dedupd.cli.parsing import add_daemon_options
from dedupd.config import default_state, load
from dedupd.errors import ExitCode, UserError
from dedupd.faces.outputs.phrases import moment
from dedupd.state.eventline import human
from dedupd.state.eventread import Since, follow, parse_since, read
from dedupd.text import shown

EXAMPLE = "dedupd events --since 2h --follow"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_daemon_options(parser)
    parser.add_argument("--follow", action="store_true", help="go on with what happens next")
    parser.add_argument("--since", metavar="T", help="RFC 3339, an age such as 2h, or a seq")


def run(args: argparse.Namespace) -> ExitCode:
    """Print the events, one a line; without a daemon say how old the log is."""
    since = parse_since(args.since, datetime.now(UTC)) if args.since else Since()
    path = _log(args)
    last_time = ""
    for logged in _events(path, since, following=args.follow):
        last_time = str(logged.get("time", ""))
        print(json.dumps(logged) if args.json else human(logged), flush=args.follow)
    if not asking.is_running(args):
        of = f"; the last of these events is of {moment(last_time)}" if last_time else ""
        print(f"dedupd: no daemon is running{of}", file=sys.stderr)
    return ExitCode.DONE


def _events(path: Path, since: Since, *, following: bool) -> Iterator[dict[str, object]]:
    try:
        if not following and not path.exists():
            raise FileNotFoundError(2, "there is no such file")
        source = follow(path, since.seq) if following else read(path, since.seq)
        yield from (logged for logged in source if since.admits(logged))
    except OSError as problem:
        raise UserError(
            f"cannot read the event log {shown(os.fsencode(path))}",
            problem.strerror or str(problem),
            "name the daemon's state folder with --state DIR, or its file with --config FILE",
        ) from problem


def _log(args: argparse.Namespace) -> Path:
    if args.state:
        return Path(args.state, "events.jsonl")
    file = asking.config_file(args)
    if file is None:
        return default_state() / "events.jsonl"
    return load(Path(file), overlap_check).events
