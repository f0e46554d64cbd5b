"""Are these two pictures the same?  The limits and vetoes of the evidence ladder, as pure rules.

A hash finds, a signature decides: `judge` says "same" only when every limit of `MatchLimits`
holds and no veto speaks, says what it must still see when it can't know yet, and leaves the rest
to a person.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dedupd.likeness import MatchLimits, Measures
from dedupd.model import VIEWS, Evidence, EvidenceKind, Fingerprint, Signature, Unreadable, View
from dedupd.rules import moments, worse

LUMA_SIDE, CHROMA_SIDE = 64, 16
UPRIGHT = VIEWS[0]
NEARLY = 0.95
RETOLD_FORMATS = ("jpeg", "webp", "avif", "png", "bmp", "tiff")
_RETELLABLE_LIMITS = ("luma", "chroma")


class Want(enum.Enum):
    """What a judgement still lacks."""

    NOTHING = "nothing"
    NEEDLE_SIGNATURE = "needle signature"
    HAYSTACK_SIGNATURE = "haystack signature"
    BOTH = "both files at once"  # both signatures, or the measures of both
    RETELLING = "both, though a limit is broken"  # the one may yet be made of the other


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner's configuration says about matches.

    Attributes:
        accepted: In what the library's copy may be worse (see `worse.REASONS`).
        turned: A turned view counts as a match; otherwise a person decides.
    """

    limits: MatchLimits = field(default_factory=MatchLimits)
    accepted: frozenset[str] = frozenset()
    turned: bool = False


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
        evidence: Set for `same` and `turned`, and for a pair that a person should look at.
        reason: "" for a match, else why it isn't one ("smaller", "similar", "different", ...).
        within: Every limit holds, whatever a veto says.
        retold: The needle was made of this very picture: no other needle's claim is in its way.
        beyond: It was, though looks alone break a limit.
    """

    want: Want = Want.NOTHING
    evidence: Evidence | None = None
    reason: str = ""
    within: bool = False
    retold: bool = False
    beyond: bool = False

    @property
    def same(self) -> bool:
        """True only when every limit holds and no veto spoke."""
        return self.within and not self.reason


DIFFERENT = Finding(reason="different")


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
    return int(np.abs(_levels(first) - _levels(second)).max())


def deviation(luma: bytes) -> float:
    """Return the standard deviation of a luma picture, in grey levels."""
    return float(np.frombuffer(luma, dtype=np.uint8).std())


def may_be_compared(fingerprint: Fingerprint) -> bool:
    """May looks say anything about this picture, be it only that a person should see it?"""
    return fingerprint.bytes_only in ("", worse.TRAILING, "transparent")


def may_be(
    needle: Fingerprint, haystack: Fingerprint, limits: MatchLimits, view: View = UPRIGHT
) -> bool:
    """Is this near pair worth a full decode?  Asked for every candidate, so it must be cheap."""
    if not (may_be_compared(needle) and may_be_compared(haystack)):
        return False
    ours = _seen(needle.sketch, 16, view)
    return correlation(ours, haystack.sketch) >= limits.sketch_correlation


def turned(signature: Signature, view: View) -> Signature:
    """Return the signature that the picture has in that view."""
    luma = _seen(signature.luma, LUMA_SIDE, view)
    return Signature(luma, _seen(signature.chroma, CHROMA_SIDE, view))


def judge(
    needle: Side,
    haystack: Side,
    distance_bits: int,
    measures: Measures | None,
    policy: Policy,
    view: View = UPRIGHT,
) -> Finding:
    """Decide what the library's picture is to the needle, looked at in that view.

    Args:
        distance_bits: Hamming distance of the two dHashes.
        measures: Those of both full decodes; None where they were not made yet.
    """
    ours, theirs = needle.signature, haystack.signature
    if ours is None or theirs is None:
        return Finding(want=_lacking(ours is None, theirs is None))
    if isinstance(ours, Unreadable) or isinstance(theirs, Unreadable):
        return DIFFERENT
    ours = turned(ours, view) if view != UPRIGHT else ours
    score = correlation(ours.luma, theirs.luma)
    kind = kind_in(view)
    if min(deviation(ours.luma), deviation(theirs.luma)) < policy.limits.deviation:
        return _faint(Evidence(kind, distance_bits, score, limit="deviation", view=view), policy)
    size = size_px(needle.fingerprint, view)
    limit = _broken_limit(size, size_px(haystack.fingerprint), ours, theirs, policy.limits)
    evidence = Evidence(kind, distance_bits, score, limit=limit, view=view)
    if measures is None and not limit:
        return Finding(want=Want.BOTH)
    if measures is None and _may_be_retold(needle, haystack, evidence, policy):
        return Finding(want=Want.RETELLING)
    if not limit and measures is not None:
        limit = _broken_blocks(measures, policy.limits)
    if limit and not (measures is not None and measures.retold):
        return _alike(replace(evidence, limit=limit), ours, theirs, policy.limits)
    known = needle.fingerprint, haystack.fingerprint
    return replace(_vetoed_or_same(*known, evidence, measures, policy), beyond=bool(limit))


def _may_be_retold(needle: Side, haystack: Side, found: Evidence, policy: Policy) -> bool:
    """May the needle be made of the library's picture, though their looks break a limit?

    Small and coarse copies do: what they show in one cell hangs on how they were shrunken.
    """
    ours, theirs = size_px(needle.fingerprint, found.view), size_px(haystack.fingerprint)
    fits = ours == theirs or all(a < b for a, b in zip(ours, theirs, strict=True))
    alike = found.limit in _RETELLABLE_LIMITS and found.score >= policy.limits.possible_correlation
    other_moment = moments.differ(needle.fingerprint.taken_at, haystack.fingerprint.taken_at)
    known = needle.fingerprint.format in RETOLD_FORMATS
    return alike and fits and known and not other_moment


def kind_in(view: View) -> EvidenceKind:
    """Return the kind of evidence that looks give, the needle seen in that view."""
    return EvidenceKind.SAME if view == UPRIGHT else EvidenceKind.TURNED


def size_px(fingerprint: Fingerprint, view: View = UPRIGHT) -> tuple[int, int]:
    """Return width and height in that view."""
    width_px, height_px = fingerprint.width_px, fingerprint.height_px
    return (height_px, width_px) if view.quarters % 2 else (width_px, height_px)


def nearly_equal(a_px: tuple[int, int], b_px: tuple[int, int]) -> bool:
    """Is one picture so little larger than the other that nobody can have wanted just that?

    Whoever makes a picture smaller makes it much smaller.  What differs by a few pixels was
    cropped, straightened or blown up, and what was lost is looked for at equal sizes only.
    """
    return all(min(a, b) > NEARLY * max(a, b) for a, b in zip(a_px, b_px, strict=True))


def same_coding(needle: Fingerprint, haystack: Fingerprint) -> bool:
    """Are the coded pictures equal, and may that speak for either?"""
    speak = all(
        may_be_compared(one) or one.bytes_only == "featureless" for one in (needle, haystack)
    )
    return speak and bool(needle.coded) and needle.coded == haystack.coded


def judge_coding(needle: Fingerprint, haystack: Fingerprint, policy: Policy) -> Finding:
    """Decide about two pictures of the same coding: only what stands beside it may be worse."""
    faults = worse.faults(needle, haystack, None, policy.limits)
    reason = worse.vetoing(faults, policy.accepted)
    evidence = Evidence(EvidenceKind.PIXELS, worse=faults, limit=reason)
    return Finding(evidence=evidence, reason=reason, within=True)


def _lacking(ours: bool, theirs: bool) -> Want:
    if ours and theirs:
        return Want.BOTH
    return Want.NEEDLE_SIGNATURE if ours else Want.HAYSTACK_SIGNATURE


def _broken_limit(
    a_px: tuple[int, int],
    b_px: tuple[int, int],
    ours: Signature,
    theirs: Signature,
    limits: MatchLimits,
) -> str:
    """Return the name of the first limit that the pair breaks, "" if it keeps them all."""
    if a_px != b_px and nearly_equal(a_px, b_px):
        return "size"
    aspect_a, aspect_b = a_px[0] / a_px[1], b_px[0] / b_px[1]
    if abs(aspect_a - aspect_b) > limits.aspect * min(aspect_a, aspect_b):
        return "aspect"
    if largest_difference(ours.luma, theirs.luma) > limits.luma:
        return "luma"
    if largest_difference(ours.chroma, theirs.chroma) > limits.chroma:
        return "chroma"
    return ""


def _broken_blocks(measures: Measures, limits: MatchLimits) -> str:
    equal_size = measures.error is not None
    most = limits.blocks if equal_size else limits.blocks_resized
    if measures.blocks > most:
        return "blocks"
    return "tint" if measures.tint > limits.tint else ""


def _alike(evidence: Evidence, ours: Signature, theirs: Signature, limits: MatchLimits) -> Finding:
    """Return a pair that looks alike for a person to decide, or nothing."""
    if evidence.score < limits.possible_correlation:
        return DIFFERENT
    if evidence.kind is EvidenceKind.TURNED:
        return Finding(evidence=evidence, reason="turned")
    toned = evidence.limit in ("luma", "chroma") and _is_toned(ours, theirs, limits)
    return Finding(evidence=evidence, reason="toned" if toned else "similar")


def _faint(evidence: Evidence, policy: Policy) -> Finding:
    """Two pictures with next to no light and shade: their looks never decide."""
    if evidence.score < policy.limits.possible_correlation:
        return DIFFERENT
    return Finding(evidence=evidence, reason="featureless")


def _is_toned(ours: Signature, theirs: Signature, limits: MatchLimits) -> bool:
    """Would a change of brightness and contrast alone make the two lumas equal?"""
    a, b = _levels(ours.luma).astype(np.float64), _levels(theirs.luma).astype(np.float64)
    gain, offset = np.polyfit(a, b, 1)
    return bool(np.abs(gain * a + offset - b).max() <= 2 * limits.luma)


def _vetoed_or_same(
    needle: Fingerprint,
    haystack: Fingerprint,
    within: Evidence,
    measures: Measures | None,
    policy: Policy,
) -> Finding:
    """Return a match, unless a veto leaves it to a person."""
    faults = worse.faults(needle, haystack, measures, policy.limits)
    reason = _veto(needle, haystack, within.kind, faults, policy)
    evidence = Evidence(
        within.kind, within.distance_bits, within.score, faults, limit=reason, view=within.view
    )
    retold = measures is not None and measures.retold
    return Finding(evidence=evidence, reason=reason, within=True, retold=retold)


def _veto(
    needle: Fingerprint,
    haystack: Fingerprint,
    kind: EvidenceKind,
    faults: tuple[str, ...],
    policy: Policy,
) -> str:
    if moments.differ(needle.taken_at, haystack.taken_at):
        return "retimed"
    if "transparent" in (needle.bytes_only, haystack.bytes_only):
        return "transparent"
    if reason := worse.vetoing(faults, policy.accepted):
        return reason
    return "turned" if kind is EvidenceKind.TURNED and not policy.turned else ""


def _levels(cells: bytes) -> NDArray[np.int16]:
    return np.frombuffer(cells, dtype=np.uint8).astype(np.int16)


def _seen(cells: bytes, side: int, view: View) -> bytes:
    """Return square cells, of one or more levels each, as that view shows them."""
    if view == UPRIGHT:
        return cells
    square = np.frombuffer(cells, dtype=np.uint8).reshape(side, side, -1)
    mirrored = np.fliplr(square) if view.mirrored else square
    return np.rot90(mirrored, view.quarters).tobytes()
