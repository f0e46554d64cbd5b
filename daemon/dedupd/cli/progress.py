"""Show how far `check` is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from dedupd.faces.outputs.phrases import duration, several
from dedupd.reports import Queue, Report

LINE_EVERY_S = 5.0

Show = Callable[[Report], None]


@contextlib.contextmanager
def shown(stream: TextIO, *, colour: bool = True) -> Iterator[Show]:
    """Give what to call with each report while the block runs."""
    if stream.isatty():
        with _bar(stream, colour=colour) as show:
            yield show
    else:
        yield Lines(stream).show


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


@contextlib.contextmanager
def _bar(stream: TextIO, *, colour: bool) -> Iterator[Show]:
    console = Console(file=stream, no_color=not colour)
    columns = (BarColumn(), TextColumn("{task.completed} of {task.total}, {task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("listing", total=None)

        def show(report: Report) -> None:
            queue = report.queue
            progress.update(
                task,
                completed=queue.hashed,
                total=queue.hashed + queue.pending,
                description=left(queue),
            )

        yield show
