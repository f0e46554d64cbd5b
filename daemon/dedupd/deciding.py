"""The owner's decisions between their file and the engine: read at the start, kept as they come."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from dedupd.decision import Decision
from dedupd.errors import UserError
from dedupd.messages import Record
from dedupd.reports import Problem
from dedupd.rules.decisions import DecisionBook
from dedupd.state import Store, decisions
from dedupd.state.decisionline import Line, Undo, codings
from dedupd.text import rfc3339

log = logging.getLogger(__name__)

LOST = "decisions.lost"
OLDER = "lost-file"
META = "decisions"


def book_of(lines: Iterable[Line], problems: Iterable[str]) -> DecisionBook:
    """Return the book that these lines make.

    Where lines were lost, an undo or a `different` may be among them: then only equal bytes
    match, until the loss is acknowledged.
    """
    book = DecisionBook()
    for line in lines:
        if isinstance(line, Decision):
            book.take(line, *codings(line))
        elif isinstance(line, Undo):
            book.undo(line.id)
    book.doubtful = any(problems)
    return book


def read_book(state_dir: Path) -> DecisionBook:
    """Return what was decided, from a file that is only read.

    Raises:
        UserError: It can't be read.
    """
    return book_of(*decisions.read(state_dir))


class Keeper:
    """The decisions of a running daemon; use it from one thread and close it.

    Attributes:
        book: What the engine goes by.
    """

    def __init__(self, state_dir: Path, store: Store) -> None:
        opened = decisions.DecisionFile.open(state_dir)
        self._file, self._store = opened.file, store
        self._losses = _losses(opened)
        if older := self._older():
            self._losses[OLDER] = older
        self.book = book_of(opened.lines, self._losses)
        if opened.note:
            log.warning("%s", opened.note)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was lost of the decisions and not acknowledged yet, for the report."""
        return tuple(
            Problem(LOST, b"", f"{text}; meanwhile only equal bytes match", f"dedupd undo {one}")
            for one, text in self._losses.items()
        )

    def _older(self) -> str:
        """Return what is lost because the file is older than it was, in words; "" if it isn't.

        Kept until it is acknowledged: the file grows, and would be as long as before some day.
        """
        known = self._store.meta(META) or {}
        had, ends = known.get("last_seq"), self._file.last_seq
        if isinstance(known.get(OLDER), str):
            return str(known[OLDER])
        if not isinstance(had, int) or had <= ends:
            return ""
        why = f"decisions.jsonl ends at line {ends}, and had {had} before: decisions are lost"
        self._store.put_meta(META, {"last_seq": had, OLDER: why})
        return why

    def record(self, job: Record) -> str:
        """Make decisions last, or what is taken back of them; return why that can't be, or ""."""
        if job.loss and job.loss not in self._losses:
            return f"nothing of that name was lost: {job.loss}"
        undone = [one.id for one in job.undone] + ([job.loss] if job.loss else [])
        try:
            self._file.append([*job.taken, *(Undo(one, rfc3339(job.wall_s)) for one in undone)])
        except UserError as error:
            return f"{error.what}: {error.why}"
        self._losses.pop(job.loss, None)
        self.book.doubtful = bool(self._losses)
        if OLDER not in self._losses:
            self._store.put_meta(META, {"last_seq": self._file.last_seq})
        return ""

    def close(self) -> None:
        """Give the file free."""
        self._file.close()


def _losses(opened: decisions.Opened) -> dict[str, str]:
    """Return what was lost, in words, by the id that acknowledges it."""
    ids = [lost.id for lost in decisions.unknown_losses(opened.lines)]
    return dict(zip(ids, opened.problems, strict=True))
