"""Vetoes: two pictures within every limit are shown to a person, each veto with its reason."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.unit.test_verify import ALIKE, NOISY, OF_TWO_SIZES, PRINT, SIDE

from dedupd.likeness import CODED_BEFORE, MatchLimits, Measures, Recoding
from dedupd.model import Fingerprint
from dedupd.rules import worse
from dedupd.rules.verify import Finding, Policy, judge, judge_coding

LIMITS = MatchLimits(
    error=0.7, peak=9.0, coding=6.0, detail=0.6, detail_resized=0.6
)  # the rules, not the operating point
ROUNDING = worse.ROUNDING
NOON = "2026:11:22 12:00:00"
SMALL = replace(PRINT, width_px=200, height_px=150)
TIMED, LATER = replace(PRINT, taken_at=NOON), replace(PRINT, taken_at="2026:11:22 12:00:01")
RAW = replace(PRINT, format="raw", coded=b"")
MOTION = replace(PRINT, bytes_only="trailing", coded=b"with a film")
CLEAR = replace(PRINT, bytes_only="transparent")
COARSE = replace(PRINT, coding_error=4.0)
BLURRED = replace(NOISY, recoded=None, detail=LIMITS.detail - 0.01)


def look(
    needle: Fingerprint = PRINT,
    haystack: Fingerprint = PRINT,
    measures: Measures = ALIKE,
    accepted: frozenset[str] = frozenset(),
) -> Finding:
    """Return the finding on two pictures that look exactly alike."""
    ours, theirs = replace(SIDE, fingerprint=needle), replace(SIDE, fingerprint=haystack)
    return judge(ours, theirs, 0, measures, Policy(LIMITS, accepted))


VETOED = [
    pytest.param(PRINT, SMALL, OF_TWO_SIZES, "pixels", "smaller", id="smaller"),
    pytest.param(RAW, PRINT, ALIKE, "raw", "raw", id="raw"),
    pytest.param(PRINT, PRINT, BLURRED, "quality", "quality", id="blurred"),
    pytest.param(TIMED, PRINT, ALIKE, "metadata", "metadata", id="lost its time"),
    pytest.param(MOTION, PRINT, ALIKE, "motion", "motion", id="lost its film"),
]


@pytest.mark.parametrize(("needle", "haystack", "measures", "fault", "reason"), VETOED)
def test_a_worse_copy_is_for_a_person_to_decide(needle, haystack, measures, fault, reason):
    """With what is worse about it, and that this decided."""
    finding = look(needle, haystack, measures)
    assert finding.within
    assert not finding.same
    assert (finding.reason, finding.evidence.limit) == (reason, reason)
    assert finding.evidence.worse == (fault,)


@pytest.mark.parametrize(("needle", "haystack", "measures", "fault", "reason"), VETOED)
def test_a_better_copy_is_none_to_ask_about(needle, haystack, measures, fault, reason):
    """The other way round nothing is lost."""
    assert look(haystack, needle, replace(measures, detail=1.0)).same


@pytest.mark.parametrize(("needle", "haystack", "measures", "fault", "reason"), VETOED)
@pytest.mark.parametrize("accepted", worse.REASONS)
def test_the_owner_accepts_exactly_what_is_named(
    needle, haystack, measures, fault, reason, accepted
):
    """`match.worse.X: accept`; what is worse is said all the same."""
    finding = look(needle, haystack, measures, frozenset({accepted}))
    assert finding.same is (accepted == fault)
    assert finding.evidence.worse == (fault,)
    assert finding.evidence.limit == ("" if accepted == fault else reason)


def test_one_accepted_fault_does_not_excuse_another():
    """Fewer pixels may be accepted, a missing film and a lost time not: the gravest is named."""
    needle = replace(MOTION, taken_at=NOON)
    finding = look(needle, SMALL, OF_TWO_SIZES, frozenset({"pixels"}))
    assert (finding.reason, finding.evidence.worse) == (
        "metadata",
        ("pixels", "metadata", "motion"),
    )
    finding = look(needle, SMALL, OF_TWO_SIZES, frozenset({"pixels", "metadata"}))
    assert finding.reason == "motion"
    assert look(needle, SMALL, OF_TWO_SIZES, frozenset({"pixels", "metadata", "motion"})).same


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        (NOON, "2026:11:22 12:00:01", "retimed"),
        (NOON + ".25", NOON + ".75", "retimed"),
        (NOON + ".25", NOON, ""),
        (NOON + ".00", NOON + ".75", ""),
        (NOON + ".25", NOON + ".25", ""),
        ("", NOON, ""),
    ],
)
def test_capture_times_that_differ_veto(ours, theirs, reason):
    """Sub-seconds where both have them; a fraction of zeros says nothing."""
    finding = look(replace(PRINT, taken_at=ours), replace(PRINT, taken_at=theirs))
    assert (finding.reason, finding.evidence.limit) == (reason, reason)
    assert finding.within


def test_other_capture_times_cannot_be_accepted():
    """They say that it isn't the same picture; nothing about that is worse."""
    assert look(TIMED, LATER, accepted=frozenset(worse.REASONS)).reason == "retimed"


@pytest.mark.parametrize(("needle", "haystack"), [(CLEAR, PRINT), (PRINT, CLEAR), (CLEAR, CLEAR)])
def test_a_transparent_picture_is_for_a_person_to_decide(needle, haystack):
    """What it shows depends on what lies behind it."""
    assert look(needle, haystack, accepted=frozenset(worse.REASONS)).reason == "transparent"


def test_a_raw_is_vouched_for_by_a_raw():
    """Or by bytes, which is settled elsewhere; never by a picture made of it."""
    assert look(RAW, RAW).same
    assert look(PRINT, RAW).same
    for made_of_it in ("jpeg", "heic", "tiff", "png"):
        assert look(RAW, replace(PRINT, format=made_of_it)).reason == "raw"


@pytest.mark.parametrize(
    ("detail", "same"), [(LIMITS.detail, True), (LIMITS.detail - 0.01, False), (2.0, True)]
)
def test_lost_detail_is_lost_quality(detail, same):
    """At any two sizes: a small picture that was scaled up has the needle's size and no detail."""
    for measures in (NOISY, OF_TWO_SIZES):
        assert look(measures=replace(measures, detail=detail)).same is same


JUST, MORE = 0.999, 1.001
LOSSLESS = 0.29  # of 8 bits a channel
MADE = 2.0  # grey levels by a needle's own coding
MOST = math.hypot(MADE * LIMITS.error, ROUNDING)
UNTOLD_COARSE = LIMITS.coding * MORE
FITS = Recoding(MADE, MADE * LIMITS.error * JUST, LIMITS.peak * JUST, MADE)
LARGE, LOCAL = replace(FITS, left=MOST * MORE), replace(FITS, peak=LIMITS.peak * MORE)
VERY_SAME = replace(FITS, left=math.hypot(worse.TRACED_LEFT * MADE, ROUNDING) * JUST)
TRACED, UNTRACED = (
    replace(VERY_SAME, elsewhere=MADE / (worse.TRACES * share)) for share in (JUST, MORE)
)
OF_ANOTHER = replace(TRACED, left=TRACED.left * MORE / JUST)


@pytest.mark.parametrize(
    ("ours", "theirs", "recoded", "reason"),
    [
        pytest.param(2.0, 4.0, FITS, "", id="what the needle's own coding makes"),
        pytest.param(2.0, 4.0, replace(FITS, left=MOST * JUST), "", id="and rounding"),
        pytest.param(2.0, 4.0, LARGE, "quality", id="more than that"),
        pytest.param(2.0, 4.0, LOCAL, "quality", id="more than that in one place"),
        pytest.param(2.0, 0.0, LARGE, "quality", id="a coarse copy saved losslessly"),
        pytest.param(2.0, -1.0, LARGE, "quality", id="of no known coding"),
        pytest.param(2.0, 4.0, None, "quality", id="never tried"),
        pytest.param(LOSSLESS, 4.0, Recoding(0, ROUNDING * JUST, 1, 0), "", id="two decoders"),
        pytest.param(LOSSLESS, 4.0, Recoding(0, ROUNDING * MORE, 1, 0), "quality", id="lossless"),
    ],
)
def test_lost_precision_is_lost_quality(ours, theirs, recoded, reason):
    """What the needle's own coding can't have made was lost by the library's copy."""
    needle, haystack = (replace(PRINT, coding_error=one) for one in (ours, theirs))
    finding = look(needle, haystack, Measures(0.0, 9.0, 1.0, recoded))
    assert (finding.reason, "quality" in finding.evidence.worse) == (reason, bool(reason))


def test_what_was_told_again_needs_no_vote_and_is_no_worse():
    """Then no other needle's claim is in its way; told of a match, and of nothing else."""
    coarse = Measures(0.0, 9.0, 0.1, LARGE)
    assert (look(measures=coarse).reason, look(measures=coarse).retold) == ("quality", False)
    told = look(measures=replace(coarse, retold=True))
    assert (told.reason, told.retold, told.beyond) == ("", True, False)
    assert look(measures=replace(coarse, blocks=255.0, retold=True)).beyond


@pytest.mark.parametrize(
    ("theirs", "error", "made", "reason"),
    [
        pytest.param(1.0, 9.0, MORE, "", id="changed as any picture"),
        pytest.param(1.0, 9.0, JUST, "quality", id="changed less: coded so before"),
        pytest.param(-1.0, 9.0, JUST, "quality", id="so is one of no known coding"),
        pytest.param(1.0, ROUNDING * JUST, JUST, "", id="no difference to speak of"),
        pytest.param(2.0, 9.0, JUST, "", id="no finer than the needle"),
    ],
)
def test_the_needle_saved_once_more_does_not_vouch_for_it(theirs, error, made, reason):
    """A coarse needle's own coding undoes what a finer library copy lost of it, or nearly.

    Where it gives the needle back but for roundings, too; not where that is told to the pixel.
    """
    needle, haystack = (replace(PRINT, coding_error=one) for one in (2.0, theirs))
    recoded = replace(FITS, elsewhere=MADE / (CODED_BEFORE * made))
    measures = Measures(0.0, error, 1.0, recoded)
    given_back = replace(measures, recoded=replace(recoded, left=0.0))
    for one in (measures, given_back):
        assert look(needle, haystack, one).reason == reason
    assert look(needle, haystack, replace(given_back, retold=True)).same


@pytest.mark.parametrize(
    ("theirs", "error", "peak", "reason"),
    [
        pytest.param(worse.FINER * 2.0, JUST, JUST, "", id="both made of one original"),
        pytest.param(0.0, JUST, JUST, "", id="the original"),
        pytest.param(worse.FINER * 2.0 * MORE, JUST, JUST, "quality", id="not finer"),
        pytest.param(-1.0, JUST, JUST, "quality", id="of no known coding"),
        pytest.param(0.5, MORE, JUST, "quality", id="more than the needle's coding makes"),
        pytest.param(0.5, JUST, MORE, "quality", id="more in one place"),
        pytest.param(0.5, 0.9, JUST, "quality", id="less than the needle's coding makes"),
    ],
)
def test_two_copies_of_one_original_may_be_siblings(theirs, error, peak, reason):
    """The roundings of the library's copy move those of the needle, and add next to nothing."""
    needle, haystack = (replace(PRINT, coding_error=one) for one in (2.0, theirs))
    most = math.hypot(MADE * LIMITS.sibling, worse.SIBLING_ROUNDING)
    measures = Measures(0.0, error * most, 1.0, replace(LARGE, peak=peak * LIMITS.peak))
    assert look(needle, haystack, measures).reason == reason


@pytest.mark.parametrize(
    ("theirs", "error", "source", "reason"),
    [
        pytest.param(UNTOLD_COARSE, 9.0, LARGE, "quality", id="a coarse copy"),
        pytest.param(UNTOLD_COARSE, 9.0, TRACED, "", id="the needle was made of it"),
        pytest.param(UNTOLD_COARSE, 9.0, UNTRACED, "quality", id="it was hardly made of it"),
        pytest.param(UNTOLD_COARSE, 9.0, OF_ANOTHER, "quality", id="of another one, coded so"),
        pytest.param(UNTOLD_COARSE, 9.0, None, "quality", id="never tried"),
        pytest.param(UNTOLD_COARSE, 9.0, FITS, "quality", id="it was made of the needle"),
        pytest.param(1.0, 9.0, FITS, "quality", id="however fine"),
        pytest.param(1.0, 9.0, TRACED, "", id="the needle was made of it, fine as it is"),
        pytest.param(1.0, ROUNDING * JUST, FITS, "", id="no difference to speak of"),
        pytest.param(LOSSLESS, 9.0, Recoding(0, 9.0, 9.0, 0), "quality", id="saved losslessly"),
        pytest.param(LOSSLESS, worse.UNTOLD_ERROR * JUST, None, "", id="a lossless copy"),
        pytest.param(-1.0, 9.0, None, "quality", id="two untold codings"),
        pytest.param(LOSSLESS, worse.UNTOLD_ERROR * MORE, None, "quality", id="or hardly so"),
        pytest.param(-1.0, worse.UNTOLD_ERROR * JUST, None, "quality", id="nobody can tell"),
        pytest.param(1.0, worse.UNTOLD_ERROR * JUST, UNTRACED, "quality", id="a fine copy"),
    ],
)
@pytest.mark.parametrize("format_", ["heic", "webp", "avif"])
def test_a_needle_of_no_told_coding_may_be_the_source(format_, theirs, error, source, reason):
    """Whatever the library's copy may have been made of isn't vouched for by it."""
    needle = replace(PRINT, format=format_, coding_error=-1.0)
    haystack = replace(PRINT, coding_error=theirs)
    finding = look(needle, haystack, Measures(0.0, error, 1.0, source=source))
    assert finding.reason == reason


@pytest.mark.parametrize(
    ("theirs", "wide_px", "ours", "reason"),
    [
        pytest.param(8.0, 600, 2.0, "", id="shrunken, its coding shows no more"),
        pytest.param(9.1, 600, 2.0, "quality", id="too coarse for that"),
        pytest.param(9.1, 600, 6.2, "", id="the needle's own is coarser"),
        pytest.param(40.0, 3000, 2.0, "", id="much larger"),
        pytest.param(-1.0, 600, 2.0, "", id="nobody can tell"),
    ],
)
def test_a_larger_picture_may_be_coarser_all_the_same(theirs, wide_px, ours, reason):
    """As seen at the needle's size, 400 x 300 pixels."""
    haystack = replace(PRINT, coding_error=theirs, width_px=wide_px, height_px=wide_px * 3 // 4)
    assert look(replace(PRINT, coding_error=ours), haystack, OF_TWO_SIZES).reason == reason


def test_two_sizes_have_no_recoding():
    """Then detail alone tells of quality."""
    assert look(replace(PRINT, coding_error=2.0), PRINT, OF_TWO_SIZES).same


def test_nothing_of_an_equal_coding_is_worse_but_what_stands_beside_it():
    """A lost capture time is; a coarse coding, being the same, isn't."""
    finding = judge_coding(replace(COARSE, taken_at=NOON), COARSE, Policy())
    assert (finding.reason, finding.evidence.worse) == ("metadata", ("metadata",))
    assert finding.within
    assert not finding.same
    assert judge_coding(
        replace(COARSE, taken_at=NOON), COARSE, Policy(LIMITS, frozenset({"metadata"}))
    ).same
    assert judge_coding(COARSE, replace(COARSE, taken_at=NOON), Policy()).same
    assert judge_coding(MOTION, MOTION, Policy()).same  # what trails is part of the coding


def test_every_reason_can_be_accepted_by_its_name():
    """And what is accepted is told as it was found."""
    for fault, reason in worse.REASONS.items():
        assert worse.vetoing((fault,), frozenset()) == reason
        assert worse.vetoing((fault,), frozenset({fault})) == ""


def test_a_plain_re_save_of_a_noisy_picture_loses_nothing():
    """The blocks of its own coding are edges too, which the library never had."""
    assert look(replace(PRINT, coding_error=5.8), PRINT, replace(BLURRED, recoded=FITS)).same


@pytest.mark.parametrize("library", [0.29, 4.0, -1.0])
def test_a_deep_picture_is_not_vouched_for_by_one_of_eight_bits(library):
    """16 bits of a scan are more than any difference of two decodes shows."""
    deep, shallow = (replace(PRINT, coding_error=one) for one in (0.0, library))
    assert look(deep, shallow).reason == "quality"
    assert look(deep, deep).same
    assert look(replace(PRINT, coding_error=0.29), deep).same
