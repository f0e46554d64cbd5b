"""Run dedupd as its users do: a configuration file, a process, command lines, exit codes.

Nothing here looks inside the program; what these helpers read is the contract's.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from dedupd.cli.main import main

SOURCE = Path(__file__).parents[2] / "daemon"
PROGRAM = [sys.executable, "-m", "dedupd"]
WAIT_S = 60.0  # ends what hangs; it says nothing about speed
POLL_S = 0.05
PROCESSES = ("run", "review", "doctor")  # what ends, starts or looks at processes

Fields = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Done:
    """A command that came to its end."""

    code: int
    out: bytes
    err: bytes

    @property
    def lines(self) -> list[str]:
        """What it printed, by line."""
        return self.out.decode().splitlines()

    @property
    def complaints(self) -> list[str]:
        """What it said on standard error, by line."""
        return self.err.decode().splitlines()

    @property
    def json(self) -> Fields:
        """The one object that it printed."""
        found: Fields = json.loads(self.out)
        return found


def environment(**more: str) -> dict[str, str]:
    """Return the environment of the test, in which Python finds this checkout."""
    return {**os.environ, "PYTHONPATH": str(SOURCE), **more}


def dedupd(*words: str | bytes | Path, cwd: Path | None = None, **more: str) -> Done:
    """Run one command to its end; `more` goes into its environment."""
    command: list[str | bytes | Path] = [*PROGRAM, *words]
    done = subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, timeout=WAIT_S, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def dedupd_inside(*words: str | bytes | Path) -> Done:
    """Run one command in this process: for what is asked so often that a process each is dear."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main([os.fsdecode(word) for word in words])
    return Done(code, *(stream.buffer.getvalue() for stream in (out, err)))


def wait_for(what: str, probe: Callable[[], Found], within_s: float = WAIT_S) -> Found:
    """Return the first thing that `probe` finds, or fail and say what was waited for."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        found = probe()
        if found:
            return found
        time.sleep(POLL_S)
    raise AssertionError(f"waited {within_s:.0f} s in vain: {what}")


def picture(number: int, width_px: int = 160) -> bytes:
    """Return a JPEG that is the same for the same number, and far from every other one."""
    rough = np.random.default_rng(number).integers(0, 256, (9, 12, 3), np.uint8)
    height_px = width_px * 3 // 4
    whole = cv2.resize(rough, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def fill(folder: Path, numbers: Sequence[int] | range) -> list[Path]:
    """Make `folder` hold one picture for each number; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.jpg" for number in numbers]
    for path, number in zip(paths, numbers, strict=True):
        path.write_bytes(picture(number))
    return paths


class Site:
    """A folder with `lib`, `needles`, a state folder, and a configuration that names them."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        self.lib, self.needles = folder / "lib", folder / "needles"
        self.state, self.config = folder / "state", folder / "config.yaml"
        self.lib.mkdir()
        self.needles.mkdir()
        self.configure("haystack: [lib]\nneedles: [needles]\n" + more)

    def configure(self, text: str) -> None:
        """Write the configuration; its state folder and what saves time are added."""
        settle = "" if "watch:" in text else "watch: {settle_quiet: 0.3s}\n"
        workers = "" if "workers:" in text else "workers: {count: 1}\n"
        self.config.write_text(f"{text}state: state\n{settle}{workers}")

    def ask(self, *words: str | bytes | Path) -> Done:
        """Run a command with this configuration, in a process of its own where that matters."""
        run = dedupd if words[0] in PROCESSES else dedupd_inside
        return run(*words, "--config", self.config)

    def ask_inside(self, *words: str | bytes | Path) -> Done:
        """Run a command with this configuration in this process."""
        return dedupd_inside(*words, "--config", self.config)

    def report(self) -> Fields:
        """Return what `status --json` prints."""
        done = self.ask_inside("status", "--json")
        assert done.code == 0, done.err
        return done.json

    def folders(self) -> dict[str, Fields]:
        """Return the folders of the report, by their path below the site."""
        return {os.path.relpath(one["path"], self.folder): one for one in self.report()["folders"]}

    def states(self) -> dict[str, str]:
        """Return the state of each folder, by its path below the site."""
        return {path: one["state"] for path, one in self.folders().items()}

    def roots(self) -> dict[str, str]:
        """Return the state of each root, by its path below the site."""
        roots = self.report()["roots"]
        return {os.path.relpath(one["path"], self.folder): one["state"] for one in roots}

    def events(self, name: str = "", path: Path | None = None) -> list[Fields]:
        """Return what the event log holds: all of it, or what has this name and path."""
        try:
            text = (self.state / "events.jsonl").read_text()
        except FileNotFoundError:
            return []
        logged = [json.loads(line) for line in text.splitlines(keepends=True) if "\n" in line]
        return [
            one
            for one in logged
            if name in ("", one["event"]) and (path is None or one.get("path") == str(path))
        ]

    def wait_event(self, name: str, path: Path | None = None, times: int = 1) -> Fields:
        """Return the event once it is in the log that often."""
        where = f"{name} {path or ''} x {times}"
        return wait_for(where, lambda: self.events(name, path)[times - 1 : times])[0]

    def wait_states(self, wanted: dict[str, str]) -> None:
        """Wait until these folders have these states."""
        wait_for(f"{wanted}", lambda: wanted.items() <= self.states().items())

    def wait_roots(self, wanted: dict[str, str]) -> None:
        """Wait until these roots have these states."""
        wait_for(f"{wanted}", lambda: wanted.items() <= self.roots().items())


class Daemon:
    """A running `dedupd run`; what it says on standard error goes to `log`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log = process, log

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """End it; return its exit code and how many seconds that took."""
        began_s = time.monotonic()
        self.send(number)
        code = self.process.wait(timeout=WAIT_S)
        return code, time.monotonic() - began_s


@contextmanager
def started(site: Site, *, before: Sequence[str] = (), **more: str) -> Iterator[Daemon]:
    """Start a daemon, and don't wait for anything; `before` goes before its command."""
    log = site.folder / "stderr.log"
    command = [*before, *PROGRAM, "run", "--config", str(site.config)]
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            command, env=environment(**more), stdin=subprocess.DEVNULL, stderr=stderr
        )
    try:
        yield Daemon(process, log)
    finally:
        process.kill()
        process.wait()


@contextmanager
def running(site: Site, *, before: Sequence[str] = (), **more: str) -> Iterator[Daemon]:
    """Start a daemon and wait until its first scan is done."""
    seen = len(site.events("scan.finished"))
    with started(site, before=before, **more) as daemon:

        def scanned() -> list[Fields]:
            ended = daemon.process.poll() is not None
            assert not ended, daemon.log.read_text(errors="replace")[-2000:]
            return site.events("scan.finished")[seen:]

        wait_for("the first scan", scanned)
        yield daemon


@contextmanager
def beside(*words: str | Path, out: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside the test, its words going to `out`; it ends with the block."""
    command: list[str | Path] = [*PROGRAM, *words]
    with out.open("wb") as stream:
        process = subprocess.Popen(command, env=environment(), stdout=stream, stderr=stream)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def need(tool: str) -> str:
    """Return where a tool is, "" where it isn't."""
    return shutil.which(tool) or ""
