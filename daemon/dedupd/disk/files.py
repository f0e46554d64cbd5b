"""One file of a root, opened safely and read at most once: what it is, its digest, its bytes.

Owns the promise that a digest belongs to the stamp it is reported with: the root, the stamp and
the absence of a writer are checked before and after, and whatever differs is "changed".  Never
opens a link, a FIFO or a device, never blocks on an open, never opens for writing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from dedupd.disk.folders import (
    RootChanged,
    demand_now,
    entry_type,
    is_gone,
    open_untouched,
    opened_folder,
    opened_root,
    proper,
    stamp_of,
    unreadable,
)
from dedupd.disk.lease import has_writer
from dedupd.disk.roots import watch_kind
from dedupd.messages import Depth, Payload, Read, WasRead
from dedupd.model import EntryType, Identity, Kind, Unreadable

KindOf = Callable[[bytes, bytes], Kind]
"""From the first 4,096 bytes of a file and its name to its kind."""

Pause = Callable[[float], object]
"""Waits for so many seconds."""

HEAD_BYTES = 4096
_CHUNK_BYTES = 1 << 18  # larger ones cost as much again: new memory is asked for each
# O_NONBLOCK: should a FIFO take the file's place after the look, opening it must not wait.
_FILE_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
# What says nothing about the file: it moved, its server forgot it, or we ran out of something.
_LOOK_AGAIN = frozenset(
    {errno.ESTALE, errno.ENXIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC}
)


class _Manner(NamedTuple):
    """How files are read, whichever it is; see `read`."""

    limit_bytes: int
    kind_of: KindOf
    pause: Pause


class _Changed(Exception):
    """The file isn't the one of the stamp, or somebody writes to it."""


def read(
    root_path: bytes,
    identity: Identity,
    job: Read,
    limit_bytes: int,
    kind_of: KindOf,
    *,
    pause: Pause = time.sleep,
) -> WasRead:
    """Look at one file as deep as the job says; never raises for what the disk does.

    `changed` means "look at it again": another root, stamp or length, a writer, or the file is
    gone.  A problem is "forbidden", "io" or "too-large": more than `limit_bytes`, which binds
    pictures at every depth and other files where their bytes are kept.  `kind` is None when the
    content couldn't be looked at.  The caller owns the payload of a `Depth.KEEP`.

    Requires: SIGIO is ignored (see `lease`).
    """
    try:
        with (
            opened_root(root_path, identity, demand_now) as root_fd,
            opened_folder(root_fd, job.place.folder) as folder_fd,
            _opened_file(folder_fd, job, identity) as fd,
        ):
            return _read_unchanged(fd, job, identity, _Manner(limit_bytes, kind_of, pause))
    except (RootChanged, _Changed):
        return WasRead(job, changed=True)
    except OSError as error:
        if is_gone(error) or error.errno in _LOOK_AGAIN:
            return WasRead(job, changed=True)
        return WasRead(job, problem=unreadable(error))


@contextmanager
def _opened_file(folder_fd: int, job: Read, identity: Identity) -> Iterator[int]:
    name = proper(job.place.name)
    _demand_stamp(os.stat(name, dir_fd=folder_fd, follow_symlinks=False), job, identity)
    fd = open_untouched(name, _FILE_FLAGS, folder_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def _demand_stamp(st: os.stat_result, job: Read, identity: Identity) -> None:
    if entry_type(st.st_mode) is not EntryType.FILE:
        raise _Changed
    if stamp_of(st, identity.keeps_ino) != job.stamp:
        raise _Changed


def _demand_quiet(fd: int, job: Read, identity: Identity) -> None:
    st = os.fstat(fd)
    _demand_stamp(st, job, identity)
    # Another file system may be mounted below the root, and not every one answers truly.
    leases_tell = watch_kind(identity) == "inotify" and st.st_dev == identity.device
    if leases_tell and has_writer(fd):
        raise _Changed


def _read_unchanged(fd: int, job: Read, identity: Identity, manner: _Manner) -> WasRead:
    _demand_quiet(fd, job, identity)
    answer = _content(fd, job, manner)
    try:
        _demand_quiet(fd, job, identity)
    except (OSError, _Changed):
        if answer.payload:
            os.close(answer.payload.fd)
        raise
    return answer


def _content(fd: int, job: Read, manner: _Manner) -> WasRead:
    size_bytes, limit_bytes = job.stamp.size_bytes, manner.limit_bytes
    if job.pace_bytes_per_s:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # the disk is asked, not the memory
    head = os.pread(fd, HEAD_BYTES, 0)
    if len(head) != min(HEAD_BYTES, size_bytes):
        raise _Changed
    kind = manner.kind_of(head, job.place.name)
    if size_bytes > limit_bytes and (kind is Kind.PICTURE or job.depth is Depth.KEEP):
        detail = f"{size_bytes} bytes, the limit is {limit_bytes}"
        return WasRead(job, kind, problem=Unreadable("too-large", detail))
    if job.depth is Depth.SNIFF:
        return WasRead(job, kind)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    if job.depth is Depth.DIGEST:
        return WasRead(job, kind, digest=_digest(fd, job, manner.pause))
    digest, payload = _keep(fd, size_bytes)
    return WasRead(job, kind, digest=digest, payload=payload)


def _digest(fd: int, job: Read, pause: Pause) -> bytes:
    """Return the digest of the file, read at the pace of the job."""
    digest, pace = hashlib.sha256(), job.pace_bytes_per_s
    for chunk in _chunks(fd, job.stamp.size_bytes, min(pace or _CHUNK_BYTES, _CHUNK_BYTES)):
        digest.update(chunk)
        if pace:
            pause(len(chunk) / pace)
    return digest.digest()


def _keep(fd: int, size_bytes: int) -> tuple[bytes, Payload]:
    """Return the digest of the file and a memory file with exactly the bytes digested."""
    digest = hashlib.sha256()
    memory_fd = os.memfd_create("picture", os.MFD_CLOEXEC)
    try:
        for chunk in _chunks(fd, size_bytes):
            digest.update(chunk)
            _write_all(memory_fd, chunk)
        os.lseek(memory_fd, 0, os.SEEK_SET)
    except BaseException:
        os.close(memory_fd)
        raise
    return digest.digest(), Payload(memory_fd, size_bytes)


def _chunks(fd: int, size_bytes: int, chunk_bytes: int = _CHUNK_BYTES) -> Iterator[bytes]:
    """Yield the file from its start to its end; raise `_Changed` if it isn't `size_bytes` long."""
    left_bytes = size_bytes
    while chunk := os.read(fd, chunk_bytes):
        left_bytes -= len(chunk)
        if left_bytes < 0:
            raise _Changed
        yield chunk
    if left_bytes:
        raise _Changed


def _write_all(memory_fd: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(memory_fd, view) :]
