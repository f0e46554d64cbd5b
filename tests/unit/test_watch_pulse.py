"""A thread that hangs in one call is told from one that is slow, and from one that is at rest."""

from __future__ import annotations

import threading
import time

import pytest

from dedupd.disk import pulse
from dedupd.disk.pulse import HANGS_S, MOVES_NS, Pulse, time_run_ns

CHECK_S = 10.0


class Clock:
    """What the kernel says of the thread."""

    def __init__(self) -> None:
        self.ran_ns: int | None = 0


@pytest.fixture
def clock(monkeypatch):
    """Return the time that a thread ran, for a test to set."""
    clock = Clock()
    monkeypatch.setattr(pulse, "time_run_ns", lambda native_id: clock.ran_ns)
    return clock


def checks(felt: Pulse, since_s: float, times: int) -> list[bool]:
    """Feel it every ten seconds."""
    return [felt.hangs(since_s + number * CHECK_S) for number in range(times)]


def test_a_job_that_stands_still_hangs(clock):
    """And is found within a minute, by a look every 10 s."""
    felt = Pulse()
    felt.begin()
    assert checks(felt, 100.0, 7) == [False] * 4 + [True] * 3
    assert HANGS_S + CHECK_S < 60.0


def test_a_job_that_runs_now_and_then_does_not_hang(clock):
    """A slow disk: it sleeps most of the time."""
    felt = Pulse()
    felt.begin()
    for number in range(20):
        clock.ran_ns += MOVES_NS
        assert not felt.hangs(number * CHECK_S)


def test_waking_up_in_vain_is_no_progress(clock):
    """A dead server is asked again and again within one call."""
    felt = Pulse()
    felt.begin()
    found = []
    for number in range(10):
        clock.ran_ns += MOVES_NS // 100
        found.append(felt.hangs(number * CHECK_S))
    assert found[-1]


def test_a_thread_at_rest_does_not_hang(clock):
    """However long; and the next job is not held to the time before it."""
    felt = Pulse()
    assert not any(checks(felt, 0.0, 20))
    felt.begin()
    felt.end()
    assert not any(checks(felt, 300.0, 20))
    felt.begin()
    assert not felt.hangs(1000.0)


def test_each_job_has_its_own_time(clock):
    """Two quick ones in a row, seen at two checks far apart."""
    felt = Pulse()
    felt.begin()
    assert not felt.hangs(0.0)
    felt.end()
    felt.begin()
    assert not felt.hangs(100.0)


def test_where_the_kernel_does_not_count_nothing_hangs(clock):
    """A root is never called away for want of a number."""
    clock.ran_ns = None
    felt = Pulse()
    felt.begin()
    assert not any(checks(felt, 0.0, 20))


def test_the_kernel_counts_what_a_thread_runs():
    """A thread that waits doesn't run; there is none of a number that isn't a thread's."""
    held, ids = threading.Event(), []
    thread = threading.Thread(
        target=lambda: (ids.append(threading.get_native_id()), held.wait()), daemon=True
    )
    thread.start()
    while not ids:
        time.sleep(0.01)
    time.sleep(0.1)
    before = time_run_ns(ids[0])
    time.sleep(0.2)
    assert time_run_ns(ids[0]) == before
    ours = time_run_ns(threading.get_native_id())
    end_s = time.thread_time() + 0.02
    while time.thread_time() < end_s:
        pass
    assert time_run_ns(threading.get_native_id()) - ours >= MOVES_NS
    held.set()
    thread.join()
    assert time_run_ns(2**30) is None
