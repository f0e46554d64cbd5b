from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedupd.rules.index import FIRST_CAPACITY, HammingIndex

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
