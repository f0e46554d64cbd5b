from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.model import Fingerprint, MatchLimits, Signature, Unreadable
from dedupd.rules.verify import (
    DIFFERENT,
    Side,
    Want,
    correlation,
    deviation,
    judge,
    largest_difference,
    may_be,
)

LIMITS = MatchLimits()
NOISE = np.random.RandomState(7)
LUMA = NOISE.randint(30, 220, 4096).astype(np.uint8)
CHROMA = NOISE.randint(60, 200, 512).astype(np.uint8)
PRINT = Fingerprint(400, 300, 5, NOISE.bytes(256), "jpeg")
SIDE = Side(PRINT, Signature(LUMA.tobytes(), CHROMA.tobytes()))
SMALL = replace(SIDE, fingerprint=replace(PRINT, width_px=200, height_px=150))


def look(needle=SIDE, haystack=SIDE, blocks: float | None = 0.0, worse=None):
    """Return the finding on two pictures, by default two copies of one."""
    return judge(needle, haystack, 3, blocks, LIMITS, worse or {})


def shifted(luma: int = 0, chroma: int = 0) -> Side:
    """Return the picture with one cell of its luma and of its chroma changed."""
    other_luma, other_chroma = LUMA.copy(), CHROMA.copy()
    other_luma[9] += luma
    other_chroma[9] += chroma
    return replace(SIDE, signature=Signature(other_luma.tobytes(), other_chroma.tobytes()))


def sized(width_px: int, height_px: int) -> Side:
    """Return the picture in another size."""
    return replace(SIDE, fingerprint=replace(PRINT, width_px=width_px, height_px=height_px))


def test_a_copy_that_keeps_every_limit_is_the_same():
    """With the distance and the score that decided."""
    finding = look()
    assert finding.same
    assert finding.evidence.distance_bits == 3
    assert finding.evidence.score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("inside", "outside", "blocks", "limit"),
    [
        (shifted(luma=4), shifted(luma=5), 0.0, "luma"),
        (shifted(chroma=8), shifted(chroma=9), 0.0, "chroma"),
        (sized(405, 300), sized(407, 300), None, "aspect"),
    ],
    ids=["luma", "chroma", "aspect"],
)
def test_each_limit_alone_decides(inside, outside, blocks, limit):
    """Within it the two are the same; beyond it a person must see them."""
    assert look(haystack=inside, blocks=blocks).same
    finding = look(haystack=outside, blocks=blocks)
    assert not finding.same
    assert (finding.reason, finding.evidence.limit) == ("similar", limit)


def test_blocks_decide_where_sizes_are_equal():
    """The next moment of a burst is the same but for a few blocks."""
    assert look(blocks=9.5).same
    finding = look(blocks=9.6)
    assert (finding.reason, finding.evidence.limit) == ("similar", "blocks")
    assert look(blocks=float("inf")).evidence.limit == "blocks"


def test_blocks_are_not_asked_for_where_sizes_differ():
    """There is nothing to compare them with."""
    assert look(needle=SMALL, blocks=None).same


def test_a_featureless_picture_is_never_the_same():
    """Two grey pictures are alike to the last limit."""
    grey = Signature(bytes([128]) * 4096, CHROMA.tobytes())
    assert look(replace(SIDE, signature=grey), replace(SIDE, signature=grey)) == DIFFERENT


def test_a_low_correlation_is_nothing_to_look_at():
    """Two pictures that only share a hash."""
    stranger = Signature(NOISE.randint(30, 220, 4096).astype(np.uint8).tobytes(), CHROMA.tobytes())
    assert look(haystack=replace(SIDE, signature=stranger)) == DIFFERENT


@pytest.mark.parametrize("side", ["needle", "haystack"])
def test_a_picture_that_cannot_be_decoded_whole_is_never_the_same(side):
    """Its signature could not be made."""
    assert look(**{side: replace(SIDE, signature=Unreadable("truncated"))}) == DIFFERENT


def test_a_smaller_copy_in_the_library_is_for_a_person_to_decide():
    """The needle has more pixels: deleting it would lose them."""
    finding = look(haystack=SMALL, blocks=None)
    assert not finding.same
    assert (finding.reason, finding.evidence.worse) == ("smaller", ("pixels",))


def test_a_smaller_copy_may_be_accepted_by_the_owner():
    """`match.worse.pixels: accept`; what is worse about it is said all the same."""
    finding = look(haystack=SMALL, blocks=None, worse={"pixels": "accept"})
    assert finding.same
    assert finding.evidence.worse == ("pixels",)


@pytest.mark.parametrize(
    ("needle", "haystack", "blocks", "want"),
    [
        (None, None, None, Want.BOTH),
        (None, SIDE.signature, None, Want.NEEDLE_SIGNATURE),
        (SIDE.signature, None, None, Want.HAYSTACK_SIGNATURE),
        (SIDE.signature, SIDE.signature, None, Want.BOTH),
    ],
)
def test_what_is_not_known_is_asked_for(needle, haystack, blocks, want):
    """And nothing is said before it was seen."""
    finding = look(
        replace(SIDE, signature=needle), replace(SIDE, signature=haystack), blocks=blocks
    )
    assert finding.want is want
    assert not finding.same
    assert finding.evidence is None


@pytest.mark.parametrize("reason", ["damaged", "frames", "featureless", "transparent"])
def test_what_may_only_match_by_bytes_is_no_candidate(reason):
    """On either side."""
    odd = replace(PRINT, bytes_only=reason)
    assert may_be(PRINT, PRINT, LIMITS)
    assert not may_be(odd, PRINT, LIMITS)
    assert not may_be(PRINT, odd, LIMITS)


def test_a_sketch_of_something_else_is_no_candidate():
    """It saves a full decode of two files."""
    assert not may_be(PRINT, replace(PRINT, sketch=NOISE.bytes(256)), LIMITS)


@given(
    blocks=st.none() | st.floats(0, 255),
    luma=st.integers(0, 30),
    chroma=st.integers(0, 40),
    size=st.tuples(st.integers(100, 800), st.integers(100, 800)),
)
def test_same_is_said_only_when_every_limit_holds(blocks, luma, chroma, size):
    """Whatever the numbers are."""
    finding = look(
        haystack=replace(sized(*size), signature=shifted(luma, chroma).signature), blocks=blocks
    )
    ours, theirs = 400 / 300, size[0] / size[1]
    holds = (
        luma <= LIMITS.luma
        and chroma <= LIMITS.chroma
        and abs(ours - theirs) <= LIMITS.aspect * min(ours, theirs)
        and (size != (400, 300) or (blocks is not None and blocks <= LIMITS.blocks))
        and size[0] * size[1] >= 400 * 300
    )
    assert finding.same is holds


def test_the_measures():
    """Of two pictures of a few cells."""
    assert correlation(bytes([0, 10, 20]), bytes([5, 10, 15])) == pytest.approx(1.0)
    assert correlation(bytes([0, 10, 20]), bytes([20, 10, 0])) == pytest.approx(-1.0)
    assert correlation(bytes([7, 7, 7]), bytes([0, 10, 20])) == 0.0
    assert largest_difference(bytes([0, 255]), bytes([255, 250])) == 255
    assert deviation(bytes([0, 20])) == 10.0


def test_a_needle_that_holds_more_than_its_picture_is_for_a_person_to_decide():
    """A motion photo's film is not in a copy of its picture, unless the owner accepts that."""
    motion = replace(SIDE, fingerprint=replace(PRINT, bytes_only="trailing"))
    assert may_be(motion.fingerprint, PRINT, LIMITS)
    finding = look(needle=motion)
    assert (finding.same, finding.reason, finding.evidence.worse) == (False, "motion", ("motion",))
    assert look(needle=motion, worse={"motion": "accept"}).same
    assert look(haystack=motion).same


def test_one_accepted_fault_does_not_excuse_another():
    """Fewer pixels may be accepted, a missing film not."""
    motion = replace(SIDE, fingerprint=replace(PRINT, bytes_only="trailing"))
    finding = look(needle=motion, haystack=SMALL, blocks=None, worse={"pixels": "accept"})
    assert (finding.reason, finding.evidence.worse) == ("motion", ("pixels", "motion"))
