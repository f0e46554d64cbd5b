"""Reads the event log, also while the daemon writes and rotates it.

Owns nothing and never writes.  A line that is no event (torn, damaged, not ours) is passed over.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from dedupd.errors import UsageError
from dedupd.state import eventline, logfiles
from dedupd.text import printable

POLL_S = 0.2

_HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 256 * 1024
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SPAN = re.compile(r"(\d+)([smhdw])")


@dataclass(frozen=True, slots=True)
class Since:
    """Which events somebody wants: those numbered above `seq`, and not before `time`."""

    seq: int = 0
    time: str = ""

    def admits(self, logged: dict[str, object]) -> bool:
        """Tell whether this event is one of them."""
        seq = logged.get("seq")
        return isinstance(seq, int) and seq > self.seq and str(logged.get("time")) >= self.time


def parse_since(text: str, now: datetime) -> Since:
    """Read what `--since` was given: RFC 3339, a time span before `now`, or a number.

    A time without an offset is local time; the event of that very number is not meant.

    Raises:
        UsageError: It is none of these.
    """
    try:
        if text.isascii() and text.isdecimal():
            return Since(seq=int(text))
        if re.fullmatch(f"({_SPAN.pattern})+", text, re.ASCII):
            seconds = sum(int(n) * _UNITS_S[unit] for n, unit in _SPAN.findall(text))
            return Since(time=eventline.timestamp(now - timedelta(seconds=seconds)))
        return Since(time=eventline.timestamp(datetime.fromisoformat(text)))
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"cannot read --since {printable(text)}",
            "it is no time, no span of time and no number of an event",
            "--since 2026-11-22T10:00:00Z, --since 2h or --since 1234",
        ) from error


def read(path: Path, since_seq: int = 0) -> Iterator[dict[str, object]]:
    """Return the events numbered above `since_seq`, oldest first, as JSON objects.

    The files are opened at once, so a rotation meanwhile neither hides nor repeats an event.
    """
    with ExitStack() as stack:
        newest_first = _opened(path, stack)
        wanted: list[BinaryIO] = []
        for file in newest_first:
            wanted.insert(0, file)
            first_seq = _first_seq(file)
            if first_seq is not None and first_seq <= since_seq + 1:
                break
        for file in wanted:
            yield from _events(file, since_seq)


def follow(
    path: Path,
    since_seq: int = 0,
    stop: Callable[[], bool] = lambda: False,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[dict[str, object]]:
    """Return the events above `since_seq`, then each new one, until `stop()`.

    Looks every 0.2 s; what was written before `stop` became true is still returned.
    """
    tail = _Tail(path, since_seq)
    while True:
        stopping = stop()
        yield from tail.fresh()
        if stopping:
            return
        wait(POLL_S)


def latest(path: Path, count: int) -> list[dict[str, object]]:
    """Return at most so many of the newest events, the newest first; none where there is no log.

    Only the end of the newest file is read.
    """
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(0, size_bytes - _TAIL_BYTES))
            lines = file.read(_TAIL_BYTES).splitlines()
    except OSError:
        return []
    found = [_parsed(line) for line in lines if eventline.HEAD.match(line)]
    return [logged for logged in reversed(found) if logged is not None][:count]


class _Tail:
    """Remembers how far the newest file was read."""

    def __init__(self, path: Path, since_seq: int) -> None:
        self._path = path
        self._seq = since_seq
        self._file: tuple[int, int] | None = None  # device, inode
        self._offset = 0

    def fresh(self) -> Iterator[dict[str, object]]:
        """Return what came since the last call; by number, so nothing comes twice."""
        try:
            with self._path.open("rb") as file:
                yield from self._fresh_of(file)
        except FileNotFoundError:
            return

    def _fresh_of(self, file: BinaryIO) -> Iterator[dict[str, object]]:
        found = os.fstat(file.fileno())
        if (found.st_dev, found.st_ino) != self._file or found.st_size < self._offset:
            # Rotated, perhaps more than once: the older files may hold news, too.
            yield from self._counted(read(self._path, self._seq))
            self._file, self._offset = (found.st_dev, found.st_ino), 0
        if found.st_size > self._offset:
            self._stand_at_line(file)
            yield from self._counted(_events(file, self._seq))
            self._offset = file.tell()

    def _stand_at_line(self, file: BinaryIO) -> None:
        # A batch that failed is cut off again, and a longer one may stand in its place.
        file.seek(max(0, self._offset - 1))
        if self._offset and file.read(1) != b"\n":
            file.seek(0)

    def _counted(self, events: Iterator[dict[str, object]]) -> Iterator[dict[str, object]]:
        for logged in events:
            self._seq = max(self._seq, _seq_of(logged))
            yield logged


def _opened(path: Path, stack: ExitStack) -> list[BinaryIO]:
    """Open the log's files, newest first: a rotation meanwhile shows one twice, and hides none."""
    files: dict[tuple[int, int], BinaryIO] = {}
    number, last = 0, 1
    while number <= last:
        try:
            file = stack.enter_context(
                (logfiles.older(path, number) if number else path).open("rb")
            )
            found = os.fstat(file.fileno())
            files.setdefault((found.st_dev, found.st_ino), file)
        except FileNotFoundError:
            pass  # not there yet, or a rotation was cut short: the next one may be
        number += 1
        last = max(last, logfiles.oldest_number(path))
    return list(files.values())


def _first_seq(file: BinaryIO) -> int | None:
    found = eventline.HEAD.search(file.read(_HEAD_BYTES))
    file.seek(0)
    return int(found[1]) if found else None


def _events(file: BinaryIO, since_seq: int) -> Iterator[dict[str, object]]:
    """Return the events from where `file` stands; leave it behind the last whole line."""
    for line in file:
        if not line.endswith(b"\n"):
            file.seek(-len(line), os.SEEK_CUR)
            return
        head = eventline.HEAD.match(line)
        if head and int(head[1]) > since_seq and (logged := _parsed(line)):
            yield logged


def _parsed(line: bytes) -> dict[str, object] | None:
    try:
        logged = json.loads(line)
    except ValueError:
        return None
    return logged if isinstance(logged, dict) else None


def _seq_of(logged: dict[str, object]) -> int:
    seq = logged.get("seq")
    return seq if isinstance(seq, int) else 0
