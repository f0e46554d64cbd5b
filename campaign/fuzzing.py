"""R7: broken and mutated files, through the real workers and through a real daemon."""

from __future__ import annotations

import os
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from accuracy.damage import Damaged
from tests.system.commands import environment

from campaign import hostile
from campaign.result import Result, Size
from campaign.stage import content, daemon, quiet_report, site
from dedupd.messages import Decode, Decoded, Payload
from dedupd.model import Unreadable
from dedupd.pictures.exchange import PoolAnswer
from dedupd.pictures.pools.processes import DEFAULT_TIMEOUT_S, ProcessPool

MUTANTS = 100_000
MOST_BYTES = 2 << 30
WORKERS = 2
HANGS_AFTER_S = 3 * DEFAULT_TIMEOUT_S  # a file has two workers, one after the other
_IN_FLIGHT = 64


def run(seed: int, size: Size) -> Result:
    """Mutate and look at the files; then let a daemon find the whole corpus in both roots."""
    count = size.of(MUTANTS, 300)
    dice, seeds = random.Random(seed), list(hostile.whole_files().values())
    corpus = list(hostile.broken())
    bombs = [hostile.bomb().data] * WORKERS if size.share else []
    mutants = (hostile.mutated(seeds, dice) for _ in range(count))
    os.environ.update(environment())  # workers find this checkout
    with Watched() as workers:
        answers, hangs = workers.look([*bombs, *(one.data for one in corpus)], mutants)
    tried = len(bombs) + len(corpus) + count
    exits, unclassed = _by_daemon(corpus)
    lost = tried - answers.total()
    measured = (
        f"{exits} exits, {hangs} hangs, {lost} lost, {unclassed} without a class,"
        f" peak {workers.peak_bytes / 2**30:.2f} GiB;"
        f" {answers['killed']} killed and {answers['timeout']} outlasted their worker"
    )
    passed = not (exits or hangs or lost or unclassed) and workers.peak_bytes <= MOST_BYTES
    return Result(measured, tried, passed)


class Watched:
    """The workers of a daemon, with an eye on the memory of all together.

    Attributes:
        peak_bytes: The most that they had together, shared pages counted once (PSS).
    """

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._pool = ProcessPool(WORKERS)
        self._done = threading.Event()
        self._eye = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watched:
        self._pool.start()
        self._eye.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._eye.join()
        self._pool.stop()

    def look(self, *files: Iterable[bytes]) -> tuple[Counter[str], int]:
        """Return how many files came to which end, and how many didn't come to any."""
        answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
        ends, in_flight = Counter[str](), 0
        for data in (one for some in files for one in some):
            self._pool.submit(Decode(b"", _payload(data)), answers.put)
            in_flight += 1
            if in_flight >= _IN_FLIGHT:
                in_flight -= self._take(answers, ends)
        while in_flight and self._take(answers, ends):
            in_flight -= 1
        return ends, in_flight

    def _take(self, answers: queue.SimpleQueue[PoolAnswer], ends: Counter[str]) -> bool:
        try:
            answer = answers.get(timeout=HANGS_AFTER_S)
        except queue.Empty:
            return False
        assert isinstance(answer, Decoded)
        result = answer.result
        ends[result.reason if isinstance(result, Unreadable) else "picture"] += 1
        return True

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.peak_bytes = max(self.peak_bytes, sum(map(_pss_bytes, self._pool.pids)))


def _payload(data: bytes) -> Payload:
    fd = os.memfd_create("mutant")
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(data)
    os.lseek(fd, 0, os.SEEK_SET)
    return Payload(fd, len(data))


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


def _by_daemon(corpus: list[Damaged]) -> tuple[int, int]:
    """Return whether a daemon ended over the corpus, and how many files have no class."""
    with site() as stage:
        # A picture of another number in each root, so that nothing in it may be called imported.
        (stage.lib / "whole.jpg").write_bytes(content(1))
        (stage.needles / "whole.jpg").write_bytes(content(2))
        hostile.plant(stage.lib, corpus[::2])
        planted = 1 + hostile.plant(stage.needles, corpus)
        with daemon(stage) as running:
            running.wait_ready()
            report = quiet_report(stage)
            time.sleep(0.2)
            exits = int(running.process.poll() is not None)
            running.end()
    root = next(one for one in report["folders"] if one["path"] == str(stage.needles))
    return exits, root["pending"] + abs(planted - root["pictures"] - root["others"])
