"""Keep a report before somebody's eyes: redrawn on a terminal, printed on change elsewhere."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from dedupd.faces.outputs import terminal, text
from dedupd.faces.outputs.look import look_of
from dedupd.faces.outputs.terminal import NEEDING_WORK, Choice
from dedupd.faces.questions import Fields
from dedupd.text import path_of

TERMINAL_EVERY_S = 0.5
PIPE_EVERY_S = 1.0
NOT_READY = ("starting", "scanning", "stopping")

# The alternate screen, so that what was there before comes back; no cursor that jumps about.
ENTER = "\x1b[?1049h\x1b[?25l"
LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
# A line of the report that is too long must not push the first one out; a command must be whole.
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"
CLEAR_REST, CLEAR_BELOW = "\x1b[K", "\x1b[J"
CODES = re.compile(r"\x1b\[[0-9;]*m")


class Screen:
    """Shows the last report that `draw` was given.  Use it as a context manager.

    `footer` stays below it.  On a terminal at most twice a second, cut to its height; what was
    there before comes back at the end.  Elsewhere once when the daemon is ready, then whenever a
    folder's state changed, at most once a second: REQUIRES that `draw` is called at least that
    often, with the same report if nothing is new, or a change shows late.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        colour: bool = True,
        footer: str = "",
        choice: Choice = NEEDING_WORK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._colour, self._clock = stream, colour, clock
        self._footer, self._choice = footer.splitlines(), choice
        self._every_s = TERMINAL_EVERY_S if stream.isatty() else PIPE_EVERY_S
        self._drawn_at_s = float("-inf")
        self._states: list[tuple[bytes, str]] | None = None
        self._entered = False

    def due(self) -> bool:
        """Say whether `draw` would show anything new now, before a report is made for it."""
        return self._clock() - self._drawn_at_s >= self._every_s

    def draw(self, report: Fields) -> None:
        """Show the report, or leave it where it is too early or nothing changed."""
        if not self.due():
            return
        look = look_of(self._stream, colour=self._colour)
        if look.lines is not None:
            whole = terminal.render(report, look, self._choice)
            self._redraw(whole.splitlines(), look.lines, look.columns or 80)
        elif self._changed(report):
            lines = "\n".join([text.render(report, look), *self._footer])
            print(lines, end="\n\n", file=self._stream, flush=True)
            self._footer = []  # once is enough where nothing is overwritten
        else:
            return
        self._drawn_at_s = self._clock()

    def close(self) -> None:
        """Give the terminal back as it was."""
        if self._entered:
            self._entered = False
            self._stream.write(LEAVE)
            self._stream.flush()

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def _redraw(self, lines: list[str], height: int, columns: int) -> None:
        """Overwrite what is there line by line, in one write: nothing is blank in between."""
        enter, self._entered = "" if self._entered else ENTER, True
        below = sum(max(-(-width_of(line) // columns), 1) for line in self._footer)
        footer = self._footer if below + 2 <= height else []
        shown = cut(lines, height - below if footer else height)
        drawn = [NO_WRAP + _line(line, columns) for line in shown]
        drawn += [WRAP + _line(line, columns) for line in footer]
        if len(shown) + (below if footer else 0) < height:
            drawn.append(CLEAR_BELOW)
        self._stream.write(f"{enter}\x1b[H" + "\n".join(drawn))
        self._stream.flush()

    def _changed(self, report: Fields) -> bool:
        if self._states is None and report["state"] in NOT_READY:
            return False
        states = [(path_of(folder), folder["state"]) for folder in report["folders"]]
        changed = states != self._states
        self._states = states
        return changed


def _line(line: str, columns: int) -> str:
    """Return a line that leaves nothing of what stood there.

    Behind the last column there is nothing to clear: the cursor is still on it then.
    """
    width = width_of(line)
    return line + (CLEAR_REST if width % columns or not width else "")


def width_of(line: str) -> int:
    """Return how many columns a line takes: colours none, Chinese characters two each."""
    plain = CODES.sub("", line)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in plain)
    return len(plain) + wide - sum(unicodedata.combining(c) > 0 for c in plain)


def cut(lines: list[str], height: int) -> list[str]:
    """Return what fits into `height` lines, with a word on how many are left out.

    A line is never shown without the indented ones below it: they say what else an imported
    folder holds.
    """
    if len(lines) <= height:
        return lines
    first = max(height - 1, 0)
    while first and lines[first].startswith(" "):
        first -= 1
    return [*lines[:first], f"... {len(lines) - first} more lines: dedupd status"]
