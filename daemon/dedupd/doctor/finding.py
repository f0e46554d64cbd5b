"""What a check found: how bad it is, what it is, why, and what to type."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.Enum):
    """How much a finding asks of its reader."""

    OK = "ok"
    NOTE = "note"  # worth knowing; nothing has to be done
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check.

    Attributes:
        code: Its part and its name, "watching.limit"; stable, for programs.
        what: One sentence; names in it went through `text.shown`.
        why: What follows from it, or where it comes from; "" if that is plain.
        fix: What to type, one command a line; "" only where nothing has to be done.
        path: What it is about, exactly; None where it isn't about a path.
    """

    level: Level
    code: str
    what: str
    why: str = ""
    fix: str = ""
    path: bytes | None = None

    @property
    def part(self) -> str:
        """Which part of dedupd it belongs to."""
        return self.code.partition(".")[0]


def ok(code: str, what: str, path: bytes | None = None) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(Level.OK, code, what, path=path)


def note(code: str, what: str, why: str, fix: str = "", path: bytes | None = None) -> Finding:
    """Return a finding that is only worth knowing."""
    return Finding(Level.NOTE, code, what, why, fix, path)


def problem(code: str, what: str, why: str, fix: str, path: bytes | None = None) -> Finding:
    """Return a finding that asks for something to be done: `fix`."""
    return Finding(Level.PROBLEM, code, what, why, fix, path)
