"""Which jobs are away, which wait, and which go again; no cluster is needed for it."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.messages import Payload
from dedupd.pictures.exchange import HashJob, payloads
from dedupd.pictures.pools.flights import Flights


def job(size_bytes: int = 10) -> HashJob:
    """Return a job whose payload is never opened."""
    return HashJob(Payload(-1, size_bytes), ("dhash",))


def nobody(_answer) -> None:
    """Nobody waits for the answer."""


def boarded(flights: Flights, *sizes_bytes: int) -> list[HashJob]:
    """Take jobs of these sizes; return them."""
    jobs = [job(size_bytes) for size_bytes in sizes_bytes]
    for one in jobs:
        flights.take(one, nobody)
    return jobs


def test_so_many_go_at_a_time_in_the_order_in_which_they_came():
    """The others wait until one has landed."""
    flights = Flights(2, 1000)
    jobs = boarded(flights, 1, 2, 3)
    first, second = flights.departures()
    assert ([first.job, second.job], flights.departures()) == (jobs[:2], [])
    flights.landed(first)
    assert [one.job for one in flights.departures()] == jobs[2:]


def test_so_many_bytes_go_at_a_time_and_a_larger_picture_alone():
    """Nothing behind it overtakes it."""
    flights = Flights(9, 100)
    small, large, after = boarded(flights, 60, 500, 10)
    [flight] = flights.departures()
    assert flight.job is small
    flights.landed(flight)
    [flight] = flights.departures()
    assert (flight.job, flight.size_bytes) == (large, 500)
    flights.landed(flight)
    assert [one.job for one in flights.departures()] == [after]


def test_what_is_lost_goes_once_more_before_what_came_later():
    """Then it is given up."""
    flights = Flights(1, 100)
    first, second = boarded(flights, 1, 2)
    [flight] = flights.departures()
    assert flights.lost(flight)
    [again] = flights.departures()
    assert (again.job, again.losses) == (first, 1)
    assert not flights.lost(again)
    assert [one.job for one in flights.departures()] == [second]


def test_what_came_back_untried_goes_as_often_as_it_takes():
    """A scheduler that is restarted says nothing about a picture."""
    flights = Flights(1, 100)
    [first] = boarded(flights, 1)
    for _ in range(5):
        [flight] = flights.departures()
        assert (flight.job, flight.losses) == (first, 0)
        flights.came_back(flight)


def test_what_is_dropped_is_forgotten_wherever_it_is():
    """Its payloads are the pool's to close."""
    flights = Flights(1, 100)
    jobs = boarded(flights, 1, 1, 1)
    flights.departures()
    assert sorted(map(id, flights.dropped())) == sorted(map(id, jobs))
    assert (flights.dropped(), flights.departures()) == ([], [])


@given(st.lists(st.tuples(st.integers(1, 150), st.sampled_from(["landed", "came_back", "lost"]))))
def test_bounds_hold_and_every_job_ends(steps):
    """Whatever becomes of them, in whatever order."""
    flights, away = Flights(3, 100), []
    jobs = boarded(flights, *(size for size, _ in steps))
    ended = set[int]()
    fates = [fate for _, fate in steps]
    for _ in range(20 * len(jobs) + 1):
        away += flights.departures()
        assert len(away) <= 3
        assert len(away) == 1 or sum(one.size_bytes for one in away) <= 100
        if not away:
            break
        flight = away.pop(0)
        fate = fates.pop() if fates else "landed"
        if fate == "came_back":
            flights.came_back(flight)
        elif fate == "landed" or not flights.lost(flight):
            if fate == "landed":
                flights.landed(flight)
            ended.add(id(flight.job))
    assert ended == set(map(id, jobs))


def test_the_size_is_that_of_all_pictures_of_a_job():
    """Of a comparison that is two."""
    assert [one.size_bytes for one in payloads(job(7))] == [7]
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(job().payload.fd)
