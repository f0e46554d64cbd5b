"""Errands are found by needle and by picture, whatever replaces them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedupd.rules.errands import Errands
from dedupd.rules.pairs import Errand

DIGESTS = [b"a", b"b", b"c", b"d"]
digests = st.sampled_from(DIGESTS)
errands = st.builds(Errand, digests, st.none() | digests)


@given(st.lists(st.tuples(digests, st.none() | errands)), st.lists(digests, min_size=1, max_size=2))
def test_it_answers_as_a_plain_dictionary_would(changes, asked):
    """Also about what was replaced by an errand about other pictures."""
    known, plain = Errands(), dict[bytes, Errand]()
    for needle, errand in changes:
        known.set(needle, errand)
        if errand is None:
            plain.pop(needle, None)
        else:
            plain[needle] = errand
    assert list(known.items()) == list(plain.items())
    assert len(known) == len(plain)
    assert [known.get(one) for one in DIGESTS] == [plain.get(one) for one in DIGESTS]
    wanted = [one for one in plain if not set(asked).isdisjoint(plain[one].digests)]
    assert known.about(tuple(asked)) == sorted(wanted)
