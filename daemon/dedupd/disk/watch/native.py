"""Listening by inotify, through watchdog: a source of hints, and of nothing else.

Reaches into watchdog's insides (see `observer`), tried with 7.1; an older version or a new major
one is refused, and the root is polled.  Closes these holes of watchdog 7.1:

- an overflow of the kernel's queue is only logged: here it asks for a walk, once the watches are
  rebuilt;
- one error while an event is handled ends the reading thread, and all is deaf: here it costs
  one event, and asks for a walk;
- a folder that can't be watched because the limit is reached is skipped in silence: here `start`
  refuses, and later ones are found by `attend`;
- a folder that may not be read counts as watched: here it doesn't;
- its threads can end or hang in silence: here a cookie tells (see `cookie`);
- a reading thread that ended by an error leaves its descriptors open: here `stop` closes them;
- a deletion by moving out of the root is told half a second late: here after 20 ms.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper
from watchdog.version import VERSION_INFO

from dedupd.disk.watch import cookie
from dedupd.disk.watch.cookie import CookieThread
from dedupd.disk.watch.gaps import Gaps, compared, covered, top_of
from dedupd.disk.watch.hints import Hints, WatchUnavailable
from dedupd.disk.watch.observer import NO_MORE, CookieHandler, Handler, Observer, Reader
from dedupd.hearing import Unheard
from dedupd.model import Root

_log = logging.getLogger(__name__)

_TRIED, _UNKNOWN = (7, 1), (8, 0)
_MOVE_DELAY_S = 0.02
_END_S = 5.0


class NativeWatcher:
    """Listens to one root with an inotify instance and an observer of its own.

    Args:
        root: The root.
        private: A folder for the cookies of this root; made when needed.
    """

    backend = "inotify"

    def __init__(self, root: Root, private: bytes) -> None:
        self._root, self._private = root, private
        self._observer: Observer | None = None
        self._cookie: CookieThread | None = None
        self._gaps = Gaps(root.path)

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
            cookie.prepare(self._private)
        except OSError as error:
            why = f"the folder for its proof can't be made: {error.strerror}"
            raise WatchUnavailable(why) from error
        try:
            reader = Reader(hints.rescan)
        except OSError as error:
            raise WatchUnavailable(_reason(error)) from error
        observer = Observer(reader)
        try:
            self._listen(observer, hints)
        except OSError as error:
            _end(observer)
            raise WatchUnavailable(_reason(error)) from error
        self._observer = observer

    def _listen(self, observer: Observer, hints: Hints) -> None:
        # watchdog watches a link itself, and not the folder that it leads to.
        path = os.path.realpath(self._root.path)
        handler, reader = Handler(path, hints), observer.reader
        observer.hear(path, handler, recursive=True)
        said = CookieThread(self._private, hints, observer.dead, handler.count, self._look(hints))
        observer.hear(self._private, CookieHandler(said), recursive=False)
        observer.start()
        if reader.refused is not None and reader.refused.errno in NO_MORE:
            raise reader.refused
        self._gaps = Gaps(path, comparable=covered(path, observer.watched()))
        self._cookie = said
        said.start()

    def _look(self, hints: Hints) -> Callable[[], None]:
        def look() -> None:
            observer = self._observer
            if observer is not None and len(observer.reader.inos()) < self._gaps.watches:
                hints.rescan("fewer folders are listened to than there are")

        return look

    def attend(self, folder: bytes, folders: Mapping[bytes, int]) -> Unheard | None:
        """Listen to what a sweep of `folder` found and nobody listens to.

        Only whole sweeps are compared, unless a folder was refused since the last of them.

        Args:
            folder: Where the sweep began.
            folders: Inode by path inside the root of every folder that was listed, 0 if unknown.
        """
        observer = self._observer
        if observer is None:
            return None
        if observer.reader.refused is not None:
            self._gaps = replace(self._gaps, doubtful=True)
        if folder and not self._gaps.doubtful:
            return None
        observer.reader.refused = None
        found = compared(self._gaps, folder, folders, observer.watched, observer.add)
        watches = self._gaps.watches if folder else len(observer.reader.inos())
        self._gaps = replace(found.gaps, watches=watches)
        refused = observer.reader.refused
        why = _reason(refused) if refused is not None else "the kernel doesn't list them as watched"
        blind = tuple(sorted(top_of(found.blind).items()))
        mended = tuple(sorted(top_of(found.mended)))
        return Unheard(self._root.id, folder, mended, blind, why if blind else "")

    def stop(self) -> None:
        """Stop listening and wait until the threads have ended."""
        if self._observer is None:
            return
        if self._cookie is not None:
            self._cookie.stop()
        _end_soon(self._observer)
        self._observer = self._cookie = None


def demand_known_watchdog() -> None:
    """Raise `WatchUnavailable` unless watchdog's insides are those that this module hooks into."""
    if not _TRIED <= VERSION_INFO[:2] < _UNKNOWN:
        version = ".".join(map(str, VERSION_INFO))
        raise WatchUnavailable(f"watchdog {version} is installed, 7.1 or a later 7 is needed")


def _end(observer: Observer) -> None:
    observer.stop()
    if observer.is_alive():  # a start that failed early leaves nothing to wait for
        observer.join()
    observer.reader.end()


def _end_soon(observer: Observer) -> None:
    """End the threads, but leave those behind that hang: the walker must not hang with them."""
    ending = threading.Thread(target=_end, args=(observer,), name="watch-end", daemon=True)
    ending.start()
    ending.join(_END_S)
    if ending.is_alive():
        _log.error("a watcher does not end; it is left behind")
        threading.Thread(target=observer.reader.end, name="watch-end", daemon=True).start()


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "there are more folders than fs.inotify.max_user_watches allows"
    if error.errno == errno.EMFILE:
        return "there are more listeners than fs.inotify.max_user_instances allows"
    return error.strerror or str(error)
