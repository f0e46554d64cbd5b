"""Limits of the evidence ladder, one at a time; vetoes have a file of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.likeness import NOT_MEASURABLE, MatchLimits, Measures, Recoding
from dedupd.model import VIEWS, EvidenceKind, Fingerprint, Signature, Unreadable
from dedupd.rules.verify import (
    DIFFERENT,
    Policy,
    Side,
    Want,
    correlation,
    deviation,
    judge,
    judge_coding,
    largest_difference,
    may_be,
    same_coding,
)

LIMITS = MatchLimits()
NOISE = np.random.RandomState(7)
LUMA = NOISE.randint(30, 220, 4096).astype(np.uint8)
CHROMA = NOISE.randint(60, 200, 512).astype(np.uint8)
PRINT = Fingerprint(400, 300, 5, NOISE.bytes(256), "jpeg", coded=b"one")
SIDE = Side(PRINT, Signature(LUMA.tobytes(), CHROMA.tobytes()))
SMALL = replace(SIDE, fingerprint=replace(PRINT, width_px=200, height_px=150))
ALIKE = Measures(0.0, 0.0, 1.0, Recoding(0.0, 0.0, 0.0, 0.0))
OF_TWO_SIZES = Measures(0.0, None, 1.0)
# More than any coding of theirs explains, and yet one bears the traces of the other's.
NOISY = Measures(0.0, 1.2, 1.0, Recoding(0.5, 1.1, 5.0, 0.5), Recoding(0.5, 0.5, 1.0, 2.0))


def look(needle=SIDE, haystack=SIDE, measures: Measures | None = ALIKE):
    """Return the finding on two pictures, by default two copies of one."""
    return judge(needle, haystack, 3, measures, Policy(LIMITS))


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
    assert (finding.evidence.kind, finding.evidence.limit) == (EvidenceKind.SAME, "")
    assert finding.evidence.distance_bits == 3
    assert finding.evidence.score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("inside", "outside", "measures", "limit", "reason"),
    [
        (shifted(luma=4), shifted(luma=5), NOISY, "luma", "toned"),
        (shifted(luma=4), shifted(luma=5), OF_TWO_SIZES, "luma", "toned"),
        (shifted(chroma=6), shifted(chroma=7), ALIKE, "chroma", "toned"),
        (sized(810, 600), sized(814, 600), OF_TWO_SIZES, "aspect", "similar"),
        (sized(423, 317), sized(419, 315), OF_TWO_SIZES, "size", "similar"),
    ],
    ids=["luma", "luma of two sizes", "chroma", "aspect", "size"],
)
def test_each_limit_alone_decides(inside, outside, measures, limit, reason):
    """Within it the two are the same; beyond it a person must see them."""
    assert look(haystack=inside, measures=measures).same
    finding = look(haystack=outside, measures=measures)
    assert not finding.same
    assert not finding.within
    assert (finding.reason, finding.evidence.limit) == (reason, limit)


@pytest.mark.parametrize(
    ("measures", "limit"), [(ALIKE, LIMITS.blocks), (OF_TWO_SIZES, LIMITS.blocks_resized)]
)
def test_blocks_decide_by_the_limit_of_their_sizes(measures, limit):
    """The next moment of a burst is the same but for a few blocks."""
    assert look(measures=replace(measures, blocks=limit)).same
    finding = look(measures=replace(measures, blocks=limit + 0.1))
    assert (finding.reason, finding.evidence.limit) == ("similar", "blocks")
    assert not finding.within


@pytest.mark.parametrize("measures", [ALIKE, OF_TWO_SIZES])
def test_the_colours_of_a_small_part_decide(measures):
    """A patch of another colour and the same brightness."""
    assert look(measures=replace(measures, tint=LIMITS.tint)).same
    finding = look(measures=replace(measures, tint=LIMITS.tint + 0.1))
    assert (finding.reason, finding.evidence.limit, finding.within) == ("similar", "tint", False)


def test_what_could_not_be_measured_is_never_the_same():
    """Nothing was compared."""
    assert look(measures=NOT_MEASURABLE).evidence.limit == "blocks"


def test_a_change_of_brightness_and_contrast_is_called_so():
    """A line through the cells explains it; a stamp isn't explained."""
    toned = Signature((LUMA * 0.8 + 30).astype(np.uint8).tobytes(), CHROMA.tobytes())
    assert look(haystack=replace(SIDE, signature=toned)).reason == "toned"
    stamped = LUMA.copy()
    stamped[:40] = 255
    stamp = Signature(stamped.tobytes(), CHROMA.tobytes())
    assert look(haystack=replace(SIDE, signature=stamp)).reason == "similar"


@pytest.mark.parametrize("both", [True, False])
def test_a_featureless_picture_is_never_the_same(both):
    """Two grey pictures are alike to the last limit; one that shows something is no help."""
    grey = replace(SIDE, signature=Signature(bytes([128]) * 4096, CHROMA.tobytes()))
    assert look(grey, grey if both else SIDE) == look(grey if both else SIDE, grey) == DIFFERENT


def test_the_limit_of_what_shows_anything():
    """A standard deviation of 8 grey levels."""
    for spread, same in ((8, True), (7, False)):
        cells = np.tile(np.array([100 - spread, 100 + spread], np.uint8), 2048).tobytes()
        side = replace(SIDE, signature=Signature(cells, CHROMA.tobytes()))
        assert look(side, side).same is same


def test_one_side_that_shows_too_little_is_enough():
    """However near the two are: a person must see them."""
    sides = []
    for spread in (7, 9):
        cells = np.tile(np.array([100 - spread, 100 + spread], np.uint8), 2048).tobytes()
        sides.append(replace(SIDE, signature=Signature(cells, CHROMA.tobytes())))
    for finding in (look(*sides), look(*reversed(sides))):
        assert (finding.reason, finding.evidence.limit) == ("featureless", "deviation")
        assert not finding.within


def test_a_low_correlation_is_nothing_to_look_at():
    """Two pictures that only share a hash."""
    stranger = Signature(NOISE.randint(30, 220, 4096).astype(np.uint8).tobytes(), CHROMA.tobytes())
    assert look(haystack=replace(SIDE, signature=stranger)) == DIFFERENT


@pytest.mark.parametrize("side", ["needle", "haystack"])
def test_a_picture_that_cannot_be_decoded_whole_is_never_the_same(side):
    """Its signature could not be made."""
    assert look(**{side: replace(SIDE, signature=Unreadable("truncated"))}) == DIFFERENT


@pytest.mark.parametrize(
    ("needle", "haystack", "want"),
    [
        (None, None, Want.BOTH),
        (None, SIDE.signature, Want.NEEDLE_SIGNATURE),
        (SIDE.signature, None, Want.HAYSTACK_SIGNATURE),
        (SIDE.signature, SIDE.signature, Want.BOTH),
    ],
)
def test_what_is_not_known_is_asked_for(needle, haystack, want):
    """And nothing is said before it was seen."""
    finding = look(replace(SIDE, signature=needle), replace(SIDE, signature=haystack), None)
    assert finding.want is want
    assert not finding.same
    assert not finding.within
    assert finding.evidence is None


def test_what_a_signature_refutes_is_not_measured():
    """It saves two full decodes."""
    finding = look(haystack=sized(419, 315), measures=None)
    assert (finding.want, finding.evidence.limit) == (Want.NOTHING, "size")
    raw = replace(SIDE, fingerprint=replace(PRINT, format="raw"))
    finding = look(needle=raw, haystack=shifted(luma=5), measures=None)
    assert (finding.want, finding.evidence.limit) == (Want.NOTHING, "luma")


@pytest.mark.parametrize("outside", [shifted(luma=5), shifted(chroma=7)])
def test_what_may_be_made_of_the_library_is_measured_though_a_limit_is_broken(outside):
    """If it was, that is a match; else it is what it would be without."""
    assert look(haystack=outside, measures=None).want is Want.RETELLING
    finding = look(haystack=outside, measures=replace(NOISY, retold=True))
    assert (finding.same, finding.retold, finding.beyond) == (True, True, True)
    assert finding.evidence.limit == ""
    finding = look(haystack=outside, measures=NOISY)
    assert (finding.within, finding.reason) == (False, "toned")


def test_coding_in_grey_alone_does_not_make_good_for_a_broken_limit():
    """Another colour has the same brightness."""
    grey = replace(ALIKE, recoded=Recoding(made=2.0, left=0.0, peak=0.0, elsewhere=2.0))
    assert look(measures=grey).within
    assert not look(haystack=shifted(chroma=7), measures=grey).within


def test_who_was_taken_at_another_moment_is_not_measured_for_it():
    dated = [replace(PRINT, taken_at=f"2020:01:02 03:04:0{second}") for second in (5, 6)]
    ours, theirs = replace(SIDE, fingerprint=dated[0]), shifted(luma=5)
    assert look(ours, replace(theirs, fingerprint=dated[0]), None).want is Want.RETELLING
    assert look(ours, replace(theirs, fingerprint=dated[1]), None).want is Want.NOTHING


def test_a_larger_needle_is_not_made_of_the_library():
    for width_px, height_px in ((300, 200), (1000, 200)):
        beside = replace(shifted(luma=5), fingerprint=sized(width_px, height_px).fingerprint)
        assert look(haystack=beside, measures=None).want is Want.NOTHING


@pytest.mark.parametrize("reason", ["damaged", "frames", "featureless"])
def test_what_may_only_match_by_bytes_is_no_candidate(reason):
    """On either side."""
    odd = replace(PRINT, bytes_only=reason)
    assert may_be(PRINT, PRINT, LIMITS)
    assert not may_be(odd, PRINT, LIMITS)
    assert not may_be(PRINT, odd, LIMITS)


@pytest.mark.parametrize("reason", ["transparent", "trailing"])
def test_what_holds_more_than_it_shows_is_a_candidate(reason):
    """A person should see it beside what looks the same."""
    odd = replace(PRINT, bytes_only=reason)
    assert may_be(odd, PRINT, LIMITS)
    assert may_be(PRINT, odd, LIMITS)


def test_a_sketch_of_something_else_is_no_candidate():
    """It saves a full decode of two files."""
    assert not may_be(PRINT, replace(PRINT, sketch=NOISE.bytes(256)), LIMITS)


@pytest.mark.parametrize("reason", ["", "featureless", "transparent", "trailing"])
def test_the_same_coded_picture_speaks_also_for_what_shows_little(reason):
    """Nothing but metadata differs."""
    odd = replace(PRINT, bytes_only=reason)
    assert same_coding(odd, odd)
    finding = judge_coding(odd, odd, Policy())
    assert (finding.same, finding.evidence.kind) == (True, EvidenceKind.PIXELS)


@pytest.mark.parametrize("reason", ["damaged", "frames"])
def test_what_may_be_broken_has_no_coding_to_speak_for_it(reason):
    """On either side: a file that a codec warned about vouches for its own bytes alone."""
    odd = replace(PRINT, bytes_only=reason)
    assert not same_coding(odd, odd)
    assert not same_coding(PRINT, odd)
    assert not same_coding(odd, PRINT)


def test_an_unknown_coding_equals_none():
    """Two files whose containers don't give it cheaply."""
    unknown = replace(PRINT, coded=b"")
    assert not same_coding(unknown, unknown)
    assert not same_coding(PRINT, replace(PRINT, coded=b"two"))


@given(
    blocks=st.floats(0, 30),
    tint=st.floats(0, 10),
    luma=st.integers(0, 30),
    chroma=st.integers(0, 40),
    size=st.tuples(st.integers(100, 800), st.integers(100, 800)),
)
def test_same_is_said_only_when_every_limit_holds(blocks, tint, luma, chroma, size):
    """Whatever the numbers are."""
    equal = size == (400, 300)
    finding = look(
        haystack=replace(sized(*size), signature=shifted(luma, chroma).signature),
        measures=Measures(blocks, 0.0, 1.0, ALIKE.recoded, tint=tint)
        if equal
        else Measures(blocks, None, 1.0, tint=tint),
    )
    ours, theirs = 400 / 300, size[0] / size[1]
    holds = (
        luma <= LIMITS.luma
        and chroma <= LIMITS.chroma
        and abs(ours - theirs) <= LIMITS.aspect * min(ours, theirs)
        and tint <= LIMITS.tint
        and (equal or min(size[0] / 400, size[1] / 300, 400 / size[0], 300 / size[1]) <= 0.95)
        and blocks <= (LIMITS.blocks if equal else LIMITS.blocks_resized)
    )
    assert finding.within is holds
    assert finding.same is (holds and size[0] * size[1] >= 400 * 300)


def test_the_measures():
    """Of two pictures of a few cells."""
    assert correlation(bytes([0, 10, 20]), bytes([5, 10, 15])) == pytest.approx(1.0)
    assert correlation(bytes([0, 10, 20]), bytes([20, 10, 0])) == pytest.approx(-1.0)
    assert correlation(bytes([7, 7, 7]), bytes([0, 10, 20])) == 0.0
    assert largest_difference(bytes([0, 255]), bytes([255, 250])) == 255
    assert deviation(bytes([0, 20])) == 10.0


def test_a_view_is_upright_unless_it_is_said():
    """And the evidence tells which it was."""
    assert look().evidence.view == VIEWS[0]
