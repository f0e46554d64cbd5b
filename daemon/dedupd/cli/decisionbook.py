"""List the owner's decisions without a daemon, from the file that it left."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from dedupd.asks import DecisionsReply
from dedupd.cli.asking import config_file
from dedupd.cli.configuration import overlap_check
from dedupd.config import default_state, load
from dedupd.deciding import book_of
from dedupd.faces.protocol import reply_fields
from dedupd.faces.questions import Fields
from dedupd.state.decisions import NAME, read
from dedupd.text import shown


def answer(args: argparse.Namespace) -> Fields:
    """Return what a daemon would answer to `questions.decisions`; say where it is from.

    Raises:
        UserError: The file can't be read.
    """
    state = _state(args)
    lines, problems = read(state)
    where = shown(os.fsencode(state / NAME))
    print(f"dedupd: no daemon is running; this is what {where} holds", file=sys.stderr)
    for problem in problems:
        print(f"dedupd: {problem}", file=sys.stderr)
    return reply_fields(DecisionsReply(tuple(book_of(lines, problems).all())))


def _state(args: argparse.Namespace) -> Path:
    if args.state:
        return Path(args.state)
    file = config_file(args)
    return default_state() if file is None else load(Path(file), overlap_check).state
