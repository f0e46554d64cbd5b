"""Polling: asks for a walk of the root again and again, where the system tells no changes.

The walk itself is the walker's; it compares ctime too, so a rewrite with its mtime put back is
found.  Owns one thread that only waits, so a root that hangs can't hang it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from dedupd.disk.watch.hints import Hints
from dedupd.model import Root


class PollWatcher:
    """Asks for a `Rescan` every `poll_every_s` seconds of the root."""

    backend = "poll"

    def __init__(self, root: Root, private: bytes) -> None:  # noqa: ARG002 -- as every watcher
        self._every_s = root.poll_every_s
        self._name = f"poll-{root.id}"
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, hints: Hints) -> None:
        """Start to ask; nothing happens where it was started before."""
        if self._thread is not None:
            return
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=_ask, args=(hints, self._every_s, self._stopping), name=self._name, daemon=True
        )
        self._thread.start()

    def attend(self, folder: bytes, folders: Mapping[bytes, int]) -> None:
        """Compare nothing: the whole root is walked."""

    def stop(self) -> None:
        """End the thread at once and wait for its end."""
        if self._thread is None:
            return
        self._stopping.set()
        self._thread.join()
        self._thread = None


def _ask(hints: Hints, every_s: float, stopping: threading.Event) -> None:
    while not stopping.wait(every_s):
        hints.rescan("poll")
