from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedupd.model import Place
from dedupd.rules.settle import CLOSED_QUIET_S, Settler

QUIET_S, LONGEST_S = 2.0, 60.0
FILE, OTHER = Place("n1", b"a.jpg"), Place("n1", b"b.jpg")


def settler() -> Settler:
    """Return an empty one."""
    return Settler(QUIET_S, LONGEST_S)


def test_a_file_is_ready_after_the_quiet_time():
    """Not before, and not at once."""
    one = settler()
    one.changed(FILE, 10.0)
    assert one.next_due_s() == 12.0
    assert one.ready(11.9) == []
    assert one.ready(12.0) == [FILE]
    assert one.is_quiet(FILE, 12.0)


def test_a_change_begins_the_quiet_time_anew():
    """A file that is being copied isn't ready."""
    one = settler()
    one.changed(FILE, 10.0)
    one.changed(FILE, 11.5)
    assert one.ready(12.0) == []
    assert not one.is_quiet(FILE, 13.0)
    assert one.ready(13.5) == [FILE]


def test_a_file_stays_until_it_is_forgotten():
    """It is looked at again after the quiet time, then after twice that, and so on."""
    one = settler()
    one.changed(FILE, 0.0)
    assert [t for t in range(200) if one.ready(float(t))] == [2, 4, 8, 16, 32, 64, 124, 184]
    one.changed(FILE, 200.0)
    assert [t for t in range(200, 209) if one.ready(float(t))] == [202, 204, 208]
    one.forget(FILE)
    assert one.ready(100.0) == []
    assert len(one) == 0
    assert FILE not in one


def test_a_steady_stream_is_looked_at_in_the_end():
    """The longest wait holds under changes that never stop."""
    one = settler()
    looked = []
    for tenth in range(3000):
        now_s = tenth / 10
        one.changed(FILE, now_s)
        looked += [now_s] if one.ready(now_s) else []
    gaps = [b - a for a, b in zip([0.0, *looked], looked, strict=False)]
    assert len(looked) == 4
    assert max(gaps) <= LONGEST_S + 0.1


def test_what_never_changed_is_quiet():
    """A file of the first scan waits for nothing."""
    assert settler().is_quiet(FILE, 0.0)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 5.0), st.sampled_from([FILE, OTHER]), st.booleans()), max_size=60
    )
)
def test_nothing_is_ready_twice_at_one_moment_and_the_queue_stays_small(steps):
    """A file that changes and settles again and again leaves nothing behind."""
    one, now_s = settler(), 0.0
    for passed_s, place, settled in steps:
        now_s += passed_s
        one.changed(place, now_s)
        ready = one.ready(now_s)
        assert len(ready) == len(set(ready))
        assert all(place in one for place in ready)
        if settled:
            one.forget(place)
    one.ready(now_s + LONGEST_S)
    assert len(one._due) == len(one)


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=30).map(sorted))
def test_every_change_is_followed_by_a_look_in_time(moments):
    """At the latest after the longest wait and, when all is quiet, after the quiet time."""
    one = settler()
    for moment_s in moments:
        one.changed(FILE, moment_s)
        one.ready(moment_s)
        due_s = one.next_due_s()
        assert due_s is not None
        assert due_s <= moment_s + LONGEST_S
    assert one.ready(moments[-1] + QUIET_S) == [FILE]


def test_a_closed_file_is_ready_sooner():
    """Whoever closed it has written it; whoever reads it asks for writers."""
    one = settler()
    one.heard(FILE, closed=True)
    one.changed(FILE, 10.0)
    assert one.next_due_s() == 10.0 + CLOSED_QUIET_S
    assert one.ready(10.0 + CLOSED_QUIET_S) == [FILE]
    assert one.is_quiet(FILE, 10.0 + CLOSED_QUIET_S)


def test_a_close_that_is_heard_while_it_settles_counts():
    """The first look came between the last write and the close."""
    one = settler()
    one.changed(FILE, 10.0)
    one.heard(FILE, closed=True)
    assert one.ready(10.0 + CLOSED_QUIET_S) == [FILE]


def test_what_is_written_after_a_close_takes_its_whole_time():
    """The last that is heard of a file counts."""
    one = settler()
    one.heard(FILE, closed=True)
    one.changed(FILE, 10.0)
    one.heard(FILE, closed=False)
    assert one.ready(11.9) == []
    one.heard(OTHER, closed=True)
    one.heard(OTHER, closed=False)
    one.changed(OTHER, 20.0)
    assert not one.is_quiet(OTHER, 20.0 + CLOSED_QUIET_S)


def test_a_close_is_good_for_one_settling():
    """A reader who found a writer sends the file back: nobody closed that one."""
    one = settler()
    one.heard(FILE, closed=True)
    one.changed(FILE, 10.0)
    one.forget(FILE)
    one.changed(FILE, 20.0)
    assert not one.is_quiet(FILE, 20.0 + CLOSED_QUIET_S)


def test_no_file_waits_longer_for_being_closed():
    """A quiet time that is shorter still stays."""
    one = Settler(0.1, LONGEST_S)
    one.heard(FILE, closed=True)
    one.changed(FILE, 10.0)
    assert one.is_quiet(FILE, 10.2)


def test_closes_of_a_root_that_came_anew_are_forgotten():
    """What was heard before says nothing of what is there now."""
    one = settler()
    one.heard(FILE, closed=True)
    one.hurry(FILE.root)
    one.changed(FILE, 10.0)
    assert not one.is_quiet(FILE, 10.0 + CLOSED_QUIET_S)
