"""The proof that a watcher hears: a file of our own is made, and its event has to come back.

Owns a folder below the state folder and the thread that makes files in it.  watchdog's threads
can end or hang while everything says that it is alive; only an event that arrives tells otherwise.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable

from dedupd.disk.watch.hints import Hints

EVERY_S = 30.0
PATIENCE_S = 5.0
STORM_S = 20.0
"""How much longer a cookie may take while other events keep arriving before it."""
LOOK_EVERY = 20  # trips: every 10 minutes


class CookieThread:
    """Makes a cookie every half minute and says into `hints` whether it was heard.

    The first cookie that is heard and the first one that isn't are told; after the latter the
    thread ends, since a watcher that was deaf once is replaced.

    Args:
        folder: Where cookies are made; exists, and is ours alone.
        dead: Says which part of the watcher has ended; "" if all live.
        told: How many events the watcher has handed over so far.
        look: Called now and then, to compare what the kernel watches with what should be.
    """

    def __init__(
        self,
        folder: bytes,
        hints: Hints,
        dead: Callable[[], str],
        told: Callable[[], int],
        look: Callable[[], None],
    ) -> None:
        self._folder, self._hints = folder, hints
        self._dead, self._told, self._look = dead, told, look
        self._stopping, self._heard = threading.Event(), threading.Event()
        self._expected = b""
        self._thread = threading.Thread(target=self._run, name="cookie", daemon=True)

    def start(self) -> None:
        """Begin with a cookie at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for its end; nothing is told any more."""
        self._stopping.set()
        self._heard.set()
        if self._thread.ident is not None:
            self._thread.join()

    def hear(self, path: bytes) -> None:
        """Take in what the watcher heard of our folder; called from its thread."""
        if os.path.basename(path) == self._expected:
            self._heard.set()

    def _run(self) -> None:
        proven = False
        for trip in itertools.count(1):
            deaf = self._deaf(b"%d" % trip)
            if self._stopping.is_set():
                return
            if deaf:
                self._hints.hearing(deaf)
                return
            if deaf is not None and not proven:
                proven = True
                self._hints.hearing("")
            if trip % LOOK_EVERY == 0:
                self._look()
            if self._stopping.wait(EVERY_S):
                return

    def _deaf(self, name: bytes) -> str | None:
        """Make a cookie; return why it isn't heard, "" if it is, None if it can't be made."""
        dead = self._dead()
        if dead:
            return dead
        self._heard.clear()
        self._expected = name
        try:
            _make(os.path.join(self._folder, name))
        except (FileNotFoundError, NotADirectoryError):
            return "the folder that proves that it hears is gone"
        except OSError:
            return None  # on a full disk nothing is proven, and nothing disproved
        return "" if self._comes_back() else self._dead() or _UNHEARD

    def _comes_back(self) -> bool:
        """Wait for the event, longer where others come before it, or all of us stood still."""
        slice_s, pauses = PATIENCE_S / 5, 3
        begun_s = quiet_since_s = at_s = time.monotonic()
        told = self._told()
        while not self._heard.wait(slice_s):
            before_s, at_s = at_s, time.monotonic()
            if at_s - before_s > 2 * slice_s and pauses:
                # The process was stopped, or starved: the watcher could not run either.
                pauses -= 1
                begun_s = quiet_since_s = at_s
            before, told = told, self._told()
            if told != before:
                quiet_since_s = at_s
            if at_s - quiet_since_s >= PATIENCE_S or at_s - begun_s >= STORM_S:
                return False
        return True


_UNHEARD = "a file that was made for it was not heard of"


def prepare(folder: bytes) -> None:
    """Make the folder, or empty it of the cookies of an earlier run.

    Raises:
        OSError: It can't be made.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, name))


def _make(path: bytes) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with contextlib.suppress(OSError):
        os.unlink(path)
