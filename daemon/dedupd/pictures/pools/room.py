"""Room in memory for large pictures, which the workers of a pool share.

A decoded picture takes up to nine bytes a pixel, so two of 200 megapixels side by side would take
more than all the rest of the machine's work.  Small ones need not ask: most cameras' pictures are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TOGETHER_PX = 150_000_000  # 1.3 GB
_FREE_PX, _LEAST_FREE_PX = 48_000_000, 8_000_000


class Closed(Exception):
    """The pool is being stopped: nobody gets room any more."""


class Room:
    """Pixels that may be decoded at the same time.  Thread-safe.

    Args:
        workers: How many there are to share it.

    Attributes:
        free_px: Pictures up to this size need no room.
    """

    def __init__(self, workers: int) -> None:
        self.free_px = max(_FREE_PX // workers, _LEAST_FREE_PX)
        self._taken_px, self._closed = 0, False
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Wait until there is room for so many, and hold it; the largest picture has it alone.

        Raises:
            Closed: `close` was called.
        """
        needed_px = pixels if pixels > self.free_px else 0
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._holds(needed_px))
            if self._closed:
                raise Closed
            self._taken_px += needed_px
        try:
            yield
        finally:
            with self._changed:
                self._taken_px -= needed_px
                self._changed.notify_all()

    def close(self) -> None:
        """Wake everybody who waits; they raise `Closed`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _holds(self, needed_px: int) -> bool:
        return not (needed_px and self._taken_px) or self._taken_px + needed_px <= _TOGETHER_PX
