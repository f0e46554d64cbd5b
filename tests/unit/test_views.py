"""Turned and mirrored copies: found in one of seven views, and matched where the owner says so."""

from __future__ import annotations

import pytest
from tests.unit import engine_disk as disk
from tests.unit.matching_bench import Bench, Drawn, bench, decision, drawn, verdict

from dedupd.decision import DecisionKind
from dedupd.model import VIEWS, EvidenceKind, PictureClass, View
from dedupd.rules.verify import Policy, size_px, turned

MATCHED = Policy(turned=True)
ALL = range(1, len(VIEWS))


def bench_of(library: list[bytes], *needles: bytes, policy: Policy | None = None) -> Bench:
    """Return a bench over drawn pictures."""
    return bench(library, *needles, policy=policy, looks=Drawn())


@pytest.mark.parametrize("number", ALL)
def test_a_turned_copy_is_for_a_person_to_decide_unless_the_owner_says_otherwise(number):
    """With the view in which it is the library's picture."""
    for policy, expected in ((Policy(), ("possible", "turned")), (MATCHED, ("matched", ""))):
        one = bench_of([drawn(1, view=number)], drawn(1), policy=policy)
        assert verdict(one, drawn(1)) == expected
        evidence = one.judge(drawn(1)).assessment.evidence
        assert (evidence.kind, evidence.view) == (EvidenceKind.TURNED, VIEWS[number])
        assert evidence.limit == expected[1]


@pytest.mark.parametrize("number", ALL)
def test_a_turned_signature_is_the_signature_of_the_turned_picture(number):
    """So that a picture is signed once, as it is upright."""
    looks, view = Drawn(), VIEWS[number]
    assert turned(looks.signature(drawn(1)), view) == looks.signature(drawn(1, view=number))


def test_sides_are_swapped_by_a_quarter_turn_only():
    """Half a turn and a mirror keep them."""
    known = Drawn().fingerprint(drawn(1))
    sizes = {view: size_px(known, view) for view in VIEWS}
    assert {view for view, size in sizes.items() if size == (144, 192)} == {
        View(quarters, mirrored) for quarters in (1, 3) for mirrored in (False, True)
    }
    assert set(sizes.values()) == {(192, 144), (144, 192)}


@pytest.mark.parametrize("policy", [Policy(), MATCHED])
def test_every_veto_speaks_on_turned_copies_too(policy):
    """A turned copy may be smaller, or of another moment."""
    one = bench_of([drawn(1, half=True, view=1)], drawn(1), policy=policy)
    assert verdict(one, drawn(1)) == ("possible", "smaller")
    times = [f"2026:11:22 12:00:0{second}" for second in range(2)]
    needle, library = drawn(1, taken_at=times[0]), drawn(1, view=1, taken_at=times[1])
    assert verdict(bench_of([library], needle, policy=policy), needle) == ("possible", "retimed")


def test_an_upright_copy_comes_before_a_turned_one():
    """Nobody has to look at a turned copy where an upright one is known."""
    one = bench_of([drawn(1, view=1), drawn(1, step=1)], drawn(1), policy=MATCHED)
    found = one.judge(drawn(1)).assessment
    assert (found.cls, found.evidence.kind) == (PictureClass.MATCHED, EvidenceKind.SAME)


def test_a_turned_copy_counts_where_the_upright_pictures_only_look_alike():
    """One that was toned says nothing against it."""
    one = bench_of([drawn(1, step=40), drawn(1, view=2)], drawn(1), policy=MATCHED)
    found = one.judge(drawn(1)).assessment
    assert (found.cls, found.evidence.kind) == (PictureClass.MATCHED, EvidenceKind.TURNED)


def test_a_vetoed_upright_copy_is_shown_and_no_turned_one_looked_for():
    """It keeps every limit: what speaks against it is what a person must see."""
    needle = drawn(1, taken_at="2026:11:22 12:00:00")
    library = [drawn(1, taken_at="2026:11:22 12:00:01"), drawn(1, view=1)]
    one = bench_of([*library], needle, policy=Policy(accepted=frozenset({"metadata"}), turned=True))
    assert verdict(one, needle) == ("possible", "retimed")
    assert one.store.signature(disk.digest(library[1])) is None


def test_a_turned_toned_copy_is_seen_by_a_person():
    """It breaks a limit, and is called turned all the same."""
    one = bench_of([drawn(1, step=40, view=3)], drawn(1), policy=MATCHED)
    assert verdict(one, drawn(1)) == ("possible", "turned")
    assert one.judge(drawn(1)).assessment.evidence.limit == "luma"


def test_a_turned_frame_is_a_rival():
    """Two needles claim one library picture, one of them turned."""
    for policy in (Policy(), MATCHED):
        one = bench_of([drawn(1)], drawn(1, step=1), drawn(1, step=2, view=1), policy=policy)
        assert verdict(one, drawn(1, step=1)) == ("possible", "contested")
        assert verdict(one, drawn(1, step=2, view=1))[0] == "possible"


def test_what_the_owner_called_different_is_not_found_in_another_view():
    """Nor what is no candidate for a full decode."""
    one = bench_of([drawn(1, view=1)], drawn(1), policy=MATCHED)
    one.decide(decision(1, DecisionKind.DIFFERENT, drawn(1), drawn(1, view=1)))
    assert verdict(one, drawn(1)) == ("unmatched", "no-match")
    assert one.store.signature(disk.digest(drawn(1))) is None
