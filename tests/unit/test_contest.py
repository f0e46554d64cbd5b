"""One picture, one vote: frames of a burst that the library holds one of."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from tests.unit import engine_disk as disk
from tests.unit.engine_disk import picture
from tests.unit.matching_bench import Drawn, bench, decision, drawn, verdict

from dedupd.decision import DecisionKind
from dedupd.model import VIEWS, Fingerprint, PictureClass, View

MATCHED, CONTESTED = ("matched", ""), ("possible", "contested")
A, B, C, N, SMALL = (picture(1, variant) for variant in "abcns")
RETOLD = picture(1, "e")
P, Q, R = (picture(1, variant) for variant in "pqr")  # .25, its copy, .75


def verdicts(library: list[bytes], *needles: bytes) -> list[tuple[str, str]]:
    """Return class and reason of each needle."""
    one = bench(library, *needles)
    return [verdict(one, needle) for needle in needles]


def test_a_claim_that_stands_alone_is_a_match():
    """One needle, one library picture."""
    assert verdicts([A], B) == [MATCHED]


@pytest.mark.parametrize("needles", list(itertools.permutations([B, N, picture(1, "b", 60)])))
def test_frames_that_claim_one_picture_have_none_of_it(needles):
    """In every order of arrival."""
    assert verdicts([A], *needles) == [CONTESTED] * 3


@pytest.mark.parametrize("own", [A, B], ids=["of a known coding", "of an unknown coding"])
@pytest.mark.parametrize("first", [True, False])
def test_a_frame_beside_the_library_s_own_bytes_is_contested(own, first):
    """Those are matched, whatever else there is."""
    needles = (own, N) if first else (N, own)
    found = dict(zip(needles, verdicts([own], *needles), strict=True))
    assert found == {own: MATCHED, N: CONTESTED}


@pytest.mark.parametrize("needles", [(C, N), (N, C)])
def test_a_frame_beside_the_library_s_own_coding_is_contested(needles):
    """The same picture with other metadata is the library's picture."""
    found = dict(zip(needles, verdicts([A], *needles), strict=True))
    assert found == {C: MATCHED, N: CONTESTED}


@pytest.mark.parametrize("library", [(A, C), (C, A)])
def test_a_coding_is_a_vote_also_where_the_library_holds_its_bytes(library):
    """The library has one frame twice, with two sets of metadata; the other frame is missing."""
    assert verdicts([*library], C, N) == [MATCHED, CONTESTED]


def test_the_reason_is_told_with_the_evidence():
    """The pair keeps every limit; the contest decided."""
    found = bench([A], B, N).judge(B).assessment
    assert (found.evidence.limit, found.evidence.worse, found.asks) == ("contested", (), True)


@pytest.mark.parametrize("others", list(itertools.permutations([A, C, B, N])))
def test_what_was_made_of_the_library_s_picture_needs_no_vote(others):
    """Its noise says so; for the others it is a rival as before."""
    found = dict(zip([RETOLD, *others], verdicts([A], RETOLD, *others), strict=True))
    assert found == {RETOLD: MATCHED, A: MATCHED, C: MATCHED, B: CONTESTED, N: CONTESTED}
    assert verdicts([A], RETOLD, B) == [MATCHED, CONTESTED]


def test_what_was_made_of_another_frame_of_the_library_is_no_rival_of_itself():
    """Whichever frame is nearer: each is compared until the one is found that it was made of."""
    assert verdicts([N, A], RETOLD, N, A) == [MATCHED] * 3


def test_one_needle_in_two_codings_or_places_is_one_vote():
    """Metadata make no other picture, and a second copy of a file doesn't either."""
    assert verdicts([B], A, C) == [MATCHED, MATCHED]
    one = bench([A], B)
    one.put("n2", b"again", B)
    assert verdict(one, B) == MATCHED


def test_a_picture_and_its_smaller_copy_are_no_rivals():
    """Whoever has both has made one of the other."""
    assert verdicts([A], SMALL, B) == [MATCHED, MATCHED]
    assert verdicts([A], SMALL, A) == [MATCHED, MATCHED]
    assert verdicts([A], SMALL, C) == [MATCHED, MATCHED]


def test_smaller_pictures_of_one_size_are_rivals():
    """A burst of which every frame was made smaller by a messenger."""
    assert verdicts([A], SMALL, picture(1, "s", 60)) == [CONTESTED] * 2


def test_a_pixel_more_or_less_makes_no_other_size():
    """Nor does it in another order; and beside a picture of quite another size it's no rival."""
    assert verdicts([A], SMALL, picture(1, "u")) == [CONTESTED] * 2
    assert verdicts([A], picture(1, "u"), SMALL) == [CONTESTED] * 2
    assert verdicts([A], picture(1, "u"), B) == [MATCHED, MATCHED]


def test_frames_of_the_library_s_own_size_are_counted_however_small_it_is():
    """Small is what the two are to each other."""
    assert verdicts([SMALL], picture(1, "s", 60), picture(1, "s", 80)) == [CONTESTED] * 2


def test_the_capture_time_to_the_sub_second_needs_no_vote():
    """The frame that carries it is the one; the others aren't."""
    assert verdicts([P], Q, B, R) == [MATCHED, CONTESTED, ("possible", "retimed")]
    assert verdicts([P], R, B) == [("possible", "retimed"), CONTESTED]


def test_a_frame_that_is_in_the_library_too_is_still_a_rival():
    """A burst of which a part was imported: what else looks like it is another frame, perhaps."""
    assert verdicts([A, N], B, N) == [CONTESTED, MATCHED]
    one = bench([A], B, N)
    assert verdict(one, B) == CONTESTED
    assert disk.digest(N) in one.put("h2", b"its own", N)
    assert (verdict(one, B), verdict(one, N)) == (CONTESTED, MATCHED)
    one.drop("h2", b"its own")
    assert verdict(one, B) == CONTESTED


def test_a_rival_on_a_root_that_is_away_is_still_one():
    """The catalogue keeps what was known of it."""
    one = bench([A], B)
    one.put("n2", b"away", N)
    one.decode(N)
    one.matcher.away = frozenset({"n2"})
    assert verdict(one, B) == CONTESTED


def test_who_competed_with_a_needle_is_named_when_it_comes_and_goes():
    """And judged again, both times otherwise."""
    one = bench([A], B)
    assert verdict(one, B) == MATCHED
    assert one.put("n2", b"x", N) == {disk.digest(N)}  # nobody knows what it looks like
    assert disk.digest(B) in one.decode(N)
    assert verdict(one, B) == CONTESTED
    assert disk.digest(B) in one.drop("n2", b"x")
    assert verdict(one, B) == MATCHED


class FarApart(Drawn):
    """Pictures whose hashes are near one library picture's, and not near each other's."""

    def __init__(self, view: int) -> None:
        self._view = view

    def fingerprint(self, content: bytes) -> Fingerprint:
        """See `Looks`."""
        known, library = super().fingerprint(content), super().fingerprint(drawn(1))
        if content == drawn(1, step=1):
            return replace(known, dhash=library.dhash ^ 0xFF, turned=())
        if content == drawn(1, step=2, view=self._view):
            hashes = [~library.dhash & (2**64 - 1)] * len(VIEWS)
            hashes[VIEWS.index(_back(VIEWS[self._view]))] = library.dhash ^ 0xFF00
            return replace(known, dhash=hashes[0], turned=tuple(hashes[1:]))
        return replace(known, turned=())


def _back(view: View) -> View:
    """Return the view that shows a picture upright which `view` has turned."""
    return view if view.mirrored else View(-view.quarters % 4, mirrored=False)


def test_a_rival_is_known_by_the_library_s_picture_not_by_ours():
    """Their own two hashes are twice as far apart as either is from the library's."""
    ours, other = drawn(1, step=1), drawn(1, step=2)
    one = bench([drawn(1)], ours, looks=FarApart(0))
    assert verdict(one, ours) == MATCHED
    one.put("n2", b"x", other)
    assert disk.digest(ours) in one.decode(other)
    assert verdict(one, ours) == CONTESTED
    assert disk.digest(ours) in one.drop("n2", b"x")
    assert verdict(one, ours) == MATCHED


def test_a_rival_must_be_looked_at_first():
    """Until then nothing is said; the errand is the rival's."""
    one = bench([A], B, N)
    for digest, content in ((disk.digest(c), c) for c in (A, B)):
        one.store.put_signature(digest, disk.signature(content))
    one.store.put_measures(disk.digest(B), disk.digest(A), VIEWS[0], disk.measures(B, A))
    judged = one.matcher.assess(disk.digest(B))
    assert (judged.assessment.cls, judged.assessment.reason) == (
        PictureClass.PENDING,
        "comparison",
    )
    assert judged.errand.needle == disk.digest(N)
    assert disk.digest(B) in one.run(judged.errand)


def test_a_stranger_to_the_library_s_picture_is_no_rival():
    """It breaks a limit, or is of another group."""
    assert verdicts([A], B, picture(1, "t"), picture(2, "a"))[0] == MATCHED
    assert verdicts([A], B, picture(1, "m"))[0] == MATCHED


def test_a_vetoed_rival_is_a_rival():
    """It keeps every limit; a person will see why it isn't a match."""
    assert verdicts([A], B, P) == [CONTESTED, ("possible", "metadata")]


def test_the_owner_settles_a_contest():
    """By saying which frame isn't the one, or which is; undone, it is open again."""
    one = bench([A], B, N)
    different = decision(1, DecisionKind.DIFFERENT, N, A)
    assert disk.digest(B) in one.decide(different)
    assert (verdict(one, B), verdict(one, N)) == (MATCHED, ("unmatched", "no-match"))
    assert disk.digest(B) in one.undo(different)
    assert verdict(one, B) == CONTESTED
    one.decide(decision(2, DecisionKind.SAME, B, A))
    assert (verdict(one, B), verdict(one, N)) == (MATCHED, CONTESTED)


def test_in_doubt_nobody_passes_because_a_rival_was_called_different():
    """What the owner said of the claim itself may have been lost as well."""
    one = bench([A], B, N)
    one.decide(decision(1, DecisionKind.DIFFERENT, N, A))
    one.book.doubtful = True
    assert verdict(one, B) == verdict(one, N) == ("unmatched", "no-match")


def test_another_copy_in_the_library_may_be_claimed_without_a_contest():
    """A larger one, of which the needle is a smaller copy; it has itself for a rival nowhere."""
    again = picture(1, "s", 60)
    assert verdicts([SMALL, A], again, SMALL) == [CONTESTED, MATCHED]
    assert verdicts([SMALL, A], again) == [MATCHED]


@pytest.mark.parametrize(
    ("library", "needle", "contestable"),
    [
        (A, B, True),
        (A, A, False),
        (A, C, False),
        (A, RETOLD, False),
        (A, SMALL, True),
        (P, Q, False),
        (P, B, True),
    ],
    ids=["same", "bytes", "pixels", "retold", "smaller", "same moment", "no moment"],
)
def test_what_another_needle_may_yet_claim_is_told(library, needle, contestable):
    """A claim by looks, without the library picture's capture time."""
    found = bench([library], needle).judge(needle).assessment
    assert (found.cls, found.contestable) == (PictureClass.MATCHED, contestable)


def test_a_pair_is_not_compared_for_a_contest_that_nobody_enters():
    """A needle that only shares the hash costs no errand."""
    one, stranger = bench([A], B), disk.digest(N)
    one.put("n1", b"stranger", N)
    known = replace(disk.fingerprint(N), sketch=bytes(range(256)))
    one.store.put_fingerprint(stranger, known)
    one.touched(stranger)
    assert verdict(one, B) == MATCHED
    assert one.store.signature(stranger) is None
