"""Several hundred pictures and everything that needle folders hold: the counts must be the truth.

The truth is the maker's (`planting`).  `check` and the daemon are asked about the same set, and
each must give it for every folder, of its whole tree and of its own files.
"""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest
from tests.system.commands import Site, dedupd, running
from tests.system.pictures import LEAST_GRID_DIFFERENCE, foreign, ours, pixels
from tests.system.planting import (
    FOREIGN_PICTURES,
    LIBRARY_PICTURES,
    SPARE_PICTURES,
    path_of,
    plant_everything,
    reported,
)

pytestmark = pytest.mark.timeout(180)

CONFIG = """\
haystack: [lib]
needles:
  - path: needles
    exclude: ["**/raw-cache/**"]
"""
CLASSES = ("matched", "unmatched", "possible", "unreadable")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Return a site in which everything is planted, and the truth; nothing here changes it."""
    site = Site(tmp_path_factory.mktemp("verdicts"))
    site.configure(CONFIG)
    return site, plant_everything(site.lib, site.needles)


@pytest.fixture(scope="module")
def checked(planted, tmp_path_factory):
    """Return what `check --json` prints of it, and its exit code."""
    site, _ = planted
    config = site.folder / "check.yaml"
    config.write_text(CONFIG + "state: state of check\nwatch: {settle_quiet: 0.3s}\n")
    return dedupd("check", "--json", "--config", config)


def differences(expected, found):
    """Return the folders of which something else was found, for a message that can be read."""
    return {
        path: (expected.get(path), found.get(path))
        for path in expected.keys() | found.keys()
        if expected.get(path) != found.get(path)
    }


def test_the_pictures_are_as_different_as_the_issue_wants():
    """Any two of them differ by 40 levels or more somewhere in their 16 x 16 grids."""
    files = ours(LIBRARY_PICTURES + SPARE_PICTURES) + foreign(FOREIGN_PICTURES)
    small = [cv2.resize(pixels(one), (16, 16), interpolation=cv2.INTER_AREA) for one in files]
    grids = [cv2.cvtColor(one, cv2.COLOR_BGR2GRAY).astype(np.int16) for one in small]
    nearest = min(
        int(np.abs(one - other).max()) for n, one in enumerate(grids) for other in grids[:n]
    )
    assert LIBRARY_PICTURES >= 300
    # Noise and JPEG move a mean by a level or so after the maker has compared.
    assert nearest >= LEAST_GRID_DIFFERENCE


def test_check_finds_what_was_put_there(planted, checked):
    """State and counts of every folder are the maker's; not all is imported, so it exits 1."""
    _, planting = planted
    assert differences(planting.expected(), reported(checked.json)) == {}
    assert checked.code == 1
    # On a slow machine it says how far it is, every five seconds.
    said = [line for line in checked.err.splitlines() if b" read, " not in line]
    assert said == []


def test_check_says_how_many_pictures_the_roots_hold(planted, checked):
    """The library's number counts what can vouch, the needles' every picture that was planted."""
    _, planting = planted
    found = {one["role"]: one["pictures"] for one in checked.json["roots"]}
    assert found == {"haystack": LIBRARY_PICTURES, "needles": planting.tree(b"")["pictures"]}


def test_totals_are_those_of_the_whole_root(planted, checked):
    """One needle root: its tree is the total."""
    _, planting = planted
    expected, totals = planting.expected(), checked.json["totals"]
    imported = sum(folder["state"] == "imported" for folder in expected.values())
    whole = expected[planting.root]
    assert {key: totals[key] for key in whole if key in totals} == {
        key: value for key, value in whole.items() if key in totals
    }
    assert (totals["folders"], totals["imported"]) == (len(expected), imported)


def test_the_daemon_finds_what_was_put_there(planted):
    """Its live report is the maker's truth too, and each picture is in the class it was put in."""
    site, planting = planted
    with running(site):
        site.ask("status", "--wait")
        assert differences(planting.expected(), reported(site.report())) == {}
        for cls in CLASSES:
            listed = site.ask("missing", "-0", "--class", cls).out
            planned = {
                planting.path(path) for path, counts in planting.truth.items() if cls in counts
            }
            assert set(listed.split(b"\0")) - {b""} == planned
    imported = [path_of(event) for event in site.events("folder.imported")]
    states = {path: folder["state"] for path, folder in planting.expected().items()}
    assert sorted(imported) == sorted(path for path in states if states[path] == "imported")


def test_no_file_of_the_roots_was_touched(planted, checked):
    """Reading everything leaves contents, sizes, times and rights as they were."""
    site, _ = planted

    def looks():
        return {
            path: (path.lstat().st_mtime_ns, path.lstat().st_ctime_ns, path.lstat().st_mode)
            for root in (site.lib, site.needles)
            for path in root.rglob("*")
        }

    def contents():
        files = [path for path in site.lib.rglob("*") if path.is_file()]
        return {path: hashlib.sha256(path.read_bytes()).digest() for path in files}

    before = looks(), contents()
    config = site.folder / "again.yaml"
    config.write_text(CONFIG + "state: another state\nwatch: {settle_quiet: 0.3s}\n")
    assert dedupd("check", "--config", config).code == 1
    assert (looks(), contents()) == before
