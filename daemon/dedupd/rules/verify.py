"""Are these two pictures the same?  The limits and vetoes of the evidence ladder, as pure rules.

A hash finds, a signature decides: `judge` says "same" only when every limit of `MatchLimits`
holds, says what it must still see when it can't know yet, and leaves the rest to a person.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dedupd.model import Evidence, EvidenceKind, Fingerprint, MatchLimits, Signature, Unreadable


class Want(enum.Enum):
    """What a judgement still lacks."""

    NOTHING = "nothing"
    NEEDLE_SIGNATURE = "needle signature"
    HAYSTACK_SIGNATURE = "haystack signature"
    BOTH = "both files at once"  # both signatures, or the native blocks of both


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two pictures; `signature` is None until somebody made it."""

    fingerprint: Fingerprint
    signature: Signature | Unreadable | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What two pictures are to each other.

    Attributes:
        want: What must be seen before anything can be said; the rest is empty then.
        evidence: Set for `same`, and for a pair that a person should look at.
        reason: "" for `same`, else why it isn't ("smaller", "similar", "different", ...).
    """

    want: Want = Want.NOTHING
    evidence: Evidence | None = None
    reason: str = ""

    @property
    def same(self) -> bool:
        """True only when every limit holds and no veto spoke."""
        return self.evidence is not None and not self.reason


DIFFERENT = Finding(reason="different")
TRAILING = "trailing"
VETOES = {"pixels": "smaller", "motion": "motion"}  # what is worse -> the reason that people see


def correlation(first: bytes, second: bytes) -> float:
    """Return the correlation of two luma pictures of equal shape, -1 to 1; 0 for a flat one."""
    a = np.frombuffer(first, dtype=np.uint8).astype(np.float64)
    b = np.frombuffer(second, dtype=np.uint8).astype(np.float64)
    a -= a.mean()
    b -= b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0


def largest_difference(first: bytes, second: bytes) -> int:
    """Return the largest difference of two cells, in levels."""
    a = np.frombuffer(first, dtype=np.uint8).astype(np.int16)
    b = np.frombuffer(second, dtype=np.uint8).astype(np.int16)
    return int(np.abs(a - b).max())


def deviation(luma: bytes) -> float:
    """Return the standard deviation of a luma picture, in grey levels."""
    return float(np.frombuffer(luma, dtype=np.uint8).std())


def may_be_compared(fingerprint: Fingerprint) -> bool:
    """May anything but equal bytes speak for or against this picture?"""
    return fingerprint.bytes_only in ("", TRAILING)


def may_be(needle: Fingerprint, haystack: Fingerprint, limits: MatchLimits) -> bool:
    """Is this near pair worth a full decode?  Asked for every candidate, so it must be cheap."""
    if not (may_be_compared(needle) and may_be_compared(haystack)):
        return False
    return correlation(needle.sketch, haystack.sketch) >= limits.sketch_correlation


def judge(
    needle: Side,
    haystack: Side,
    distance_bits: int,
    block_difference: float | None,
    limits: MatchLimits,
    worse: Mapping[str, str],
) -> Finding:
    """Decide what the library's picture is to the needle.

    Args:
        distance_bits: Hamming distance of the two dHashes.
        block_difference: Largest native 8 x 8 block difference; None where not known yet.
        worse: For each way in which the library's copy can be worse: "review" or "accept".
    """
    ours, theirs = needle.signature, haystack.signature
    if ours is None or theirs is None:
        return Finding(want=_lacking(ours is None, theirs is None))
    if isinstance(ours, Unreadable) or isinstance(theirs, Unreadable):
        return DIFFERENT
    if min(deviation(ours.luma), deviation(theirs.luma)) < limits.deviation:
        return DIFFERENT  # featureless: only equal bytes may speak for it
    score = correlation(ours.luma, theirs.luma)
    limit = _broken_limit(needle.fingerprint, haystack.fingerprint, ours, theirs, limits)
    if not limit and _equal_size(needle.fingerprint, haystack.fingerprint):
        if block_difference is None:
            return Finding(want=Want.BOTH)
        limit = "blocks" if block_difference > limits.blocks else ""
    if limit:
        return _alike(distance_bits, score, limit, limits)
    return _vetoed_or_same(needle.fingerprint, haystack.fingerprint, distance_bits, score, worse)


def _lacking(ours: bool, theirs: bool) -> Want:
    if ours and theirs:
        return Want.BOTH
    return Want.NEEDLE_SIGNATURE if ours else Want.HAYSTACK_SIGNATURE


def _equal_size(a: Fingerprint, b: Fingerprint) -> bool:
    return (a.width_px, a.height_px) == (b.width_px, b.height_px)


def _broken_limit(
    a: Fingerprint, b: Fingerprint, ours: Signature, theirs: Signature, limits: MatchLimits
) -> str:
    """Return the name of the first limit that the pair breaks, "" if it keeps them all."""
    aspect_a, aspect_b = a.width_px / a.height_px, b.width_px / b.height_px
    if abs(aspect_a - aspect_b) > limits.aspect * min(aspect_a, aspect_b):
        return "aspect"
    if largest_difference(ours.luma, theirs.luma) > limits.luma:
        return "luma"
    if largest_difference(ours.chroma, theirs.chroma) > limits.chroma:
        return "chroma"
    return ""


def _alike(distance_bits: int, score: float, limit: str, limits: MatchLimits) -> Finding:
    """Return a pair that looks alike for a person to decide, or nothing."""
    if score < limits.possible_correlation:
        return DIFFERENT
    evidence = Evidence(EvidenceKind.SAME, distance_bits, score, limit=limit)
    return Finding(evidence=evidence, reason="similar")


def _vetoed_or_same(
    a: Fingerprint, b: Fingerprint, distance_bits: int, score: float, worse: Mapping[str, str]
) -> Finding:
    """Return `same` unless the library's copy is worse in a way that the owner wants to see."""
    faults = []
    if a.width_px * a.height_px > b.width_px * b.height_px:
        faults.append("pixels")
    if a.bytes_only == TRAILING:
        faults.append("motion")
    vetoed = [fault for fault in faults if worse.get(fault, "review") == "review"]
    limit = VETOES[vetoed[0]] if vetoed else ""
    evidence = Evidence(EvidenceKind.SAME, distance_bits, score, worse=tuple(faults), limit=limit)
    return Finding(evidence=evidence, reason=limit)
