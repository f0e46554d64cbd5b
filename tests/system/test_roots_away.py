"""Roots that are missing, moved, replaced, emptied or unmounted: nothing is inferred from that.

Where a root must be missed without a word from outside, that takes up to the 10 s between two
looks at it; elsewhere `dedupd rescan` asks for the look.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.system.commands import Home, fill, need, running, wait_for

pytestmark = pytest.mark.timeout(120)

UNSHARE = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]


def empty_twin(root):
    """Put an empty folder where `root` was; return where it is now."""
    away = root.with_name(root.name + ".away")
    root.rename(away)
    root.mkdir()
    return away


def imported(home, folder):
    """Return how often this folder was said to be imported."""
    return len(home.events("folder.imported", folder))


def test_needle_roots_come_and_go(tmp_path):
    """Each is offline while it isn't there, and the daemon lives; nothing is said of it twice."""
    home = Home(tmp_path)
    fill(home.lib, [1, 2])
    late, moved, swapped = (tmp_path / name for name in ("late", "moved", "swapped"))
    fill(moved / "card", [1])
    fill(swapped / "card", [2])
    home.configure("haystack: [lib]\nneedles: [late, moved, swapped]\n")
    with running(home) as daemon:
        online = {"moved/card": "imported", "swapped/card": "imported"}
        home.wait_states({"late": "offline", **online})
        assert home.report()["state"] == "ready"
        assert home.ask("status", late).code == 1
        moved.rename(tmp_path / "elsewhere")
        kept = empty_twin(swapped)
        fill(late / "card", [1])
        home.wait_roots({"moved": "offline", "swapped": "offline", "late": "online"})
        home.wait_states(
            {"late/card": "imported", "moved/card": "offline", "swapped/card": "offline"}
        )
        gone = home.folders()["moved/card"]
        assert (gone["last_state"], gone["matched"]) == ("imported", 1)
        assert gone["as_of"] < home.report()["time"]
        assert home.ask("status", moved / "card").code == 1
        (tmp_path / "elsewhere").rename(moved)
        home.ask("rescan")
        home.wait_states({"moved/card": "imported"})
        swapped.rmdir()
        kept.rename(swapped)
        home.ask("rescan", swapped)
        home.wait_states(online)
        assert [imported(home, root / "card") for root in (late, moved, swapped)] == [1, 1, 1]
        assert not home.events("folder.reopened")
        assert not home.events("folder.removed")
        assert daemon.stop()[0] == 0


def test_an_emptied_needle_root_that_is_accepted_is_what_owners_do(tmp_path):
    """Another, empty folder in its place is offline until `accept`; then its folders are gone."""
    home = Home(tmp_path)
    fill(home.lib, [1])
    fill(home.needles / "card", [1])
    with running(home):
        home.wait_states({"needles/card": "imported"})
        empty_twin(home.needles)
        home.ask("rescan")
        home.wait_roots({"needles": "offline"})
        problem = next(one for one in home.report()["problems"] if one["path"])
        assert problem["code"] == "root.replaced"
        assert problem["fix"].startswith(f"dedupd accept {home.needles}")
        assert home.ask("accept", home.needles).code == 0
        home.wait_roots({"needles": "online"})
        home.wait_event("folder.removed", home.needles / "card")
        home.wait_states({"needles": "empty"})
        assert "needles/card" not in home.states()


def test_verdicts_that_rest_on_a_lost_library_are_unverified(tmp_path):
    """Missing or replaced: as of when it was imported, no `folder.reopened`, and back again."""
    home = Home(tmp_path)
    other = tmp_path / "other"
    fill(home.lib, [1])
    fill(other, [2])
    fill(home.needles / "card", [1])
    fill(home.needles / "phone", [2])
    home.configure("haystack: [lib, other]\nneedles: [needles]\n")
    fine = {"needles/card": "imported", "needles/phone": "imported", "needles": "imported"}
    with running(home):
        home.wait_states(fine)
        home.lib.rename(tmp_path / "away")
        home.wait_states({**fine, "needles/card": "unverified", "needles": "unverified"})
        card = home.folders()["needles/card"]
        report = home.report()
        assert (report["state"], card["last_state"]) == ("degraded", "imported")
        assert card["as_of"] < report["time"]
        assert [one["code"] for one in report["problems"]] == ["root.offline"]
        assert home.ask("status", home.needles / "card").code == 1
        assert home.ask("status", home.needles / "card" / "1.jpg").code == 1
        assert home.ask("status", home.needles / "phone").code == 0
        assert home.ask("missing").code == 1
        (tmp_path / "away").rename(home.lib)
        home.ask("rescan")
        home.wait_states(fine)
        kept = empty_twin(home.lib)
        home.ask("rescan")
        home.wait_states({**fine, "needles/card": "unverified", "needles": "unverified"})
        home.lib.rmdir()
        kept.rename(home.lib)
        home.ask("rescan")
        home.wait_states(fine)
        assert imported(home, home.needles / "card") == 1
        assert not home.events("folder.reopened")


def test_a_library_that_loses_too_much_is_suspicious_until_accepted(tmp_path):
    """More than half of 200, or all of 10: nothing is believed before the owner says so."""
    home = Home(tmp_path)
    small = tmp_path / "small"
    many, few = fill(home.lib, range(200)), fill(small, range(1000, 1010))
    fill(home.needles / "card", [0])
    fill(home.needles / "phone", [1000])
    home.configure("haystack: [lib, small]\nneedles: [needles]\n")
    with running(home):
        home.wait_states({"needles": "imported"})
        for path in (*many[:101], *few):
            path.unlink()
        home.wait_event("root.suspicious", home.lib)
        home.wait_event("root.suspicious", small)
        home.wait_states({"needles/card": "unverified", "needles/phone": "unverified"})
        assert home.roots()["lib"] == "suspicious"
        assert home.ask("status", home.needles / "card").code == 1
        assert not home.events("folder.reopened")
        fixes = {one["path"]: one["fix"] for one in home.report()["problems"]}
        assert fixes[str(home.lib)].startswith(f"dedupd accept {home.lib}")
        assert home.ask("accept", home.lib).code == 0
        home.wait_event("folder.reopened", home.needles / "card")
        home.wait_states({"needles/card": "incomplete", "needles/phone": "unverified"})
        fill(small, range(1000, 1010))
        home.ask("rescan")
        home.wait_states({"needles/phone": "imported"})
        assert imported(home, home.needles / "phone") == 1


def test_half_of_a_library_may_go_while_no_daemon_runs_and_is_not_believed(tmp_path):
    """What was lost between two runs is as suspicious."""
    home = Home(tmp_path)
    files = fill(home.lib, range(12))
    fill(home.needles, [0])
    with running(home) as daemon:
        home.wait_states({"needles": "imported"})
        daemon.stop()
    for path in files:
        path.unlink()
    with running(home):
        home.wait_event("root.suspicious", home.lib)
        home.wait_states({"needles": "unverified"})
        assert home.folders()["needles"]["last_state"] == "imported"
    done = home.ask("check", "--json")
    assert (done.code, done.json["folders"][0]["state"]) == (1, "unverified")


def test_what_is_no_root_can_not_be_accepted(tmp_path):
    """A folder below one, a root that is missing, any other path: three lines, exit code 2 or 4."""
    home = Home(tmp_path)
    home.configure("haystack: [lib]\nneedles: [needles, gone]\n")
    (home.needles / "card").mkdir()
    with running(home):
        for path, code in ((home.needles / "card", 2), (tmp_path, 2), (tmp_path / "gone", 4)):
            done = home.ask("accept", path)
            assert (done.code, done.out, len(done.complaints)) == (code, b"", 3)


def test_a_library_that_is_unmounted_or_mounted_over(tmp_path):
    """A real file system that goes and comes: offline, unverified, and imported again."""
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system doesn't let us have mounts of our own (unshare --mount)")
    if not need("nsenter"):
        pytest.skip("nsenter is missing (package util-linux)")
    home = Home(tmp_path)
    disk, image = tmp_path / "disk", tmp_path / "image"
    disk.mkdir()
    fill(image, [1])
    fill(home.lib, [2])
    fill(home.needles / "card", [1])
    fill(home.needles / "phone", [2])
    home.configure("haystack: [lib, disk]\nneedles: [needles]\n")
    mounting = 'mount --bind "$0" "$1"; shift; exec "$@"'
    before = [*UNSHARE, "sh", "-c", mounting, str(image), str(disk)]
    with running(home, before=before) as daemon:
        inside = Inside(daemon.pid)
        home.wait_states({"needles": "imported"})
        wait_for("umount", lambda: inside.does("umount", disk))
        home.wait_states({"needles/card": "unverified", "needles/phone": "imported"})
        assert inside.does("mount", "--bind", image, disk)
        inside.does("mount", "-t", "tmpfs", "over", home.lib)
        home.ask("rescan")
        home.wait_states({"needles/card": "imported", "needles/phone": "unverified"})
        assert home.ask("status", home.needles / "phone").code == 1
        wait_for("umount", lambda: inside.does("umount", home.lib))
        home.ask("rescan")
        home.wait_states({"needles": "imported", "needles/phone": "imported"})
        assert imported(home, home.needles / "card") == 1
        assert not home.events("folder.reopened")
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
