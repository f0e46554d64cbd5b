"""How much one picture may ask for before it is called too large."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one picture, checked in its header before anything is decoded.

    Attributes:
        pixels: Largest width times height.
    """

    pixels: int = 200_000_000
