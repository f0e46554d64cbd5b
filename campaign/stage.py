"""Sites with pictures of one size in bytes, and daemons on them that can be killed and timed."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.system.commands import PROGRAM, Fields, Site, environment, picture, wait_for

PICTURE_BYTES = 16_384
STRANGERS_FROM = 100_000
_START, _COMMENT, _LENGTH_BYTES = b"\xff\xd8", b"\xff\xfe", 2
PATIENCE_S = 120.0
TOLD = 3000


@cache
def content(number: int) -> bytes:
    """Return a JPEG of exactly `PICTURE_BYTES`, far from that of every other number."""
    data = picture(number)
    filler = PICTURE_BYTES - len(data) - len(_COMMENT) - _LENGTH_BYTES
    assert filler >= 0
    length = (filler + _LENGTH_BYTES).to_bytes(_LENGTH_BYTES, "big")
    return _START + _COMMENT + length + b"x" * filler + data[len(_START) :]


@contextmanager
def site(more: str = "") -> Iterator[Site]:
    """Make an empty site, and remove it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="dedupd-campaign-"))
    try:
        yield Site(folder, more)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def plant(stage: Site, library: int, folders: int, each: int) -> None:
    """Fill the library, and needle folders with byte copies of it: all are complete."""
    for number in range(library):
        path = stage.lib / f"{2000 + number % 5}" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content(number))
    for folder in range(folders):
        (stage.needles / f"card {folder}").mkdir()
        for place in range(each):
            number = (folder * each + place) % library
            path = stage.needles / f"card {folder}" / f"IMG_{number:04}.jpg"
            path.write_bytes(content(number))


class Running:
    """A daemon whose end and readiness are seen from outside."""

    def __init__(self, stage: Site, program: list[str], **more: str) -> None:
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = stage.folder / f"notify-{time.monotonic_ns()}"
        self._ear.bind(str(address))
        self.stage, self.log = stage, stage.folder / "stderr.log"
        self.began_s = time.monotonic()
        with self.log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [*program, "run", "--config", str(stage.config)],
                env=environment(NOTIFY_SOCKET=str(address), **more),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )

    def wait_ready(self, within_s: float = PATIENCE_S) -> float | None:
        """Return after how many seconds it said that it is ready; None if it ended before."""
        deadline_s = time.monotonic() + within_s
        self._ear.settimeout(0.05)
        while time.monotonic() < deadline_s:
            try:
                if b"READY=1" in self._ear.recv(4096):
                    return time.monotonic() - self.began_s
            except TimeoutError:
                if self.process.poll() is not None:
                    return None
        raise AssertionError(f"not ready within {within_s:.0f} s")

    def end(self, number: signal.Signals = signal.SIGKILL) -> float:
        """Send it a signal and return after how many seconds it was gone."""
        began_s = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - began_s

    def close(self) -> None:
        """Kill it, if it lives."""
        self.process.kill()
        self.process.wait()
        self._ear.close()


@contextmanager
def daemon(stage: Site, program: list[str] | None = None, **more: str) -> Iterator[Running]:
    """Start a daemon; wait for nothing."""
    running = Running(stage, program or PROGRAM, **more)
    try:
        yield running
    finally:
        running.close()


def quiet_report(stage: Site) -> Fields:
    """Return `status --wait --json`, once the daemon answers."""

    def answer() -> Fields:
        done = stage.ask_inside("status", "--wait", "--json")
        return done.json if done.code == 0 else {}

    return wait_for("status --wait", answer, PATIENCE_S)


def peak_rss_bytes(pid: int) -> int:
    """Return the most memory that a process ever had, its children not counted."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def bugs(stage: Site) -> list[str]:
    """Return the end of the first traceback in the daemons' log, if there is one."""
    log = stage.folder / "stderr.log"
    text = log.read_text(errors="replace") if log.exists() else ""
    _, found, rest = text.partition("Traceback")
    return [f"a traceback: {rest[:TOLD]}"] if found else []
