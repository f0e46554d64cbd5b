"""The class of a needle's content, whatever came first."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit import engine_disk as disk
from tests.unit.engine_disk import broken, flat, picture
from tests.unit.matching_bench import Bench, Drawn, bench, decision, drawn, verdict

from dedupd.decision import DecisionKind
from dedupd.likeness import Measures
from dedupd.model import VIEWS, EvidenceKind, PictureClass, Place
from dedupd.rules.matching import Judgement
from dedupd.rules.pairs import Errand
from dedupd.rules.verify import Policy

SAME, DIFFERENT, DISMISS = DecisionKind.SAME, DecisionKind.DIFFERENT, DecisionKind.DISMISS


def test_equal_bytes_settle_it_before_anything_is_decoded():
    """With the first place on a root that is there."""
    one = Bench()
    one.put("h1", b"b", picture(1, "a"))
    one.put("h1", b"a", picture(1, "a"))
    one.put("h2", b"c", picture(1, "a"))
    one.put("n1", b"x", picture(1, "a"))
    found = one.judge(picture(1, "a")).assessment
    assert (found.cls, found.evidence.kind) == (PictureClass.MATCHED, EvidenceKind.BYTES)
    assert found.witness == Place("h1", b"a")
    one.matcher.away = frozenset({"h1"})
    assert one.judge(picture(1, "a")).assessment.witness == Place("h2", b"c")


def test_a_library_file_of_equal_size_that_nobody_read_may_hold_the_same_bytes():
    """Until it is read nothing is said of the needle, and nothing decoded for it."""
    one = Bench()
    one.put("h1", b"a", picture(2, "a", 60), read=False)
    one.put("n1", b"x", picture(1, "a", 60))
    assert one.judge(picture(1, "a", 60)).assessment.reason == "bytes"
    one.put("h1", b"a", picture(2, "a", 60))
    assert one.judge(picture(1, "a", 60)).assessment.reason == "fingerprint"


def test_a_known_copy_vouches_whatever_else_is_still_unread():
    """Order of arrival: an unread file of the needle's size doesn't take a match back."""
    one = bench([picture(1, "a")], picture(1, "b", 60))
    assert one.judge(picture(1, "b", 60)).assessment.cls is PictureClass.MATCHED
    one.put("h1", b"new", picture(3, "a", 60), read=False)
    assert one.judge(picture(1, "b", 60)).assessment.cls is PictureClass.MATCHED


@pytest.mark.parametrize(
    ("library", "needle", "cls", "reason"),
    [
        ([picture(1, "b")], picture(1, "a"), PictureClass.MATCHED, ""),
        ([picture(1, "a")], picture(1, "s"), PictureClass.MATCHED, ""),
        ([picture(1, "s")], picture(1, "a"), PictureClass.POSSIBLE, "smaller"),
        ([picture(1, "t")], picture(1, "a"), PictureClass.POSSIBLE, "toned"),
        ([picture(1, "m")], picture(1, "a"), PictureClass.POSSIBLE, "similar"),
        ([picture(1, "r")], picture(1, "p"), PictureClass.POSSIBLE, "retimed"),
        ([picture(1, "a")], picture(1, "p"), PictureClass.POSSIBLE, "metadata"),
        ([picture(1, "p")], picture(1, "a"), PictureClass.MATCHED, ""),
        ([picture(1, "s"), picture(1, "t")], picture(1, "a"), PictureClass.POSSIBLE, "smaller"),
        ([picture(1, "t"), picture(1, "b")], picture(1, "a"), PictureClass.MATCHED, ""),
        ([picture(2, "a")], picture(1, "a"), PictureClass.UNMATCHED, "no-match"),
        ([], broken(1), PictureClass.UNREADABLE, "truncated"),
        ([flat(2)], flat(1), PictureClass.UNMATCHED, "featureless"),
    ],
)
def test_the_class_of_a_needle(library, needle, cls, reason):
    """One `same` settles it, a vetoed one comes before a mere resemblance."""
    found = bench(library, needle).judge(needle).assessment
    assert (found.cls, found.reason) == (cls, reason)
    open_to_more = cls in (PictureClass.POSSIBLE, PictureClass.UNMATCHED)
    assert found.asks is ((open_to_more and not needle.startswith(b"flat")) or found.contestable)


def test_who_asks_is_known_as_long_as_it_is_a_needle():
    """A needle without a match would like to see more of the library."""
    one = bench([], picture(1, "a"))
    one.judge(picture(1, "a"))
    assert one.matcher.asking == {disk.digest(picture(1, "a"))}
    one.catalog.drop(Place("n1", b"0"))
    one.matcher.assess(disk.digest(picture(1, "a")))
    assert one.matcher.asking == set()


def test_a_library_file_that_goes_takes_its_match_with_it():
    """Those whom it vouched for are named, to be judged again."""
    one = bench([picture(1, "b")], picture(1, "a"))
    one.judge(picture(1, "a"))
    one.catalog.drop(Place("h1", b"0"))
    assert one.matcher.learned(disk.digest(picture(1, "b"))) == {disk.digest(picture(1, "a"))}
    assert one.judge(picture(1, "a")).assessment.cls is PictureClass.UNMATCHED


def test_an_errand_asks_for_what_is_lacking_only():
    """One signature where one is known, both files where blocks are to be compared."""
    ours, theirs = disk.digest(picture(1, "a")), disk.digest(picture(1, "s"))
    one = bench([picture(1, "s")], picture(1, "a"))
    assert one.matcher.assess(ours).errand == Errand(ours, theirs)
    one.store.put_signature(theirs, disk.signature(picture(1, "s")))
    assert one.matcher.assess(ours).errand == Errand(ours, None)
    one.store.put_signature(ours, disk.signature(picture(1, "a")))
    assert one.matcher.assess(ours).errand == Errand(ours, theirs)
    one.store.put_measures(ours, theirs, VIEWS[1], Measures(0.0, None, 1.0))
    assert one.matcher.assess(ours).errand == Errand(ours, theirs)  # that was another view
    one.store.put_measures(ours, theirs, VIEWS[0], Measures(0.0, None, 1.0))
    assert one.matcher.assess(ours).errand is None
    assert Errand(None, theirs).digests == (theirs,)


def test_the_same_coded_picture_is_found_whatever_it_looks_like():
    """With the evidence `pixels`, and nothing decoded in full; a worse one is left to a person."""
    one = bench([picture(1, "a")], picture(1, "c"))
    found = one.judge(picture(1, "c")).assessment
    assert (found.cls, found.evidence.kind) == (PictureClass.MATCHED, EvidenceKind.PIXELS)
    assert not found.contestable
    assert one.store.signature(disk.digest(picture(1, "c"))) is None
    timed, bare = drawn(1, coded="x", taken_at="2026:11:22 12:00:00"), drawn(1, coded="x")
    assert verdict(bench([bare], timed, looks=Drawn()), timed) == ("possible", "metadata")
    assert verdict(bench([timed], bare, looks=Drawn()), bare) == ("matched", "")


def test_a_featureless_picture_is_found_by_bytes_or_coding_alone():
    """What looks like it looks like everything."""
    grey, again = drawn(1, bytes_only="featureless", coded="x"), drawn(1)
    assert verdict(bench([grey], grey, looks=Drawn()), grey) == ("matched", "")
    edited = drawn(1, bytes_only="featureless", coded="x", taken_at="2026:11:22 12:00:00")
    assert verdict(bench([edited], grey, looks=Drawn()), grey) == ("matched", "")
    assert verdict(bench([again], grey, looks=Drawn()), grey) == ("unmatched", "featureless")
    assert verdict(bench([grey], again, looks=Drawn()), again) == ("unmatched", "no-match")


@pytest.mark.parametrize("fault", ["damaged", "frames"])
def test_what_may_be_broken_vouches_for_its_own_bytes_alone(fault):
    """Neither its looks nor its coding speak for another file."""
    odd, good = drawn(1, bytes_only=fault, coded="x"), drawn(1, coded="x")
    assert verdict(bench([odd], good, looks=Drawn()), good) == ("unmatched", "no-match")
    assert verdict(bench([odd], odd, looks=Drawn()), odd) == ("matched", "")
    cls = "unreadable" if fault == "damaged" else "unmatched"
    assert verdict(bench([good], odd, looks=Drawn()), odd) == (cls, fault)


def test_what_the_owner_says_is_believed_until_it_is_undone():
    """Same, different, dismissed: each where looks say something else."""
    stranger, needle, copy = picture(2, "a"), picture(1, "a"), picture(1, "b")
    one = bench([stranger, copy], needle)
    same, differ = decision(1, SAME, needle, stranger), decision(2, DIFFERENT, copy, needle)
    assert verdict(one, needle) == ("matched", "")
    assert one.decide(differ) >= {disk.digest(needle)}
    assert verdict(one, needle) == ("unmatched", "no-match")
    assert one.decide(same) >= {disk.digest(needle)}
    found = one.judge(needle).assessment
    assert (found.evidence.kind, found.contestable) == (EvidenceKind.OWNER, False)
    assert one.undo(same) >= {disk.digest(needle)}
    assert verdict(one, needle) == ("unmatched", "no-match")
    dismissal = decision(3, DISMISS, needle)
    one.decide(dismissal)
    assert verdict(one, needle) == ("dismissed", "")
    one.undo(dismissal)
    one.undo(differ)
    assert one.judge(needle).assessment.evidence.kind is EvidenceKind.SAME


def test_equal_bytes_beat_the_owner_s_different_and_the_same_coding_does_not():
    """Nobody can say that a file is not its own copy."""
    one = bench([picture(1, "a")], picture(1, "a"), picture(1, "c"))
    one.decide(decision(1, DIFFERENT, picture(1, "a"), picture(1, "c")))
    assert verdict(one, picture(1, "a")) == ("matched", "")
    assert verdict(one, picture(1, "c")) == ("unmatched", "no-match")


def test_a_look_alike_of_a_dismissed_picture_is_for_a_person_to_decide():
    """Unless the library has it; and no longer when the dismissal is undone."""
    unwanted, alike = picture(1, "a"), picture(1, "b")
    one = bench([], unwanted, alike)
    dismissal = decision(1, DISMISS, unwanted)
    assert one.decide(dismissal) == {disk.digest(unwanted), disk.digest(alike)}
    assert verdict(one, unwanted) == ("dismissed", "")
    assert verdict(one, alike) == ("possible", "dismissed")
    one.put("h1", b"there", alike)
    assert verdict(one, alike) == ("matched", "")
    one.drop("h1", b"there")
    assert one.undo(dismissal) == {disk.digest(unwanted), disk.digest(alike)}
    assert verdict(one, alike) == ("unmatched", "no-match")


def test_what_may_stand_beside_a_needle_is_told_once():
    """By its coding, by its hash or in several views; not what the owner called different."""
    needle, library = drawn(1, coded="x"), [drawn(1, coded="x", taken_at="2026"), drawn(1, step=1)]
    one = bench(library, needle, looks=Drawn())
    one.judge(needle)
    known = one.store.fingerprint(disk.digest(needle))
    contents = sorted(disk.digest(content) for content in library)
    assert (
        sorted(b.haystack for b in one.matcher.beside(disk.digest(needle), known, VIEWS))
        == contents
    )
    assert sorted(b.haystack for b in one.matcher.candidates(known)) == contents
    one.decide(decision(1, DIFFERENT, needle, library[1]))
    beside = one.matcher.beside(disk.digest(needle), known, VIEWS)
    assert [b.haystack for b in beside] == [disk.digest(library[0])]


def test_who_was_called_the_same_is_named_when_the_other_comes_and_goes():
    """Although the two look like nothing of each other."""
    needle, stranger = picture(1, "a"), picture(2, "a")
    one = bench([stranger], needle)
    one.decide(decision(1, SAME, needle, stranger))
    assert verdict(one, needle) == ("matched", "")
    assert one.drop("h1", b"0") == {disk.digest(needle)}
    assert verdict(one, needle) == ("unmatched", "no-match")
    assert one.put("h2", b"back", stranger) == {disk.digest(needle)}
    assert verdict(one, needle) == ("matched", "")


def test_a_featureless_needle_is_named_when_its_coding_comes():
    """No hash leads to it."""
    needle = drawn(1, bytes_only="featureless", coded="x")
    library = drawn(1, bytes_only="featureless", coded="x", taken_at="2026:11:22 12:00:00")
    one = bench([], needle, looks=Drawn())
    assert verdict(one, needle) == ("unmatched", "featureless")
    one.put("h1", b"a", library)
    assert one.decode(library) == {disk.digest(needle)}
    assert verdict(one, needle) == ("matched", "")


TIMES = ("2026:11:22 12:00:00.25", "2026:11:22 12:00:00.75")
CONTENTS = [picture(group, variant) for group in range(2) for variant in "abcsne"]
CONTENTS += [picture(0, variant) for variant in "tmpqr"] + [broken(1), flat(1)]
PICTURES = [drawn(1, step=step, view=view) for step in (0, 1) for view in (0, 1, 6)]
PICTURES += [
    drawn(1, step=2),
    drawn(1, step=40),
    drawn(1, half=True),
    drawn(2),
    drawn(1, coded="x"),
]
PICTURES += [drawn(1, step=1, coded="x", taken_at=one) for one in TIMES]
PICTURES += [drawn(1, step=1, half=True, view=2), drawn(1, bytes_only="transparent")]


@st.composite
def histories(draw, contents: list[bytes]):
    """Draw what happens to files, each in its order, and what the owner decides, in his."""
    content, times = st.sampled_from(contents), st.integers(1, 3)
    library = draw(st.lists(st.tuples(content, times), max_size=4))
    needles = draw(st.lists(st.tuples(content, times), min_size=1, max_size=4))
    lines = []
    for root, files in (("h1", library), ("n1", needles)):
        for number, (one, stays) in enumerate(files):
            path = b"%d" % number
            # 1: comes; 2: comes and goes; 3: comes, goes and comes back
            steps = [("put", root, path, one), ("drop", root, path), ("put", root, path, one)]
            lines.append([steps[0], ("decode", one), *steps[1:stays]])
    kinds = st.tuples(st.sampled_from([SAME, DIFFERENT, DISMISS]), content, content, st.booleans())
    decided = []
    for number, (kind, first, second, undone) in enumerate(draw(st.lists(kinds, max_size=3))):
        if first != second:
            one = decision(number, kind, first, None if kind is DISMISS else second)
            decided += [("decide", one), *([("undo", one)] if undone else [])]
    return [*lines, decided]


def shuffled(lines, dice: random.Random):
    """Return the steps of all lines, those of each in its order."""
    waiting = [list(line) for line in lines if line]
    steps = []
    while waiting:
        line = dice.choice(waiting)
        steps.append(line.pop(0))
        waiting = [one for one in waiting if one]
    return steps


def outcome(lines, dice: random.Random, policy: Policy, looks) -> dict[bytes, tuple[str, str]]:
    """Let it all happen in some order, judging only whom each step names."""
    one = Bench(policy, looks)
    kept: dict[bytes, Judgement] = {}

    def judge(touched: set[bytes]) -> None:
        for digest in touched:
            kept[digest] = one.matcher.assess(digest)

    for what, *details in shuffled(lines, dice):
        judge(getattr(one, what)(*details) & one.needles)
        while dice.random() < 0.6:
            errands = [judged.errand for judged in kept.values() if judged.errand]
            if not errands:
                break
            judge(one.run(dice.choice(errands)) & one.needles)
    kept = {digest: kept[digest] for digest in one.needles}
    while errands := [judged.errand for judged in kept.values() if judged.errand]:
        judge(one.run(dice.choice(errands)) & one.needles)
    found = {}
    for digest, judged in kept.items():
        now = one.matcher.assess(digest)
        assert now.errand is None
        assert judged.assessment == now.assessment
        found[digest] = now.assessment.cls.value, now.assessment.reason
    return found


@given(histories(CONTENTS), st.integers(0, 1000))
def test_no_order_of_arrival_changes_a_class(lines, seed):
    """Judging only whom each change names gives the same as judging all at the end."""
    first, second = (outcome(lines, random.Random(n), Policy(), None) for n in (seed, seed + 1))
    assert first == second


@settings(max_examples=60)
@given(histories(PICTURES), st.integers(0, 1000), st.booleans())
def test_no_order_of_arrival_changes_a_class_of_real_pictures(lines, seed, turned):
    """Turned ones too, with real signatures and measures, whatever the owner says of turned."""
    policy = Policy(turned=turned)
    first, second = (outcome(lines, random.Random(n), policy, Drawn()) for n in (seed, seed + 1))
    assert first == second
