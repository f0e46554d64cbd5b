"""Asks something that may never answer, such as a network file system, and waits only so long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Answer(Generic[T]):
    """A question on its way; `until` waits for what it finds."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask, self._found = ask, list[T]()
        # Left behind where it hangs: a thread inside of the kernel can't be ended.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def until(self, deadline_s: float) -> T | None:
        """Return the answer, or None if there is none at that monotonic time."""
        self._thread.join(max(deadline_s - time.monotonic(), 0.0))
        return self._found[0] if self._found else None

    def _run(self) -> None:
        self._found.append(self._ask())
