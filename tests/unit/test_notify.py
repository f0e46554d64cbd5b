from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dedupd.notify import Notifier

US = 1_000_000


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen where systemd would."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield listener


@pytest.fixture
def notify() -> Iterator[Callable[[], Notifier]]:
    """Make notifiers; a daemon keeps its socket until the process ends, a test may not."""
    made: list[Notifier] = []

    def make() -> Notifier:
        made.append(Notifier())
        return made[-1]

    yield make
    for one in made:
        if one._socket is not None:
            one._socket.close()


def heard(manager: socket.socket) -> list[str]:
    """Return every datagram that waits."""
    lines = []
    while True:
        try:
            lines.append(manager.recv(4096).decode())
        except BlockingIOError:
            return lines


def test_what_happens_is_told_in_systemd_s_words(manager, notify):
    """Ready, reloading with its moment, stopping."""
    notifier = notify()
    notifier.ready()
    notifier.reloading()
    notifier.stopping()
    ready, reloading, stopping = heard(manager)
    assert (ready, stopping) == ("READY=1", "STOPPING=1")
    first, _, moment = reloading.partition("\nMONOTONIC_USEC=")
    assert first == "RELOADING=1"
    assert moment.isdigit()


def test_a_status_is_told_when_it_changes(manager, notify):
    """Not again and again."""
    notifier = notify()
    for text in ("scanning", "scanning", "ready", "scanning"):
        notifier.status(text)
    assert heard(manager) == ["STATUS=scanning", "STATUS=ready", "STATUS=scanning"]


def test_the_watchdog_is_fed_three_times_a_period(manager, monkeypatch, notify):
    """However often the main loop turns."""
    monkeypatch.setenv("WATCHDOG_USEC", str(30 * US))
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    notifier = notify()
    assert notifier.watchdog_s == 30.0
    for now_s in range(31):
        notifier.alive(float(now_s))
    assert heard(manager) == ["WATCHDOG=1"] * 4


@pytest.mark.parametrize(("usec", "pid"), [("", None), ("nonsense", None), ("1000000", 1)])
def test_a_watchdog_that_is_not_ours_is_not_fed(manager, monkeypatch, usec, pid, notify):
    """It is off, or meant for another process."""
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", str(pid))
    notifier = notify()
    notifier.alive(1000.0)
    assert notifier.watchdog_s is None
    assert heard(manager) == []


def test_no_child_speaks_in_our_name(manager, monkeypatch, notify):
    """The variables are taken out of the environment."""
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    notify()
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys()


def test_an_abstract_socket_is_spoken_to(monkeypatch, notify):
    """Its name begins with `@`."""
    name = f"dedupd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        listener.settimeout(60.0)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        notify().ready()
        assert listener.recv(100) == b"READY=1"


def test_nobody_listens(monkeypatch, notify):
    """Without a manager, or with one that is gone, nothing happens."""
    notify().ready()
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonexistent/socket")
    notifier = notify()
    notifier.ready()
    notifier.status("ready")


def test_a_busy_manager_does_not_block_the_main_loop(manager, notify):
    """What it could not take is told again with the next status."""
    notifier = notify()
    for number in range(2000):
        notifier.status(f"{number}")
    assert 0 < len(heard(manager)) < 2000
    notifier.status("1999")
    assert heard(manager) == ["STATUS=1999"]
