"""Keep a report before somebody's eyes: redrawn on a terminal, printed on change elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from dedupd.faces.outputs.look import look_of
from dedupd.faces.outputs.text import render
from dedupd.faces.questions import Fields
from dedupd.text import path_of

TERMINAL_EVERY_S = 0.5
PIPE_EVERY_S = 1.0
NOT_READY = ("starting", "scanning", "stopping")


class Screen:
    """Shows the last report that `draw` was given.

    `footer` stays below it.  On a terminal at most twice a second, cut to its height.
    Elsewhere once when the daemon is ready, then whenever a folder's state changed, at most
    once a second: REQUIRES that `draw` is called at least that often, with the same report if
    nothing is new, or a change shows late.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        colour: bool = True,
        footer: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._colour, self._clock = stream, colour, clock
        self._footer = footer.splitlines()
        self._every_s = TERMINAL_EVERY_S if stream.isatty() else PIPE_EVERY_S
        self._drawn_at_s = float("-inf")
        self._states: list[tuple[bytes, str]] | None = None

    def due(self) -> bool:
        """Say whether `draw` would show anything new now, before a report is made for it."""
        return self._clock() - self._drawn_at_s >= self._every_s

    def draw(self, report: Fields) -> None:
        """Show the report, or leave it where it is too early or nothing changed."""
        if not self.due():
            return
        look = look_of(self._stream, colour=self._colour)
        if look.lines is not None:
            self._redraw(render(report, look).splitlines(), look.lines)
        elif self._changed(report):
            text = "\n".join([render(report, look), *self._footer])
            print(text, end="\n\n", file=self._stream, flush=True)
            self._footer = []  # once is enough where nothing is overwritten
        else:
            return
        self._drawn_at_s = self._clock()

    def _redraw(self, lines: list[str], height: int) -> None:
        height -= len(self._footer)
        if len(lines) >= height:
            hidden = len(lines) - height + 2
            lines = [*lines[: height - 2], f"... {hidden} more lines: dedupd status"]
        lines += self._footer
        body = "".join(f"{line}\x1b[K\n" for line in lines)
        self._stream.write(f"\x1b[H{body}\x1b[J")
        self._stream.flush()

    def _changed(self, report: Fields) -> bool:
        if self._states is None and report["state"] in NOT_READY:
            return False
        states = [(path_of(folder), folder["state"]) for folder in report["folders"]]
        changed = states != self._states
        self._states = states
        return changed
