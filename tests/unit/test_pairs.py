"""Findings on pairs: worked out once, never from half of the facts, and forgotten without harm."""

from __future__ import annotations

import pytest
from tests.unit import engine_disk as disk
from tests.unit.engine_disk import broken, picture

from dedupd.rules import pairs as module
from dedupd.rules.pairs import Pairs
from dedupd.rules.verify import Policy, Want
from dedupd.state.memory import MemoryStore

A, B, M = (picture(1, variant) for variant in "abm")


class Facts(MemoryStore):
    """A store that counts how often measures are asked for."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def learn(self, *contents):
        """Let these be fingerprinted and signed."""
        for content in contents:
            self.put_fingerprint(disk.digest(content), disk.fingerprint(content))
            self.put_signature(disk.digest(content), disk.signature(content))

    def compare(self, needle, haystack):
        """Let these be compared."""
        digests = disk.digest(needle), disk.digest(haystack)
        self.put_measures(*digests, module.UPRIGHT, disk.measures(needle, haystack))

    def measures(self, needle, haystack, view):
        self.asked += 1
        return super().measures(needle, haystack, view)


@pytest.fixture
def facts():
    """Return facts about three pictures that look alike, one compared with the others."""
    known = Facts()
    known.learn(A, B, M)
    known.compare(A, B)
    known.compare(A, M)
    return known


def finding(pairs, needle, haystack):
    """Return the finding on two contents."""
    return pairs.finding(disk.digest(needle), disk.digest(haystack), 1)


def test_a_finding_is_worked_out_once(facts):
    """Facts of contents never change."""
    pairs = Pairs(facts, Policy())
    first = finding(pairs, A, B)
    assert first.same
    assert finding(pairs, A, B) is first
    assert facts.asked == 1


def test_a_finding_that_lacks_something_is_asked_for_again(facts):
    """Until it is there."""
    pairs = Pairs(facts, Policy())
    assert finding(pairs, B, M).want is Want.BOTH
    facts.compare(B, M)
    assert (finding(pairs, B, M).want, finding(pairs, B, M).same) == (Want.NOTHING, False)


def test_too_many_findings_are_forgotten_and_worked_out_again(facts, monkeypatch):
    """With the same result; memory is bounded, and what was just found is kept."""
    monkeypatch.setattr(module, "MOST_REMEMBERED", 1)
    pairs = Pairs(facts, Policy())
    same, other, again = (finding(pairs, A, one) for one in (B, M, B))
    assert (same.same, other.same, again) == (True, False, same)
    assert facts.asked == 3
    finding(pairs, A, B)
    assert facts.asked == 3


def may_be(pairs, needle, haystack):
    """Say whether these are worth a full decode."""
    return pairs.may_be(disk.digest(needle), disk.digest(haystack))


@pytest.mark.parametrize("late", [A, B], ids=["needle", "haystack"])
def test_a_pair_may_be_one_as_soon_as_both_are_fingerprinted(late):
    """Before that it isn't worth a decode, and that isn't remembered."""
    facts = Facts()
    facts.learn(*({A, B} - {late}))
    pairs = Pairs(facts, Policy())
    assert not may_be(pairs, A, B)
    facts.learn(late)
    assert may_be(pairs, A, B)


def test_what_cant_be_decoded_is_no_pair(facts):
    """Neither worth a decode nor to be judged: who asks has mixed up two contents."""
    bad = broken(1)
    facts.put_fingerprint(disk.digest(bad), disk.fingerprint(bad))
    pairs = Pairs(facts, Policy())
    assert not may_be(pairs, A, bad)
    for pair in ((A, bad), (bad, A)):
        with pytest.raises(LookupError):
            finding(pairs, *pair)
