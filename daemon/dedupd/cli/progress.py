"""Show how far `check` is: one line with a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from dedupd.faces.outputs import bars
from dedupd.faces.outputs.look import look_of
from dedupd.faces.outputs.phrases import duration, number, several
from dedupd.reports import Queue, Report

BAR_EVERY_S = 0.2
LINE_EVERY_S = 5.0
BAR_CELLS = 20
CLEAR = "\r\x1b[K"

Show = Callable[[Report], None]


@contextlib.contextmanager
def shown(stream: TextIO, *, verbose: bool = False) -> Iterator[Show]:
    """Give what to call with each report while the block runs.

    A log gets a line now and then if somebody asked for more words (`verbose`).
    """
    if stream.isatty():
        bar = Bar(stream)
        try:
            yield bar.show
        finally:
            bar.clear()
    elif verbose:
        yield Lines(stream).show
    else:
        yield _nothing


def _nothing(_: Report) -> None:
    """Show nothing: nobody looks."""


class Bar:
    """Keeps one line up to date, and leaves nothing of it behind."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._last_s, self._dirty = float("-inf"), False

    def show(self, report: Report) -> None:
        """Show how far it is, not more often than one can look."""
        now_s = self._clock()
        if now_s - self._last_s < BAR_EVERY_S:
            return
        self._last_s, self._dirty = now_s, True
        look = look_of(self._stream)
        queue, width = report.queue, (look.columns or 80) - 1
        whole = queue.hashed + queue.pending
        text = f"{number(queue.hashed)} of {number(whole)} files, {left(queue)}"
        if not whole:
            text = f"listing: {several(sum(root.pictures for root in report.roots), 'picture')}"
        bar = bars.done(queue.hashed, whole, look, BAR_CELLS)
        print(CLEAR + f"{bar}  {text}"[:width], end="", file=self._stream, flush=True)

    def clear(self) -> None:
        """Leave nothing of it on the terminal."""
        if self._dirty:
            self._dirty = False
            print(CLEAR, end="", file=self._stream, flush=True)


class Lines:
    """Prints at most one line in five seconds, and none for what takes less."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._last_s = clock()

    def show(self, report: Report) -> None:
        """Print how far it is, unless that was done a moment ago."""
        now_s = self._clock()
        if now_s - self._last_s < LINE_EVERY_S:
            return
        self._last_s = now_s
        print(f"dedupd: {report.queue.hashed:,} read, {left(report.queue)}", file=self._stream)
        self._stream.flush()


def left(queue: Queue) -> str:
    """Return what is left to do, with rate and remaining time where they are known."""
    said = f"{several(queue.pending, 'file')} left"
    if queue.per_second:
        said += f", {queue.per_second:.1f} a second"
    if queue.eta_s is not None:
        said += f", about {duration(queue.eta_s)}"
    return said
