"""A Dask cluster on this machine: a scheduler and workers, as processes that tests may kill."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.commands import environment

_QUIET = ["--no-dashboard"]


def free_port() -> int:
    """Return a port that nobody listened on a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Cluster:
    """A scheduler at `address` and some workers; what they say goes to files of `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self.start_scheduler()
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """Start the scheduler, where it was before if it was killed."""
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--no-show"]
        self.scheduler = self._start("scheduler", *where, *_QUIET)
        return self.scheduler

    def add_worker(self, **more: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread; `more` goes into its environment."""
        words = (self.address, "--nthreads", "1", "--no-nanny", "--death-timeout", "60")
        worker = self._start("worker", *words, *_QUIET, **more)
        self.workers.append(worker)
        return worker

    def end(self) -> None:
        """Kill them all."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, kind: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=environment(**more), stdout=log, stderr=log
            )


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """Start a cluster; it ends with the block."""
    made = Cluster(folder)
    try:
        for _ in range(workers):
            made.add_worker()
        yield made
    finally:
        made.end()
