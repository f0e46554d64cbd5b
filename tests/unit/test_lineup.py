"""With how many pictures one is compared, where more look like it than is worth it."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from tests.unit import engine_disk as disk
from tests.unit.engine_disk import picture
from tests.unit.matching_bench import Bench, Tokens, bench, verdict

from dedupd.likeness import Measures
from dedupd.model import VIEWS, Fingerprint, PictureClass, Signature, Unreadable, View
from dedupd.rules import contest, lineup
from dedupd.rules.lineup import MOST_COMPARED, MOST_RETOLD
from dedupd.rules.pairs import Errand
from dedupd.rules.verify import Policy

MATCHED, CONTESTED = ("matched", ""), ("possible", "contested")
A, B, N = (picture(1, variant) for variant in "abn")


def frames(variant: str, count: int, first: int = 60) -> list[bytes]:
    """Return so many different pictures that look exactly alike."""
    return [picture(1, variant, first + number) for number in range(count)]


def counted(one: Bench) -> list[Errand]:
    """Have a bench note every errand that it runs."""
    errands, run = [], one.run
    one.run = lambda errand: (errands.append(errand), run(errand))[1]
    return errands


def test_as_many_as_may_be_compared_are_all_judged():
    """The last of them may be the one."""
    assert verdict(bench([*frames("m", MOST_COMPARED - 1), N], A), A) == MATCHED


def test_who_is_not_among_the_nearest_is_left_to_a_person():
    """Eight others are nearer, and are another moment."""
    one = bench([*frames("m", MOST_COMPARED), N], A)
    errands = counted(one)
    assert verdict(one, A) == ("possible", "similar")
    assert sum(len(errand.digests) == 2 for errand in errands) == MOST_COMPARED
    assert sum(len(errand.digests) == 1 for errand in errands) == MOST_COMPARED + 2


def test_the_nearest_by_signature_is_compared_however_many_look_alike():
    """Whatever their hashes and names."""
    one = bench([*frames("m", 5 * MOST_COMPARED), B], N)
    errands = counted(one)
    assert verdict(one, N) == MATCHED
    assert sum(len(errand.digests) == 2 for errand in errands) == 1


def test_whom_signatures_tell_apart_takes_nobody_s_place():
    """A toned picture is compared only where the needle may be made of it."""
    assert verdict(bench([*frames("t", 5 * MOST_COMPARED), B], N), N) == MATCHED


@pytest.mark.parametrize("count", [MOST_RETOLD - 1, 7, 40])
def test_the_nearest_of_those_that_break_a_limit_may_be_what_it_is_made_of(count):
    """A small, coarse copy; however many others look as much like it."""
    coarse = picture(1, "d")
    one = bench([*frames("t", count), A], coarse)
    errands = counted(one)
    assert verdict(one, coarse) == MATCHED
    assert sum(len(errand.digests) == 2 for errand in errands) <= MOST_RETOLD


@pytest.mark.parametrize("count", [1, 7, 40])
def test_who_breaks_a_limit_and_is_made_of_none_is_left_to_a_person(count):
    one = bench(frames("b", count), picture(1, "d"))
    errands = counted(one)
    assert verdict(one, picture(1, "d")) == ("possible", "toned")
    assert sum(len(errand.digests) == 2 for errand in errands) <= MOST_RETOLD


def test_other_claims_beyond_the_limits_are_no_rivals():
    """They never were: what looks alone tell apart from the library's picture isn't it."""
    coarse, small = picture(1, "d"), picture(1, "s")
    one = bench([A], coarse, small)
    assert [verdict(one, needle) for needle in (coarse, small)] == [MATCHED] * 2


def test_a_picture_with_too_many_look_alikes_to_compare_has_none_of_it():
    """One of them may be its rival: unknown is never imported."""
    few, many = frames("m", MOST_COMPARED), frames("m", MOST_COMPARED + 1)
    assert verdict(bench([A], B, *few), B) == MATCHED
    assert verdict(bench([A], B, *many), B) == CONTESTED


def test_a_match_stands_while_a_new_library_picture_is_not_signed_yet():
    """It is signed all the same, since it may be nearer."""
    one = bench([*frames("m", MOST_COMPARED), B], N)
    assert verdict(one, N) == MATCHED
    late = picture(1, "m", 200)
    one.put("h2", b"late", late)
    one.decode(late)
    judged = one.matcher.assess(disk.digest(N))
    assert judged.assessment.cls is PictureClass.MATCHED
    assert judged.errand == Errand(None, disk.digest(late))
    assert verdict(one, N) == MATCHED


class Painted(Tokens):
    """Frames of the variant `m` have other colours, and nothing else tells them apart."""

    def signature(self, content: bytes) -> Signature | Unreadable:
        """See `Looks`."""
        known = super().signature(content)
        return replace(known, chroma=bytes([200]) * 16) if b" m " in content else known


def test_colours_take_nobody_s_place_either():
    """However near the light and shade: of library pictures, and of rivals."""
    others = frames("m", 2 * MOST_COMPARED)
    assert verdict(bench([*others, B], A, looks=Painted()), A) == MATCHED
    assert verdict(bench([A], B, *others, looks=Painted()), B) == MATCHED


class Round(Tokens):
    """Pictures that look alike in every view, and are the same in turned ones alone."""

    def fingerprint(self, content: bytes) -> Fingerprint:
        """See `Looks`."""
        known = super().fingerprint(content)
        return replace(known, sketch=_rings(16), turned=(known.dhash,) * 7)

    def signature(self, content: bytes) -> Signature:
        """See `Looks`."""
        return Signature(_rings(64), bytes(16 * 16 * 2))

    def measures(self, needle: bytes, haystack: bytes, view: View) -> Measures:
        """See `Looks`."""
        return Measures(disk.FAR if view == VIEWS[0] else disk.CLOSE, None, 1.0)


def _rings(side: int) -> bytes:
    line = np.abs(np.arange(side) - (side - 1) / 2)
    return np.add.outer(line, line).astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    ("count", "found"),
    [(MOST_COMPARED, MATCHED), (MOST_COMPARED + 1, ("possible", "not-compared"))],
)
def test_no_turned_view_settles_what_was_not_compared_upright(count, found):
    """It is left to a person also where no other library picture looks alike."""
    policy = Policy(limits=replace(Policy().limits, possible_correlation=1.1), turned=True)
    one = bench(frames("a", count), N, policy=policy, looks=Round())
    assert verdict(one, N) == found


@pytest.mark.parametrize("own", [True, False])
def test_a_signature_that_nobody_could_make_ends_in_a_person_s_hands(own):
    """No errand is asked for again and again."""
    library = [*frames("m", MOST_COMPARED - 1), picture(1, "t"), N]
    one = bench(library, A)
    given_up = Errand(disk.digest(A), None) if own else Errand(None, disk.digest(N))
    one.matcher.give_up(given_up)
    errands = counted(one)
    assert verdict(one, A) == ("possible", "not-compared" if own else "not-comparable")
    assert given_up not in errands


class Blind(Tokens):
    """Contents of the variant `t` have no signature: the worker that tried died of it."""

    def signature(self, content: bytes) -> Signature | Unreadable:
        """See `Looks`."""
        return Unreadable("killed") if b" t " in content else super().signature(content)


def test_a_library_picture_without_a_signature_takes_nobody_s_place():
    """However many they are: it comes last, and nothing can be said about it."""
    one = bench([*frames("t", 5 * MOST_COMPARED), B], N, looks=Blind())
    errands = counted(one)
    assert verdict(one, N) == MATCHED
    assert [errand.digests for errand in errands if len(errand.digests) == 2] == [
        (disk.digest(N), disk.digest(B))
    ]


def test_a_needle_without_a_signature_is_compared_with_nobody_and_matched_with_nobody():
    """Also where one of many look-alikes is its copy; no errand is run for it twice."""
    needle = picture(1, "t")
    one = bench([*frames("m", 2 * MOST_COMPARED), A], needle, looks=Blind())
    errands = counted(one)
    assert verdict(one, needle)[0] != "matched"
    assert not any(len(errand.digests) == 2 for errand in errands)
    assert len(errands) == len(set(errands))


@pytest.mark.parametrize("most", [1, 2 * MOST_COMPARED + 1], ids=["too few", "just enough"])
def test_what_doesnt_fit_into_memory_is_worked_out_again(monkeypatch, most):
    """It costs no match and no errand, also once the library grew by one."""
    monkeypatch.setattr(lineup, "MOST_REMEMBERED", most)
    one = bench([*frames("m", 2 * MOST_COMPARED), B], N)
    assert verdict(one, N) == MATCHED
    late = picture(1, "m", 200)
    one.put("h2", b"late", late)
    one.decode(late)
    errands = counted(one)
    assert verdict(one, N) == MATCHED
    assert errands == [Errand(None, disk.digest(late))]


@pytest.mark.parametrize(("most", "needles"), [(lineup.MOST_REMEMBERED, 2), (40, 1)])
def test_what_is_remembered_is_bounded_and_changes_no_verdict(monkeypatch, most, needles):
    """A library of bursts beside another one: what was known of a needle is forgotten."""
    monkeypatch.setattr(lineup, "MOST_REMEMBERED", most)
    one = bench([*frames("m", 3 * MOST_COMPARED), B], A, N)
    found = {content: verdict(one, content) for content in (A, N)}
    assert len(one.matcher._lineups._apart) == needles
    assert found == {A: ("possible", "not-compared"), N: ("possible", "contested")}


def classes(library: list[bytes], needles: list[bytes], seed: int) -> dict[bytes, tuple[str, str]]:
    """Let everything come, and be judged, in some order; return class and reason of each needle."""
    dice, one = random.Random(seed), Bench()
    coming = [("h1", content) for content in library] + [("n1", content) for content in needles]
    dice.shuffle(coming)
    for number, (root, content) in enumerate(coming):
        one.put(root, b"%d" % number, content)
        one.decode(content)
        known = sorted(one.needles)
        for digest in dice.sample(known, min(2, len(known))):
            errand = one.matcher.assess(digest).errand
            if errand is not None and dice.random() < 0.7:
                one.run(errand)
    dice.shuffle(needles)
    return {needle: verdict(one, needle) for needle in [*needles, *needles]}


@pytest.mark.parametrize("seed", range(25))
def test_a_limit_of_comparisons_makes_no_match_and_knows_no_order(seed, monkeypatch):
    """Whatever is matched with it is matched without it, in every order of arrival."""
    monkeypatch.setattr(lineup, "MOST_COMPARED", 3)
    monkeypatch.setattr(contest, "MOST_COMPARED", 3)
    dice = random.Random(seed)
    kinds = dice.choice(["abmn", "mmmnb", "abcemnpqrst", "mmst"])
    library = [picture(1, dice.choice(kinds), 60 + n) for n in range(dice.randint(4, 9))]
    needles = [picture(1, dice.choice(kinds), 80 + n) for n in range(dice.randint(1, 7))]
    found = classes(library, needles, seed)
    for other in range(3):
        assert classes(library, needles, 100 + other) == found
    monkeypatch.setattr(lineup, "MOST_COMPARED", 1000)
    monkeypatch.setattr(contest, "MOST_COMPARED", 1000)
    free = classes(library, needles, seed)
    assert {one for one in found if found[one] == MATCHED} <= {
        one for one in free if free[one] == MATCHED
    }
