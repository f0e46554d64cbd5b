"""In what is the library's copy worse than the needle that it is to stand for?"""

from __future__ import annotations

import math

from dedupd.model import Fingerprint, MatchLimits, Measures

RAW = "raw"
TRAILING = "trailing"

REASONS = {
    "pixels": "smaller",
    "raw": "raw",
    "quality": "quality",
    "metadata": "metadata",
    "motion": "motion",
}
"""What is worse (the keys of `match.worse`) -> the reason that people see, gravest first."""

DEEP_ERROR = 0.1  # RMS grey levels; rounding to 8 bits alone costs 0.29
UNTOLD_ERROR = 1.5  # RMS grey levels of two whose codings nobody can tell
ROUNDING = 0.3  # RMS grey levels that two decoders, or a trip through PNG, differ by


def faults(
    needle: Fingerprint, haystack: Fingerprint, measures: Measures | None, limits: MatchLimits
) -> tuple[str, ...]:
    """Return in what the library's copy is worse, in the order of `REASONS`.

    Args:
        measures: None where the coded pictures are equal: then nothing of it can be worse.
    """
    found = {
        "pixels": needle.width_px * needle.height_px > haystack.width_px * haystack.height_px,
        "raw": needle.format == RAW and haystack.format != RAW,
        "quality": measures is not None
        and (_is_shallower(needle, haystack) or _is_coarser(needle, haystack, measures, limits)),
        "metadata": bool(needle.taken_at) and not haystack.taken_at,
        "motion": needle.bytes_only == TRAILING and not _same_coding(needle, haystack),
    }
    return tuple(name for name in REASONS if found[name])


def vetoing(found: tuple[str, ...], accepted: frozenset[str]) -> str:
    """Return the reason of the gravest fault that the owner wants to see, "" if there is none."""
    return next((REASONS[name] for name in found if name not in accepted), "")


def _is_shallower(needle: Fingerprint, haystack: Fingerprint) -> bool:
    """Has the needle more than 8 bits a channel, lossless, and the library's copy not?"""
    return 0 <= needle.coding_error < DEEP_ERROR and not 0 <= haystack.coding_error < DEEP_ERROR


def is_recoded(measures: Measures, limits: MatchLimits) -> bool:
    """Is the difference of two equal sizes what the needle's own coding makes of the library's?

    Whoever made the needle from the library's copy added no more error than that.  What goes
    beyond it was lost by the library's copy, or is the noise of another moment.
    """
    if measures.error is None:
        return False
    explained = limits.error * (measures.explained or 0.0)
    return measures.error <= math.hypot(explained, ROUNDING)


def _is_coarser(
    needle: Fingerprint, haystack: Fingerprint, measures: Measures, limits: MatchLimits
) -> bool:
    """Has the library's copy lost detail, or more precision than the needle's coding explains?

    Where the needle's coding tells nothing (HEIC, AVIF, WebP), the library's must be fine.
    """
    if is_recoded(measures, limits):
        return False
    least = limits.detail_resized if measures.error is None else limits.detail
    if measures.detail < least:
        return True
    if measures.error is None:
        return False
    if needle.coding_error >= 0 or haystack.coding_error > limits.coding:
        return True
    return haystack.coding_error < 0 and measures.error > UNTOLD_ERROR


def _same_coding(needle: Fingerprint, haystack: Fingerprint) -> bool:
    return bool(needle.coded) and needle.coded == haystack.coded
