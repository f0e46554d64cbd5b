"""Draw shares as bars of a few cells, in block characters or in ASCII.

Promises that nothing is rounded away: what is there at all has a cell.  Only an imported
folder's bar is full.
"""

from __future__ import annotations

from typing import NamedTuple

from dedupd.faces.outputs.look import Look
from dedupd.faces.questions import Fields

CELLS = 10


class Part(NamedTuple):
    """One part of a bar: its counts, how a cell of it looks, and its colour."""

    counts: tuple[str, ...]
    block: str
    plain: str
    colour: str


PARTS = (
    Part(("matched", "dismissed"), "\u2588", "#", "green"),
    Part(("possible",), "\u2592", "?", "yellow"),
    Part(("unmatched", "unreadable", "excluded"), "\u2591", "-", "red"),
    Part(("pending",), "\u00b7", ".", "cyan"),
)
"""Imported, to review, missing, not known yet."""


def shares(folder: Fields, look: Look) -> str:
    """Return the bar of a folder, always `CELLS` wide; blank where it holds no picture.

    Of one that can't be verified at the moment nothing is known, whatever was counted before.
    """
    sums = [sum(folder[key] for key in part.counts) for part in PARTS]
    if folder["state"] in ("offline", "unverified"):
        sums = [0, 0, 0, sum(sums)]
    elif folder["state"] != "imported" and any(sums) and not any(sums[1:]):
        sums[-1] = 1  # every picture was found, and the last look at the disk is still to come
    drawn = [
        look.paint((part.block if look.blocks else part.plain) * width, part.colour)
        for part, width in zip(PARTS, cells(sums), strict=True)
        if width
    ]
    return "".join(drawn) or " " * CELLS


def done(part: int, whole: int, look: Look, width: int = CELLS) -> str:
    """Return the bar of something under way."""
    full, _ = cells([part, max(whole - part, 0)], width)
    filled, empty = ("\u2588", "\u2591") if look.blocks else ("#", "-")
    return filled * full + empty * (width - full)


def cells(sums: list[int], width: int = CELLS) -> list[int]:
    """Return how many cells each of `sums` gets: `width` in all, one at least for what isn't 0.

    REQUIRES at most `width` sums.
    """
    given = [int(count > 0) for count in sums]
    while any(sums) and sum(given) < width:
        # The one that is worst off: its cells stand for the most.
        worst = max(range(len(sums)), key=lambda at: sums[at] / max(given[at], 1))
        given[worst] += 1
    return given
