"""Commands wait for a pool's answer here: for as long as it can come, and no longer.

The daemon never waits; it goes on with other things and reports a pool's problem.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable

from dedupd.errors import UserError
from dedupd.pictures.exchange import PoolAnswer, PoolJob
from dedupd.pictures.pools import Pool

LOOK_S = 0.2
PATIENCE_S = 3.0
"""A worker that a moment's lack of memory kept from starting is started again within that."""


def ask(pool: Pool, job: PoolJob, stopped: Callable[[], bool] = lambda: False) -> PoolAnswer | None:
    """Return the answer of a running pool to `job`.

    Args:
        stopped: Says whether the pool was stopped, which ends the wait with None.

    Raises:
        UserError: No worker can be started; then the caller is to stop the pool.
    """
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    pool.submit(job, answers.put)
    idle_s = 0.0
    while True:
        with contextlib.suppress(queue.Empty):
            return answers.get(timeout=LOOK_S)
        if stopped():
            return None
        problem = pool.problem
        idle_s = idle_s + LOOK_S if problem else 0.0
        if problem and idle_s >= PATIENCE_S:
            raise UserError("can't look at any picture", problem, "dedupd doctor")
