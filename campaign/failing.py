"""dedupd with one call that fails, made so from outside: nothing of this is in what is shipped.

    python -m campaign.failing KIND NUMBER COUNT_FILE run --config FILE

In the end COUNT_FILE says how many calls of the kind there were.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import importlib
import itertools
import os
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from dedupd import disk
from dedupd.cli.main import main
from dedupd.state import store

COUNT_FILE = "calls"
FILE, STATE, STORE = KINDS = ("file", "state", "store")
_FILE_CALLS = frozenset(
    {"open", "read", "pread", "fstat", "stat", "lstat", "listdir", "scandir", "readlink",
     "memfd_create", "write", "lseek", "fsync", "ftruncate", "rename", "replace", "unlink"}
)  # fmt: skip
_STORE_CALLS = frozenset({"get", "put", "write_batch", "raw_iterator"})
_STATE_MODULES = ("durable", "logfiles", "eventlog", "decisions", "lock")
_DISK_WORDS = b"IO error: store/000005.log: Input/output error"


class Failing:
    """Counts calls, and lets one of them fail."""

    def __init__(self, number: int, failure: Callable[[], Exception]) -> None:
        self._number, self._failure = number, failure
        self._numbers = itertools.count(1)
        self.count = 0

    def call(self, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call the function, or fail in its stead."""
        self.count = next(self._numbers)
        if self.count == self._number:
            raise self._failure()
        return function(*args, **named)


class Stand:
    """Stands for a module or an object; its calls of these names are counted."""

    def __init__(self, whole: Any, names: frozenset[str], failing: Failing) -> None:
        self._whole, self._names, self._failing = whole, names, failing

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._whole, name)
        if name not in self._names:
            return found
        return lambda *args, **named: self._failing.call(found, *args, **named)


def install(kind: str, number: int) -> Failing:
    """Let the `number`-th call of a kind fail, from now on."""
    if kind == STORE:
        library = vars(store)["plyvel"]
        failing = Failing(number, lambda: library.IOError(_DISK_WORDS))
        _stand_for_database(failing)
        return failing
    failing = Failing(number, lambda: OSError(errno.EIO, os.strerror(errno.EIO)))
    for module in _disk_modules() if kind == FILE else _state_modules():
        if hasattr(module, "os"):
            module.os = Stand(os, _FILE_CALLS, failing)  # type: ignore[attr-defined]
        if hasattr(module, "fcntl"):
            module.fcntl = Stand(fcntl, frozenset({"fcntl", "flock"}), failing)  # type: ignore[attr-defined]
    return failing


def _stand_for_database(failing: Failing) -> None:
    whole = vars(store)["plyvel"]

    class Library(Stand):
        def DB(self, *args: Any, **named: Any) -> Stand:  # noqa: N802
            return Stand(failing.call(whole.DB, *args, **named), _STORE_CALLS, failing)

    setattr(store, "plyvel", Library(whole, frozenset(), failing))  # noqa: B010


def _disk_modules() -> list[ModuleType]:
    names = [one.name for one in pkgutil.iter_modules(disk.__path__) if not one.ispkg]
    return [importlib.import_module(f"dedupd.disk.{name}") for name in names]


def _state_modules() -> list[ModuleType]:
    return [importlib.import_module(f"dedupd.state.{name}") for name in _STATE_MODULES]


def _main() -> int:
    kind, number, count_file, *rest = sys.argv[1:]
    failing = install(kind, int(number))
    atexit.register(lambda: Path(count_file).write_text(str(failing.count)))
    return main(rest)


if __name__ == "__main__":
    sys.exit(_main())
