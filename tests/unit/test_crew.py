"""Who works at a cluster, and what is said where nobody can."""

from __future__ import annotations

from dedupd.pictures.pools.crew import Crew

ADDRESS = "tcp://s:8786"


def test_everybody_is_greeted_once_and_works_if_nothing_is_wrong():
    """Again only after it left and came back."""
    crew = Crew(ADDRESS)
    assert crew.seen({"a": 2, "b": 1}) == ["a", "b"]
    assert (crew.fit, crew.complete, crew.problem) == (frozenset(), False, "")
    crew.greeted("a")
    crew.greeted("b", "dedupd 1 there and 2 here")
    assert (crew.fit, crew.complete, crew.threads("a")) == ({"a"}, True, 2)
    assert crew.misfits == ("b: dedupd 1 there and 2 here",)
    assert crew.seen({"a": 2, "b": 1}) == []
    assert crew.seen({"b": 1}) == []
    assert (crew.fit, crew.threads("a")) == (frozenset(), 0)
    assert crew.seen({"a": 2, "b": 1}) == ["a"]


def test_what_is_wrong_is_said_only_where_nobody_works():
    """And how many more are as useless."""
    crew = Crew(ADDRESS)
    assert crew.problem == f"no worker is connected to the scheduler {ADDRESS}"
    crew.seen({"a": 1, "b": 1})
    crew.greeted("a", "too old")
    assert crew.problem == "", "the other one has not answered yet"
    crew.greeted("b", "too old")
    assert crew.problem == "no worker of the cluster can be used: a: too old (and 1 more)"
    crew.greeted("b")
    assert crew.problem == ""
    crew.unable = "no memory"
    assert crew.problem == "no memory"


def test_a_doubtful_worker_gets_nothing_until_it_was_greeted_anew():
    """A worker that was restarted with another version keeps its address."""
    crew = Crew(ADDRESS)
    crew.seen({"a": 1, "b": 1})
    crew.greeted("a")
    crew.greeted("b")
    crew.doubt_all("one of them is of another version")
    assert crew.fit == frozenset()
    assert sorted(crew.seen({"a": 1, "b": 1})) == ["a", "b"]
    crew.greeted("gone", "never seen")
    assert "gone" not in str(crew.misfits)
