"""Watchers that end, hang or can't be had in a running daemon: seen, told, and healed.

The faults are made from outside, by a `sitecustomize` that only these daemons load; it also
shortens what would take half a minute, but not with `DEDUPD_REAL_TIMES`, which `make campaign`
sets: all must be seen within a minute then.  Limits are those of a user namespace of the daemon's
own.
"""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest
from tests.system.commands import SOURCE, Site, fill, picture, running, wait_for

QUICK = """
from dedupd.disk import pulse
from dedupd.disk.watch import cookie, native
from dedupd.engine import listening, roots

listening.BLIND_EVERY_S = listening.RETRY_S = listening.LONGEST_WAIT_S = 1.0
"""
if "DEDUPD_REAL_TIMES" not in os.environ:
    QUICK += """
cookie.EVERY_S, cookie.PATIENCE_S, native._END_S = 0.5, 2.0, 0.5
pulse.HANGS_S = roots.ANSWER_S = 1.0
roots.CHECK_EVERY_S = 0.5
"""
FAULT = """
import os, time
from dedupd.disk.watch import observer
from watchdog.observers.inotify_c import InotifyFD

real = observer.Handler.dispatch

def raising(self, event):
    if os.path.exists(os.environ["FAULT"]):
        raise RecursionError("made by a test")
    real(self, event)

def hanging(self, event):
    while os.path.exists(os.environ["FAULT"]):
        time.sleep(0.05)
    real(self, event)

def dying(self):
    if os.path.exists(os.environ["FAULT"]):
        raise OSError("made by a test")
    return reading(self)

reading = InotifyFD._check_inotify_fd
"""
FAULTS = {
    "handler raises": "observer.Handler.dispatch = raising\n",
    "dispatcher hangs": "observer.Handler.dispatch = hanging\n",
    "reader dies": "InotifyFD._check_inotify_fd = dying\n",
}
LIMITED = [
    "unshare", "--user", "--map-root-user", "sh", "-c",
    'echo "$0" > /proc/sys/user/max_inotify_"$1"; shift; exec "$@"',
]  # fmt: skip


def customised(folder: Path, text: str) -> dict[str, str]:
    """Return the environment of a daemon that runs `text` before anything else."""
    patch = folder / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(QUICK + text)
    return {"PYTHONPATH": f"{patch}{os.pathsep}{SOURCE}", "FAULT": str(folder / "fault")}


def codes(site: Site) -> set[str]:
    """Return the codes of the report's problems."""
    return {one["code"] for one in site.report()["problems"]}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_deaf_daemon_says_so_and_finds_what_it_missed(tmp_path, fault):
    """Within a minute; the word goes away once the cause does, and events are heard again."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2, 3])
    fill(site.needles / "card", [1])
    cause = tmp_path / "fault"
    with running(site, **customised(tmp_path, FAULT + FAULTS[fault])):
        site.wait_states({"needles/card": "imported"})
        assert codes(site) == set()
        cause.touch()
        fill(site.needles / "missed", [2])
        site.wait_event("watch.deaf", site.needles)
        wait_for("a problem", lambda: "watch.deaf" in codes(site))
        assert site.report()["state"] == "degraded"
        site.wait_states({"needles/missed": "imported"})
        cause.unlink()
        wait_for("no problem", lambda: codes(site) == set() and site.report()["state"] == "ready")
        fill(site.needles / "heard", [3])
        site.wait_states({"needles/heard": "imported"})


def limited(what: str, most: int) -> list[str]:
    """Return what runs a command in a namespace of its own, in which inotify is limited."""
    command = [*LIMITED, str(most), what]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("user namespaces with limits of their own are not permitted here")
    return command


def raise_limit(pid: int, what: str, most: int) -> None:
    """Raise the limit of a running daemon's namespace."""
    inside = ["nsenter", "--target", str(pid), "--user", "--preserve-credentials"]
    command = f"echo {most} > /proc/sys/user/max_inotify_{what}"
    subprocess.run([*inside, "sh", "-c", command], check=True)


def test_folders_beyond_the_limit_are_found_and_looked_at(tmp_path):
    """They came after the start; once the limit is raised they are listened to like the others."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2])
    fill(site.needles / "card", [1])
    # Two roots with a cookie folder each, `card`, and four more.
    with running(site, before=limited("watches", 9), **customised(tmp_path, "")) as daemon:
        site.wait_states({"needles/card": "imported"})
        assert {one["watch"] for one in site.report()["roots"]} == {"inotify"}
        for number in range(12):
            (site.needles / f"new{number}").mkdir()
        told = site.wait_event("watch.blind", site.needles)
        assert "max_user_watches" in told["reason"]
        wait_for("a problem", lambda: "watch.blind" in codes(site))
        assert site.report()["state"] == "degraded"
        for number in range(12):
            fill(site.needles / f"new{number}", [2])
        site.wait_states({f"needles/new{number}": "imported" for number in range(12)})
        raise_limit(daemon.pid, "watches", 1000)
        wait_for("no problem", lambda: codes(site) == set() and site.report()["state"] == "ready")


def test_without_inotify_roots_are_polled_until_it_can_be_had(tmp_path):
    """The report says why; it is tried again and again."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2])
    fill(site.needles / "card", [1])
    with running(site, before=limited("instances", 0), **customised(tmp_path, "")) as daemon:
        site.wait_states({"needles/card": "imported"})
        assert {one["watch"] for one in site.report()["roots"]} == {"poll"}
        problem = next(one for one in site.report()["problems"] if one["code"] == "watch.poll")
        assert "max_user_instances" in problem["message"]
        fill(site.needles / "later", [2])
        site.wait_states({"needles/later": "imported"})
        raise_limit(daemon.pid, "instances", 100)
        wait_for("inotify", lambda: {one["watch"] for one in site.report()["roots"]} == {"inotify"})
        wait_for("no problem", lambda: codes(site) == set())


HANGING = """
import os
from dedupd import hands

walking, reading = hands.walker_answers, hands.read

def hang(path):
    if path.endswith(b"slow"):
        try:
            open(os.environ["FAULT"]).close()  # a FIFO that nobody writes into
        except FileNotFoundError:
            pass

def walks(root, job, hide):
    if not isinstance(job, hands.CheckRoot):
        hang(root.path)
    yield from walking(root, job, hide)

def everything(root, job, hide):
    hang(root.path)
    yield from walking(root, job, hide)

def reads(path, *rest, **options):
    hang(path)
    return reading(path, *rest, **options)
"""
HANGS = {
    "its walks": "hands.walker_answers = walks\n",
    "all its calls": "hands.walker_answers, hands.read = everything, reads\n",
}


@pytest.mark.parametrize("what", HANGS)
def test_a_walk_that_hangs_costs_its_root_alone(tmp_path, what):
    """The others go on; it comes back when the calls return; SIGTERM ends the daemon at once."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2, 3, 4])
    fill(tmp_path / "slow" / "card", [1])
    fill(site.needles / "card", [1])
    site.configure("haystack: [lib]\nneedles: [slow, needles]\n")
    cause = tmp_path / "fault"
    with running(site, **customised(tmp_path, HANGING + HANGS[what])) as daemon:
        site.wait_states({"slow/card": "imported", "needles/card": "imported"})
        os.mkfifo(cause)
        fill(tmp_path / "slow" / "more", [2])
        site.wait_roots({"slow": "offline", "needles": "online"})
        why = {one["path"]: one["message"] for one in site.report()["problems"]}
        assert why[str(tmp_path / "slow")] == "it does not answer"
        fill(site.needles / "other", [3])
        site.wait_states({"needles/other": "imported", "slow/card": "offline"})
        fill(site.needles / "waited", [4])
        report = site.ask_inside("status", "--wait", "--json").json
        states = {os.path.relpath(one["path"], tmp_path): one["state"] for one in report["folders"]}
        assert (states["needles/waited"], states["slow/card"]) == ("imported", "offline")
        writer = threading.Thread(target=release, args=(cause,), daemon=True)
        writer.start()
        site.wait_states({"slow/card": "imported", "slow/more": "imported"})
        writer.join()
        os.mkfifo(cause)
        site.ask("rescan")
        site.wait_roots({"slow": "offline"})
        code, took_s = daemon.stop()
        assert (code, took_s <= 5.0) == (0, True)


def release(fifo: Path) -> None:
    """Let everybody go who waits for the FIFO, and remove it."""
    held = os.open(fifo, os.O_WRONLY)
    fifo.unlink()
    os.close(held)


def test_everything_that_changed_before_the_call_is_in_the_answer(tmp_path):
    """`status --wait` right after the change, 40 times; no event need have arrived."""
    site = Site(tmp_path)
    site.configure(
        "haystack: [lib]\nneedles: [needles]\nwatch: {settle_quiet: 0.1s, settle_max: 1s}\n"
    )
    fill(site.lib, [1])
    content = picture(1)
    (site.needles / "card").mkdir()
    with running(site):
        for number in range(40):
            (site.needles / "card" / f"{number}.jpg").write_bytes(content)
            report = site.ask_inside("status", "--wait", "--json").json
            card = next(one for one in report["folders"] if one["path"].endswith("card"))
            assert (card["pictures"], card["matched"]) == (number + 1, number + 1)
