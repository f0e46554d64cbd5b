"""The simulator of large libraries, on a small one: what it measures is what a daemon does."""

from __future__ import annotations

import pytest
from benchmarks import _simulated as simulated
from benchmarks import scale

from dedupd.model import FolderState

COUNT = 200


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Return a simulated library that was looked at once."""
    folder = tmp_path_factory.mktemp("scale")
    scale.plant(folder, COUNT)
    return folder


@pytest.fixture
def driver(base):
    """Return an engine that was started on it and looked at everything."""
    one = scale.started(base)
    one.settle()
    yield one
    one.close()


def test_half_of_the_needles_are_in_the_library(driver):
    """All of it is known from the store: copies are imported, and the others aren't."""
    report = driver.engine.report()
    assert FolderState.IMPORTED in {one.state for one in report.folders}
    assert report.totals.pictures == 2 * simulated.FOLDER_FILES
    assert report.totals.matched == simulated.FOLDER_FILES
    assert report.queue.hashed == 0


def test_a_new_needle_finds_its_picture_in_the_library(driver, base):
    """Of two newcomers one looks like a library picture."""
    before = driver.engine.report().totals
    _, needles = simulated.roots(base)
    for place, _ in simulated.written(needles, scale.newcomers(driver, COUNT, 2)):
        driver.heard(place)
    after = driver.engine.report().totals
    assert (after.matched - before.matched, after.unmatched - before.unmatched) == (1, 1)


def test_the_look_ahead_follows_a_power_law():
    """What doubled with the size goes on doubling."""
    assert scale.extrapolated((10, 1.0), (100, 10.0), 1000) == pytest.approx((1.0, 100.0))
    assert scale.extrapolated((10, 1.0), (100, 100.0), 1000) == pytest.approx((2.0, 10_000.0))
