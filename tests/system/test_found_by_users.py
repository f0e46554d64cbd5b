"""What a review and a new user ran into: each was wrong once, with a real daemon and real files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess

import cv2
import numpy as np
import pytest
from tests.system.commands import (
    PROGRAM,
    WAIT_S,
    Site,
    environment,
    fill,
    need,
    picture,
    running,
    wait_for,
)

pytestmark = pytest.mark.timeout(120)

FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(1, 250)) * 40
MANY, LOST = 300, 180


@pytest.fixture
def site(tmp_path):
    """Return a site whose only needle folder is a copy of a library picture."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2])
    fill(site.needles / "card", [1])
    return site


def piped(site, words, redirection):
    """Run a command with its standard output elsewhere; return exit code and complaints."""
    command = [*PROGRAM, *words, "--config", str(site.config)]
    shell = ["sh", "-c", f'exec "$0" "$@" {redirection}', *command]
    done = subprocess.run(shell, env=environment(), stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, done.stderr.decode().splitlines()


@pytest.mark.parametrize("role", ["haystack", "needles"])
def test_a_root_that_comes_as_a_link_into_another_one_is_offline(tmp_path, role):
    """Every file of it would be its own witness; that it has two names makes it look safe."""
    site = Site(tmp_path)
    there, late = (site.lib if role == "needles" else site.needles) / "album", tmp_path / "late"
    for path in fill(there, [1, 2]):
        os.link(path, path.with_suffix(".2.jpg"))
    roots = {"haystack": ["lib"], "needles": ["needles"]}
    roots[role].append("late")
    site.configure(f"haystack: {roots['haystack']}\nneedles: {roots['needles']}\n")
    with running(site) as daemon:
        site.wait_roots({"late": "offline"})
        late.symlink_to(there)
        site.ask("rescan")
        problem = wait_for("a problem", lambda: overlap(site))
        assert problem["path"] == str(late)
        assert str(there) in problem["message"]
        assert site.ask("status", "--wait").code == 0
        assert site.roots()["late"] == "offline"
        assert site.ask("status", late if role == "needles" else there).code in (1, 2)
        assert not site.events("folder.imported")
        late.unlink()
        shutil.copytree(there, late)  # real copies are no overlap
        site.ask("rescan")
        site.wait_roots({"late": "online"})
        site.wait_states(
            {os.path.relpath(late if role == "needles" else there, tmp_path): IMPORTED}
        )
        assert daemon.stop()[0] == 0


IMPORTED = "imported"


def overlap(site):
    """Return the problem that says how roots overlap, None while there is none."""
    return next((one for one in site.report()["problems"] if "same folder" in one["message"]
                 or "lies inside" in one["message"]), None)  # fmt: skip


def test_a_refused_configuration_disturbs_nothing(site):
    """No new scan, no new claim; what is imported stays so, without a gap."""
    with running(site) as daemon:
        site.wait_states({"needles/card": "imported"})
        as_of = site.folders()["needles/card"]["as_of"]
        good = site.config.read_text()
        site.config.write_text("haystack: [lib\n")
        for times in (1, 2):
            daemon.send(signal.SIGHUP)
            site.wait_event("config.rejected", times=times)
        site.config.write_text(good)
        card = site.folders()["needles/card"]
        assert (card["state"], card["as_of"]) == ("imported", as_of)
        names = [one["event"] for one in site.events()]
        assert names.count("scan.started") == names.count("daemon.ready") == 1
        assert site.ask("status", site.needles / "card").code == 0


def test_an_empty_folder_is_fine_until_something_is_in_it(site):
    """Exit code 0 by a look, but never the word imported; 1 for a file put there a moment ago."""
    empty = site.needles / "empty"
    (empty / "inner").mkdir(parents=True)
    site.configure("haystack: [lib]\nneedles: [{path: needles, watch: none}]\n")
    with running(site):
        site.wait_states({"needles/empty": "empty"})
        done = site.ask("status", empty)
        assert (done.code, "imported" in done.out.decode()) == (0, False)
        assert site.ask("status", "--json", empty).json["imported"] is False
        (empty / "inner" / "new.jpg").write_bytes(picture(7))
        done = site.ask("status", empty)
        assert done.code == 1
        site.wait_states({"needles/empty": "incomplete"})
    assert not site.events("folder.imported", empty)


def test_a_motion_photo_is_for_a_person_to_decide_or_accepted_by_the_owner(site):
    """The library has its picture, saved anew, and not its film."""
    pixels = cv2.imdecode(np.frombuffer(picture(2), np.uint8), cv2.IMREAD_COLOR)
    again = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()
    (site.needles / "card" / "motion.jpg").write_bytes(again + FILM)
    with running(site):
        site.wait_states({"needles/card": "review"})
        done = site.ask("missing", "--class", "possible", "--json")
        assert (done.code, done.json["reason"]) == (1, "motion")
        config = site.config.read_text()
        site.config.write_text(config + "match: {worse: {motion: accept}}\n")
        assert site.ask("reload").code == 0
        site.wait_states({"needles/card": "imported"})


def test_a_library_that_was_halved_between_two_runs_is_suspicious_until_accepted(tmp_path):
    """In every run anew; nothing is missing because of it."""
    site = Site(tmp_path)
    files = fill(site.lib, range(MANY))
    fill(site.needles / "card", [0, 299])
    with running(site) as daemon:
        site.wait_states({"needles/card": "imported"})
        daemon.stop()
    for path in files[:LOST]:
        path.unlink()
    for times in (1, 2):
        with running(site) as daemon:
            site.wait_event("root.suspicious", site.lib, times=times)
            site.wait_states({"needles/card": "unverified"})
            assert site.ask("status", "--wait").code == 0
            assert site.roots()["lib"] == "suspicious"
            assert site.ask("missing").out == b""
            assert site.ask("status", site.needles / "card").code == 1
            assert daemon.stop()[0] == 0
    assert site.ask("missing").out == b""  # nor do they, from the store
    assert not site.events("folder.reopened")
    with running(site):
        assert site.ask("accept", site.lib).code == 0
        site.wait_states({"needles/card": "incomplete"})
        assert site.ask("missing").lines == [str(site.needles / "card" / "0.jpg")]
        assert len(site.events("folder.reopened", site.needles / "card")) == 1


def test_a_library_folder_that_can_not_be_listed_is_told_until_it_can(site):
    """Another user's folder: the daemon is blind there, and says so."""
    without = []
    if os.geteuid() == 0:  # root's power is left at home
        without = [need("setpriv"), "--bounding-set=-all", "--inh-caps=-all"]
    if without and not without[0]:
        pytest.skip("setpriv is missing (package util-linux)")
    hidden = site.lib / "hidden"
    fill(hidden, [3])
    fill(site.needles / "phone", [3])
    with running(site, before=without):
        site.wait_states({"needles/phone": "imported"})
        hidden.chmod(0o000)
        try:
            site.ask("rescan")
            site.wait_states({"needles/phone": "incomplete"})
            report = site.report()
            [problem] = report["problems"]
            assert (report["state"], problem["code"]) == ("degraded", "folder.unlistable")
            assert problem["fix"] == f"chmod u+rx {hidden}"
        finally:
            hidden.chmod(0o755)
        site.ask("rescan")
        site.wait_states({"needles/phone": "imported"})
        wait_for("ready", lambda: site.report()["state"] == "ready")
        assert site.report()["problems"] == []


@pytest.mark.parametrize("busy", [False, True])
def test_a_daemon_whose_state_folder_is_deleted_ends(site, busy):
    """Exit code 4 and three lines, also when it had something to log; it doesn't make it anew."""
    with running(site) as daemon:
        site.wait_states({"needles/card": "imported"})
        before = len(daemon.log.read_text().splitlines())
        site.state.rename(site.folder / "gone")
        if busy:
            fill(site.needles / "card", [5])
        shutil.rmtree(site.folder / "gone")
        assert daemon.process.wait(timeout=WAIT_S) == 4
        told = daemon.log.read_text().splitlines()[before:]
    assert not any("Traceback" in line for line in told)
    assert [line.split()[0] for line in told[-3:]] == ["dedupd:", "because:", "try:"]
    assert str(site.state) in told[-3]
    assert not site.state.exists()


def test_a_closed_or_full_standard_output_is_no_bug(site):
    """Closed by the caller: the exit code is all that is wanted.  Full: exit code 4, and why."""
    with running(site):
        site.wait_states({"needles/card": "imported"})
        for words in (["status"], ["status", str(site.needles / "card")], ["missing"], ["events"]):
            closed = piped(site, words, ">&-")
            assert closed == (0, []), words
            if words != ["missing"]:  # which has nothing to say
                code, told = piped(site, words, ">/dev/full")
                assert (code, len(told)) == (4, 3), told
                assert "could not be written" in told[0]
    for words in (["--help"], ["--version"]):
        # Unbuffered, argparse would meet the error, and keep it to itself.
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" "$@" >/dev/full', *PROGRAM, *words],
            env=environment(PYTHONUNBUFFERED=""),
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (4, 3)


def test_an_incomplete_folder_that_is_deleted_is_removed_once(site):
    """`rm -r`: one word about each folder, with the state that it had."""
    box = site.needles / "box"
    fill(box, [1, 7])
    fill(box / "inner", range(20, 40))
    with running(site):
        site.wait_states({"needles/box": "incomplete"})
        subprocess.run(["rm", "-r", box], check=True)
        site.wait_event("folder.removed", box)
        assert site.ask("status", "--wait").code == 0
        for folder in (box, box / "inner"):
            [removed] = site.events("folder.removed", folder)
            assert removed["last_state"] == "incomplete"


def test_answers_of_a_stopped_daemon_name_no_rubbish_and_change_nothing(site):
    """What systems leave isn't pending, also where only the state folder is named."""
    (site.needles / "card" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (site.needles / "card" / "Thumbs.db").write_bytes(b"thumbs")
    fill(site.needles / "card", [7])
    with running(site) as daemon:
        site.wait_states({"needles/card": "incomplete"})
        daemon.stop()
    everything = ["--class", "unmatched,possible,unreadable,pending"]
    missing = [str(site.needles / "card" / "7.jpg")]
    for _ in range(2):
        assert site.ask("missing", *everything).lines == missing
        done = subprocess.run(
            [*PROGRAM, "missing", *everything, "--state", str(site.state)],
            env=environment(), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout.decode().splitlines() == missing
    with running(site):
        assert site.report()["queue"]["hashed"] == 0
