"""When the library is read again, all of it, file by file: rounds, each with its progress.

A round begins when the last one began long enough ago, and goes through the files by path.  What
is new since it began is passed by or taken along: it was read only just now.  A disk is awake for
the length of a round, and asleep for months, which a file every few minutes would never let it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dedupd.text import path_fields, path_of


@dataclass(frozen=True, slots=True)
class Pace:
    """How often every file is to be read again, and how fast.

    Attributes:
        every_s: From the beginning of one round to that of the next, in seconds.
        rate_bytes_per_s: How much of the disk a round takes, at most.
    """

    every_s: float
    rate_bytes_per_s: int


@dataclass(frozen=True, slots=True)
class Round:
    """One round through one root.

    Attributes:
        began_at_s: Seconds since 1970.
        after: The last path that is done; b"" before the first one, None when all are.
    """

    began_at_s: float
    after: bytes | None

    def facts(self) -> dict[str, object]:
        """Return what the store keeps of it."""
        done = {} if self.after is None else path_fields(self.after)
        return {"began_at_s": self.began_at_s, **done}


def remembered(facts: Mapping[str, object] | None) -> Round | None:
    """Return the round of which the store kept `facts`, or None."""
    began_at_s = (facts or {}).get("began_at_s")
    if facts is None or not isinstance(began_at_s, (int, float)):
        return None
    return Round(float(began_at_s), path_of(dict(facts)) if "path" in facts else None)


def current(known: Round | None, wall_s: float, every_s: float) -> Round:
    """Return the round that is due or under way at this time.

    A root that has had none was read only just now: its first one is as good as done.  Neither a
    clock that was wrong nor one that was put right keeps the next round away for longer.
    """
    if known is None:
        return Round(wall_s, None)
    if known.began_at_s > wall_s:
        return replace(known, began_at_s=wall_s)
    if known.after is None and wall_s - known.began_at_s >= every_s:
        return Round(wall_s, b"")
    return known
