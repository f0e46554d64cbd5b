from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.rules.banded import Tuning
from dedupd.rules.bands import BANDS, BUCKETS, build, flips_by_bits, of_band, radii
from dedupd.rules.flat import BLOCK_ROWS, FIRST_CAPACITY, Column
from dedupd.rules.index import HammingIndex

HASHES = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 1, 3, 2**63, 2**64 - 1]))
DIGESTS = st.integers(0, 7).map(lambda n: bytes([n]) * 32)
CHANGES = st.lists(st.tuples(DIGESTS, st.none() | HASHES), max_size=40)


def brute(known: dict[bytes, int], dhash: int, radius_bits: int) -> list[tuple[int, bytes]]:
    """Return what the index must return, compared one by one."""
    distances = [((one ^ dhash).bit_count(), digest) for digest, one in known.items()]
    return sorted(one for one in distances if one[0] <= radius_bits)


@given(changes=CHANGES, dhash=HASHES, radius_bits=st.integers(0, 64))
def test_the_index_answers_as_brute_force_does(changes, dhash, radius_bits):
    """Whatever was added, replaced and removed, in whatever order."""
    index, known = HammingIndex(), {}
    for digest, value in changes:
        if value is None:
            index.remove(digest)
            known.pop(digest, None)
        else:
            index.add(digest, value)
            known[digest] = value
    assert index.within(dhash, radius_bits) == brute(known, dhash, radius_bits)
    assert len(index) == len(known)
    assert all((digest in index) is (digest in known) for digest, _ in changes)


@given(known=st.dictionaries(DIGESTS, HASHES, min_size=2), dhash=HASHES, dice=st.randoms())
def test_the_order_of_arrival_changes_no_answer(known, dhash, dice):
    """Equal distances come in the order of their digests."""
    shuffled = list(known.items())
    dice.shuffle(shuffled)
    first, second = HammingIndex(), HammingIndex()
    for digest, value in known.items():
        first.add(digest, value)
    for digest, value in shuffled:
        second.add(digest, value)
    assert first.within(dhash, 64) == second.within(dhash, 64)


def test_the_index_grows():
    """Nothing is lost when its first array is full."""
    index = HammingIndex()
    for number in range(FIRST_CAPACITY + 2):
        index.add(number.to_bytes(32, "big"), number)
    last = FIRST_CAPACITY + 1
    assert index.within(last, 0) == [(0, last.to_bytes(32, "big"))]
    assert index.within(0, 0) == [(0, bytes(32))]


def test_a_pass_goes_over_every_block():
    """The first and the last hash of each block, and what is behind the last row is nobody's."""
    column = Column()
    for _ in range(2 * BLOCK_ROWS + 2):
        column.append(0)
    column.pop()
    edges = [0, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS - 1, 2 * BLOCK_ROWS]
    column.values[:] = 2**64 - 1
    column.values[edges] = 1
    column.values[len(column)] = 1
    assert column.near(0, 1).tolist() == edges
    assert column.near(0, 0).tolist() == []
    assert column.near(0, -1).tolist() == []


@pytest.mark.parametrize("radius_bits", range(65))
def test_the_bands_are_looked_at_far_enough(radius_bits):
    """A hash that is missed in every band differs in more bits than the radius; not by far."""
    widths = radii(radius_bits)
    assert len(widths) == BANDS
    assert sum(width + 1 for width in widths) == radius_bits + 1
    assert widths == sorted(widths)
    assert widths[-1] - widths[0] <= 1


def test_the_flips_are_all_masks_by_their_bits():
    """The first so many are just those with at most so many bits set."""
    flips, within = flips_by_bits()
    assert sorted(flips.tolist()) == list(range(BUCKETS))
    assert within[:3].tolist() == [1, 17, 137]
    for bits, count in enumerate(within):
        assert {int(one).bit_count() for one in flips[:count]} <= set(range(bits + 1))
        assert all(int(one).bit_count() > bits for one in flips[count:])


def test_a_band_holds_every_hash_in_its_bucket():
    """Whatever the length of a step."""
    hashes = np.random.default_rng(1).integers(0, 2**64, 300, dtype=np.uint64)
    column = Column()
    for one in hashes.tolist():
        column.append(one)
    bands = [band for band in build(column, span_rows=64) if band is not None]
    assert len(bands) == BANDS
    for number, band in enumerate(bands):
        keys = of_band(hashes, number)
        assert band.hashes.tolist() == hashes[np.argsort(keys, kind="stable")].tolist()
        assert band.rows.tolist() == np.argsort(keys, kind="stable").tolist()
        assert np.diff(band.starts).tolist() == np.bincount(keys, minlength=BUCKETS).tolist()


SMALL = Tuning(banded_from=24, tail_rows=6, tail_part=1 << 20, span_rows=16, worth_share=100)
SEEDS = [0, 2**64 - 1, 0x0123456789ABCDEF, 0x0123456789AB0000, 0x8000000000000001]
near_seeds = st.builds(
    lambda seed, places: seed ^ sum(1 << place for place in places),
    st.sampled_from(SEEDS),
    st.sets(st.integers(0, 63), max_size=5),
)
crowd = st.integers(0, 95).map(lambda number: number.to_bytes(32, "big"))
radius = st.integers(0, 16)


class Both:
    """An index of a lowered threshold beside a dictionary; each answer is compared.

    Attributes:
        banded, plain: How many searches went which way.
    """

    def __init__(self, tuning: Tuning = SMALL):
        self.index, self.known = HammingIndex(tuning), {}
        self.banded = self.plain = 0
        near = self.index._banded.near

        def counting(*question):
            rows = near(*question)
            self.banded += rows is not None
            self.plain += rows is None
            return rows

        self.index._banded.near = counting

    def add(self, digest: bytes, dhash: int) -> None:
        self.index.add(digest, dhash)
        self.known[digest] = dhash

    def remove(self, digest: bytes) -> None:
        self.index.remove(digest)
        self.known.pop(digest, None)

    def ask(self, dhash: int, radius_bits: int) -> None:
        assert self.index.within(dhash, radius_bits) == brute(self.known, dhash, radius_bits)


additions = st.tuples(st.just("add"), crowd, near_seeds)
removals = st.tuples(st.just("remove"), crowd, st.none())
questions = st.tuples(st.just("ask"), near_seeds, radius)
preparing = st.tuples(st.just("prepare"), st.none(), st.none())
deeds = st.lists(st.one_of(additions, additions, removals, questions, preparing), max_size=60)


@given(
    first=st.dictionaries(crowd, near_seeds, min_size=20, max_size=60),
    last=deeds,
    dhash=near_seeds,
    radius_bits=radius,
    leave=st.integers(0, 95),
)
def test_every_form_of_the_index_answers_as_brute_force_does(
    first, last, dhash, radius_bits, leave
):
    """Clustered hashes, on both sides of the threshold, asked in the middle of every change."""
    both = Both()
    for digest, value in first.items():
        both.add(digest, value)
    for deed, one, other in last:
        if deed == "prepare":
            both.index.prepare()
        else:
            getattr(both, deed)(*(part for part in (one, other) if part is not None))
    for _ in range(30):  # so many steps build the bands
        both.ask(dhash, radius_bits)
    for digest in list(both.known)[leave:]:
        both.remove(digest)
        both.ask(dhash, radius_bits)


def crowded(count: int, tuning: Tuning = SMALL) -> Both:
    """Return an index of so many hashes around the seeds."""
    dice = np.random.default_rng(count)
    both = Both(tuning)
    for number in range(count):
        places = dice.integers(0, 64, 6).tolist()
        value = SEEDS[number % len(SEEDS)] ^ sum(1 << place for place in set(places))
        both.add(number.to_bytes(32, "big"), value)
    return both


@pytest.mark.parametrize("radius_bits", range(17))
def test_the_bands_miss_nothing(radius_bits):
    """A few thousand hashes, asked for each seed, all by the bands."""
    both = crowded(3000, Tuning(banded_from=1, worth_share=100))
    both.index.prepare()
    for seed in SEEDS:
        both.ask(seed, radius_bits)
    assert (both.banded, both.plain) == (len(SEEDS), 0)


def test_the_bands_come_and_go():
    """Above the threshold they are built search by search, and half below it given up."""
    both = crowded(SMALL.banded_from)
    both.ask(0, 0)
    assert (both.banded, both.plain) == (0, 1)
    while not both.banded:
        both.ask(0, 0)
    assert both.plain <= 30
    for number in range(SMALL.banded_from // 2 + 1):
        both.remove(number.to_bytes(32, "big"))
    before = both.banded
    both.ask(SEEDS[2], 16)
    assert both.banded == before


def test_few_hashes_are_never_laid_out():
    """Below the threshold there is nothing but 8 bytes a hash."""
    both = crowded(SMALL.banded_from - 1)
    both.index.prepare()
    both.ask(0, 0)
    assert both.banded == 0


def test_a_changed_row_is_found_before_and_after_the_bands_are_built_anew():
    """Rows that change while the bands are being built are in the tail, old ones leave it."""
    both = crowded(200)
    both.index.prepare()
    for number in range(60):
        digest = (number % 20).to_bytes(32, "big")
        both.add(digest, number)
        both.ask(number, 0)
        both.ask(0x0123456789ABCDEF, 6)
    assert both.plain == 0
    both.index.prepare()
    assert len(both.index._banded._tail) <= SMALL.tail_rows
    both.ask(59, 0)


def test_rows_that_change_while_the_bands_are_built_are_found_afterwards():
    """Also a row that the first step had already read."""
    both = crowded(200)
    both.index.prepare()
    changed = {number.to_bytes(32, "big"): 1000 + number for number in range(0, 200, 20)}
    for digest, value in changed.items():  # enough to have the bands built anew
        both.add(digest, value)
    both.ask(0, 0)
    for digest, value in changed.items():  # the building has begun
        both.add(digest, value + 1000)
    for _ in range(200):
        both.ask(0, 0)
    for value in changed.values():
        both.ask(value, 0)
        both.ask(value + 1000, 0)
    assert both.plain == 0


def test_a_removed_hash_is_found_no_more_and_the_one_in_its_row_is():
    """The bands still hold both where they were."""
    both = crowded(200)
    both.index.prepare()
    for number in (3, 77, 199):
        digest = number.to_bytes(32, "big")
        gone, last = both.known[digest], both.known[list(both.known)[-1]]
        both.remove(digest)
        both.ask(gone, 4)
        both.ask(last, 4)
    assert both.plain == 0


def test_removals_alone_have_the_bands_built_anew():
    """Rows that are gone don't stay in the bands for ever."""
    both = crowded(200)
    both.index.prepare()
    for number in range(199, 99, -1):
        both.remove(number.to_bytes(32, "big"))
    both.index.prepare()
    assert [len(band.rows) for band in both.index._banded._bands] == [100] * BANDS


def test_a_tail_that_is_too_long_is_not_searched():
    """After a flood of changes one pass does better, until the bands are built again."""
    tuning = Tuning(banded_from=24, tail_rows=6, span_rows=16, worth_share=0.125)
    both = crowded(400, tuning)
    both.index.prepare()
    both.ask(0, 0)
    assert both.banded == 1
    for number in range(400, 480):
        both.add(number.to_bytes(32, "big"), number)
    both.ask(400, 0)
    assert both.banded == 1
    assert not both.index._banded._tail
    both.index.prepare()
    both.ask(479, 0)
    assert both.banded == 2


def test_a_wide_question_is_answered_by_one_pass():
    """Where the buckets hold half of all hashes, the bands are of no use."""
    both = crowded(3000, Tuning(banded_from=1))
    both.index.prepare()
    both.ask(0x5A5A5A5A5A5A5A5A, 3)
    assert (both.banded, both.plain) == (1, 0)
    both.ask(SEEDS[2], 3)
    both.ask(0x5A5A5A5A5A5A5A5A, 64)
    both.ask(0x5A5A5A5A5A5A5A5A, -1)
    assert (both.banded, both.plain) == (1, 3)
