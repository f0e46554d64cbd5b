"""A pool on the workers of a Dask cluster: the daemon reads and sends bytes, they decode.

One thread owns all of it and runs an asyncio loop: it connects, serves the connection (`tower`),
and connects again when it ends.  Until a scheduler is back all jobs wait, and the problem says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from dedupd.pictures.exchange import PoolJob, close_payloads
from dedupd.pictures.pools import Done
from dedupd.pictures.pools.crew import Crew
from dedupd.pictures.pools.flights import Flights
from dedupd.pictures.pools.line import Gone, Place, connected
from dedupd.pictures.pools.terms import Bounds, Errands
from dedupd.pictures.pools.tower import POLL_S, Connection, Tower

DEFAULT_JOBS = 32
MOST_BYTES = 256 << 20
RETRY_S = 1.0
SURVEY_S = 15.0

log = logging.getLogger(__name__)

_STOP_S = 1.9
_LOOK_S = 0.05
Connect = Callable[[Place], Awaitable[Connection]]


class ClusterPool:
    """A `Pool` on the workers of a cluster.

    Args:
        errands: What runs on the workers.
        bounds: What a picture may take there.
        most_jobs: How many pictures are away at a time.
    """

    def __init__(
        self,
        place: Place,
        errands: Errands,
        bounds: Bounds,
        most_jobs: int = DEFAULT_JOBS,
        connect: Connect = connected,
    ) -> None:
        self._place, self._errands, self._bounds = place, errands, bounds
        self._most_jobs, self._connect = most_jobs, connect
        self._arrivals: queue.SimpleQueue[tuple[PoolJob, Done]] = queue.SimpleQueue()
        self._flights = Flights(most_jobs, MOST_BYTES)  # owned by: the thread
        self._stopping = False
        self._wake: Callable[[], object] = _nobody
        self._end: Callable[[], object] = _nobody
        self._thread = threading.Thread(target=self._run, name="cluster-pool", daemon=True)
        self._told: set[str] = set()
        self.problem = ""
        self.crew = Crew(place.address)  # owned by: the thread; others only look

    @property
    def workers(self) -> int:
        """How many pictures are away together."""
        return self._most_jobs

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def submit(self, job: PoolJob, done: Done) -> None:
        """Queue `job`, first come first served."""
        if self._stopping:
            close_payloads(job)
            return
        self._arrivals.put((job, done))
        self._wake()

    def stop(self) -> None:
        """End the connection; what is not answered is dropped."""
        if self._stopping:
            return
        self._stopping = True
        self._end()
        if self._thread.ident is None:
            self._drop()
        else:
            self._thread.join(_STOP_S)

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._live())
        finally:
            self._drop()

    async def _live(self) -> None:
        """Connect, over and over, until `stop` cancels it."""
        changed = self._listen()
        while not self._stopping:
            try:
                await self._serve(changed)
            except Gone as gone:
                self._say(f"the scheduler {self._place.address} can't be reached: {gone}")
            except Exception as bug:
                log.exception("the cluster's pool stumbled")
                self._say(f"dedupd failed at the cluster: {bug!r}")
            await asyncio.sleep(RETRY_S)

    def _listen(self) -> asyncio.Event:
        """Let other threads wake and end this one."""
        loop, changed, me = asyncio.get_running_loop(), asyncio.Event(), asyncio.current_task()

        def call(function: Callable[[], object]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(function)

        self._wake = lambda: call(changed.set)
        self._end = lambda: call(me.cancel) if me else None
        return changed

    async def _serve(self, changed: asyncio.Event) -> None:
        """Keep one connection for as long as it lasts.

        Raises:
            Gone: It ended, or never was.
        """
        line = await self._connect(self._place)
        self.crew = Crew(self._place.address)
        shared = (self._flights, self._errands, self._bounds)
        tower = Tower(line, self.crew, *shared, changed)
        try:
            while not self._stopping:
                changed.clear()
                self._take_arrivals()
                await tower.turn()
                self._say(self.crew.problem)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), POLL_S)
        finally:
            await tower.close()

    def _take_arrivals(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._flights.take(*self._arrivals.get_nowait())

    def _say(self, problem: str) -> None:
        """Have the problem be this one; log what is new about workers that can't be used."""
        self.problem = problem
        for misfit in self.crew.misfits:
            if misfit not in self._told:
                self._told.add(misfit)
                log.warning("a worker of the cluster gets no pictures: %s", misfit)

    def _drop(self) -> None:
        self._take_arrivals()
        for job in self._flights.dropped():
            close_payloads(job)


class Survey(NamedTuple):
    """A cluster as a short look found it: a problem or none, and its workers."""

    problem: str
    fit: int
    misfits: tuple[str, ...]


def survey(pool: ClusterPool, within_s: float = SURVEY_S) -> Survey:
    """Return what a pool of one's own, not yet started, finds at its cluster; then stop it."""
    deadline_s = time.monotonic() + within_s
    pool.start()
    try:
        while not (pool.problem or pool.crew.complete) and time.monotonic() < deadline_s:
            time.sleep(_LOOK_S)
        crew, problem = pool.crew, pool.problem
        if not (problem or crew.complete):
            problem = crew.problem or f"no worker answered within {within_s:.0f} s"
        return Survey(problem, len(crew.fit), crew.misfits)
    finally:
        pool.stop()


def _nobody() -> None:
    """Nobody listens yet, or any more."""
