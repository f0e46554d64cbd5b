"""Is this still the root that the owner meant?  Decisions on identities and losses.

A missing disk, a swapped disk and a deleted library look alike from inside a folder; this
module tells them apart, and where it can't, it says so and nothing is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.messages import RootSeen
from dedupd.model import Identity

EMPTIED_MIN_FILES = 10
HALVED_MIN_FILES = 200
SAMPLE_FILES = 32


@dataclass(frozen=True, slots=True)
class Remembered:
    """What we know of a root from before: in this run, and in earlier ones."""

    now: Identity | None
    lasting: tuple[str, int] | None
    accepted: bool = False


def is_the_root(seen: RootSeen, known: Remembered) -> bool:
    """Decide whether the folder that the root's path leads to is the root.

    Within one run its identity must be equal; a root that comes back with another one, or in
    another run, must show half of the remembered files; a root never seen before is taken as it is.
    """
    if seen.identity is None:
        return False
    if known.accepted:
        return True
    if known.now is not None and _is_equal(seen.identity, known.now):
        return True
    if known.now is None and known.lasting in (None, seen.identity.lasting):
        return True
    if seen.asked == 0:
        # Nothing was ever there that could be found again: any folder does.
        return True
    return seen.found * 2 >= seen.asked


def _is_equal(seen: Identity, known: Identity) -> bool:
    """Compare all there is: device numbers and mount ids are given to the next disk again."""
    return seen.now == known.now and seen.lasting == known.lasting


def is_suspicious(known_files: int, listed_files: int) -> bool:
    """Has a haystack root lost so much between two looks that nothing may be inferred?"""
    if known_files >= EMPTIED_MIN_FILES and listed_files == 0:
        return True
    return known_files >= HALVED_MIN_FILES and listed_files * 2 < known_files
