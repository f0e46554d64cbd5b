"""Judges pictures as the daemon does: its own decoders, its own matcher, errands run at once."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from dedupd.likeness import Comparison, MatchLimits, Measures
from dedupd.model import (
    Assessment,
    Digest,
    FileRecord,
    Fingerprint,
    Kind,
    PictureClass,
    Place,
    Role,
    Root,
    Signature,
    Stamp,
    Unreadable,
    View,
)
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import compare, fingerprint, sign
from dedupd.rules.catalog import Catalog
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.matching import Matcher
from dedupd.rules.pairs import Errand
from dedupd.rules.verify import UPRIGHT, Policy
from dedupd.state.memory import MemoryStore

_LIBRARY, _NEEDLES = "library", "needles"
_ROOTS = (
    Root(_LIBRARY, b"/library", Role.HAYSTACK),
    Root(_NEEDLES, b"/needles", Role.NEEDLES),
)

Spread = Callable[[Callable[..., Any], Iterable[Any]], Iterable[Any]]
"""Like `map`: calls a function for each item, in this process or in others."""


class Beside(NamedTuple):
    """How far apart two pictures are.

    Attributes:
        luma, chroma: Largest difference of two cells of the signatures, levels.
        codings: `Fingerprint.coding_error` of the needle and of the library's picture.
    """

    luma: int
    chroma: int
    measures: Measures
    codings: tuple[float, float]


class Judge:
    """Says what becomes of needles beside a library; nothing is ever looked at twice.

    `store` keeps what was learned of contents; give one to several judges to share it.
    """

    def __init__(self, policy: Policy | None = None, spread: Spread = map) -> None:
        self.store = MemoryStore()
        self._policy = policy or Policy(MatchLimits())
        self._spread = spread
        self._contents: dict[Digest, bytes] = {}

    def learn(self, contents: Sequence[bytes]) -> list[Digest]:
        """Fingerprint these files; return their digests, in order."""
        digests = [hashlib.sha256(data).digest() for data in contents]
        new = {
            digest: data
            for digest, data in zip(digests, contents, strict=True)
            if digest not in self._contents
        }
        self._contents.update(new)
        made = self._spread(_fingerprint, new.values())
        for digest, known in zip(new, made, strict=True):
            self.store.put_fingerprint(digest, known)
        return digests

    def forget(self, digests: Iterable[Digest]) -> None:
        """Let go of the bytes of these contents; what was learned of them stays."""
        for digest in digests:
            self._contents.pop(digest, None)

    def classes(
        self, library: Sequence[Digest], needles: Sequence[Digest]
    ) -> dict[Digest, Assessment]:
        """Return what becomes of the needles, all of them in one folder, beside the library."""
        catalog = Catalog(_ROOTS)
        for root, digests in ((_LIBRARY, library), (_NEEDLES, needles)):
            for number, digest in enumerate(digests):
                stamp = Stamp(number + 1, int.from_bytes(digest[:6]), 0, 0)
                record = FileRecord(stamp, kind=Kind.PICTURE, digest=digest)
                catalog.put(Place(root, b"%d" % number), record)
        matcher = Matcher(catalog, self.store, self._policy, DecisionBook())
        for digest in {*library, *needles}:
            matcher.learned(digest)
        return dict(self._settled(matcher, set(needles)))

    def beside(self, needle: Digest, library: Digest) -> Beside | None:
        """Compare two pictures whatever the matcher would ask for; None where one can't be."""
        signatures = [self.store.signature(one) for one in (needle, library)]
        wanted = signatures[0] is None, signatures[1] is None
        errand = Errand(needle, library)
        if any(wanted) or self.store.measures(needle, library) is None:
            self._learned_from(errand, _compare(self._job(errand)))
        ours, theirs = (self.store.signature(one) for one in (needle, library))
        known = [self.store.fingerprint(one) for one in (needle, library)]
        measures = self.store.measures(needle, library)
        if not (isinstance(ours, Signature) and isinstance(theirs, Signature) and measures):
            return None
        errors = [one.coding_error for one in known if isinstance(one, Fingerprint)]
        apart = _apart(ours.luma, theirs.luma), _apart(ours.chroma, theirs.chroma)
        return Beside(*apart, measures, (errors[0], errors[1]))

    def _settled(
        self, matcher: Matcher, waiting: set[Digest]
    ) -> Iterator[tuple[Digest, Assessment]]:
        """Yield every assessment, after all errands that the matcher asks for."""
        while waiting:
            errands: dict[Errand, None] = {}
            for digest in sorted(waiting):
                judgement = matcher.assess(digest)
                if judgement.errand is not None:
                    errands[judgement.errand] = None
                    continue
                if judgement.assessment.cls is PictureClass.PENDING:
                    raise RuntimeError(f"pending without an errand: {judgement.assessment}")
                waiting.discard(digest)
                yield digest, judgement.assessment
            answers = self._spread(_compare, [self._job(one) for one in errands])
            for errand, answer in zip(errands, answers, strict=True):
                self._learned_from(errand, answer)

    def _job(self, errand: Errand) -> _Job:
        pair = errand.needle, errand.haystack
        data = [self._contents[one] if one is not None else None for one in pair]
        lacking = [one is not None and self.store.signature(one) is None for one in pair]
        return _Job(data[0], data[1], errand.view, (lacking[0], lacking[1]))

    def _learned_from(self, errand: Errand, answer: Comparison) -> None:
        needle, library = errand.needle, errand.haystack
        for digest, made in ((needle, answer.needle), (library, answer.haystack)):
            if digest is not None and made is not None:
                self.store.put_signature(digest, made)
        if needle is not None and library is not None:
            self.store.put_measures(needle, library, errand.view, answer.measures)


class _Job(NamedTuple):
    needle: bytes | None
    library: bytes | None
    view: View = UPRIGHT
    sign: tuple[bool, bool] = (True, True)


@functools.cache
def _capture() -> StderrCapture:
    return StderrCapture()


def _fingerprint(data: bytes) -> Fingerprint | Unreadable:
    return fingerprint(data, Limits(), _capture())


def _compare(job: _Job) -> Comparison:
    if job.needle is not None and job.library is not None:
        return compare(job.needle, job.library, job.view, job.sign, Limits(), _capture())
    needle, library = (
        sign(data, Limits(), _capture()) if data is not None else None
        for data in (job.needle, job.library)
    )
    return Comparison(needle, library, Measures(0.0, None, 1.0))


def _apart(first: bytes, second: bytes) -> int:
    a, b = (np.frombuffer(cells, np.uint8).astype(np.int16) for cells in (first, second))
    return int(np.abs(a - b).max())
