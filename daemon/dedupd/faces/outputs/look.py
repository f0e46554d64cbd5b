"""How output may look: how wide the terminal is, and whether it may have colours."""

from __future__ import annotations

import os
from typing import NamedTuple, TextIO

SHORTEST_PATH = 24
"""Paths are shortened no further than this; then the line is longer than the terminal."""

COLOURS = {"red": 31, "green": 32, "yellow": 33, "magenta": 35, "cyan": 36, "bold": 1}


class Look(NamedTuple):
    """What the place that is written to can show.

    `columns` and `lines` are None where it isn't a terminal: then nothing is shortened.
    `blocks` says whether it can show characters like `\u2588`.
    """

    columns: int | None = None
    lines: int | None = None
    colour: bool = False
    blocks: bool = False

    def paint(self, text: str, colour: str) -> str:
        """Return `text` in a colour of the table, or as it is."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.colour and colour else text

    def fit(self, path: str, taken: int, least: int = SHORTEST_PATH) -> str:
        """Shorten a path in the middle where less than its length is left beside `taken`."""
        if self.columns is None:
            return path
        room = max(self.columns - taken, least)
        if len(path) <= room:
            return path
        head = (room - 3) // 3
        return path[:head] + "..." + path[len(path) - (room - 3 - head) :]


def look_of(stream: TextIO, *, colour: bool = True) -> Look:
    """Return how output to `stream` may look; `$NO_COLOR` and `colour` can forbid colours."""
    if not stream.isatty():
        return Look()
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except OSError:
        columns, lines = 80, 24
    clever = os.environ.get("TERM") != "dumb"
    allowed = colour and not os.environ.get("NO_COLOR") and clever
    encoding = str(getattr(stream, "encoding", None)).lower().replace("_", "-")
    return Look(columns or 80, lines or 24, allowed, clever and encoding in ("utf-8", "utf8"))
