"""Small pictures for people, made by a worker that is there only while somebody looks.

Kept in memory, not on the disk: nothing of a picture stays behind when the daemon ends, nothing
must be tidied up, and a browser keeps what it was given.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from dedupd.model import Digest
from dedupd.searching.reader import Content, Reader

KEPT_BYTES = 32 * 2**20
IDLE_S = 60.0

Result = TypeVar("Result")


class Studio:
    """A reader that starts when it is needed and ends when it rests.  Thread-safe.

    Args:
        make: Returns a reader that isn't started yet.
        idle_s: How long its worker stays without work.
    """

    def __init__(self, make: Callable[[], Reader], idle_s: float = IDLE_S) -> None:
        self._make, self._idle_s = make, idle_s
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._users, self._rests_since_s = 0, 0.0
        self._timer: threading.Timer | None = None
        self._closed = False
        self._kept: OrderedDict[tuple[Digest, int], bytes] = OrderedDict()
        self._kept_bytes = 0

    def thumbnail(self, path: bytes, digest: Digest, edge_px: int) -> bytes | None:
        """Return a JPEG of the content if that file still holds it, else None."""
        with self._lock:
            kept = self._kept.get((digest, edge_px))
            if kept is not None:
                self._kept.move_to_end((digest, edge_px))
                return kept
        jpeg = self.work(lambda reader: reader.thumbnail(Content(path, digest), edge_px))
        if jpeg is not None:
            self._keep((digest, edge_px), jpeg)
        return jpeg

    def work(self, job: Callable[[Reader], Result]) -> Result | None:
        """Return what `job` makes with a running reader; None once the studio is closed."""
        with self._lock:
            if self._closed:
                return None
            if self._reader is None:
                self._reader = self._make().__enter__()
            reader = self._reader
            self._users += 1
        try:
            return job(reader)
        finally:
            with self._lock:
                self._users -= 1
                self._rests_since_s = time.monotonic()
                if self._timer is None and not self._closed:
                    self._set_timer()

    def close(self) -> None:
        """End the worker and forget every picture; idempotent."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
            reader = self._let_go()
        if reader is not None:
            reader.__exit__(None, None, None)

    def _set_timer(self) -> None:
        self._timer = threading.Timer(self._idle_s, self._rest)
        self._timer.daemon = True
        self._timer.start()

    def _rest(self) -> None:
        """End the worker if nothing was to be done for long enough, else look again later."""
        with self._lock:
            self._timer = None
            rested = time.monotonic() - self._rests_since_s >= self._idle_s
            if self._users or not rested:
                if not self._closed:
                    self._set_timer()
                return
            reader = self._let_go()
        if reader is not None:
            reader.__exit__(None, None, None)

    def _let_go(self) -> Reader | None:
        reader, self._reader = self._reader, None
        self._kept.clear()
        self._kept_bytes = 0
        return reader

    def _keep(self, key: tuple[Digest, int], jpeg: bytes) -> None:
        with self._lock:
            if self._closed or key in self._kept:
                return
            self._kept[key] = jpeg
            self._kept_bytes += len(jpeg)
            while self._kept_bytes > KEPT_BYTES:
                _, old = self._kept.popitem(last=False)
                self._kept_bytes -= len(old)
