"""Listening by inotify, through watchdog: a source of hints, and of nothing else.

Owns everything that depends on watchdog's insides, tried with 7.1; an older version or a new
major one is refused, and the root is polled.  Closes these holes of watchdog 7.1:

- an overflow of the kernel's queue is only logged: here it asks for a walk, once the watches are
  rebuilt;
- one error while an event is handled ends the reading thread, and all is deaf: here it costs
  one event, and asks for a walk;
- a folder that can't be watched because the limit is reached is skipped in silence: here `start`
  refuses;
- a deletion by moving out of the root is told half a second late: here after 20 ms.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
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
from watchdog.observers.inotify import InotifyEmitter, InotifyObserver
from watchdog.observers.inotify_c import InotifyEvent, InotifyFD, WatchDescriptor
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper
from watchdog.version import VERSION_INFO

from dedupd.disk.watch.hints import Hints, WatchUnavailable
from dedupd.model import Root

_log = logging.getLogger(__name__)

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
_TRIED, _UNKNOWN = (7, 1), (8, 0)
_MOVE_DELAY_S = 0.02
_NO_MORE = frozenset({errno.ENOSPC, errno.ENOMEM, errno.EMFILE, errno.ENFILE})


class NativeWatcher:
    """Listens to one root with an inotify instance and an observer of its own."""

    backend = "inotify"

    def __init__(self, root: Root) -> None:
        self._root_path = root.path
        self._observer: _Observer | None = None

    def start(self, hints: Hints) -> None:
        """Watch every folder of the root; returns when all are watched, so it walks the root.

        Raises:
            WatchUnavailable: no inotify, or not enough of it, or another watchdog than tried.
        """
        if self._observer is not None:
            return
        demand_known_watchdog()
        InotifyMoveEventGrouper.delay = _MOVE_DELAY_S
        try:
            reader = _Reader(hints.rescan)
        except OSError as error:
            raise WatchUnavailable(_reason(error)) from error
        observer = _Observer(reader)
        try:
            _start(observer, reader, self._root_path, hints)
        except OSError as error:
            _end(observer)
            raise WatchUnavailable(_reason(error)) from error
        self._observer = observer

    def stop(self) -> None:
        """Stop listening and wait until the threads have ended."""
        if self._observer is None:
            return
        _end(self._observer)
        self._observer = None


def demand_known_watchdog() -> None:
    """Raise `WatchUnavailable` unless watchdog's insides are those that this module hooks into."""
    if not _TRIED <= VERSION_INFO[:2] < _UNKNOWN:
        version = ".".join(map(str, VERSION_INFO))
        raise WatchUnavailable(f"watchdog {version} is installed, 7.1 or a later 7 is needed")


def _start(observer: _Observer, reader: _Reader, root_path: bytes, hints: Hints) -> None:
    # watchdog takes bytes and then tells bytes, though it says str.
    path = cast(str, root_path)
    observer.schedule(_Handler(root_path, hints), path, recursive=True, event_filter=_HEARD)
    observer.start()
    if reader.refused is not None:
        raise reader.refused


def _end(observer: _Observer) -> None:
    observer.stop()
    if observer.is_alive():  # a start that failed early leaves nothing to wait for
        observer.join()


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "there are more folders than fs.inotify.max_user_watches allows"
    if error.errno == errno.EMFILE:
        return "there are more listeners than fs.inotify.max_user_instances allows"
    return error.strerror or str(error)


class _Handler(FileSystemEventHandler):
    """Hands over the paths of an event; runs under watchdog's lock, so it never waits."""

    def __init__(self, root_path: bytes, hints: Hints) -> None:
        self._inside = len(root_path.rstrip(b"/")) + 1
        self._hints = hints

    def dispatch(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            if path:
                self._hints.add(os.fsencode(path)[self._inside :])


class _Reader(InotifyFD):
    """Reads inotify's queue, and asks for a walk whenever something in it was lost."""

    def __init__(self, rescan: Callable[[str], None]) -> None:
        super().__init__()
        self._rescan = rescan
        self.refused: OSError | None = None

    def handle_event(self, event: InotifyEvent) -> None:
        try:
            super().handle_event(event)
        except Exception:
            _log.exception("watchdog failed on an event; the root is walked instead")
            self._rescan("event lost")
        # After watchdog has rebuilt its watches, so that nothing falls between them and the walk.
        if event.is_queue_overflow:
            self._rescan("overflow")

    def add_callback(self, *args: Any) -> WatchDescriptor:
        try:
            return super().add_callback(*args)
        except OSError as error:
            if error.errno in _NO_MORE:
                self.refused = error
            raise


class _Observer(InotifyObserver):
    """watchdog's observer, reading through our reader."""

    def __init__(self, reader: _Reader) -> None:
        self._inotify_fd = reader
        reader.start()
        BaseObserver.__init__(self, InotifyEmitter, inotify_fd=reader)
