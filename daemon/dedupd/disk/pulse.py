"""Tells a thread that works slowly from one that hangs in a call that never returns.

A walk may be silent for long on a slow disk, but it runs again and again, if only for moments;
a thread inside a dead mount doesn't run at all.  The kernel counts its time (proc(5), schedstat).
"""

from __future__ import annotations

import threading

HANGS_S = 35.0  # felt every 10 s, so that it is told within a minute
MOVES_NS = 1_000_000
"""A call that waits in vain may wake up now and then; that takes less than this."""


class Pulse:
    """The pulse of one thread, felt from another one."""

    def __init__(self) -> None:
        self._native_id = 0
        self._job = self._felt_job = 0
        self._busy = False
        self._ran_ns, self._since_s = 0, float("inf")

    def begin(self) -> None:
        """The calling thread begins a job that must not hang."""
        self._native_id, self._job, self._busy = threading.get_native_id(), self._job + 1, True

    def end(self) -> None:
        """The job is done."""
        self._busy = False

    def hangs(self, now_s: float) -> bool:
        """Has the job stood still for `HANGS_S`?  To be asked every few seconds.

        Where the kernel doesn't count, nothing ever hangs.
        """
        if not self._busy:
            self._felt_job = 0
            return False
        ran_ns = time_run_ns(self._native_id)
        if ran_ns is None:
            return False
        if self._felt_job != self._job or ran_ns - self._ran_ns >= MOVES_NS:
            self._felt_job, self._ran_ns, self._since_s = self._job, ran_ns, now_s
        return now_s - self._since_s >= HANGS_S


def time_run_ns(native_id: int) -> int | None:
    """Return how long a thread of this process has run, None where that isn't told."""
    try:
        with open(f"/proc/self/task/{native_id}/schedstat", "rb") as file:
            return int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return None
