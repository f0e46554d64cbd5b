"""What doctor says of a cluster, found and missed."""

from __future__ import annotations

import pytest

from dedupd import clustering
from dedupd.config_schema import WorkersConfig
from dedupd.doctor import clusters, examination
from dedupd.doctor.clusters import Surveyed, check_cluster
from dedupd.doctor.finding import Level
from dedupd.pictures.pools.cluster import Survey

AT = "tcp://10.0.0.5:8786"


@pytest.mark.parametrize(
    ("found", "level", "told"),
    [
        (Surveyed("", 1, ()), Level.OK, "has 1 worker"),
        (Surveyed("", 4, ()), Level.OK, "has 4 workers"),
        (Surveyed("", 1, ("a: dedupd 0 there",)), Level.NOTE, "1 of the cluster's workers"),
        (Surveyed("it can't be reached", 0, ()), Level.PROBLEM, "decodes nothing"),
    ],
)
def test_a_cluster_is_told_as_it_was_found(found, level, told):
    """A worker without pictures is worth knowing while others have some."""
    finding = check_cluster(AT, found)
    assert (finding.level, told in finding.what) == (level, True)
    assert bool(finding.fix) is (level is Level.PROBLEM)


def test_a_pool_of_this_machine_has_nothing_to_be_found():
    """And nothing is loaded for it."""
    assert list(examination._cluster(WorkersConfig(), 1)) == []


def test_a_missing_library_is_told_with_what_to_type(monkeypatch):
    """It isn't installed unless it is asked for."""
    monkeypatch.setattr(examination.importlib.util, "find_spec", lambda _: None)
    workers = WorkersConfig(pool="dask", scheduler=AT)
    assert list(examination._cluster(workers, 1)) == [clusters.NOT_INSTALLED]


def test_a_cluster_is_looked_at_once(monkeypatch):
    """By a pool of doctor's own."""
    monkeypatch.setattr(clustering, "survey", lambda _: Survey("nobody is there", 0, ()))
    workers = WorkersConfig(pool="dask", scheduler=AT)
    [finding] = examination._cluster(workers, 1)
    assert (finding.level, finding.why) == (Level.PROBLEM, "nobody is there")
