"""Real folders and one look at them: `check` without processes, for tests that need content."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest

from dedupd import looking
from dedupd.asks import Ask, AskPictures, PictureLine, PicturesReply
from dedupd.config import load
from dedupd.config_schema import Config
from dedupd.engine import standing
from dedupd.model import FolderState, PictureClass
from dedupd.pictures.pools.inline import InlinePool
from dedupd.reports import Report

QUIET = "watch: {settle_quiet: 0.1s}\n"
ROOTS = "haystack: [lib]\nneedles: [needles]\n"


class _Answers(Protocol):
    def ask(self, ask: Ask) -> object:
        """Answer a question."""


class Place:
    """A folder with `lib`, `needles` and `state`, and a configuration that names them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lib, self.needles, self.state = (folder / n for n in ("lib", "needles", "state"))

    def put(self, path: str, data: bytes) -> Path:
        """Write a file; return where it is."""
        whole = self.folder / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(data)
        return whole

    def config(self, more: str = "", roots: str = ROOTS) -> Config:
        """Return a configuration of these folders."""
        file = self.folder / "config.yaml"
        file.write_text(f"{roots}state: state\n{QUIET}{more}")
        return load(file, lambda haystack, needles, private: ())

    def look(self, more: str = "") -> looking.Session:
        """Look at everything once."""
        self.lib.mkdir(exist_ok=True)
        self.needles.mkdir(exist_ok=True)
        return looking.check(self.config(more), None)

    def states(self, report: Report) -> dict[str, FolderState]:
        """Return the state of each folder, by its path from here."""
        here = os.fsencode(self.folder)
        return {os.path.relpath(one.path, here).decode(): one.state for one in report.folders}


def lines(session: _Answers, *classes: PictureClass) -> list[PictureLine]:
    """Return the pictures of these classes, of all of them where none is named."""
    reply = session.ask(AskPictures((), classes or tuple(PictureClass)))
    assert isinstance(reply, PicturesReply)
    return list(reply.lines)


def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pictures looked at in this very process, and claims tried again soon."""
    monkeypatch.setattr(standing, "RETRY_S", 0.05)
    monkeypatch.setattr(looking, "make_pool", lambda config: InlinePool())
