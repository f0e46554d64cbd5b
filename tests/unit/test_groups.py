"""Members by key: the same as sets, for less memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedupd.rules.groups import Groups

CHANGES = st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 3)), max_size=40)


@given(changes=CHANGES)
def test_groups_hold_what_sets_would_hold(changes):
    """Whatever comes and goes, also twice; a key without members is gone."""
    groups: Groups[int, int] = Groups()
    sets: dict[int, set[int]] = {}
    for comes, key, member in changes:
        if comes:
            groups.add(key, member)
            sets.setdefault(key, set()).add(member)
        else:
            groups.discard(key, member)
            sets.get(key, set()).discard(member)
    held = {key: members for key, members in sets.items() if members}
    assert {key: groups.of(key) for key in range(4) if key in groups} == held
    assert set(groups.keys()) == set(held)
    assert all(groups.of(key) == sets.get(key, set()) for key in range(4))


def test_a_lone_member_costs_no_set():
    """Of a million pictures nearly each has a content and a size of its own."""
    groups: Groups[int, int] = Groups()
    groups.add(1, 7)
    groups.add(1, 8)
    groups.discard(1, 8)
    assert groups._groups == {1: 7}
