"""The threads that touch one root: a walker that lists and looks, a checker, a few readers.

Every root has its own, so a mount that hangs costs that root alone.  They are given jobs and put
their answers into the inbox; they hold no state but the watcher that listens to the root.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator

from dedupd.disk.files import read
from dedupd.disk.pulse import Pulse
from dedupd.disk.walker import walker_answers
from dedupd.disk.watch import Hints, Watcher, listen
from dedupd.engine.flow import READS_PER_ROOT
from dedupd.messages import (
    CheckRoot,
    Listed,
    LookAt,
    LookTree,
    Message,
    Read,
    RootSeen,
    Sweep,
    Swept,
    TreeLooked,
    Unwatch,
    WalkerJob,
    Watch,
    Watching,
    WitnessesLooked,
)
from dedupd.model import EntryType, Identity, Root
from dedupd.pictures.sniff import kind
from dedupd.rules.hiding import unlisted

RootJob = WalkerJob | Watch | Unwatch


class Hands:
    """All that touches `root`, from `start` to `stop`.

    Args:
        limit_bytes: Larger pictures are not read.
        listening: Watch the root; `check` looks once and doesn't.
        overlap: Says how the roots that are there overlap now, "" if they don't: a root that
            comes later may lead into another one, and would then vouch for itself.
        put: Takes an answer, or a bug; called from our threads.
        wake: Says that the box of hints has something; called from the watcher's threads.
        private: A folder of our own, in which the watcher proves that it hears.
    """

    def __init__(
        self,
        root: Root,
        limit_bytes: int,
        listening: bool,
        overlap: Callable[[], str],
        put: Callable[[Message | BaseException], None],
        wake: Callable[[Hints], None],
        *,
        private: bytes,
    ) -> None:
        self._root, self._limit_bytes, self._listening = root, limit_bytes, listening
        self._overlap, self._put, self._wake = overlap, put, wake
        self._private = private
        self._pulse = Pulse()
        self._owed: dict[LookTree | LookAt, None] = {}  # looks that a claim waits for
        self._hide = unlisted(root)
        self._walks: queue.SimpleQueue[RootJob | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[Read | None] = queue.SimpleQueue()
        self._checks: queue.SimpleQueue[CheckRoot | None] = queue.SimpleQueue()
        self._put_off: list[RootJob] = []
        self._stopping = threading.Event()
        self._watcher: Watcher | None = None
        self._identity: Identity | None = None
        # Daemon threads: one that hangs in a dead mount must not keep the process from ending.
        self._walker = threading.Thread(
            target=self._guarded, args=(self._walk,), name="walker", daemon=True
        )
        self._checker = threading.Thread(
            target=self._guarded, args=(self._check,), name="checker", daemon=True
        )
        self._readers = [
            threading.Thread(target=self._guarded, args=(self._read,), name="reader", daemon=True)
            for _ in range(READS_PER_ROOT + 1)  # one may be reading at a pace
        ]

    def start(self) -> None:
        """Begin to take jobs."""
        for thread in (self._walker, self._checker, *self._readers):
            thread.start()

    def stop(self) -> None:
        """Take no more jobs; returns at once."""
        self._stopping.set()
        self._walks.put(None)
        self._checks.put(None)
        for _ in self._readers:
            self._reads.put(None)

    def join(self, deadline_s: float) -> None:
        """Wait for the threads, but not past `deadline_s` for a mount that hangs."""
        for thread in (self._walker, self._checker, *self._readers):
            if thread.ident is not None:  # None: it was never started
                thread.join(max(0.0, deadline_s - time.monotonic()))

    def do(self, job: RootJob | Read) -> None:
        """Have a job done; returns at once."""
        if isinstance(job, Read):
            self._reads.put(job)
            return
        if isinstance(job, CheckRoot):
            self._checks.put(job)
            return
        if isinstance(job, Unwatch):
            self._refuse_looks()  # the walker may hang where the root was
        else:
            self._identity = job.identity
        if isinstance(job, (LookTree, LookAt)):
            self._owed[job] = None
        self._walks.put(job)

    def _guarded(self, work: Callable[[], None]) -> None:
        """A thread that ends by a bug would leave its root deaf for good: tell the main loop."""
        try:
            work()
        except Exception as bug:
            self._put(bug)

    def _walk(self) -> None:
        while True:
            job = self._put_off.pop(0) if self._put_off else self._walks.get()
            if job is None:
                self._unwatch()
                return
            self._pulse.begin()
            self._do(job)
            self._pulse.end()

    def _do(self, job: RootJob) -> None:
        if isinstance(job, Watch):
            self._watch(job)
        elif isinstance(job, Unwatch):
            self._unwatch()
        elif isinstance(job, Sweep):
            self._sweep(job)
        else:
            for message in walker_answers(self._root, job, self._hide):
                if isinstance(job, (LookTree, LookAt)) and not self._owes(job):
                    return
                self._put(message)

    def _sweep(self, job: Sweep) -> None:
        """List a tree, and before its last word have all listened to that was found in it.

        After that word the root is in step, so its gaps must be known by then.
        """
        inos = {job.folder: job.identity.ino if not job.folder else 0}
        folders: dict[bytes, int] = {}
        for message in walker_answers(self._root, job, self._hide):
            if isinstance(message, Listed) and message.problem is None:
                folders[message.folder] = inos.pop(message.folder, 0)
                inos.update(_subfolders(message))
            elif isinstance(message, Swept) and message.whole and self._watcher is not None:
                unheard = self._watcher.attend(job.folder, folders)
                if unheard is not None:
                    self._put(unheard)
            self._put(message)
            if not self._between():
                return

    def _between(self) -> bool:
        """Do what is quick between two folders of a sweep; False when it is time to stop."""
        while True:
            try:
                job = self._walks.get_nowait()
            except queue.Empty:
                return True
            if job is None:
                self._walks.put(None)
                return False
            if isinstance(job, Sweep):
                self._put_off.append(job)
            else:
                self._do(job)

    def _watch(self, job: Watch) -> None:
        self._unwatch()
        overlap = self._overlap()
        if overlap:
            self._put(RootSeen(self._root.id, None, detail=overlap))
            return
        if not self._listening:
            self._put(Watching(self._root.id, "none"))
            return
        told = threading.Event()
        hints = Hints(self._root.id, lambda: self._wake(hints) if told.is_set() else None)
        self._watcher, detail = listen(self._root, job.identity, hints, self._private)
        self._put(Watching(self._root.id, self._watcher.backend, detail))
        told.set()  # from now on it may speak: nobody would know of whom before
        self._wake(hints)

    def _check(self) -> None:
        """See whether the root is there, however long a walk takes meanwhile.

        A walk that hangs in a call of the system is as good as a root that isn't there.
        """
        while (job := self._checks.get()) is not None:
            if self._pulse.hangs(time.monotonic()):
                self._give_up()
                continue
            for message in walker_answers(self._root, job, self._hide):
                self._put(message)

    def _give_up(self) -> None:
        """Say that the root doesn't answer, to all who wait for the walker."""
        self._put(RootSeen(self._root.id, None, detail="it does not answer"))
        self._refuse_looks()

    def _refuse_looks(self) -> None:
        """Answer every look that is owed: the root is away, so it shows nothing."""
        for job in list(self._owed):
            if not self._owes(job):
                continue
            if isinstance(job, LookTree):
                self._put(TreeLooked(job.root, job.number, None, (), ()))
            else:
                self._put(WitnessesLooked(job.root, job.number, None, ()))

    def _owes(self, job: LookTree | LookAt) -> bool:
        """Is this look still to be answered?  The caller answers it then: nobody else may."""
        return self._owed.pop(job, _ANSWERED) is not _ANSWERED

    def _unwatch(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    def _read(self) -> None:
        while True:
            job = self._reads.get()
            if job is None or self._identity is None:
                return
            root = self._root.path
            try:
                self._put(
                    read(root, self._identity, job, self._limit_bytes, kind, pause=self._pause)
                )
            except _Stopped:
                return

    def _pause(self, wait_s: float) -> None:
        if self._stopping.wait(wait_s):
            raise _Stopped


class _Stopped(Exception):
    """There is no time to read a file at its pace to its end."""


_ANSWERED = object()


def _subfolders(listed: Listed) -> Iterator[tuple[bytes, int]]:
    """Yield path inside the root and inode of each folder in a folder."""
    prefix = listed.folder + b"/" if listed.folder else b""
    for entry in listed.entries:
        if entry.type is EntryType.FOLDER:
            yield prefix + entry.name, entry.stamp.ino
