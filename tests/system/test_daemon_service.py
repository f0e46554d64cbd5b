"""`dedupd run` as systemd and a shell see it: start, stop, signals, readiness, reload."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack

import pytest
from tests.system.commands import (
    PROGRAM,
    WAIT_S,
    Site,
    dedupd,
    environment,
    fill,
    running,
    started,
    wait_for,
)
from tests.system.pictures import foreign, ours

pytestmark = pytest.mark.timeout(180)


class Manager:
    """What systemd is to a service: a socket, and somebody who hears what is said there."""

    def __init__(self, folder):
        self.address = str(folder / "n.sock")
        self.heard = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()

    def _listen(self):
        while told := self._socket.recv(4096):
            self.heard += told.decode().splitlines()

    def wait(self, line, times=1):
        """Wait until the line came that often."""
        wait_for(f"{line} x {times}", lambda: self.heard.count(line) >= times)


@pytest.fixture
def manager(tmp_path_factory):
    """Return a manager to be told to."""
    with Manager(tmp_path_factory.mktemp("m")) as manager:
        yield manager


@pytest.fixture
def site(tmp_path):
    """Return a site with one picture that is in the library."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    fill(site.needles / "card", [1])
    return site


def is_three_lines(text):
    """What failed, why, what to type next."""
    what, why, fix = text.decode().splitlines()
    return what.startswith("dedupd") and "because:" in why and "try:" in fix


def test_ready_is_said_once_the_daemon_answers_and_stopping_when_it_ends(site, manager):
    """READY=1 comes when `status` is answered; then STATUS, and STOPPING as the last word."""
    with started(site, NOTIFY_SOCKET=manager.address) as daemon:
        manager.wait("READY=1")
        assert site.ask("status").code == 0
        assert "STOPPING=1" not in manager.heard
        site.wait_states({"needles/card": "imported"})
        assert daemon.stop()[0] == 0
    heard = manager.heard
    assert heard.count("READY=1") == 1
    assert heard[-1] == "STOPPING=1"
    said = [line for line in heard if line.startswith("STATUS=")]
    assert any("imported" in line for line in said)


def test_the_watchdog_is_fed_by_the_main_loop_only(site, manager):
    """Three times a period while it runs; never while it stands still; again when it goes on."""
    variables = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "600000"}
    with started(site, **variables) as daemon:
        manager.wait("WATCHDOG=1", times=6)
        daemon.send(signal.SIGSTOP)
        wait_for("it stands still", lambda: _state(daemon.pid) == "T")
        before = len(manager.heard)
        with pytest.raises(AssertionError, match="in vain"):
            wait_for("a word", lambda: len(manager.heard) > before, within_s=1.5)
        daemon.send(signal.SIGCONT)
        manager.wait("WATCHDOG=1", times=manager.heard.count("WATCHDOG=1") + 2)
        assert daemon.stop()[0] == 0


def test_another_process_is_not_fed_for(site, manager):
    """WATCHDOG_PID names whom systemd watches; nobody else may speak for it."""
    variables = {"WATCHDOG_USEC": "300000", "WATCHDOG_PID": "1"}
    with running(site, NOTIFY_SOCKET=manager.address, **variables) as daemon:
        assert daemon.stop()[0] == 0
    assert "WATCHDOG=1" not in manager.heard


def test_a_manager_that_does_not_listen_stops_nothing(site, tmp_path_factory):
    """Few datagrams fit into its socket; the daemon goes on, answers, and ends in time."""
    address = str(tmp_path_factory.mktemp("m") / "n.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(address)
        with running(site, NOTIFY_SOCKET=address, WATCHDOG_USEC="30000") as daemon:
            site.wait_states({"needles/card": "imported"})
            (site.lib / "1.jpg").unlink()
            site.wait_event("folder.reopened", site.needles / "card")
            code, took_s = daemon.stop()
    assert code == 0
    assert took_s < 5


def _state(pid):
    """Return the state of a process: R, S, T..."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_within_5_seconds(site, number, expected):
    """0 when it was told to stop, 130 when interrupted, also in the middle of the first scan."""
    fill(site.lib, range(100, 300))
    with started(site) as daemon:
        site.wait_event("scan.started")
        code, took_s = daemon.stop(number)
    assert (code, site.events()[-1]["event"]) == (expected, "daemon.stopping")
    assert took_s < 5
    assert site.ask("status").code == 3
    assert b"Traceback" not in daemon.log.read_bytes()


def test_a_second_daemon_on_the_same_state_is_refused(site):
    """Three lines, exit code 4, and the first one goes on."""
    with running(site) as daemon:
        done = site.ask("run")
        assert done.code == 4
        assert is_three_lines(done.err)
        assert str(site.state) in done.err.decode()
        assert daemon.process.poll() is None
        assert site.ask("status").code == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("state: /dev/null/state\n", 4),
        ("control: {socket: taken}\nstate: state\n", 4),
        ("control: {group: no-such-group-here}\nstate: state\n", 4),
        ("log: {events: folder}\nstate: state\n", 4),
        ("log: {level: loud}\nstate: state\n", 2),
    ],
)
def test_a_daemon_that_could_not_start_never_exits_0(site, more, code):
    """Three lines, and 4 for this machine, 2 for the configuration."""
    (site.folder / "taken").write_text("this is no socket")
    (site.folder / "folder").mkdir()
    site.config.write_text("haystack: [lib]\nneedles: [needles]\n" + more)
    done = site.ask("run")
    assert done.code == code
    assert is_three_lines(b"\n".join(done.err.splitlines()[-3:]))
    assert b"Traceback" not in done.err
    assert (site.folder / "taken").read_text() == "this is no socket"


def test_folders_on_the_command_line_do_without_a_file(tmp_path):
    """`run --haystack --needles --state`, and the commands find it by `--state`."""
    fill(tmp_path / "lib", [1])
    fill(tmp_path / "needles", [1])
    state = str(tmp_path / "state")
    roots = ["--haystack", "lib", "--needles", "needles", "--state", "state"]
    process = subprocess.Popen([*PROGRAM, "run", *roots], cwd=tmp_path, env=environment())
    try:
        needles = str(tmp_path / "needles")
        wait_for("imported", lambda: dedupd("status", needles, "--state", state).code == 0)
        process.terminate()
        assert process.wait(timeout=WAIT_S) == 0
    finally:
        process.kill()
        process.wait()


def test_a_valid_new_configuration_is_taken(site, manager):
    """By SIGHUP and by `dedupd reload`: the new needle root is watched, and systemd is told."""
    fill(site.folder / "more", [1])
    fill(site.folder / "others", [2])
    with running(site, NOTIFY_SOCKET=manager.address) as daemon:
        site.configure("haystack: [lib]\nneedles: [needles, more]\n")
        daemon.send(signal.SIGHUP)
        site.wait_event("config.reloaded")
        site.wait_states({"needles/card": "imported", "more": "imported"})
        site.configure("haystack: [lib]\nneedles: [needles, more, others]\n")
        assert site.ask("reload").code == 0
        site.wait_event("config.reloaded", times=2)
        site.wait_states({"needles/card": "imported", "others": "incomplete"})
        card = site.needles / "card"
        assert len(site.events("folder.imported", card)) == 1
        assert not site.events("folder.reopened")
        assert daemon.stop()[0] == 0
    assert manager.heard.count("READY=1") == 3
    assert manager.heard.count("RELOADING=1") == 2
    assert any(re.fullmatch(r"MONOTONIC_USEC=\d+", line) for line in manager.heard)


def test_an_invalid_new_configuration_is_refused(site):
    """The old one stays, an event says so, and `dedupd reload` shows what is wrong: exit code 2."""
    with running(site) as daemon:
        site.configure("haystack: [lib]\nneedles: [needles, lib]\nhay: 1\n")
        daemon.send(signal.SIGHUP)
        rejected = site.wait_event("config.rejected")
        assert "hay" in str(rejected)
        done = site.ask("reload", "--socket", str(site.state / "control.sock"))
        assert done.code == 2
        assert done.complaints[0].startswith("dedupd")
        assert "the same folder" in done.err.decode()
        assert "hay: unknown key" in done.err.decode()
        site.wait_event("config.rejected", times=2)
        site.wait_states({"needles/card": "imported"})
        assert set(site.roots()) == {"lib", "needles"}
        site.config.unlink()
        daemon.send(signal.SIGHUP)
        site.wait_event("config.rejected", times=3)
        assert daemon.stop()[0] == 0


def test_what_only_a_restart_can_change_is_refused_at_a_reload(site):
    """Another state folder: refused, and said why."""
    with running(site):
        site.config.write_text("haystack: [lib]\nneedles: [needles]\nstate: elsewhere\n")
        done = dedupd("reload", "--state", site.state)
        assert done.code == 2
        assert is_three_lines(done.err)
        assert "restart" in done.err.decode()
        assert not (site.folder / "elsewhere").exists()


def test_clients_that_say_nothing_hold_up_nobody(site):
    """Twenty of them: `status` is answered all the same, and SIGTERM ends it in time."""
    with running(site) as daemon, ExitStack() as open_clients:
        for _ in range(20):
            mute = open_clients.enter_context(socket.socket(socket.AF_UNIX))
            mute.connect(str(site.state / "control.sock"))
        assert site.ask("status").code == 0
        code, took_s = daemon.stop()
    assert (code, took_s < 5) == (0, True)


def test_nobody_else_may_open_the_socket(site):
    """Its folder is 0700, the socket 0600."""
    with running(site):
        assert os.stat(site.state).st_mode & 0o777 == 0o700
        assert os.stat(site.state / "control.sock").st_mode & 0o777 == 0o600


def test_the_verdicts_are_kept_for_the_next_start_which_believes_none(tmp_path):
    """They are shown with their date while it looks; what changed meanwhile it finds."""
    site = Site(tmp_path)
    (site.needles / "card").mkdir()
    for place in (site.lib, site.needles / "card"):
        (place / "1.jpg").write_bytes(ours(1)[0])
    with running(site) as daemon:
        site.wait_states({"needles/card": "imported"})
        daemon.process.terminate()
        assert daemon.process.wait(WAIT_S) == 0
    kept = json.loads((site.state / "last-report.json").read_bytes())
    assert {one["state"] for one in kept["folders"]} == {"imported"}
    (site.needles / "card" / "2.jpg").write_bytes(foreign(1)[0])
    with running(site):
        site.wait_states({"needles/card": "incomplete"})
