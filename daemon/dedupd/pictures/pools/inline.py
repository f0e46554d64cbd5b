"""A pool without workers: looks at each picture in the caller's thread, for tests and scripts.

It borrows standard error during each decode and has neither time nor memory limit, so a daemon
must not use it for files that it doesn't know.
"""

from __future__ import annotations

from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.exchange import PoolJob, close_payloads
from dedupd.pictures.limits import Limits
from dedupd.pictures.pools import Done
from dedupd.pictures.work import do


class InlinePool:
    """A `Pool` that has answered before `submit` returns, once it is started."""

    workers = 1
    problem = ""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._capture = StderrCapture()
        self._early: list[tuple[PoolJob, Done]] = []
        self._started = self._stopped = False

    def start(self) -> None:
        """Do the jobs that came early."""
        self._started = True
        while self._early:
            self.submit(*self._early.pop(0))

    def submit(self, job: PoolJob, done: Done) -> None:
        """Do `job` now."""
        if not (self._started or self._stopped):
            self._early.append((job, done))
            return
        answer = None if self._stopped else do(job, self._limits, self._capture)
        close_payloads(job)
        if answer is not None:
            done(answer)

    def stop(self) -> None:
        """Drop what comes from now on."""
        if self._stopped:
            return
        self._stopped = True
        for job, _ in self._early:
            close_payloads(job)
        self._early.clear()
        self._capture.close()
