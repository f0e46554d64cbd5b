"""What runs on a cluster's worker: checks that it may look at a picture, then has a child look.

A Dask worker calls these functions in its threads.  The bytes of a picture go to a worker process
of our own (`pictures.worker`), with its deadline, its bound on memory and without any file, just
as on the daemon's machine; Dask's own process decodes nothing.
"""

from __future__ import annotations

import contextlib
import os
import threading
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dedupd.errors import UserError
from dedupd.pictures.exchange import PoolAnswer, PoolJob, decode_request, encode_answer
from dedupd.pictures.limits import Limits
from dedupd.pictures.pools import Pool
from dedupd.pictures.pools.asking import ask
from dedupd.pictures.pools.processes import ProcessPool
from dedupd.pictures.pools.terms import Bounds, Errands, Outcome, Reply, Terms, mismatch, ours


@dataclass(eq=False, slots=True)
class _Lent:
    """A pool, and how many use it at this moment."""

    pool: Pool
    users: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


class Bench:
    """The processes of one Dask worker, made when they are first needed.  Thread-safe.

    There is one pool for each set of bounds that is in use; one that nobody uses ends when
    somebody comes with other bounds.

    Attributes:
        threads: How many pictures this worker is given at a time.
    """

    def __init__(self) -> None:
        self.threads = 1
        self._lock = threading.Lock()
        self._lent: dict[tuple[Bounds, int], _Lent] = {}

    def ask(self, job: PoolJob, bounds: Bounds) -> PoolAnswer | None:
        """Return a process's answer to `job`; None where its pool was ended meanwhile.

        Raises:
            UserError: No process can be started; the next job tries again.
        """
        with self._using(bounds) as lent:
            try:
                return ask(lent.pool, job, lent.ended.is_set)
            except UserError:
                self._end([lent])  # it holds what was not answered
                raise

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            lent = [*self._lent.values()]
        self._end(lent)

    @contextmanager
    def _using(self, bounds: Bounds) -> Iterator[_Lent]:
        key = (bounds, self.threads)
        with self._lock:
            if key not in self._lent:
                self._lent[key] = _Lent(_started(*key))
            lent = self._lent[key]
            lent.users += 1
            idle = [one for one in self._lent.values() if not one.users]
        self._end(idle)
        try:
            yield lent
        finally:
            with self._lock:
                lent.users -= 1

    def _end(self, ending: Collection[_Lent]) -> None:
        with self._lock:
            self._lent = {key: one for key, one in self._lent.items() if one not in ending}
        for one in ending:
            one.ended.set()
            one.pool.stop()


BENCH = Bench()
"""That of this process."""


def greet(threads: int) -> Terms:
    """Take in how many pictures come at a time; return the versions of this worker."""
    BENCH.threads = max(threads, 1)
    return dict(ours())


def look(
    request: bytes,
    pictures: tuple[bytes, ...],
    crcs: tuple[int, ...],
    terms: Terms,
    bounds: Bounds,
) -> Reply:
    """Have a child do the job, if all came whole and from a daemon of our versions."""
    why = mismatch(ours(), terms)
    if why:
        return Reply(Outcome.UNFIT, words=why)
    if tuple(map(zlib.crc32, pictures)) != tuple(crcs):
        return Reply(Outcome.GARBLED)
    try:
        answer = BENCH.ask(_job(request, pictures), bounds)
    except (UserError, OSError) as error:
        return Reply(Outcome.UNABLE, words=getattr(error, "why", str(error)))
    if answer is None:
        return Reply(Outcome.UNABLE, words="the worker is being stopped")
    packet = encode_answer(answer)
    return Reply(Outcome.ANSWER, packet, zlib.crc32(packet))


ERRANDS = Errands(greet, look)


def _started(bounds: Bounds, threads: int) -> Pool:
    limits = Limits(bounds.pixels)
    pool = ProcessPool(threads, bounds.timeout_s, bounds.memory_bytes, limits)
    pool.start()
    return pool


def _job(request: bytes, pictures: tuple[bytes, ...]) -> PoolJob:
    """Return the job with its pictures in memory files; the pool closes them."""
    with contextlib.ExitStack() as made:
        fds = []
        for data in pictures:
            fd = os.memfd_create("picture", os.MFD_CLOEXEC)
            made.callback(os.close, fd)
            fds.append(fd)
            with os.fdopen(os.dup(fd), "wb") as memory:
                memory.write(data)
        job, _ = decode_request(request, fds)
        made.pop_all()
    return job
