"""The owner's decisions on disk: `decisions.jsonl`, which nothing else can rebuild.

Promises: what `append` returned from is there after a power cut; an append is there whole or not
at all; a damaged line costs no other, is told at every start until the owner undoes its id, and
the file as it was is kept beside it as `decisions.bad-<UTC time>`.  The file is only ever
appended to; only the end that a crash tore is cut off.  `decisionline` says what is in it.

Whoever opens it holds the state folder's lock; one thread appends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dedupd.errors import UserError
from dedupd.state import decisionline, durable, logfiles
from dedupd.state.decisionline import Line, Lost, Undo
from dedupd.state.eventline import timestamp
from dedupd.text import shown

NAME = "decisions.jsonl"
NUMBERS_SHOWN = 3

Clock = Callable[[], datetime]


class DecisionsUnwritable(UserError):
    """The decisions can't be read or kept; nothing of what was to be kept counts."""


class Opened(NamedTuple):
    """The file, open, and what it held.

    Attributes:
        problems: What was lost and the owner did not undo yet, in words.
        note: What a crash had left and was cut off; "" for nothing.
    """

    file: DecisionFile
    lines: list[Line]
    problems: list[str]
    note: str


class DecisionFile:
    """The decisions, open for appending; made by `open`."""

    def __init__(self, path: Path, fd: int, end_bytes: int, last_seq: int) -> None:
        self._path, self._fd = path, fd
        self._end_bytes, self._last_seq = end_bytes, last_seq

    @classmethod
    def open(cls, state_dir: Path, clock: Clock = lambda: datetime.now(UTC)) -> Opened:
        """Open the file in `state_dir`, which must be there, or begin one.

        Raises:
            DecisionsUnwritable: It can't be read and written there, or is no regular file.
        """
        path = state_dir / NAME
        try:
            fd = _open(path)
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            return cls._read(path, fd, clock)
        except OSError as error:
            os.close(fd)
            raise _unwritable(path, error) from error

    @classmethod
    def _read(cls, path: Path, fd: int, clock: Clock) -> Opened:
        data = path.read_bytes()
        reading = decisionline.read(data)
        note = _cut(fd, data, reading.end_bytes)
        file = cls(path, fd, os.fstat(fd).st_size, reading.last_seq)
        lines = list(reading.lines)
        fresh = _untold(reading)
        if fresh:
            lines.append(file._set_aside(data, fresh, clock()))
        problems = [_told_of(lost) for lost in unknown_losses(lines)]
        return Opened(file, lines, problems, note)

    @property
    def last_seq(self) -> int:
        """The number of the last line; it never goes back, unless the file is tampered with."""
        return self._last_seq

    def append(self, lines: Sequence[Line]) -> None:
        """Keep these lines, all or none; they are on the disk when this returns.

        Raises:
            DecisionsUnwritable: None of them is kept.
        """
        numbered = [
            decisionline.encode(line, self._last_seq + place, len(lines) - place)
            for place, line in enumerate(lines, start=1)
        ]
        try:
            self._be_at_path()
            self._write(b"".join(numbered))
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._last_seq += len(lines)

    def close(self) -> None:
        """End; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _be_at_path(self) -> None:
        """Refuse to write where nobody would read it; cut what a failed write left."""
        here = os.fstat(self._fd)
        try:
            same = os.path.samestat(here, self._path.stat())
        except FileNotFoundError:
            same = False
        if not same or here.st_size < self._end_bytes:
            raise OSError("the file was removed or replaced; restart dedupd to read it again")
        if here.st_size > self._end_bytes:
            os.ftruncate(self._fd, self._end_bytes)

    def _write(self, data: bytes) -> None:
        try:
            logfiles.write_all(self._fd, data)
            os.fsync(self._fd)
        except OSError:
            # Where this fails too, the next append cuts.
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._end_bytes)
                os.fsync(self._fd)
            raise
        self._end_bytes += len(data)

    def _set_aside(self, data: bytes, numbers: tuple[int, ...], now: datetime) -> Lost:
        """Copy the file as it was and keep which lines are lost; where neither can be: say so."""
        lost = Lost(f"lost-{self._last_seq + 1}", timestamp(now), numbers, "")
        try:
            kept = dataclasses.replace(lost, copy=_copy(self._path.parent, data, now))
            self.append([kept])
        except (OSError, DecisionsUnwritable):
            return lost  # the next start tries again
        return kept


def read(state_dir: Path) -> tuple[list[Line], list[str]]:
    """Return the lines and the problems of a file that nobody has open; changes nothing.

    Raises:
        UserError: It can't be read.
    """
    path = state_dir / NAME
    try:
        reading = decisionline.read(path.read_bytes())
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise UserError(
            f"cannot read {shown(os.fsencode(path))}",
            error.strerror or str(error),
            "ask as the user the daemon runs as",
        ) from error
    fresh = _untold(reading)
    problems = [_told_of(lost) for lost in unknown_losses(reading.lines)]
    return list(reading.lines), problems + ([_told(fresh)] if fresh else [])


def unknown_losses(lines: Sequence[Line]) -> list[Lost]:
    """Return the losses that the owner hasn't undone, which is to say: that he knows of them."""
    undone = {line.id for line in lines if isinstance(line, Undo)}
    return [line for line in lines if isinstance(line, Lost) and line.id not in undone]


def _untold(reading: decisionline.Reading) -> tuple[int, ...]:
    told = {number for line in reading.lines if isinstance(line, Lost) for number in line.numbers}
    return tuple(number for number in reading.missing if number not in told)


def _told_of(lost: Lost) -> str:
    copy = f"; the file as it was: {lost.copy}" if lost.copy else ""
    return f"{lost.id}: {_told(lost.numbers)}{copy}"


def _told(numbers: tuple[int, ...]) -> str:
    first = ", ".join(map(str, numbers[:NUMBERS_SHOWN]))
    more = f" and {len(numbers) - NUMBERS_SHOWN} more" if len(numbers) > NUMBERS_SHOWN else ""
    noun = "line" if len(numbers) == 1 else "lines"
    return f"{noun} {first}{more} of {NAME} can't be read: a decision or an undo is lost"


def _open(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError("it is no regular file")
        durable.sync_folder(path.parent)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _cut(fd: int, data: bytes, end_bytes: int) -> str:
    """Cut off what a crash left, end the last line, and say what was done."""
    if end_bytes < len(data):
        os.ftruncate(fd, end_bytes)
    if end_bytes and data[end_bytes - 1 : end_bytes] != b"\n":
        logfiles.write_all(fd, b"\n")
    if end_bytes == len(data):
        return ""
    os.fsync(fd)
    return f"{len(data) - end_bytes} bytes that a crash left unfinished were cut off {NAME}"


def _copy(folder: Path, data: bytes, now: datetime) -> str:
    stem = f"decisions.bad-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    name = next(name for name in names if not os.path.lexists(folder / name))
    fd = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        logfiles.write_all(fd, data)
        os.fsync(fd)
    except BaseException:
        (folder / name).unlink()
        raise
    finally:
        os.close(fd)
    durable.sync_folder(folder)
    return name


def _unwritable(path: Path, error: OSError) -> DecisionsUnwritable:
    return DecisionsUnwritable(
        f"cannot keep decisions in {shown(os.fsencode(path))}",
        error.strerror or str(error),
        "free space, or mend the rights of the state folder",
    )
