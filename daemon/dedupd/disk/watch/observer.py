"""watchdog's observer with our hooks in it: what is lost, refused or ended is told.

Owns everything that reaches into watchdog's insides; `native` sees to it that they are those of
a version that was tried.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections.abc import Callable, Iterator
from typing import Any, cast

from watchdog.events import (
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyObserver, InotifyWatchGroup
from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

from dedupd.disk.watch.cookie import CookieThread
from dedupd.disk.watch.hints import Hints
from dedupd.disk.watch.kernel import watched_inos

_log = logging.getLogger(__name__)

NO_MORE = frozenset({errno.ENOSPC, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
"""What the system says when its limits are reached."""

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_HEARD: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    DirAttribEvent,
]


class Handler(FileSystemEventHandler):
    """Hands over the paths of an event; runs under watchdog's lock, so it never waits."""

    def __init__(self, root_path: bytes, hints: Hints) -> None:
        self._inside = len(root_path.rstrip(b"/")) + 1
        self._hints = hints
        self._count = 0

    def dispatch(self, event: FileSystemEvent) -> None:
        """Add both ends of an event."""
        closed = None if isinstance(event, FileAttribEvent) else isinstance(event, FileClosedEvent)
        for path in (event.src_path, event.dest_path):
            if path:
                self._hints.add(os.fsencode(path)[self._inside :], closed=closed)
        self._count += 1

    def count(self) -> int:
        """Return how many events were handed over."""
        return self._count


class CookieHandler(FileSystemEventHandler):
    """Hands the cookies over."""

    def __init__(self, said: CookieThread) -> None:
        self._said = said

    def dispatch(self, event: FileSystemEvent) -> None:
        """Tell of the cookie."""
        self._said.hear(os.fsencode(event.src_path))


class Reader(InotifyFD):
    """Reads inotify's queue, and asks for a walk whenever something in it was lost."""

    def __init__(self, rescan: Callable[[str], None]) -> None:
        super().__init__()
        self._rescan = rescan
        self.refused: OSError | None = None
        self._released = False

    def end(self) -> None:
        """Stop, and close what watchdog leaves to the thread, which may have ended by an error."""
        self.stop()
        self.join()
        with self._lock:
            self._close_resources()

    def _close_resources(self) -> None:
        """Do as watchdog does, but once: the numbers may be those of other files by then."""
        if not self._released:
            self._released = True
            super()._close_resources()

    def inos(self) -> dict[int, int]:
        """Return the inodes that the kernel watches for us, by watch; none when that is over."""
        try:
            return watched_inos(self._inotify_fd)
        except OSError:
            return {}

    def handle_event(self, event: InotifyEvent) -> None:
        """Do as watchdog does; what goes wrong costs one event and a walk."""
        try:
            super().handle_event(event)
        except Exception as error:
            told = _log.isEnabledFor(logging.DEBUG)  # a folder moved while it was deleted will do
            _log.warning(
                "watchdog failed on an event (%r); the root is walked", error, exc_info=told
            )
            self._rescan("event lost")
        # After watchdog has rebuilt its watches, so that nothing falls between them and the walk.
        if event.is_queue_overflow:
            self._rescan("overflow")

    def add_callback(self, *args: Any) -> WatchDescriptor:
        """Do as watchdog does, and note what was refused."""
        try:
            return super().add_callback(*args)
        except OSError as error:
            if error.errno not in _GONE and (self.refused is None or error.errno in NO_MORE):
                self.refused = error
            raise

    def _add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        """Do as watchdog does, without its warning of repeats, and refuse what it can't read."""
        watch = self._get_or_create_watch(path, mask)
        if watch.wd < 0:
            self._watch_for_wd.pop(watch.wd, None)
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        watch.callbacks[id_] = callback
        return watch.wd


class Observer(InotifyObserver):
    """watchdog's observer, reading through our reader."""

    def __init__(self, reader: Reader) -> None:
        self._inotify_fd = self.reader = reader
        reader.start()
        BaseObserver.__init__(self, InotifyEmitter, inotify_fd=reader)

    def hear(self, path: bytes, handler: FileSystemEventHandler, *, recursive: bool) -> None:
        """Have `handler` told of what happens in this folder."""
        # watchdog takes bytes and then tells bytes, though it says str.
        self.schedule(handler, cast(str, path), recursive=recursive, event_filter=_HEARD)

    def dead(self) -> str:
        """Return which part has ended though nobody stopped it; "" if all live."""
        if not self.reader.is_alive():
            return "the thread that reads the kernel's events has ended"
        if not self.is_alive():
            return "the thread that hands events over has ended"
        if not all(emitter.is_alive() for emitter in list(self.emitters)):
            return "a thread that prepares events has ended"
        return ""

    def watched(self) -> dict[bytes, int]:
        """Return the kernel's inode of each folder below the root whose events are told, by path.

        It may be watched, and told by a path that it had once: that isn't enough.
        """
        inos, found = self.reader.inos(), dict[bytes, int]()
        for group in self._groups():
            if group.is_recursive:
                with group._lock:
                    paths = group._active_callbacks_by_watch.copy()
                found |= {path: inos[wd] for wd, path in paths.items() if wd in inos}
        return found

    def add(self, path: bytes) -> None:
        """Listen to the root or one more folder below it, as if it had just been made.

        What is refused is noted by the reader: watchdog raises it again for the root alone.
        """
        for group in self._groups():
            with group._lock, contextlib.suppress(OSError):
                if group.is_active and group.is_recursive:
                    group._add_callback(path)

    def _groups(self) -> Iterator[InotifyWatchGroup]:
        for emitter in list(self.emitters):
            group = cast(InotifyEmitter, emitter)._inotify
            if group is not None:
                yield group
