"""Expected failures: a family of errors, the exit codes, and how a user sees them.

`UserError` is for what a person can mend; anything else is a bug and keeps its traceback.
Stays light: the client imports it, and the client starts fast.
"""

from __future__ import annotations

import enum
import sys
from typing import ClassVar, TextIO

from dedupd.text import printable


class ExitCode(enum.IntEnum):
    """The exit codes of the contract."""

    DONE = 0
    NOT_IMPORTED = 1
    USAGE = 2
    NOT_RUNNING = 3
    FAILED = 4
    BUG = 70
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.DONE: "done; for `check`, `status PATH`, `missing`: all of it is imported, or empty",
    ExitCode.NOT_IMPORTED: "done, but something isn't imported",
    ExitCode.USAGE: "wrong command line or configuration; the unit does not restart on it",
    ExitCode.NOT_RUNNING: "the daemon isn't running",
    ExitCode.FAILED: "the command failed; standard error says why, and what to type",
    ExitCode.BUG: "a bug in dedupd, with a traceback",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
}
"""What each exit code tells a script."""


class UserError(Exception):
    """An expected failure: the user sees three short lines, never a traceback.

    Attributes:
        what: What did not happen, naming the path, key or command.
        why: The cause as we know it, in the user's words; may hold several lines.
        fix: What to type or change next; "" if there is nothing to do.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, what: str, why: str, fix: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix


class UsageError(UserError):
    """The command line or the configuration is wrong."""

    exit_code = ExitCode.USAGE


class DaemonNotRunning(UserError):
    """Nothing answers on the control socket."""

    exit_code = ExitCode.NOT_RUNNING


class StoreInUse(UserError):
    """Another dedupd holds the same state folder."""

    exit_code = ExitCode.FAILED


def show(error: UserError, stream: TextIO | None = None) -> None:
    """Print `error` to `stream` (standard error); names in it may hold any character."""
    out = stream if stream is not None else sys.stderr
    why, *more = error.why.splitlines() or [""]
    lines = [f"dedupd: {error.what}", f"  because: {why}"]
    lines += [f"           {line}" for line in more]
    lines += [f"  try:     {error.fix}"] if error.fix else []
    for line in lines:
        print(printable(line), file=out)
