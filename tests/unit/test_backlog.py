from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedupd.model import Place
from dedupd.rules.backlog import Backlog, Lane

PLACES = st.builds(Place, st.sampled_from(["h1", "n1"]), st.sampled_from([b"a", b"b", b"c"]))


def file(root: str, number: int) -> Place:
    """Return a place."""
    return Place(root, b"%d" % number)


def test_urgent_files_come_first_and_within_a_lane_the_first_comes_first():
    """Live changes, then equal sizes, then needles, then the library."""
    backlog = Backlog()
    for number, lane in enumerate([Lane.HAYSTACK, Lane.NEEDLE, Lane.LIVE, Lane.NEEDLE]):
        backlog.add(file("n1", number), lane)
    taken = [backlog.take(["n1"]) for _ in range(5)]
    assert taken == [file("n1", 2), file("n1", 1), file("n1", 3), file("n1", 0), None]


def test_a_more_urgent_lane_wins_and_a_less_urgent_one_does_not():
    """A file waits once."""
    backlog = Backlog()
    backlog.add(file("n1", 0), Lane.NEEDLE)
    backlog.add(file("n1", 1), Lane.NEEDLE)
    backlog.add(file("n1", 1), Lane.LIVE)
    backlog.add(file("n1", 1), Lane.HAYSTACK)
    assert len(backlog) == 2
    assert backlog.take(["n1"]) == file("n1", 1)


def test_a_file_that_is_queued_again_keeps_its_turn():
    """Planning anew what waits already changes nothing."""
    backlog = Backlog()
    for number in (0, 1, 0):
        backlog.add(file("n1", number), Lane.NEEDLE)
    assert backlog.take(["n1"]) == file("n1", 0)


def test_only_roots_that_are_there_are_served_and_counted():
    """A slow or missing disk keeps nobody waiting."""
    backlog = Backlog()
    backlog.add(file("h1", 0), Lane.LIVE)
    backlog.add(file("n1", 1), Lane.HAYSTACK)
    assert backlog.count(["n1"]) == 1
    assert backlog.count([]) == 0
    assert backlog.take(["n1"]) == file("n1", 1)
    assert backlog.take(["n1"]) is None
    assert len(backlog) == 1


@given(
    st.lists(st.tuples(st.sampled_from(["add", "discard", "take"]), PLACES, st.sampled_from(Lane)))
)
def test_the_backlog_is_a_set_of_places_each_in_its_most_urgent_lane(steps):
    """Whatever is added, discarded and taken."""
    backlog, waiting = Backlog(), {}
    for step, place, lane in steps:
        if step == "add":
            backlog.add(place, lane)
            waiting[place] = min(lane, waiting.get(place, lane))
        elif step == "discard":
            assert backlog.discard(place) is (place in waiting)
            waiting.pop(place, None)
        else:
            taken = backlog.take([place.root])
            there = {one: at for one, at in waiting.items() if one.root == place.root}
            assert (taken is None) is (not there)
            if taken is not None:
                assert waiting.pop(taken) == min(there.values())
        assert len(backlog) == len(waiting)
        assert backlog.count(["h1", "n1"]) == len(waiting)
