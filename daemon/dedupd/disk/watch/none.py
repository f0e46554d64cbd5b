"""No watching: the root is walked at the daemon's own sweeps only (`watch: none`)."""

from __future__ import annotations

from collections.abc import Mapping

from dedupd.disk.watch.hints import Hints
from dedupd.model import Root


class NoWatcher:
    """Hears nothing."""

    backend = "none"

    def __init__(self, root: Root, private: bytes) -> None:
        """Take what every watcher takes; there is nothing to do with it."""

    def start(self, hints: Hints) -> None:
        """Do nothing."""

    def attend(self, folder: bytes, folders: Mapping[bytes, int]) -> None:
        """Compare nothing: nothing is listened to."""

    def stop(self) -> None:
        """Do nothing."""
