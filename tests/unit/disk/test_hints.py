"""The box between a watcher and the service: nothing lost, nothing growing."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.disk.watch.hints import MOST_PATHS, Hints
from dedupd.messages import Hint, Rescan
from dedupd.model import Place


def box(wakes=None):
    wakes = wakes if wakes is not None else []
    return Hints("r1", lambda: wakes.append(1))


def hint(path):
    return Hint(Place("r1", path))


def test_paths_come_out_once_in_order_of_arrival():
    """However often they were heard."""
    hints = box()
    for path in (b"b", b"a", b"b", b"c"):
        hints.add(path)
    assert hints.take() == (hint(b"b"), hint(b"a"), hint(b"c"))
    assert hints.take() == ()


def test_one_wake_up_stands_for_many_changes():
    """The next comes with the first change after the box was emptied."""
    wakes = []
    hints = box(wakes)
    for number in range(100):
        hints.add(b"%d" % number)
    hints.rescan("poll")
    assert len(wakes) == 1
    hints.take()
    hints.rescan("poll")
    hints.add(b"x")
    assert len(wakes) == 2


def test_a_rescan_comes_first():
    """And doesn't swallow the paths, which are quicker to look at."""
    hints = box()
    hints.add(b"a")
    hints.rescan("overflow")
    assert hints.take() == (Rescan("r1", "overflow"), hint(b"a"))


def test_a_storm_becomes_one_rescan():
    """Memory stays bounded however long nobody takes."""
    hints = box()
    for number in range(MOST_PATHS * 3):
        hints.add(b"%d" % number)
    first, *rest = hints.take()
    assert first == Rescan("r1", "storm")
    assert len(rest) < MOST_PATHS
    hints.add(b"after")
    assert hints.take() == (hint(b"after"),)


@given(st.lists(st.one_of(st.binary(max_size=2), st.just(None)), max_size=30))
def test_whatever_is_added_is_taken(steps):
    """None stands for a `take` in between."""
    hints = box()
    added, taken = set(), set()
    for step in steps:
        if step is None:
            taken |= {one.place.path for one in hints.take()}
        else:
            hints.add(step)
            added.add(step)
    assert taken | {one.place.path for one in hints.take()} == added


def test_nothing_is_lost_between_threads():
    """Adding and taking at once; every wake-up is followed by a take, so all arrive."""
    awake = threading.Event()
    hints = Hints("r1", awake.set)
    paths = {b"%d" % number for number in range(2000)}
    adding = threading.Thread(target=lambda: [hints.add(path) for path in sorted(paths)])
    adding.start()
    taken: set[bytes] = set()
    while taken != paths:
        assert awake.wait(60)
        awake.clear()
        taken |= {one.place.path for one in hints.take()}
    adding.join()


@pytest.mark.parametrize(
    ("said", "closed"),
    [([True], True), ([False, True], True), ([True, False], False), ([True, None], True)],
)
def test_the_last_word_on_writing_counts(said: list[bool | None], closed: bool):
    """Who wrote after a close has not closed yet; rights and times say nothing of it."""
    hints = Hints("r1", lambda: None)
    for one in said:
        hints.add(b"a.jpg", closed=one)
    assert hints.take() == (Hint(Place("r1", b"a.jpg"), closed),)
