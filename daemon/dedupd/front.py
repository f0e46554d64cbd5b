"""What the socket's threads ask of the loop, whichever there is at that moment.

A daemon that starts, reloads or opens its store again has none; `status --wait` waits for it.
Until the first look at all roots is over, a folder that is pending shows the last run's verdict,
with its date.
"""

from __future__ import annotations

import concurrent.futures
import time
from pathlib import Path

from dedupd.asks import Ask, AskWait, Refused, Reply
from dedupd.loop import Loop
from dedupd.reports import Report, remembering, verdicts
from dedupd.state import lastreport

ANSWER_S = 30.0
START_S = 120.0
KEEP_EVERY_S = 600.0
_AGAIN_S = 0.2
_BUSY = Refused("no answer", "the daemon is starting, reloading or stopping", "try again")


class Front:
    """Answers from many threads; the daemon's own thread sets the attributes.

    Attributes:
        loop: None where there is none at the moment.
        report: The last one, for as long as there is no loop.
        closed: No loop will come any more.

    Args:
        recalled: The report of the last run, None if there is none.
    """

    def __init__(self, recalled: Report | None) -> None:
        self.loop: Loop | None = None
        self.report = recalled or Report(version="", time="", state="starting")
        self.closed = False
        self._recalled = recalled

    def ask(self, ask: Ask) -> Reply:
        """Return the loop's answer, or why there is none; `AskWait` waits for a loop too."""
        patient = isinstance(ask, AskWait)
        until_s = time.monotonic() + (START_S if patient else 0.0)
        while True:
            try:
                if (loop := self.loop) is not None:
                    return loop.ask(ask).result(None if patient else ANSWER_S)
            except concurrent.futures.CancelledError:
                pass  # that loop ended; another one may follow
            except TimeoutError:
                why = f"the daemon was busy for {ANSWER_S:.0f} s"
                return Refused("no answer", why, "try again")
            if self.closed or time.monotonic() >= until_s:
                return _BUSY
            time.sleep(_AGAIN_S)

    def last_report(self) -> Report:
        """Return the report that was made last; asks nobody, so it comes at once."""
        loop = self.loop
        return self.report if loop is None else loop.report

    def fresh_report(self) -> Report:
        """Return the report of this moment, or the last one where that can't be had."""
        loop = self.loop
        if loop is None or not loop.loaded:
            return self.report
        try:
            report = loop.fresh_report().result(ANSWER_S)
        except (concurrent.futures.CancelledError, TimeoutError):
            return self.report
        return self.dated(report, loop)

    def dated(self, report: Report, loop: Loop) -> Report:
        """Return the loop's report with the verdicts of the last run where it has none yet."""
        if self._recalled is None or loop.engine.ready:
            return report
        return remembering(report, self._recalled)


class Keeping:
    """Keeps the report for the next run.  Belongs to the daemon's own thread.

    Args:
        state: The state folder.
        front: Where the report is.
    """

    def __init__(self, state: Path, front: Front) -> None:
        self._state, self._front = state, front
        self._kept_s, self._said = time.monotonic(), verdicts(front.report)

    def tend(self, loop: Loop, *, now: bool = False) -> None:
        """Keep it once in a while, where it says something else, and before this run ends."""
        if not (now or time.monotonic() - self._kept_s >= KEEP_EVERY_S):
            return
        report = self._front.dated(self._front.report, loop)
        self._kept_s, before, self._said = time.monotonic(), self._said, verdicts(report)
        if now or self._said != before:
            lastreport.keep(self._state, report)
