"""Watching a root: a family of backends that say where to look sooner, never what is true.

Owns the table of backends and the choice between them.  A new one is a file in this folder and
a line in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from dedupd.disk.roots import watch_kind
from dedupd.disk.watch.hints import Hints, WatchUnavailable
from dedupd.disk.watch.native import NativeWatcher
from dedupd.disk.watch.none import NoWatcher
from dedupd.disk.watch.poll import PollWatcher
from dedupd.hearing import Unheard
from dedupd.model import Identity, Root

__all__ = ["BACKENDS", "Hints", "WatchUnavailable", "Watcher", "listen", "make"]


class Watcher(Protocol):
    """Listens to one root.  `start` and `stop` are called from one thread, in any order."""

    @property
    def backend(self) -> str:
        """The name in the table, as `status` shows it."""

    def start(self, hints: Hints) -> None:
        """Put what changes from now on into `hints`; does nothing when already started.

        Raises:
            WatchUnavailable: this backend can't listen here.
        """

    def attend(self, folder: bytes, folders: Mapping[bytes, int]) -> Unheard | None:
        """Compare what a sweep of `folder` listed with what is listened to, and mend it.

        Args:
            folder: Where the sweep began, inside the root.
            folders: Inode by path inside the root, 0 where it isn't known.

        Returns:
            None where there is nothing to compare.
        """

    def stop(self) -> None:
        """Stop, and return when no thread is left; does nothing when not started.

        Threads that hang are left behind after some seconds.
        """


BACKENDS: dict[str, Callable[[Root, bytes], Watcher]] = {
    "inotify": NativeWatcher,
    "poll": PollWatcher,
    "none": NoWatcher,
}


def make(root: Root, identity: Identity, private: bytes) -> Watcher:
    """Return the backend that the owner chose, or for "auto" the one that fits the file system.

    `private` is a folder of our own for this root, that need not exist yet.
    """
    name = watch_kind(identity) if root.watch == "auto" else root.watch
    return BACKENDS[name](root, private)


def listen(root: Root, identity: Identity, hints: Hints, private: bytes) -> tuple[Watcher, str]:
    """Make and start a watcher, polling where the wanted one can't listen; and say why it can't.

    With inotify this walks the whole root before it returns.
    """
    watcher = make(root, identity, private)
    try:
        watcher.start(hints)
    except WatchUnavailable as reason:
        watcher = PollWatcher(root, private)
        watcher.start(hints)
        return watcher, str(reason)
    return watcher, ""
