"""A matcher on a bench: a catalogue, a store, the owner's book, and somebody who runs errands.

What contents look like is told by `Tokens` (those of `engine_disk`) or by `Drawn`, whose small
pictures are really drawn, turned, hashed and measured.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from tests.unit import engine_disk as disk

from dedupd.decision import Decision, DecisionKind
from dedupd.likeness import Measures, Recoding
from dedupd.model import (
    VIEWS,
    FileRecord,
    Fingerprint,
    Kind,
    Place,
    Role,
    Root,
    Signature,
    Stamp,
    Unreadable,
    View,
)
from dedupd.pictures.dhash import dhash, turned_hashes
from dedupd.pictures.measures import measure, seen
from dedupd.pictures.opencv import cv2
from dedupd.pictures.signature import signature
from dedupd.pictures.sketch import sketch
from dedupd.rules.catalog import Catalog
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.matching import Judgement, Matcher
from dedupd.rules.pairs import Errand
from dedupd.rules.verify import Policy
from dedupd.state.memory import MemoryStore

ROOTS = [Root(one, b"/" + one.encode(), Role.HAYSTACK) for one in ("h1", "h2")]
ROOTS += [Root(one, b"/" + one.encode(), Role.NEEDLES) for one in ("n1", "n2")]


class Looks(Protocol):
    """What workers would find in contents."""

    def fingerprint(self, content: bytes) -> Fingerprint | Unreadable:
        """Return the fingerprint."""

    def signature(self, content: bytes) -> Signature | Unreadable:
        """Return the signature."""

    def measures(self, needle: bytes, haystack: bytes, view: View) -> Measures:
        """Return the measures of the needle in that view."""


class Tokens:
    """The contents of `engine_disk`; none of them is turned."""

    def fingerprint(self, content: bytes) -> Fingerprint | Unreadable:
        """See `Looks`."""
        return disk.fingerprint(content)

    def signature(self, content: bytes) -> Signature | Unreadable:
        """See `Looks`."""
        return disk.signature(content)

    def measures(self, needle: bytes, haystack: bytes, view: View) -> Measures:
        """See `Looks`."""
        return disk.measures(needle, haystack)


def drawn(group: int, *, step: int = 0, view: int = 0, half: bool = False, **more: str) -> bytes:
    """Return a content of `Drawn`: a picture of a group, brighter by `step`, seen as `VIEWS[view]`.

    `more` replaces fields of its fingerprint: `taken_at`, `coded`, `bytes_only`.
    """
    return repr((group, step, view, half, tuple(sorted(more.items())))).encode()


class Drawn:
    """Contents of `drawn`: soft clouds, 192 x 144 pixels before they are turned."""

    def fingerprint(self, content: bytes) -> Fingerprint | Unreadable:
        """See `Looks`."""
        return _drawn_fingerprint(content)

    def signature(self, content: bytes) -> Signature | Unreadable:
        """See `Looks`."""
        return signature(cv2.cvtColor(_picture(content), cv2.COLOR_GRAY2BGR))

    def measures(self, needle: bytes, haystack: bytes, view: View) -> Measures:
        """See `Looks`; whatever differs, one bears the traces of the other's coding."""
        found = measure(seen(_picture(needle), view), _picture(haystack))
        return replace(found, source=Recoding(1.0, 1.0, 1.0, 10.0))


@lru_cache(maxsize=500)
def _picture(content: bytes):
    group, step, view, half, _ = _fields(content)
    coarse = np.random.RandomState(group).randint(20, 210, (6, 8)).astype(np.uint8)
    clouds = cv2.resize(coarse, (96, 72) if half else (192, 144), interpolation=cv2.INTER_CUBIC)
    return seen(np.clip(clouds, 0, 250) + np.uint8(step), VIEWS[view])


@lru_cache(maxsize=500)
def _drawn_fingerprint(content: bytes) -> Fingerprint:
    luma, more = _picture(content), dict(_fields(content)[4])
    known = Fingerprint(
        luma.shape[1],
        luma.shape[0],
        dhash(luma).value,
        sketch(luma),
        "png",
        turned=turned_hashes(luma),
        coded=more.pop("coded", "").encode(),
    )
    return replace(known, **more)


def _fields(content: bytes):
    return ast.literal_eval(content.decode())


class Bench:
    """A matcher and all that it asks."""

    def __init__(self, policy: Policy | None = None, looks: Looks | None = None) -> None:
        self.catalog, self.store, self.book = Catalog(ROOTS), MemoryStore(), DecisionBook()
        self.matcher = Matcher(self.catalog, self.store, policy or Policy(), self.book)
        self.looks = looks or Tokens()
        self.contents: dict[bytes, bytes] = {}

    def put(self, root: str, path: bytes, content: bytes, read: bool = True) -> set[bytes]:
        """Put a file; return the needle contents that it may touch."""
        digest = disk.digest(content)
        stamp = Stamp(len(self.contents) + 1, len(content), 0, 0)
        record = FileRecord(stamp, kind=Kind.PICTURE, digest=digest if read else None)
        self.contents[digest] = content
        self.catalog.put(Place(root, path), record)
        return self.touched(digest) if read else set()

    def drop(self, root: str, path: bytes) -> set[bytes]:
        """Take a file away; return the needle contents that it may touch."""
        record = self.catalog.drop(Place(root, path))
        return self.touched(record.digest) if record and record.digest else set()

    def decode(self, content: bytes) -> set[bytes]:
        """Learn the fingerprint of a content; return the needle contents that it may touch."""
        digest = disk.digest(content)
        self.store.put_fingerprint(digest, self.looks.fingerprint(content))
        return self.touched(digest)

    def touched(self, digest: bytes) -> set[bytes]:
        """Tell the matcher that something about a content changed."""
        return self.matcher.learned(digest) | ({digest} & self.needles)

    def decide(self, decision: Decision) -> set[bytes]:
        """Let a decision be in force; return the needle contents that it may touch."""
        self.book.take(decision)
        return self._decided(decision)

    def undo(self, decision: Decision) -> set[bytes]:
        """Take a decision back; return the needle contents that it may touch."""
        self.book.undo(decision.id)
        return self._decided(decision)

    def _decided(self, decision: Decision) -> set[bytes]:
        touched = self.touched(decision.first)
        if decision.second is not None:
            touched |= self.touched(decision.second)
        if decision.kind is DecisionKind.DISMISS:
            touched |= self.matcher.dismissed(decision.first, decision.dhash, decision.sketch)
            if not self.book.dismissed(decision.first):
                self.matcher.dismissed(decision.first, None, b"")
        return touched

    def run(self, errand: Errand) -> set[bytes]:
        """Have a worker look at these contents; return the needle contents that it may touch."""
        contents = [self.contents[digest] for digest in errand.digests]
        for digest, content in zip(errand.digests, contents, strict=True):
            self.store.put_signature(digest, self.looks.signature(content))
        if len(contents) > 1:
            result = self.looks.measures(*contents, errand.view)
            self.store.put_measures(*errand.digests, errand.view, result)
        return set().union(*(self.touched(digest) for digest in errand.digests))

    def judge(self, content: bytes) -> Judgement:
        """Judge a needle content, after every errand that it asks for."""
        judgement = self.matcher.assess(disk.digest(content))
        for _ in range(200):
            if judgement.errand is None:
                return judgement
            self.run(judgement.errand)
            judgement = self.matcher.assess(disk.digest(content))
        raise AssertionError("errands without end")

    @property
    def needles(self) -> set[bytes]:
        """Return the needle contents."""
        return set(self.catalog.digests(Role.NEEDLES))


def bench(
    library: list[bytes],
    *needles: bytes,
    policy: Policy | None = None,
    looks: Looks | None = None,
) -> Bench:
    """Return a bench that knows everything but signatures and measures."""
    one = Bench(policy, looks)
    for root, contents in (("h1", library), ("n1", needles)):
        for number, content in enumerate(contents):
            one.put(root, b"%d" % number, content)
            one.decode(content)
    return one


def verdict(one: Bench, content: bytes) -> tuple[str, str]:
    """Return class and reason of a needle content, everything known."""
    found = one.judge(content).assessment
    return found.cls.value, found.reason


def decision(
    number: int, kind: DecisionKind, first: bytes, second: bytes | None = None
) -> Decision:
    """Return a decision about contents; a dismissal knows what the picture looks like, if any."""
    known = disk.fingerprint(first) if first.startswith((b"pic", b"bad", b"flat")) else None
    looks = {}
    if kind is DecisionKind.DISMISS and isinstance(known, Fingerprint):
        looks = {"dhash": known.dhash, "sketch": known.sketch}
    other = disk.digest(second) if second is not None else None
    return Decision(f"d{number}", f"b{number}", "", kind, disk.digest(first), other, **looks)
