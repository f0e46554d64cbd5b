"""No watching: the root is walked at the daemon's own sweeps only (`watch: none`)."""

from __future__ import annotations

from dedupd.disk.watch.hints import Hints
from dedupd.model import Root


class NoWatcher:
    """Hears nothing."""

    backend = "none"

    def __init__(self, root: Root) -> None:
        """Take the root, as every watcher does; there is nothing to do with it."""

    def start(self, hints: Hints) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""
