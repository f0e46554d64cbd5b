"""The event log: what happened, numbered, on disk.

Promises: numbers only rise and never come twice, whatever is lost.  Three things know them: the
last line, `<path>.seq` (so the log alone may be deleted), and the floor given to `open`, which
the service keeps in the store (so the log with its `.seq` may be deleted, or the store alone).
Numbers are reserved many at a time, so a crash leaves some out.  An event whose id is in the log
is not written again.  A line that a crash tore is cut off; nobody was told of it.

Owns the files that `logfiles` names; one thread writes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dedupd.errors import UserError
from dedupd.reports import Event
from dedupd.state import durable, eventline, logfiles
from dedupd.text import shown

RESERVED_AT_ONCE = 1000
IDS_KEPT = 100_000
"""How many ids are remembered, the newest: some 30 MB at most."""


class EventLogUnwritable(UserError):
    """The event log can't be opened, or a batch can't be written: nothing of it is logged."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as it stands in the log; `line` is JSON, without its line end."""

    seq: int
    time: str
    line: str


class EventLog:
    """The event log, open for writing; made by `open`."""

    def __init__(
        self,
        path: Path,
        seq_floor: int,
        max_bytes: int,
        keep: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._path, self._max_bytes, self._keep, self._clock = path, max_bytes, keep, clock
        self._fd = logfiles.open_cut(path)
        self._end_bytes = os.fstat(self._fd).st_size
        self._ids = _given_ids(path)
        self._seq = max(seq_floor, _last_seq(path), _reserved_before(path))
        self._reserved = self._seq

    @classmethod
    def open(
        cls,
        path: Path,
        seq_floor: int = 0,
        max_bytes: int = 16 * 1024 * 1024,
        keep: int = 8,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> EventLog:
        """Open the log at `path`, or begin one; the next number is above all before it.

        Args:
            path: The newest file; its folder is made if it isn't there.
            seq_floor: `reserved_seq`, as an earlier log had it last.
            max_bytes: A file that would grow above it is rotated.
            keep: How many older files are kept, at least 1.
            clock: Tells the time; aware.

        Raises:
            EventLogUnwritable: It can't be read and written there, or is no regular file.
        """
        try:
            return cls(path, seq_floor, max_bytes, keep, clock)
        except OSError as error:
            raise _unwritable(path, error) from error

    @property
    def last_seq(self) -> int:
        """The number of the newest event; if there was none, the one below the first."""
        return self._seq

    @property
    def reserved_seq(self) -> int:
        """A number that no event's is above; changes rarely, and `last_seq` after `close`."""
        return self._reserved

    def write(self, events: Iterable[Event], sync: bool) -> list[Logged]:
        """Log these events, in order and in one write; `sync`: through a power cut.

        Returns:
            Those that weren't in the log yet, as they now stand there.

        Raises:
            EventLogUnwritable: None of them is logged; they may be written again.
            ValueError, TypeError: A fact is no JSON value, or has a key that the log writes.
        """
        fresh = self._not_yet_logged(events)
        if not fresh:
            return []
        try:
            self._reserve(len(fresh))
            logged = [self._numbered(event) for event in fresh]
            self._append("".join(f"{one.line}\n" for one in logged).encode("ascii"), sync)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._remember(event.id for event in fresh)
        return logged

    def close(self) -> None:
        """End.  The next `open` goes on with the very next number; a second call does nothing."""
        if self._fd < 0:
            return
        os.close(self._fd)
        self._fd = -1
        # If this fails, what stands there is higher, and numbers are left out.
        with contextlib.suppress(OSError):
            durable.write_whole(logfiles.reserved(self._path), b"%d\n" % self._seq)
            self._reserved = self._seq

    def _not_yet_logged(self, events: Iterable[Event]) -> list[Event]:
        fresh, ids = [], set()
        for event in events:
            event_id = eventline.clean_id(event.id)
            if event_id not in self._ids and event_id not in ids:
                fresh.append(event)
            ids.update([event_id] if event_id else [])
        return fresh

    def _remember(self, event_ids: Iterable[str]) -> None:
        self._ids.update((eventline.clean_id(one), None) for one in event_ids if one)
        for oldest in list(self._ids)[: max(0, len(self._ids) - IDS_KEPT)]:
            del self._ids[oldest]

    def _reserve(self, count: int) -> None:
        if self._seq + count > self._reserved:
            reserved = self._seq + count + RESERVED_AT_ONCE
            durable.write_whole(logfiles.reserved(self._path), b"%d\n" % reserved)
            self._reserved = reserved

    def _numbered(self, event: Event) -> Logged:
        # A number is spent even if the write fails: somebody may have read half the batch.
        self._seq += 1
        time = eventline.timestamp(self._clock())
        return Logged(self._seq, time, eventline.line(event, self._seq, time))

    def _append(self, data: bytes, sync: bool) -> None:
        self._be_at_path()
        if self._end_bytes and self._end_bytes + len(data) > self._max_bytes:
            self._rotate()
        try:
            logfiles.write_all(self._fd, data)
            if sync:
                os.fsync(self._fd)
        except OSError:
            # Where this fails too, the next append cuts.
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._end_bytes)
            raise
        self._end_bytes += len(data)

    def _be_at_path(self) -> None:
        """Open again if the file was moved or deleted; cut what a failed write left."""
        here = os.fstat(self._fd)
        try:
            same = os.path.samestat(here, self._path.stat())
        except FileNotFoundError:
            same = False
        if not same:
            self._switch_to(logfiles.open_cut(self._path))
        elif here.st_size > self._end_bytes:
            os.ftruncate(self._fd, self._end_bytes)
        else:
            self._end_bytes = here.st_size

    def _rotate(self) -> None:
        os.fsync(self._fd)
        for number in range(self._keep - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                logfiles.older(self._path, number).rename(logfiles.older(self._path, number + 1))
        self._path.rename(logfiles.older(self._path, 1))
        self._switch_to(logfiles.open_cut(self._path))
        durable.sync_folder(self._path.parent)

    def _switch_to(self, fd: int) -> None:
        os.close(self._fd)
        self._fd = fd
        self._end_bytes = os.fstat(fd).st_size


def _given_ids(path: Path) -> dict[str, None]:
    """Return the newest ids that events came with, oldest first."""
    newest_first: list[str] = []
    for data in logfiles.contents(path):
        newest_first += reversed(eventline.given_ids(data))
        if len(newest_first) >= IDS_KEPT:
            break
    return dict.fromkeys(reversed(newest_first[:IDS_KEPT]))


def _last_seq(path: Path) -> int:
    newest_first = (eventline.numbers(data) for data in logfiles.contents(path))
    return max(next((numbers for numbers in newest_first if numbers), [0]))


def _reserved_before(path: Path) -> int:
    try:
        return int(logfiles.reserved(path).read_bytes())
    except (FileNotFoundError, ValueError):
        return 0


def _unwritable(path: Path, error: OSError) -> EventLogUnwritable:
    return EventLogUnwritable(
        f"cannot write the event log {shown(os.fsencode(path))}",
        error.strerror or str(error),
        "free space, mend the rights, or name another file as log.events in the configuration",
    )
