"""What a watcher heard and nobody took yet: changed paths, collapsed, never too many.

Owns the only place where a watcher's threads and their reader meet, hence its lock, which is held
for moments only.  Promises that whatever was added comes out of `take`, as itself or as
part of a `Rescan` of the root.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from dedupd.hearing import Hearing
from dedupd.messages import Hint, Rescan
from dedupd.model import Place

MOST_PATHS = 10_000


class WatchUnavailable(Exception):
    """This backend can't listen to this root; the text says why, in the user's words."""


class Hints:
    """The box between the watcher of one root and the service.

    `wake` is called, from any thread, when the box stops being empty; it must neither block nor
    raise, and means "call `take` soon".  So at most one wake-up is on its way for any number of
    changes, and their memory is bounded however long nobody comes.
    """

    def __init__(self, root_id: str, wake: Callable[[], None]) -> None:
        self._root_id = root_id
        self._wake = wake
        self._lock = threading.Lock()
        self._paths: dict[bytes, bool] = {}  # in order of arrival; True: closed, at last
        self._rescan = ""
        self._hearing: Hearing | None = None

    def add(self, path: bytes, *, closed: bool | None = False) -> None:
        """Say that something may have changed at `path`, inside the root.

        Args:
            closed: Whoever wrote to it closed it; None where what happened says nothing of that.
        """
        with self._lock:
            was_empty = self._is_empty()
            self._paths[path] = self._paths.get(path, False) if closed is None else closed
            if len(self._paths) > MOST_PATHS:
                self._paths.clear()
                self._rescan = "storm"
        if was_empty:
            self._wake()

    def rescan(self, why: str) -> None:
        """Say that changes were missed, or may have been: the whole root has to be walked."""
        with self._lock:
            was_empty = self._is_empty()
            self._rescan = why
        if was_empty:
            self._wake()

    def hearing(self, deaf: str) -> None:
        """Say why the watcher is deaf, or "" that it hears; the last word counts."""
        with self._lock:
            was_empty = self._is_empty()
            self._hearing = Hearing(self._root_id, deaf)
        if was_empty:
            self._wake()

    def take(self) -> tuple[Hint | Rescan | Hearing, ...]:
        """Empty the box: what is said of the root first, then paths in order of arrival."""
        with self._lock:
            hearing, self._hearing = self._hearing, None
            why, self._rescan = self._rescan, ""
            paths, self._paths = self._paths, {}
        heard = (hearing,) if hearing is not None else ()
        rescans = (Rescan(self._root_id, why),) if why else ()
        hints = (Hint(Place(self._root_id, path), closed) for path, closed in paths.items())
        return heard + rescans + tuple(hints)

    def _is_empty(self) -> bool:
        return not self._paths and not self._rescan and self._hearing is None
