"""Capture times: do two pictures say that they are of different moments, or of the very same?

Times are those of `Fingerprint.taken_at`.  A fraction that is all zeros tells nothing: many
cameras write it into every picture.
"""

from __future__ import annotations


def differ(first: str, second: str) -> bool:
    """Do the two times contradict each other?  A missing time or fraction contradicts nothing."""
    if not (first and second):
        return False
    (seconds, fraction), (other_seconds, other_fraction) = _parts(first), _parts(second)
    if seconds != other_seconds:
        return True
    return bool(fraction and other_fraction) and fraction != other_fraction


def agree_to_the_subsecond(first: str, second: str) -> bool:
    """Do both name the very same moment, with sub-seconds?"""
    return bool(_parts(first)[1]) and _parts(first) == _parts(second)


def _parts(time: str) -> tuple[str, str]:
    seconds, _, fraction = time.partition(".")
    return seconds, fraction.rstrip("0")  # .5 and .50 are one moment
