"""A pool of worker processes on this machine, each with a thread that owns it.

One picture at a time in each.  A picture that outlasts its deadline or loses its worker is tried
once more in a fresh one, and is then unreadable; no other picture notices.  A worker that does
not even start says nothing about a picture: its thread tries again until it does.
"""

from __future__ import annotations

import logging
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from dedupd.model import Unreadable
from dedupd.pictures.exchange import PoolAnswer, PoolJob, close_payloads, failed, payloads
from dedupd.pictures.limits import Limits, NeedsRoom
from dedupd.pictures.pools import Done
from dedupd.pictures.pools.child import Child, ChildLate, ChildLost, Stopped
from dedupd.pictures.pools.room import Closed, Room

DEFAULT_MEMORY_BYTES = 2 << 30
DEFAULT_TIMEOUT_S = 60.0

log = logging.getLogger(__name__)

_TRIES = 2
_STOP_S = 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 30.0


class _Task(NamedTuple):
    job: PoolJob
    done: Done


class ProcessPool:
    """A `Pool` of up to `count` child processes, each started when the others are all busy.

    Args:
        timeout_s: Longest time for one picture (or two that are compared).
        memory_bytes: Address space of a worker; below some 600 MiB none starts.
    """

    def __init__(
        self,
        count: int,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        limits: Limits | None = None,
    ) -> None:
        if count < 1:
            raise ValueError(f"a pool has at least one worker, not {count}")
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._growing = threading.Lock()
        self._started = self._owed = 0  # slots; jobs that are not answered yet
        self._stop_fd = os.eventfd(0, os.EFD_CLOEXEC)  # readable from `stop` on
        self._stopping = False
        self._room = Room(count)
        setup = _Setup(timeout_s, memory_bytes, limits or Limits(), self._stop_fd, self._room)
        self._slots = [_Slot(self._tasks, setup, self._answered) for _ in range(count)]

    @property
    def workers(self) -> int:
        """How many pictures are looked at together."""
        return len(self._slots)

    @property
    def problem(self) -> str:
        """Why a worker can't be started at the moment; "" when all are well."""
        return next((slot.problem for slot in self._slots if slot.problem), "")

    @property
    def pids(self) -> list[int]:
        """The processes that live at this moment, for `doctor` and for tests."""
        return [slot.pid for slot in self._slots if slot.pid]

    def start(self) -> None:
        """Start the first worker, and as many more as have something to do."""
        with self._growing:
            for slot in self._slots[: max(1, self._owed)]:
                slot.start()
                self._started += 1

    def submit(self, job: PoolJob, done: Done) -> None:
        """Queue `job`, first come first served."""
        with self._growing:
            if self._stopping:
                close_payloads(job)
                return
            self._tasks.put(_Task(job, done))
            self._owed += 1
            if 0 < self._started < min(self._owed, self.workers):
                self._slots[self._started].start()
                self._started += 1

    def _answered(self) -> None:
        with self._growing:
            self._owed -= 1

    def stop(self) -> None:
        """Kill the workers and end the threads; queued jobs are dropped."""
        with self._growing:
            if self._stopping:
                return
            self._stopping = True
        os.eventfd_write(self._stop_fd, 1)
        self._room.close()
        deadline_s = time.monotonic() + _STOP_S
        for _ in self._slots:
            self._tasks.put(None)
        for slot in self._slots:
            slot.join(deadline_s)
        self._drop_queued()
        if not any(slot.is_alive() for slot in self._slots):
            os.close(self._stop_fd)

    def _drop_queued(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return
            if task is not None:
                close_payloads(task.job)


class _Setup(NamedTuple):
    """What all slots of a pool have in common."""

    timeout_s: float
    memory_bytes: int
    limits: Limits
    stop_fd: int
    room: Room

    def stopped(self, within_s: float = 0.0) -> bool:
        """Return whether the pool is being stopped, or is within that time."""
        poll = select.poll()
        poll.register(self.stop_fd, select.POLLIN)
        return bool(poll.poll(within_s * 1000))


class _Slot:
    """One thread and the worker process that it owns."""

    def __init__(
        self,
        tasks: queue.SimpleQueue[_Task | None],
        setup: _Setup,
        answered: Callable[[], None],
    ) -> None:
        self.problem = ""
        self._tasks, self._setup, self._answered = tasks, setup, answered
        self._child: Child | None = None
        self._thread = threading.Thread(target=self._run, name="picture-worker", daemon=True)

    @property
    def pid(self) -> int:
        child = self._child
        return child.pid if child is not None and child.lives else 0

    def start(self) -> None:
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def join(self, deadline_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(max(0.0, deadline_s - time.monotonic()))

    def _run(self) -> None:
        try:
            self._begin()
            while (task := self._tasks.get()) is not None:
                try:
                    answer = self._answer_anyway(task.job)
                finally:
                    close_payloads(task.job)
                self._answered()
                task.done(answer)
        except (Stopped, Closed):
            pass  # `stop` wakes every thread this way; it drops what is queued itself
        finally:
            self._end_child()

    def _begin(self) -> None:
        """Start a worker; a mistake of ours is told, and the next picture tries again."""
        try:
            self._ready_child()
        except (Stopped, Closed):
            raise
        except Exception as bug:
            log.exception("a worker process can't be started")
            self.problem = f"a worker process can't be started: {bug!r}"

    def _answer(self, job: PoolJob) -> PoolAnswer:
        """Return the answer to `job`; each of its pictures may ask for room once."""
        room, granted_px = self._setup.room, self._setup.room.free_px
        for _ in (job, *payloads(job)):
            try:
                with room.taken(granted_px):
                    return self._tried(job, granted_px)
            except NeedsRoom as needed:
                granted_px = needed.pixels
        self._end_child()
        return failed(job, Unreadable("killed", "its decoder asked for ever more room"))

    def _tried(self, job: PoolJob, room_px: int) -> PoolAnswer:
        """Return the answer to `job`, from a second worker if the first one fails."""
        for _ in range(_TRIES):
            child = self._ready_child()
            try:
                return child.ask(job, self._setup.timeout_s, room_px)
            except ChildLate:
                why = Unreadable("timeout", f"it took more than {self._setup.timeout_s:g} s")
            except ChildLost:
                why = Unreadable("killed", "its decoder was killed")
            self._end_child()
        return failed(job, why)

    def _answer_anyway(self, job: PoolJob) -> PoolAnswer:
        """Return the answer to `job`; a mistake of ours costs this picture, not the slot."""
        try:
            return self._answer(job)
        except (Stopped, Closed):
            raise
        except Exception as bug:
            log.exception("a picture could not be handed to a worker")
            self._end_child()
            return failed(job, Unreadable("killed", f"dedupd failed at it: {bug!r}"))

    def _ready_child(self) -> Child:
        """Return a worker that waits for a job; keeps trying until there is one."""
        if self._child is not None and not self._child.lives:
            self._end_child()  # it died idle: no picture is to blame
        pause_s = _FIRST_PAUSE_S
        while self._child is None:
            setup = self._setup
            if setup.stopped():
                raise Stopped
            try:
                self._child = Child(setup.memory_bytes, setup.limits, setup.stop_fd)
                self.problem = ""
            except (OSError, ChildLost, ChildLate) as error:
                self.problem = f"a worker process can't be started: {error or 'no sign of life'}"
                if setup.stopped(within_s=pause_s):
                    raise Stopped from error
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return self._child

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()
