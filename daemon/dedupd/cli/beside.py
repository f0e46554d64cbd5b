"""Where `check` has its answer from: its own look, or the daemon that holds the same state."""

from __future__ import annotations

import argparse
import os
from typing import Protocol

from dedupd.asks import AskPictures
from dedupd.cli import asking
from dedupd.config_schema import Config
from dedupd.errors import DaemonNotRunning, StoreInUse
from dedupd.faces import protocol, questions, verdict
from dedupd.faces.questions import Fields
from dedupd.looking import Session
from dedupd.model import PictureClass


class Source(Protocol):
    """What `check` shows, as the contract's objects."""

    def report(self) -> Fields:
        """Return the report."""
        ...

    def pictures(self, cls: str) -> Fields:
        """Return the answer that lists the pictures of a class."""
        ...

    def close(self) -> None:
        """Give the store free."""
        ...


class Here:
    """A look of our own."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def report(self) -> Fields:
        """Return the report of that look."""
        return protocol.report_fields(self._session.report)

    def pictures(self, cls: str) -> Fields:
        """Return the pictures of a class."""
        return protocol.reply_fields(self._session.ask(AskPictures((), (PictureClass(cls),))))

    def close(self) -> None:
        """Give the store free."""
        self._session.close()


class Daemon:
    """The daemon that holds the state folder; it looks again before it answers.

    Raises `in_use` instead when none answers, or when its library or needles aren't ours: its
    verdicts would then be on other folders than were asked about.
    """

    def __init__(self, config: Config, in_use: StoreInUse) -> None:
        self._needles = [root.path for root in config.needles]
        haystack = {root.path for root in config.haystack}
        self._args = argparse.Namespace(
            socket=None,
            state=None if config.source else os.fspath(config.state),
            config=os.fspath(config.source) if config.source else None,
            verbose=False,
        )
        try:
            asking.ask(self._args, questions.wait(), timeout_s=None)
            whole = asking.report(self._args)
        except DaemonNotRunning:
            raise in_use from None
        known = set(verdict.needle_roots(whole))
        if set(verdict.haystack_roots(whole)) != haystack or not known.issuperset(self._needles):
            raise in_use
        self._report = verdict.narrowed(whole, self._needles)

    def report(self) -> Fields:
        """Return the daemon's report of our needle roots."""
        return self._report

    def pictures(self, cls: str) -> Fields:
        """Return the pictures of a class below our needle roots."""
        return asking.ask(self._args, questions.pictures(self._needles, [cls]), timeout_s=None)

    def close(self) -> None:
        """Nothing is held."""
