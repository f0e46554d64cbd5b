"""Reads whole files and has a pool look at them, so that what is compared is what was meant.

Opens for reading only, never a FIFO or a device; a file of the library is believed only where its
bytes have the digest that the daemon knows.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from dedupd.likeness import NOT_MEASURABLE, Comparison
from dedupd.messages import Compare, Compared, Decode, Decoded, Payload, Sign, Signed
from dedupd.model import (
    VIEWS,
    Digest,
    Fingerprint,
    Kind,
    PerceptualHash,
    Signature,
    Unreadable,
    View,
)
from dedupd.pictures.exchange import (
    Hashed,
    HashJob,
    PoolAnswer,
    PoolJob,
    Thumbnailed,
    ThumbnailJob,
)
from dedupd.pictures.pools import Pool
from dedupd.pictures.pools.asking import ask
from dedupd.pictures.sniff import HEAD_BYTES, kind

Item = TypeVar("Item")
Result = TypeVar("Result")

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_CHUNK_BYTES = 1 << 20
_DROPPED = Unreadable("killed", "the command ended")


class NotRead(Exception):
    """This file can't be taken for what it was; `why` is an `Unreadable`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.why = Unreadable(reason, detail)


@dataclass(frozen=True, slots=True)
class Content:
    """One file and the digest that its bytes must have (None: whatever they are)."""

    path: bytes
    digest: Digest | None = None


class Reader:
    """Files as a running pool sees them.  Thread-safe; use it as a context manager.

    Args:
        pool: Not started yet; it ends with the reader.
        limit_bytes: Larger files are not read.
    """

    def __init__(self, pool: Pool, limit_bytes: int) -> None:
        self._pool, self._limit_bytes = pool, limit_bytes
        self._stopped = threading.Event()

    def __enter__(self) -> Reader:
        self._pool.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._pool.stop()

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield what `work` returns for each item, in order, as many at once as there are workers.

        `work` is called in threads.
        """
        threads = ThreadPoolExecutor(self._pool.workers)
        try:
            yield from threads.map(work, items)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def is_picture(self, path: bytes) -> bool:
        """Say whether a file is a picture, by its first bytes and its name; False if unreadable."""
        with contextlib.suppress(NotRead), _opened(path) as fd:
            return kind(os.pread(fd, HEAD_BYTES, 0), os.path.basename(path)) is Kind.PICTURE
        return False

    def digest(self, content: Content) -> Digest:
        """Return the digest of the file as it is now; raise `NotRead` if it is another one."""
        with _opened(content.path) as fd:
            return self._read(fd, content, lambda _: None)

    def fingerprint(self, content: Content) -> tuple[Digest, Fingerprint | Unreadable]:
        """Return the digest and the fingerprint of a file.

        Raises:
            NotRead: It isn't there, can't be read, or isn't what it was.
            UserError: No worker can be started.
        """
        digest, payload = self._payload(content)
        answer = self._do(Decode(digest, payload))
        return digest, answer.result if isinstance(answer, Decoded) else _DROPPED

    def sign(self, content: Content) -> Signature | Unreadable:
        """Return the signature of a file; raises as `fingerprint` does."""
        digest, payload = self._payload(content)
        answer = self._do(Sign(digest, payload))
        return answer.result if isinstance(answer, Signed) else _DROPPED

    def compare(
        self, needle: Content, haystack: Content, view: View = VIEWS[0], *, sign: bool = True
    ) -> Comparison:
        """Return both signatures (if wanted) and measures; raises as `fingerprint` does."""
        ours, our_payload = self._payload(needle)
        try:
            theirs, their_payload = self._payload(haystack)
        except NotRead:
            os.close(our_payload.fd)
            raise
        answer = self._do(Compare(ours, theirs, our_payload, their_payload, view, (sign, sign)))
        if isinstance(answer, Compared):
            return answer.result
        return Comparison(_DROPPED, _DROPPED, NOT_MEASURABLE)

    def hash(self, content: Content, name: str) -> PerceptualHash | Unreadable:
        """Return that hash of a file; raises as `fingerprint` does."""
        _, payload = self._payload(content)
        answer = self._do(HashJob(payload, (name,)))
        result = answer.result if isinstance(answer, Hashed) else _DROPPED
        return result if isinstance(result, Unreadable) else result[name]

    def thumbnail(self, content: Content, edge_px: int) -> bytes | None:
        """Return a JPEG of a file, its longer side of at most `edge_px`, for people to look at.

        None where there is nothing to show: it isn't there, isn't what it was, or no picture.

        Raises:
            UserError: No worker can be started.
        """
        try:
            _, payload = self._payload(content)
        except NotRead:
            return None
        answer = self._do(ThumbnailJob(payload, edge_px))
        result = answer.result if isinstance(answer, Thumbnailed) else None
        return result if isinstance(result, bytes) else None

    def _do(self, job: PoolJob) -> PoolAnswer | None:
        """Return the pool's answer, None where it was stopped before."""
        return ask(self._pool, job, self._stopped.is_set)

    def _payload(self, content: Content) -> tuple[Digest, Payload]:
        with _opened(content.path) as fd:
            memory_fd = os.memfd_create("picture", os.MFD_CLOEXEC)
            try:
                digest = self._read(fd, content, lambda chunk: _write_all(memory_fd, chunk))
                return digest, Payload(memory_fd, os.lseek(memory_fd, 0, os.SEEK_CUR))
            except BaseException:
                os.close(memory_fd)
                raise

    def _read(self, fd: int, content: Content, keep: Callable[[bytes], None]) -> Digest:
        digest, size_bytes = hashlib.sha256(), 0
        while chunk := _chunk(fd):
            size_bytes += len(chunk)
            if size_bytes > self._limit_bytes:
                raise NotRead("too-large", f"the limit is {self._limit_bytes} bytes")
            digest.update(chunk)
            keep(chunk)
        if content.digest is not None and digest.digest() != content.digest:
            raise NotRead("changed", "its content is another one than dedupd knows")
        return digest.digest()


@contextlib.contextmanager
def _opened(path: bytes) -> Iterator[int]:
    try:
        fd = _open_untouched(path)
    except OSError as error:
        raise _not_read(error) from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise NotRead("special", "it is not a regular file")
        yield fd
    except OSError as error:
        raise _not_read(error) from error
    finally:
        os.close(fd)


def _open_untouched(path: bytes) -> int:
    """Open a file without changing its access time, or as usual where that isn't allowed."""
    try:
        return os.open(path, _FLAGS | os.O_NOATIME)
    except PermissionError:
        return os.open(path, _FLAGS)


def _not_read(error: OSError) -> NotRead:
    if isinstance(error, FileNotFoundError):
        return NotRead("gone", "it isn't there")
    reason = "forbidden" if isinstance(error, PermissionError) else "io"
    return NotRead(reason, error.strerror or "")


def _chunk(fd: int) -> bytes:
    return os.read(fd, _CHUNK_BYTES)


def _write_all(memory_fd: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(memory_fd, view) :]
