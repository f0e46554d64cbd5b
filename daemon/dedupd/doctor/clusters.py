"""Checks whether the cluster that decodes for us can be used, and by whom."""

from __future__ import annotations

from typing import NamedTuple

from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.text import printable


class Surveyed(NamedTuple):
    """A cluster as a short look found it.

    Attributes:
        problem: Why it can't be used; "" if it can.
        fit: How many workers get pictures.
        misfits: Those that get none, each in a line: who, and why not.
    """

    problem: str
    fit: int
    misfits: tuple[str, ...]


def check_cluster(scheduler: str, found: Surveyed) -> Finding:
    """Say how many workers are there, and which of them get no pictures."""
    code, at = "cluster.workers", printable(scheduler)
    if found.problem:
        what = f"the cluster at {at} decodes nothing"
        return problem(code, what, printable(found.problem), f"dask worker {at}")
    if found.misfits:
        some = f"{len(found.misfits)} of the cluster's workers get no pictures"
        return note(code, some, printable(found.misfits[0]))
    number = "1 worker" if found.fit == 1 else f"{found.fit} workers"
    return ok(code, f"the cluster at {at} has {number}")


NOT_INSTALLED = problem(
    "cluster.library",
    "workers.pool: dask can't be used",
    "the library distributed is not installed",
    "pip install 'dedupd[cluster]'",
)
