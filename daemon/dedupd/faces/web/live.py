"""Tells open pages that there is news: one short line a change, to few listeners at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from dedupd.reports import Report

MOST_LISTENERS = 8
TICK_S = 1.0
ALIVE_EVERY = 15
"""After so many ticks without news a comment is sent, so that a dead connection is noticed."""


class Live:
    """The streams of one page server.  Used from its event loop only.

    Args:
        report: The last report; asked once a tick, and only while somebody listens.
    """

    def __init__(self, report: Callable[[], Report], tick_s: float = TICK_S) -> None:
        self._report, self._tick_s = report, tick_s
        self._listeners = 0
        self._closed = False

    def close(self) -> None:
        """End every stream at its next tick."""
        self._closed = True

    def follow(self) -> AsyncIterator[str] | None:
        """Return a new stream, None where there are too many."""
        return self._stream() if self._listeners < MOST_LISTENERS else None

    async def _stream(self) -> AsyncIterator[str]:
        self._listeners += 1
        try:
            last, quiet = _news(self._report()), 0
            yield "retry: 3000\n\n"
            while not self._closed:
                await asyncio.sleep(self._tick_s)
                quiet += 1
                news = _news(self._report())
                if news != last:
                    last, quiet = news, 0
                    yield "event: changed\ndata: \n\n"
                elif quiet >= ALIVE_EVERY:
                    quiet = 0
                    yield ": here\n\n"
        finally:
            self._listeners -= 1


def _news(report: Report) -> tuple[object, ...]:
    """Return what a page shows of a report; its time alone is no news."""
    states = tuple(one.state for one in report.folders)
    return report.state, report.totals, report.queue.pending, report.roots, states, report.problems
