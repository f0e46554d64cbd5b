"""`status` on a real terminal: what is drawn, that it fits, and that the terminal is given back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator

import pytest
from tests.system.commands import PROGRAM, WAIT_S, Site, environment, fill, running, wait_for

pytestmark = pytest.mark.timeout(120)

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command on a terminal of its own; `written` is all that came so far."""

    def __init__(self, site: Site, words: list[str], lines: int, **more: str) -> None:
        self._mine, theirs = pty.openpty()
        self.resize(lines)
        os.set_blocking(self._mine, False)
        command = [*PROGRAM, *words, "--config", str(site.config)]
        self.process = subprocess.Popen(
            command,
            env=environment(TERM="xterm", PYTHONIOENCODING="utf-8", **more),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._got = b""

    @property
    def written(self) -> str:
        with contextlib.suppress(OSError):  # nothing more at the moment, or it ended
            while chunk := os.read(self._mine, 1 << 16):
                self._got += chunk
        return self._got.decode()

    def resize(self, lines: int) -> None:
        size = struct.pack("HHHH", lines, 80, 0, 0)
        fcntl.ioctl(self._mine, termios.TIOCSWINSZ, size)

    def end(self) -> int:
        """Wait until it ended; return its exit code."""
        wait_for("its end", lambda: (self.written, self.process.poll() is not None)[1])
        return self.process.wait(timeout=WAIT_S)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._mine)


@contextlib.contextmanager
def terminal(site: Site, *words: str, lines: int = 24, **more: str) -> Iterator[Terminal]:
    shown = Terminal(site, list(words), lines, **more)
    try:
        yield shown
    finally:
        shown.close()


def plain(text: str) -> list[str]:
    return CODES.sub("", text).replace("\r", "").splitlines()


@pytest.fixture
def site(tmp_path):
    """Return a site with nine folders to see to, and one imported that holds a film."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    for number in range(2, 11):
        fill(site.needles / f"card {number}", [number])
    fill(site.needles / "clean", [1])
    (site.needles / "clean" / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(400))
    return site


def test_a_glance_and_a_watched_screen(site):
    """80 columns; `NO_COLOR`; redrawn, resized, ended by Ctrl-C (130) and by `kill`."""
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        with terminal(site, "status") as colourful:
            assert colourful.end() == 0
            assert "\x1b[31mincomplete" in colourful.written
        with terminal(site, "status", NO_COLOR="1") as glance:
            assert glance.end() == 0
            text = glance.written
        assert "\x1b" not in text
        lines = plain(text)
        assert lines[0] == "1 of 11 folders imported, and 1 video not in the library"
        assert max(map(len, lines)) <= 80
        assert lines[-1].startswith("and 1 folder imported, and 1 video not in the library")
        assert "█░░░░░░░░░" in text
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with terminal(site, "status", "--watch", lines=12) as watched:
                wait_for("a screen", lambda w=watched: "more lines" in w.written)
                assert watched.written.count("\x1b[?1049h") == 1
                frame = watched.written.split("\x1b[H")[1]
                assert len(plain(frame)) == 12
                assert "\x1b[2J" not in watched.written
                watched.resize(40)
                wait_for("the rest", lambda w=watched: "--all lists" in w.written)
                watched.process.send_signal(number)
                assert watched.end() == code
                assert watched.written.endswith("\x1b[?7h\x1b[?25h\x1b[?1049l")
                assert "Traceback" not in watched.written


def test_only_some_states_are_listed_where_that_is_asked_for(site):
    """In a pipe and as JSON too; the sums stay those of all."""
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        listed = site.ask_inside("status", "--only", "imported", "--json").json
        text = site.ask_inside("status", "--only", "imported").out.decode()
        assert site.ask_inside("status", "--only", "importd").code == 2
    assert [one["path"] for one in listed["folders"]] == [str(site.needles / "clean")]
    assert listed["totals"]["folders"] == 11
    assert "card 2" not in text
    assert "1 of 11 folders imported, and 1 video not in the library" in text
