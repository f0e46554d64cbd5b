"""Which jobs are with a cluster, which wait, and which go again: bookkeeping without a cluster.

At most so many jobs and bytes are away at a time; the rest waits, and goes in the order in which
it came, also what came back.  A job that was lost is tried once more; one that came back because
the cluster went away was not tried at all.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, replace

from dedupd.pictures.exchange import PoolJob, payloads
from dedupd.pictures.pools import Done

TRIES = 2


@dataclass(frozen=True, slots=True, order=True)
class Flight:
    """One job on its way; flights are ordered as their jobs came, and equal only to themselves.

    Attributes:
        losses: How often it went and did not come back.
    """

    number: int
    losses: int
    _load: _Load

    @property
    def job(self) -> PoolJob:
        """The job."""
        return self._load.job

    @property
    def done(self) -> Done:
        """Whom to tell the answer."""
        return self._load.done

    @property
    def size_bytes(self) -> int:
        """The bytes of its pictures."""
        return sum(payload.size_bytes for payload in payloads(self._load.job))


@dataclass(frozen=True, slots=True, eq=False)
class _Load:
    """What a flight carries; no two are compared, their numbers differ."""

    job: PoolJob
    done: Done


class Flights:
    """The jobs that a pool was given and has not answered.  Belongs to one thread.

    Args:
        most_jobs: How many are away at a time.
        most_bytes: How many bytes of pictures; a larger picture goes alone.
    """

    def __init__(self, most_jobs: int, most_bytes: int) -> None:
        self._most_jobs, self._most_bytes = most_jobs, most_bytes
        self._numbers = itertools.count()
        self._waiting: list[Flight] = []  # a heap
        self._away: dict[int, Flight] = {}
        self._away_bytes = 0

    def take(self, job: PoolJob, done: Done) -> None:
        """Have a job wait behind all others."""
        heapq.heappush(self._waiting, Flight(next(self._numbers), 0, _Load(job, done)))

    def departures(self) -> list[Flight]:
        """Return those that go now; they are away until they landed, came back or were lost."""
        going: list[Flight] = []
        while self._waiting and self._has_room(self._waiting[0]):
            flight = heapq.heappop(self._waiting)
            self._away[flight.number] = flight
            self._away_bytes += flight.size_bytes
            going.append(flight)
        return going

    def landed(self, flight: Flight) -> None:
        """Forget one that was answered."""
        self._leave(flight)

    def came_back(self, flight: Flight) -> None:
        """Have one wait again that nobody tried."""
        self._leave(flight)
        heapq.heappush(self._waiting, flight)

    def lost(self, flight: Flight) -> bool:
        """Have one wait again that was tried; False, and it is forgotten, after its last try."""
        self._leave(flight)
        again = flight.losses + 1 < TRIES
        if again:
            heapq.heappush(self._waiting, replace(flight, losses=flight.losses + 1))
        return again

    def dropped(self) -> list[PoolJob]:
        """Forget all of them; return their jobs."""
        jobs = [flight.job for flight in (*self._waiting, *self._away.values())]
        self._waiting.clear()
        self._away.clear()
        self._away_bytes = 0
        return jobs

    def _has_room(self, flight: Flight) -> bool:
        if not self._away:
            return True
        fits = self._away_bytes + flight.size_bytes <= self._most_bytes
        return fits and len(self._away) < self._most_jobs

    def _leave(self, flight: Flight) -> None:
        gone = self._away.pop(flight.number)
        self._away_bytes -= gone.size_bytes
