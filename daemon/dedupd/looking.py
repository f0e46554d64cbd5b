"""Looking once, without a daemon: `check`, and answers from the store that something left."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from dedupd.asks import Ask, Reply
from dedupd.config_force import demand_pool
from dedupd.config_schema import Config
from dedupd.deciding import read_book
from dedupd.errors import UserError
from dedupd.loop import Loop, Undecided
from dedupd.model import Role, Root
from dedupd.pictures import versions
from dedupd.pictures.limits import Limits
from dedupd.pictures.pools import Pool
from dedupd.pictures.pools.processes import ProcessPool
from dedupd.reports import Event, Report
from dedupd.state import Store, Versions
from dedupd.state.lock import StateLock
from dedupd.state.store import open_store
from dedupd.text import rfc3339, shown

TURN_S = 0.2
AWAY_S = 30.0
"""How long a single look waits for a cluster that is away; a daemon waits for ever."""
VERSIONS = Versions(versions.FINGERPRINT, versions.SIGNATURE, versions.MEASURES)
Show = Callable[[Report], None]


def make_pool(config: Config) -> Pool:
    """Return the pool of workers that the configuration asks for, not yet started.

    Raises:
        UsageError: It asks for a cluster, and the library for that isn't installed.
    """
    demand_pool(config)
    if config.workers.pool == "dask":
        # Not at the top: it loads `distributed`, which takes a second and needn't be there.
        from dedupd.clustering import cluster_pool

        return cluster_pool(config.workers, config.limits.pixels)
    return ProcessPool(
        config.workers.count or len(os.sched_getaffinity(0)),
        config.workers.timeout_s,
        config.workers.memory_bytes,
        Limits(config.limits.pixels),
    )


def check(config: Config, show: Show | None) -> Session:
    """Look at everything once; the session holds the report and answers questions about it.

    Raises:
        StoreInUse: A daemon, or another check, holds the state.
        UserError: The state can't be used.
    """
    session = Session(config, keep=True)
    session.look(show)
    return session


def stored(config: Config) -> Session:
    """Answer from the store alone; with no roots in `config`, of those that the store remembers.

    Raises:
        UserError: There is no store there, or a daemon holds it.
    """
    if not (config.state / "meta.json").exists():
        raise UserError(
            f"there is nothing to read in {shown(os.fsencode(config.state))}",
            "no daemon and no check has left a store there",
            "dedupd check --haystack DIR --needles DIR",
        )
    session = Session(config, keep=False)
    session.recall()
    return session


class Session:
    """One look at the roots, or at the store; use it from one thread and close it.

    Attributes:
        report: The report of the look.
        age: RFC 3339, when a root was last in step with the disk.
    """

    def __init__(self, config: Config, *, keep: bool) -> None:
        with ExitStack() as stack:
            lock = StateLock.acquire(config.state)
            stack.callback(lock.release)
            store, _ = open_store(config.state, VERSIONS)
            stack.callback(store.close)
            roots = config.roots or remembered_roots(store)
            if keep:
                remember_roots(store, roots)
            self._pool = make_pool(config)
            config = with_roots(config, roots)
            decided = Undecided(read_book(config.state))
            self._loop = Loop(
                config, store, self._pool, _nowhere, eager=False, keep=keep, decided=decided
            )
            self._stack = stack.pop_all()
        self._patience_s = config.watch.settle_max_s
        self._scheduler = config.workers.scheduler if config.workers.pool == "dask" else None
        self._well_s = 0.0
        self.report = self._loop.report
        self.age = ""

    def look(self, show: Show | None) -> None:
        """Read until everything is known; `show` is called with reports on the way.

        Raises:
            UserError: The cluster that is to decode has been away for `AWAY_S`.
        """
        self._pool.start()
        self._well_s = time.monotonic()
        self._stack.callback(self._pool.stop)
        self._loop.start()
        self._stack.callback(self._loop.stop)
        engine, patience_s = self._loop.engine, self._patience_s
        while not (engine.ready and engine.idle and (engine.settled or patience_s <= 0)):
            began_s = time.monotonic()
            self._loop.turn(TURN_S)
            self._demand_cluster()
            # Only files that are being written are left: they don't end by themselves.
            patience_s -= time.monotonic() - began_s if engine.ready and engine.idle else 0.0
            if show is not None:
                show(self._loop.report)
        self._loop.fresh_report()
        self._loop.turn(TURN_S)
        self._see()

    def _demand_cluster(self) -> None:
        """End where nobody comes to decode; workers of this machine are waited for."""
        problem, now_s = self._pool.problem, time.monotonic()
        self._well_s = self._well_s if problem else now_s
        if self._scheduler is not None and now_s - self._well_s >= AWAY_S:
            raise UserError(
                "can't look at any picture",
                f"{problem} (for {AWAY_S:.0f} s)",
                f"dask worker {self._scheduler}   # or dedupd doctor",
            )

    def recall(self) -> None:
        """Take in the store, and look at no root."""
        self._loop.engine.load()
        self._see()
        # It says what was known then, whenever somebody asks.
        self.report = dataclasses.replace(self.report, time=self.age or rfc3339(time.time()))

    def ask(self, ask: Ask) -> Reply:
        """Answer one question."""
        answer = self._loop.ask(ask)
        while not answer.done():
            self._loop.turn(TURN_S)
        return answer.result()

    def close(self) -> None:
        """Give the store free."""
        self._stack.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def _see(self) -> None:
        self.report = self._loop.engine.report()
        times = [root.in_step_as_of for root in self.report.roots if root.in_step_as_of]
        self.age = min(times, default="")


def remember_roots(store: Store, roots: tuple[Root, ...]) -> None:
    """Keep which roots this store is about, for commands that are given the store alone."""
    named = [
        {
            "role": root.role.value,
            "id": root.id,
            "path": root.path.hex(),
            "exclude": root.exclude,
            "ignore": root.ignore,
        }
        for root in roots
    ]
    store.put_meta("roots", {"roots": named})


def remembered_roots(store: Store) -> tuple[Root, ...]:
    """Return the roots that the store is about."""
    named = (store.meta("roots") or {}).get("roots", [])
    if not isinstance(named, list):
        return ()
    return tuple(
        Root(
            one["id"],
            bytes.fromhex(one["path"]),
            Role(one["role"]),
            exclude=tuple(one["exclude"]),
            ignore=tuple(one["ignore"]),
        )
        for one in named
    )


def with_roots(config: Config, roots: tuple[Root, ...]) -> Config:
    """Return the configuration with these roots."""
    return dataclasses.replace(
        config,
        haystack=tuple(root for root in roots if root.role is Role.HAYSTACK),
        needles=tuple(root for root in roots if root.role is Role.NEEDLES),
    )


def _nowhere(_: list[Event], sync: bool) -> int:  # noqa: ARG001 -- the shape of a log
    """A single look logs nothing: what it sees is its report."""
    return 0
