"""Hooks: what a command is given, one at a time, and nothing that it does holds up the daemon."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import stat
import threading
import time

import pytest

from dedupd import hooks
from dedupd.hooks import Hooks, arguments, environment

PATIENCE_S = 20.0  # ends what hangs; it says nothing about speed
IMPORTED = "folder.imported"
ODD = b"/needles/a b\xff{event}\n;rm -rf $HOME"


def line(event=IMPORTED, seq=7, **more):
    return json.dumps({"time": "t", "seq": seq, "id": "x", "event": event, **more})


def odd_path():
    return {"path": "lossy", "path_b64": base64.b64encode(ODD).decode()}


def shell(script):
    return ("/bin/sh", "-c", script)


def wait_until(condition):
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


@pytest.fixture
def start(monkeypatch):
    """Return what starts hooks; they are stopped in the end."""
    monkeypatch.setattr(hooks, "STOP_S", 0.3)
    running = []

    def begin(commands, **more):
        running.append(Hooks(commands, quiet=True, **more))
        running[-1].start()
        return running[-1]

    yield begin
    for one in running:
        one.stop()
        assert not one._thread.is_alive()


def test_a_hook_is_told_what_happened(start, tmp_path, monkeypatch):
    """The event on standard input, the exact path in environment and arguments, no shell."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/ours")
    out = tmp_path / "out"
    script = 'pwd; cat; env -0; for word; do printf "[%s]" "$word"; done'
    words = ("/bin/sh", "-c", f"({script}) > {out}.new; mv {out}.new {out}", "sh")
    one = start({IMPORTED: (*words, "{path}", "{event}:{path}", "$HOME")})
    told = line(**odd_path())
    one.take(told)
    wait_until(out.exists)
    found = out.read_bytes()
    assert found.startswith(b"/\n" + told.encode() + b"\n")
    for expected in (
        b"DEDUPD_EVENT=folder.imported\0",
        b"DEDUPD_PATH=" + ODD + b"\0",
        b"DEDUPD_SEQ=7\0",
        b"DEDUPD_ID=x\0",
    ):
        assert expected in found
    assert b"NOTIFY_SOCKET" not in found
    assert found.endswith(b"[" + ODD + b"][folder.imported:" + ODD + b"][$HOME]")


def test_only_arguments_take_a_path():
    """A folder's name is never the command."""
    assert arguments(("{path}", "{path}"), IMPORTED, b"/x") == [b"{path}", b"/x"]


def test_an_event_without_a_path_has_an_empty_one():
    """As of the daemon itself."""
    fields = json.loads(line("daemon.ready"))
    assert environment(fields, b"")[b"DEDUPD_PATH"] == b""


def test_it_has_nothing_of_ours_but_the_event(start, tmp_path):
    """No descriptor, so no lock of the store either; a group of its own."""
    out = tmp_path / "out"
    with open(tmp_path / "lock", "w") as lock:
        os.set_inheritable(lock.fileno(), True)
        script = f"(ls -l /proc/self/fd; ps -o pgid= -p $$) > {out}.new; mv {out}.new {out}"
        one = start({IMPORTED: shell(script)})
        one.take(line())
        wait_until(out.exists)
    found = out.read_text()
    assert "lock" not in found
    assert "memfd:event" in found
    assert str(os.getpgrp()) not in found.splitlines()[-1].split()


def test_other_events_run_nothing(start, tmp_path):
    """A hook is tied to one event."""
    one = start({IMPORTED: ("/usr/bin/touch", f"{tmp_path}/{{event}}")})
    for event in ("folder.reopened", IMPORTED):
        one.take(line(event))
    wait_until(lambda: os.listdir(tmp_path))
    assert os.listdir(tmp_path) == [IMPORTED]


def test_they_run_in_order_and_never_together(start, tmp_path):
    """However quickly the events come."""
    out = tmp_path / "out"
    script = f"echo b$DEDUPD_SEQ >> {out}; sleep 0.01; echo e$DEDUPD_SEQ >> {out}"
    one = start({IMPORTED: shell(script)})
    for seq in range(5):
        one.take(line(seq=seq))
    wait_until(lambda: out.exists() and "e4" in out.read_text())
    assert out.read_text().split() == [f"{mark}{seq}" for seq in range(5) for mark in "be"]


def test_one_that_takes_too_long_is_killed_with_its_children(start, tmp_path, caplog):
    """And it is a problem that `status` shows, until it succeeds."""
    pids, slow = tmp_path / "pids", tmp_path / "slow"
    slow.touch()
    script = f"[ -e {slow} ] || exit 0; sleep 300 & echo $! $$ > {pids}; wait"
    one = start({IMPORTED: shell(script)}, timeout_s=1.5)
    one.take(line())
    wait_until(lambda: one.problems)
    (problem,) = one.problems
    assert problem.code == "hook.failed"
    assert problem.message.endswith("was killed: it took more than 1.5 s")
    assert "was killed" in caplog.text
    wait_until(lambda: not any(map(is_running, map(int, pids.read_text().split()))))
    slow.unlink()
    one.take(line())
    wait_until(lambda: not one.problems)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/bin/false",), "failed with exit code 1"),
        (shell("kill -9 $$"), f"was ended by signal {signal.SIGKILL.value}"),
        (("/nowhere/x\ny",), r"can't be started: /nowhere/x\ny: No such file or directory"),
        (("relative",), "can't be started: relative: No such file or directory"),
    ],
)
def test_a_hook_that_fails_is_a_problem_and_the_next_one_runs(start, tmp_path, command, why):
    """One hook's failure is not forgotten because another one succeeds."""
    done = tmp_path / "done"
    touch = ("/usr/bin/touch", str(done))
    one = start({IMPORTED: command, "daemon.ready": ("/bin/true",), "scan.finished": touch})
    for event in (IMPORTED, "daemon.ready", "scan.finished"):
        one.take(line(event))
    wait_until(done.exists)
    (problem,) = one.problems
    assert problem.message == f"the hook of {IMPORTED} {why}"
    one.configure({})
    assert one.problems == ()


def test_the_daemon_never_waits_and_the_queue_has_an_end(start, tmp_path, caplog):
    """What is dropped is said once, and how many they were."""
    gate, out = tmp_path / "gate", tmp_path / "out"
    os.mkfifo(gate)
    commands = {IMPORTED: shell(f"echo $DEDUPD_SEQ >> {out}; cat {gate}")}
    one = start(commands, longest_queue=2)
    one.take(line(seq=0))
    wait_until(out.exists)  # it runs, and waits at the gate
    for seq in range(1, 6):
        one.take(line(seq=seq))
    assert caplog.text.count("have none") == 1
    stopped = threading.Event()
    opener = threading.Thread(target=keep_open, args=(gate, stopped))
    opener.start()
    try:
        wait_until(lambda: out.read_text().split() == ["0", "1", "2"])
        wait_until(one._tasks.empty)
        one.take(line(seq=6))
        wait_until(lambda: out.read_text().split() == ["0", "1", "2", "6"])
    finally:
        stopped.set()
        opener.join()
    assert "3 events had none" in caplog.text


def keep_open(gate, stopped):
    """Let everybody through the gate."""
    while not stopped.wait(0.005):
        with contextlib.suppress(OSError):  # nobody is at the gate
            os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
    assert stat.S_ISFIFO(os.stat(gate).st_mode)


def test_a_hook_does_not_hold_up_the_end(start, tmp_path):
    """What runs is killed after a moment, what waits is dropped."""
    out = tmp_path / "out"
    one = start({IMPORTED: shell(f"echo $$ >> {out}; sleep 300")})
    for _ in range(3):
        one.take(line())
    wait_until(out.exists)
    began_s = time.monotonic()
    one.stop()
    assert time.monotonic() - began_s < 5
    assert not one._thread.is_alive()
    assert len(out.read_text().split()) == 1


def test_a_reload_changes_what_comes_and_not_what_waits(start, tmp_path):
    """As everywhere: the configuration of the moment in which something happened."""
    touch = "/usr/bin/touch"
    one = Hooks({IMPORTED: (touch, str(tmp_path / "old"))}, quiet=True)
    one.take(line())
    one.configure({IMPORTED: (touch, str(tmp_path / "new"))})
    one.take(line())
    one.start()
    wait_until(lambda: sorted(os.listdir(tmp_path)) == ["new", "old"])
    one.stop()
