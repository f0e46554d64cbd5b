"""Where pictures are looked at: one Protocol, one file for each kind of place.

The contract, held by one suite over every member: each job is answered exactly once, whatever its
bytes hold and whatever happens to a worker, unless the pool is stopped first; then it is dropped.
Either way the pool closes the job's payloads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dedupd.pictures.exchange import PoolAnswer, PoolJob

Done = Callable[[PoolAnswer], None]


class Pool(Protocol):
    """A place where pictures are looked at."""

    @property
    def workers(self) -> int:
        """How many pictures are looked at together."""

    @property
    def problem(self) -> str:
        """Why none can be looked at for the moment, in words; "" when all is well."""

    def start(self) -> None:
        """Begin to take jobs; those handed in before are done now."""

    def submit(self, job: PoolJob, done: Done) -> None:
        """Have `job` done and call `done` with the answer, in a thread of the pool's choice.

        `done` must be quick and must not raise.  It may be called before `submit` returns.
        """

    def stop(self) -> None:
        """Drop what isn't answered and end all workers, within 2 s."""
