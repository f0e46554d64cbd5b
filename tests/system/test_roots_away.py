"""Roots that are missing, moved, replaced, emptied or unmounted: nothing is inferred from that.

Where a root must be missed without a word from outside, that takes up to the 10 s between two
looks at it; elsewhere `dedupd rescan` asks for the look.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from tests.system.commands import Site, fill, need, running, wait_for

pytestmark = pytest.mark.timeout(120)

UNSHARE = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]


def empty_twin(root):
    """Put an empty folder where `root` was; return where it is now."""
    away = root.with_name(root.name + ".away")
    root.rename(away)
    root.mkdir()
    return away


def imported(site, folder):
    """Return how often this folder was said to be imported."""
    return len(site.events("folder.imported", folder))


def test_needle_roots_come_and_go(tmp_path):
    """Each is offline while it isn't there, and the daemon lives; nothing is said of it twice."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2])
    late, moved, swapped = (tmp_path / name for name in ("late", "moved", "swapped"))
    fill(moved / "card", [1])
    fill(swapped / "card", [2])
    site.configure("haystack: [lib]\nneedles: [late, moved, swapped]\n")
    with running(site) as daemon:
        online = {"moved/card": "imported", "swapped/card": "imported"}
        site.wait_states({"late": "offline", **online})
        assert site.report()["state"] == "ready"
        assert site.ask("status", late).code == 1
        moved.rename(tmp_path / "elsewhere")
        kept = empty_twin(swapped)
        fill(late / "card", [1])
        site.wait_roots({"moved": "offline", "swapped": "offline", "late": "online"})
        site.wait_states(
            {"late/card": "imported", "moved/card": "offline", "swapped/card": "offline"}
        )
        gone = site.folders()["moved/card"]
        assert (gone["last_state"], gone["matched"]) == ("imported", 1)
        assert gone["as_of"] < site.report()["time"]
        assert site.ask("status", moved / "card").code == 1
        (tmp_path / "elsewhere").rename(moved)
        site.ask("rescan")
        site.wait_states({"moved/card": "imported"})
        swapped.rmdir()
        kept.rename(swapped)
        site.ask("rescan", swapped)
        site.wait_states(online)
        assert [imported(site, root / "card") for root in (late, moved, swapped)] == [1, 1, 1]
        assert not site.events("folder.reopened")
        assert not site.events("folder.removed")
        assert daemon.stop()[0] == 0


def test_an_emptied_needle_root_that_is_accepted_is_what_owners_do(tmp_path):
    """Another, empty folder in its place is offline until `accept`; then its folders are gone."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    fill(site.needles / "card", [1])
    with running(site):
        site.wait_states({"needles/card": "imported"})
        empty_twin(site.needles)
        site.ask("rescan")
        site.wait_roots({"needles": "offline"})
        problem = next(one for one in site.report()["problems"] if one["path"])
        assert problem["code"] == "root.replaced"
        assert problem["fix"].startswith(f"dedupd accept {site.needles}")
        assert site.ask("accept", site.needles).code == 0
        site.wait_roots({"needles": "online"})
        site.wait_event("folder.removed", site.needles / "card")
        site.wait_states({"needles": "empty"})
        assert "needles/card" not in site.states()


def test_verdicts_that_rest_on_a_lost_library_are_unverified(tmp_path):
    """Missing or replaced: as of when it was imported, no `folder.reopened`, and back again."""
    site = Site(tmp_path)
    other = tmp_path / "other"
    fill(site.lib, [1])
    fill(other, [2])
    fill(site.needles / "card", [1])
    fill(site.needles / "phone", [2])
    site.configure("haystack: [lib, other]\nneedles: [needles]\n")
    fine = {"needles/card": "imported", "needles/phone": "imported", "needles": "imported"}
    with running(site):
        site.wait_states(fine)
        site.lib.rename(tmp_path / "away")
        site.wait_states({**fine, "needles/card": "unverified", "needles": "unverified"})
        card = site.folders()["needles/card"]
        report = site.report()
        assert (report["state"], card["last_state"]) == ("degraded", "imported")
        assert card["as_of"] < report["time"]
        assert [one["code"] for one in report["problems"]] == ["root.offline"]
        assert site.ask("status", site.needles / "card").code == 1
        assert site.ask("status", site.needles / "card" / "1.jpg").code == 1
        assert site.ask("status", site.needles / "phone").code == 0
        assert site.ask("missing").code == 1
        (tmp_path / "away").rename(site.lib)
        site.ask("rescan")
        site.wait_states(fine)
        kept = empty_twin(site.lib)
        site.ask("rescan")
        site.wait_states({**fine, "needles/card": "unverified", "needles": "unverified"})
        site.lib.rmdir()
        kept.rename(site.lib)
        site.ask("rescan")
        site.wait_states(fine)
        assert imported(site, site.needles / "card") == 1
        assert not site.events("folder.reopened")


def test_a_library_that_loses_too_much_is_suspicious_until_accepted(tmp_path):
    """More than half of 200, or all of 10: nothing is believed before the owner says so."""
    site = Site(tmp_path)
    small = tmp_path / "small"
    fill(site.lib, range(99))
    fill(site.lib / "old", range(99, 200))
    few = fill(small, range(1000, 1010))
    fill(site.needles / "card", [150])
    fill(site.needles / "phone", [1009])
    site.configure("haystack: [lib, small]\nneedles: [needles]\n")
    with running(site):
        site.wait_states({"needles": "imported"})
        (site.lib / "old").rename(tmp_path / "old")
        for path in few:
            path.unlink()
        assert site.wait_event("root.suspicious", site.lib)["files_left"] == 99
        site.wait_event("root.suspicious", small)
        site.wait_states({"needles/card": "unverified", "needles/phone": "unverified"})
        assert site.roots()["lib"] == "suspicious"
        assert site.ask("status", site.needles / "card").code == 1
        assert not site.events("folder.reopened")
        fixes = {one["path"]: one["fix"] for one in site.report()["problems"]}
        assert fixes[str(site.lib)].startswith(f"dedupd accept {site.lib}")
        assert site.ask("accept", site.lib).code == 0
        site.wait_event("folder.reopened", site.needles / "card")
        site.wait_states({"needles/card": "incomplete", "needles/phone": "unverified"})
        fill(small, range(1000, 1010))
        site.ask("rescan")
        site.wait_states({"needles/phone": "imported"})


def test_a_library_that_goes_file_by_file_is_suspicious_too(tmp_path):
    """What was lost a few at a time is added up, however often it was looked at meanwhile."""
    site = Site(tmp_path)
    files = fill(site.lib, range(200))
    fill(site.needles / "card", [199])
    with running(site):
        site.wait_states({"needles": "imported"})
        for part in (files[:30], files[30:60], files[60:90], files[90:101]):
            for path in part:
                path.unlink()
            site.ask("status", "--wait")
        assert site.wait_event("root.suspicious", site.lib)["files_left"] == 99
        site.wait_states({"needles/card": "unverified"})
        assert site.ask("status", site.needles / "card").code == 1
        assert not site.events("folder.reopened")
        files[-1].unlink()
        site.ask("rescan", site.lib)
        assert site.ask("status", "--wait", site.needles / "card").code == 1
        assert not site.events("folder.reopened")


def test_half_of_a_library_may_go_while_no_daemon_runs_and_is_not_believed(tmp_path):
    """What was lost between two runs is as suspicious."""
    site = Site(tmp_path)
    files = fill(site.lib, range(12))
    fill(site.needles, [0])
    with running(site) as daemon:
        site.wait_states({"needles": "imported"})
        daemon.stop()
    for path in files:
        path.unlink()
    with running(site):
        site.wait_event("root.suspicious", site.lib)
        site.wait_states({"needles": "unverified"})
        assert site.folders()["needles"]["last_state"] == "imported"


def test_what_is_no_root_can_not_be_accepted(tmp_path):
    """A folder below one, a root that is missing, any other path: three lines, exit code 2 or 4."""
    site = Site(tmp_path)
    site.configure("haystack: [lib]\nneedles: [needles, gone]\n")
    (site.needles / "card").mkdir()
    with running(site):
        for path, code in ((site.needles / "card", 2), (tmp_path, 2), (tmp_path / "gone", 4)):
            done = site.ask("accept", path)
            assert (done.code, done.out, len(done.complaints)) == (code, b"", 3)


def test_a_library_that_is_unmounted_or_mounted_over(tmp_path):
    """A real file system that goes and comes: offline, unverified, and imported again."""
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system doesn't let us have mounts of our own (unshare --mount)")
    if not need("nsenter"):
        pytest.skip("nsenter is missing (package util-linux)")
    site = Site(tmp_path)
    disk, image = tmp_path / "disk", tmp_path / "image"
    disk.mkdir()
    fill(image, [1])
    fill(site.lib, [2])
    fill(site.needles / "card", [1])
    fill(site.needles / "phone", [2])
    site.configure("haystack: [lib, disk]\nneedles: [needles]\n")
    mounting = 'mount --bind "$0" "$1"; shift; exec "$@"'
    before = [*UNSHARE, "sh", "-c", mounting, str(image), str(disk)]
    with running(site, before=before) as daemon:
        inside = Inside(daemon.pid)
        site.wait_states({"needles": "imported"})
        wait_for("umount", lambda: inside.does("umount", disk))
        site.ask("rescan")
        site.wait_states({"needles/card": "unverified", "needles/phone": "imported"})
        assert inside.does("mount", "--bind", image, disk)
        inside.does("mount", "-t", "tmpfs", "over", site.lib)
        site.ask("rescan")
        site.wait_states({"needles/card": "imported", "needles/phone": "unverified"})
        assert site.ask("status", site.needles / "phone").code == 1
        wait_for("umount", lambda: inside.does("umount", site.lib))
        site.ask("rescan")
        site.wait_states({"needles": "imported", "needles/phone": "imported"})
        assert imported(site, site.needles / "card") == 1
        assert not site.events("folder.reopened")
        assert daemon.stop()[0] == 0
    shutil.rmtree(image)


class Inside:
    """Runs commands among the mounts of another process."""

    def __init__(self, pid):
        user = ["--user", "--preserve-credentials"] if os.geteuid() else []
        self._enter = ["nsenter", "--target", str(pid), "--mount", *user]

    def does(self, *command):
        """Run a command; say whether it did what was asked."""
        done = subprocess.run([*self._enter, *command], capture_output=True, check=False)
        return done.returncode == 0
