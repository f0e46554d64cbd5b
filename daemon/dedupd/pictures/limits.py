"""How much one picture may ask for before it is called too large, or has to wait its turn."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one picture, checked in its header before anything is decoded.

    Attributes:
        pixels: Largest width times height.
        room_px: Largest width times height that may be decoded at this moment, beside what other
            workers do; a larger one raises `NeedsRoom`.
    """

    pixels: int = 200_000_000
    room_px: int = sys.maxsize


class NeedsRoom(Exception):
    """A picture is too large to be decoded just now; `pixels` is what it needs."""

    def __init__(self, pixels: int) -> None:
        super().__init__(f"it needs room for {pixels} pixels")
        self.pixels = pixels
