"""In what is the library's copy worse than the needle that it is to stand for?"""

from __future__ import annotations

import math

from dedupd.likeness import MatchLimits, Measures, Recoding
from dedupd.model import Fingerprint

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
UNTOLD_ERROR = 1.5  # RMS grey levels beside a lossless copy: hardly to be seen
ROUNDING = 0.4  # RMS grey levels that two decoders, or two ways to colours and back, differ by
SIBLING_ROUNDING = 0.2  # the same of two files made by the same program
LEAST_SIBLING = 0.97  # below it the needle is the library's source
TRACES = 0.4  # share of what a coding makes that it makes of a picture that was coded so before
TRACED_LEFT = 1.25  # how many times that may be left then, if it was this very file
LOSSLESS_ERROR = 0.3  # RMS grey levels, by rounding to 8 bits
FINER = 0.75  # share of the needle's coding error that a finer coding has


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


def is_made_of(recoding: Recoding | None, limits: MatchLimits) -> bool:
    """Does coding one picture as the other is coded give the other one, but for roundings?

    Then it was made of it, or might as well have been.  Of two pictures of one size: whatever
    detail, noise or word the other one has beyond that isn't in the first.
    """
    if recoding is None:
        return False
    most = math.hypot(limits.error * recoding.made, ROUNDING)
    return recoding.left <= most and recoding.peak <= limits.peak


def _holds_all(
    needle: Fingerprint, haystack: Fingerprint, measures: Measures, limits: MatchLimits
) -> bool:
    """Is what the needle shows the library's picture and what its own coding made, no more?"""
    if is_made_of(measures.recoded, limits):
        return not _may_be_the_needle(needle, haystack, measures)
    return _are_siblings(needle, haystack, measures, limits)


def _may_be_the_needle(needle: Fingerprint, haystack: Fingerprint, measures: Measures) -> bool:
    """Was the library's picture coded as coarsely as the needle before, though it is finer now?

    Then it may be the needle, saved once more: the needle's coding undoes what that lost.
    """
    recoding, error = measures.recoded, measures.error
    if recoding is None or error is None:
        return False
    finer = haystack.coding_error < needle.coding_error
    return error > ROUNDING and finer and recoding.done_before


def _are_siblings(
    needle: Fingerprint, haystack: Fingerprint, measures: Measures, limits: MatchLimits
) -> bool:
    """Was each made of one original, the library's copy by a finer coding?

    Then the two differ by what the needle's coding makes, no less, and by next to nothing more.
    """
    recoding, error = measures.recoded, measures.error
    if recoding is None or error is None:
        return False
    if recoding.peak > limits.peak or _may_be_the_needle(needle, haystack, measures):
        return False
    finer = 0 <= haystack.coding_error <= FINER * needle.coding_error
    most = math.hypot(limits.sibling * recoding.made, SIBLING_ROUNDING)
    return finer and LEAST_SIBLING * recoding.made <= error <= most


def _is_its_coding(source: Recoding, limits: MatchLimits) -> bool:
    """Is the library's picture what its own coding makes of the needle?  A sharper question."""
    return source.left <= limits.error * source.made and source.peak <= limits.peak


def _is_coarser(
    needle: Fingerprint, haystack: Fingerprint, measures: Measures, limits: MatchLimits
) -> bool:
    """Has the library's copy lost detail, or is there more in the needle than its coding made?"""
    if measures.retold or _holds_all(needle, haystack, measures, limits):
        return False
    least = limits.detail_resized if measures.error is None else limits.detail
    if measures.detail < least:
        return True
    if measures.error is None:
        return _is_coarse_for(needle, haystack, limits)
    return needle.coding_error >= 0 or _may_be_the_source(haystack, measures, limits)


def _is_coarse_for(needle: Fingerprint, haystack: Fingerprint, limits: MatchLimits) -> bool:
    """Is a larger picture of the library so coarse that its coding shows at the needle's size?"""
    pixels = needle.width_px * needle.height_px, haystack.width_px * haystack.height_px
    shown = haystack.coding_error * math.sqrt(pixels[0] / pixels[1])
    return shown > max(limits.coding, needle.coding_error)


def _may_be_the_source(haystack: Fingerprint, measures: Measures, limits: MatchLimits) -> bool:
    """Of a needle whose coding tells nothing (HEIC, WebP): may the library's copy be made of it?

    It may have been made in a way that can't be imitated: by another encoder, or in two steps.
    It wasn't where the needle bears the traces of its very coding; all else is shown to a person.
    """
    error, source = measures.error or 0.0, measures.source
    if error <= ROUNDING:
        return False
    if 0 <= haystack.coding_error <= LOSSLESS_ERROR:
        return error > UNTOLD_ERROR  # nothing tells what it went through before
    if source is None or _is_its_coding(source, limits):
        return True
    return not _was_coded_by(source)


def _was_coded_by(source: Recoding) -> bool:
    """Does the needle bear the traces of the library's file: was it made of that one?"""
    most = math.hypot(TRACED_LEFT * source.made, ROUNDING)
    return source.made < TRACES * source.elsewhere and source.left <= most


def _same_coding(needle: Fingerprint, haystack: Fingerprint) -> bool:
    return bool(needle.coded) and needle.coded == haystack.coded
