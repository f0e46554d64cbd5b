"""Answers for commands that only read: the daemon's, or without one those of its store."""

from __future__ import annotations

import argparse
from types import TracebackType
from typing import Protocol

from dedupd.cli.asking import ask
from dedupd.errors import DaemonNotRunning
from dedupd.faces import questions
from dedupd.faces.questions import Fields


class Answering(Protocol):
    """Something that answers the questions of `faces.questions`."""

    def answer(self, question: Fields) -> Fields:
        """Return the answer."""
        ...

    def close(self) -> None:
        """Hold nothing any more."""
        ...


class Answers:
    """Answers for a command that only reads: the daemon's, without one those of its store.

    All answers of one object are of the same source.  Use it as a context manager.

    Attributes:
        age: How old the answers are, in words; "" where a daemon gave them.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._live = False
        self._stored: Answering | None = None
        self.age = ""

    def ask(self, question: Fields) -> Fields:
        """Return the answer, however long it takes.

        Raises:
            DaemonNotRunning: None runs, and one was meant: `--socket`, or it answered before.
            UserError: The question is refused, or there is no store either.
        """
        if self._stored is not None:
            return self._stored.answer(question)
        try:
            answer = ask(self._args, question, timeout_s=None)
        except DaemonNotRunning:
            if self._live or self._args.socket:
                raise
            return self._open().answer(question)
        self._live = True
        return answer

    def report(self) -> Fields:
        """Return the report, the contract's object."""
        found: Fields = self.ask(questions.status())["report"]
        return found

    def _open(self) -> Answering:
        # Loaded late: it needs the store and all that reads it.
        from dedupd.cli.offline import Stored

        stored = Stored(self._args)
        self._stored, self.age = stored, stored.age
        return stored

    def __enter__(self) -> Answers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._stored is not None:
            self._stored.close()
