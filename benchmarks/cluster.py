"""Measures how many pictures a second a Dask cluster on this machine decodes, beside our own pool.

    python -m benchmarks.cluster [--count 60] [--rounds 3]

Camera files, fingerprints only; workers of one thread each, as many processes beside them, the
pictures' bytes over the loopback.  The pools stand ready: only the pictures are timed.
"""

from __future__ import annotations

import argparse
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import _camera

from dedupd.clustering import cluster_pool
from dedupd.config_schema import WorkersConfig
from dedupd.messages import Decode, Payload
from dedupd.pictures.exchange import PoolAnswer
from dedupd.pictures.pools import Pool
from dedupd.pictures.pools.processes import ProcessPool

PORT = 18786
PIXELS = 200_000_000
READY_S = 60.0
ALONE = ("--nthreads", "1", "--no-nanny")


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """Run a scheduler and so many workers; return the scheduler's address."""
    address = f"tcp://127.0.0.1:{PORT}"
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        stack.callback(time.sleep, 0.5)  # the port is free again

        def start(kind: str, *words: str) -> None:
            command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
            process = subprocess.Popen([*command, "--no-dashboard"], stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)

        start("scheduler", "--host", "127.0.0.1", "--port", str(PORT), "--no-show")
        for _ in range(workers):
            start("worker", address, *ALONE, "--local-directory", folder)
        yield address


def looked_at(pool: Pool, pictures: list[bytes]) -> float:
    """Return how many of these a pool looks at in a second."""
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    began_s = time.perf_counter()
    for number, data in enumerate(pictures):
        fd = os.memfd_create("picture")
        os.write(fd, data)
        pool.submit(Decode(number.to_bytes(32), Payload(fd, len(data))), answers.put)
    for _ in pictures:
        answers.get(timeout=READY_S)
    return len(pictures) / (time.perf_counter() - began_s)


def rate(pool: Pool, pictures: list[bytes], rounds: int) -> float:
    """Return the median rate of a pool, after all of its workers have begun."""
    pool.start()
    try:
        looked_at(pool, pictures[:8])
        return statistics.median(looked_at(pool, pictures) for _ in range(rounds))
    finally:
        pool.stop()


def main() -> None:
    """Print the rates of the local pool, and of one and two workers of a cluster."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = _camera.write(Path(folder), given.count, seed=5)
        pictures = [path.read_bytes() for path in paths]
    print(f"{'pool':16}{'pictures/s':>12}{'of local':>10}")
    for workers in (1, 2):
        local = rate(ProcessPool(workers), pictures, given.rounds)
        with cluster(workers) as address:
            pool = cluster_pool(WorkersConfig(pool="dask", scheduler=address), PIXELS)
            away = rate(pool, pictures, given.rounds)
        print(f"{f'local, {workers}':16}{local:>12.1f}{1.0:>10.2f}")
        print(f"{f'dask, {workers}':16}{away:>12.1f}{away / local:>10.2f}", flush=True)


if __name__ == "__main__":
    main()
