"""One connection to a cluster: greets its workers, sends jobs to those that fit, takes answers in.

Runs in the loop of the pool's thread and shares its books.  Whatever becomes of the connection,
each job ends as answered, or waits again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
import zlib
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Protocol

from dedupd.messages import Payload
from dedupd.model import Unreadable
from dedupd.pictures.exchange import (
    PoolAnswer,
    close_payloads,
    decode_answer,
    encode_request,
    failed,
    payloads,
)
from dedupd.pictures.limits import NeedsRoom
from dedupd.pictures.pools.crew import Crew
from dedupd.pictures.pools.flights import Flight, Flights
from dedupd.pictures.pools.line import Broken, Gone, Lost
from dedupd.pictures.pools.terms import Bounds, Errands, Outcome, Reply, mismatch, ours
from dedupd.wire import Damaged

POLL_S = 1.0
GREET_S = 30.0
LOST = Unreadable("killed", "its worker was lost")

log = logging.getLogger(__name__)


class Connection(Protocol):
    """What is needed of a connection; `line.Line` is one."""

    @property
    def lives(self) -> bool:
        """Whether the scheduler was there a moment ago."""

    async def workers(self) -> dict[str, int]:
        """Return the threads of each worker by its address."""

    async def call(
        self,
        function: Callable[..., object],
        *arguments: object,
        workers: Collection[str],
        urgent: bool = False,
    ) -> object:
        """Return what the function returns on one of these workers."""

    async def close(self) -> None:
        """End it."""


class Tower:
    """Serves one connection, in turns.

    Args:
        changed: Set when there is something to do before the next look at the workers.
    """

    def __init__(
        self,
        line: Connection,
        crew: Crew,
        flights: Flights,
        errands: Errands,
        bounds: Bounds,
        changed: asyncio.Event,
    ) -> None:
        self._line, self._crew, self._flights = line, crew, flights
        self._errands, self._bounds, self._changed = errands, bounds, changed
        self._flying: dict[asyncio.Task[None], frozenset[str]] = {}
        self._asked_s = float("-inf")

    async def turn(self) -> None:
        """Let go what can go; look who is there, if it is time to.

        Raises:
            Gone: The connection ended.
        """
        if not self._line.lives:
            raise Gone("the connection ended")
        if time.monotonic() >= self._asked_s + POLL_S:
            present = await self._line.workers()
            self._asked_s = time.monotonic()
            for address in self._crew.seen(present):
                self._begin(self._greet(address), frozenset({address}))
            self._recall(present)
        fit = self._crew.fit
        for flight in self._flights.departures() if fit else ():
            self._begin(self._fly(flight, fit), fit)

    async def close(self) -> None:
        """Call back what is away, and end the connection."""
        flying = list(self._flying)
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
        await self._line.close()

    def _begin(self, work: Coroutine[Any, Any, None], workers: frozenset[str]) -> None:
        task = asyncio.create_task(work)
        self._flying[task] = workers
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._flying[task]
        self._changed.set()

    def _recall(self, present: Collection[str]) -> None:
        """Call back what only workers could do that left: Dask would wait for them for ever."""
        for task, workers in self._flying.items():
            if workers.isdisjoint(present):
                task.cancel()

    async def _greet(self, address: str) -> None:
        threads, crew = self._crew.threads(address), self._crew
        greet = self._line.call(self._errands.greet, threads, workers=[address], urgent=True)
        try:
            theirs = await asyncio.wait_for(greet, GREET_S)
        except TimeoutError:
            crew.doubt(address, f"it did not answer within {GREET_S:g} s")
        except Gone as gone:
            crew.doubt(address, str(gone))
        except (Broken, Lost) as error:
            crew.greeted(address, f"it can't run dedupd: {error}")
        else:
            why = mismatch(theirs, ours()) if isinstance(theirs, dict) else "it speaks strangely"
            crew.greeted(address, why)

    async def _fly(self, flight: Flight, fit: frozenset[str]) -> None:
        try:
            data = tuple(_bytes_of(payload) for payload in payloads(flight.job))
            request, crcs = encode_request(flight.job, 0), tuple(map(zlib.crc32, data))
            cargo = (request, data, crcs, ours(), self._bounds)
            reply = await self._line.call(self._errands.look, *cargo, workers=fit)
        except (Gone, asyncio.CancelledError):
            self._flights.came_back(flight)
        except Lost:
            self._lost(flight, LOST)
        except Exception as error:
            log.warning("a picture could not be looked at by the cluster: %s", error)
            self._lost(flight, Unreadable("killed", f"dedupd failed at it: {error}"))
        else:
            self._came(flight, reply)

    def _came(self, flight: Flight, reply: object) -> None:
        match reply:
            case Reply(Outcome.ANSWER, packet, crc) if zlib.crc32(packet) == crc:
                self._answered(flight, packet)
            case Reply(Outcome.UNFIT):
                self._crew.doubt_all("one of the cluster's workers is of another version")
                self._flights.came_back(flight)
            case Reply(Outcome.UNABLE, words=words):
                self._crew.unable = words
                self._flights.came_back(flight)
            case _:
                self._lost(flight, Unreadable("killed", "its bytes were garbled on the way"))

    def _answered(self, flight: Flight, packet: bytes) -> None:
        try:
            answer = decode_answer(flight.job, packet)
        except (Damaged, NeedsRoom) as error:
            self._lost(flight, Unreadable("killed", f"its worker spoke strangely: {error}"))
            return
        self._crew.unable = ""
        self._flights.landed(flight)
        _tell(flight, answer)

    def _lost(self, flight: Flight, why: Unreadable) -> None:
        if not self._flights.lost(flight):
            _tell(flight, failed(flight.job, why))


def _tell(flight: Flight, answer: PoolAnswer) -> None:
    close_payloads(flight.job)
    flight.done(answer)


def _bytes_of(payload: Payload) -> bytes:
    size_bytes = os.fstat(payload.fd).st_size
    data = bytearray()
    while len(data) < size_bytes and (part := os.pread(payload.fd, size_bytes, len(data))):
        data += part
    return bytes(data)
