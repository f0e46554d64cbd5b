"""Who works at a cluster: each worker is greeted, and gets pictures only if it fits."""

from __future__ import annotations

from collections.abc import Mapping


class Crew:
    """The workers of one connection, by address.  Belongs to one thread.

    Attributes:
        unable: Why a worker that fits could not do its last job, "" if it could.
    """

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler
        self._threads: Mapping[str, int] = {}
        self._asked: frozenset[str] = frozenset()
        self._faults: dict[str, str] = {}  # what is wrong with a worker; "" for nothing
        self.unable = ""

    def seen(self, threads: Mapping[str, int]) -> list[str]:
        """Take in who is there now, with how many threads; return those that are to be greeted."""
        new = [at for at in threads if at not in self._asked]
        self._threads = dict(threads)
        self._asked = frozenset(threads)
        self._faults = {at: why for at, why in self._faults.items() if at in threads}
        return new

    def threads(self, address: str) -> int:
        """Return how many threads a worker has; 0 for one that left."""
        return self._threads.get(address, 0)

    def greeted(self, address: str, why: str = "") -> None:
        """Take in that a worker fits, or why it doesn't."""
        if address in self._threads:
            self._faults[address] = why

    def doubt(self, address: str, why: str) -> None:
        """Take in that a worker doesn't fit for now: it is to be greeted again."""
        self.greeted(address, why)
        self._asked -= {address}

    def doubt_all(self, why: str) -> None:
        """Doubt everybody: one of them isn't what it said."""
        for address in self._threads:
            self.doubt(address, why)

    @property
    def fit(self) -> frozenset[str]:
        """The addresses of those that get pictures."""
        return frozenset(at for at, why in self._faults.items() if not why)

    @property
    def misfits(self) -> tuple[str, ...]:
        """Those that were greeted and get none, each in a line: who, and why not."""
        return tuple(f"{at}: {why}" for at, why in sorted(self._faults.items()) if why)

    @property
    def complete(self) -> bool:
        """Whether somebody is there, and all that are there were greeted."""
        return bool(self._threads) and self._threads.keys() == self._faults.keys()

    @property
    def problem(self) -> str:
        """Why nobody looks at pictures; "" where somebody does, or may in a moment."""
        if not self._threads:
            return f"no worker is connected to the scheduler {self._scheduler}"
        if self.fit:
            return self.unable
        if not self.complete:
            return ""
        others = len(self.misfits) - 1
        more = f" (and {others} more)" if others else ""
        return f"no worker of the cluster can be used: {self.misfits[0]}{more}"
