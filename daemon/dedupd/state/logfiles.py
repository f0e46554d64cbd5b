"""The files of the event log: their names, and the torn end of a line.

<path>           the newest events, one line each (see `eventline`)
<path>.1 ... .8  older ones; the higher, the older
<path>.seq       a number that no event's is above
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from dedupd.state import eventline

_CHUNK_BYTES = 64 * 1024


def reserved(path: Path) -> Path:
    """Return where the number stands that no event's is above."""
    return path.with_name(f"{path.name}.seq")


def older(path: Path, number: int) -> Path:
    """Return where the rotated file of this number is."""
    return path.with_name(f"{path.name}.{number}")


def oldest_number(path: Path) -> int:
    """Return the number of the oldest rotated file, 0 if there is none."""
    if not path.parent.is_dir():
        return 0
    pattern = re.compile(re.escape(path.name) + r"\.(\d{1,3})", re.ASCII)
    found = map(pattern.fullmatch, os.listdir(path.parent))
    return max((int(match[1]) for match in found if match), default=0)


def contents(path: Path) -> Iterator[bytes]:
    """Return what is in each file of the log, newest first; one may be missing among them."""
    for file in [path, *(older(path, n) for n in range(1, oldest_number(path) + 1))]:
        with contextlib.suppress(FileNotFoundError):
            yield file.read_bytes()


def open_cut(path: Path) -> int:
    """Open the newest file for appending; a line that was torn at its end is cut off."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError("it is no regular file")
        _cut_torn_line(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def write_all(fd: int, data: bytes) -> None:
    """Write `data` to its end; OSError when only a part could be written."""
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _cut_torn_line(fd: int) -> None:
    size_bytes = os.fstat(fd).st_size
    end = _end_of_last_line(fd, size_bytes)
    if end == size_bytes:
        return
    torn = os.pread(fd, len(eventline.START), end).rstrip(b"\0")
    if eventline.START.startswith(torn):
        os.ftruncate(fd, end)
    else:  # not ours to cut: it stays a line that no reader takes for an event
        write_all(fd, b"\n")


def _end_of_last_line(fd: int, size_bytes: int) -> int:
    at = size_bytes
    while at > 0:
        start = max(0, at - _CHUNK_BYTES)
        found = os.pread(fd, at - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        at = start
    return 0
