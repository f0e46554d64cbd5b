"""For commands that look at pictures themselves: limits, a reader, a counter, the contents."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from dedupd import looking
from dedupd.asks import Known
from dedupd.cli.answers import Answers
from dedupd.cli.asking import config_file
from dedupd.config import load
from dedupd.config_schema import Config
from dedupd.faces import questions
from dedupd.faces.shapes.files import known_of
from dedupd.rules.verify import Policy
from dedupd.searching.reader import Reader

SHOW_EVERY_S = 0.2


def settings(args: argparse.Namespace) -> Config:
    """Return the configuration whose limits hold; without a file the defaults."""
    file = config_file(args)
    if file is None:
        return Config(haystack=(), needles=(), state=Path(args.state or "."))
    return load(file, lambda *_: ())  # only its limits are wanted, not its roots


def policy_of(config: Config) -> Policy:
    """Return what the configuration says about matches."""
    return Policy(
        config.match.limits, config.match.worse.accepted, config.match.turned == "matched"
    )


def reader_of(config: Config) -> Reader:
    """Return a reader with a pool of its own, not yet started."""
    return Reader(looking.make_pool(config), config.limits.file_bytes)


def contents(answers: Answers, role: str) -> Iterator[Known]:
    """Yield all files of a role, by path, asked for in portions."""
    after = b""
    while True:
        portion = answers.ask(questions.contents(role, after))
        files = [known_of(fields) for fields in portion["files"]]
        yield from files
        if not portion["more"] or not files:
            return
        after = files[-1].path


class Counter:
    """Shows on a terminal how far something is; elsewhere nothing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._shown_at_s = float("-inf")
        self._dirty = False

    def show(self, doing: str, done: int, total: int) -> None:
        """Show "12 of 400 read", not more often than one can look."""
        now_s = time.monotonic()
        if not self._stream.isatty() or now_s - self._shown_at_s < SHOW_EVERY_S:
            return
        self._shown_at_s, self._dirty = now_s, True
        print(f"\r\x1b[K{done:,} of {total:,} {doing}", end="", file=self._stream, flush=True)

    def clear(self) -> None:
        """Leave nothing of it on the terminal."""
        if self._dirty:
            print("\r\x1b[K", end="", file=self._stream, flush=True)
            self._dirty = False
