"""Where in the library is this picture?  Candidates are read and judged as the daemon would.

What the owner decided is not asked, and neither is who else claims the same library picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dedupd.asks import Known, MatchLine
from dedupd.model import (
    VIEWS,
    Digest,
    Evidence,
    EvidenceKind,
    Fingerprint,
    PerceptualHash,
    Unreadable,
    View,
)
from dedupd.rules.verify import (
    DIFFERENT,
    Finding,
    Policy,
    Side,
    judge,
    judge_coding,
    may_be,
    same_coding,
)
from dedupd.searching.reader import Content, NotRead, Reader

MOST_COMPARED = 20
"""Candidates that are read; the best by their sketches."""

_STRENGTH = tuple(EvidenceKind)


@dataclass(frozen=True, slots=True)
class Image:
    """The picture that is looked for."""

    path: bytes
    digest: Digest
    fingerprint: Fingerprint | Unreadable

    @property
    def sought(self) -> Fingerprint:
        """Its fingerprint; where there is none, one that only equal bytes can match."""
        if isinstance(self.fingerprint, Fingerprint):
            return self.fingerprint
        return Fingerprint(1, 1, 0, bytes(256), "", bytes_only="damaged")


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        lines: Best first.
        skipped: Candidates that were not compared, because others are likelier.
    """

    lines: tuple[MatchLine, ...]
    skipped: int

    @property
    def found(self) -> bool:
        """Is it in the library, by an evidence that counts?"""
        return any(line.evidence is not None and not line.reason for line in self.lines)


def find(reader: Reader, image: Image, near: Sequence[MatchLine], policy: Policy) -> Search:
    """Compare the likeliest of the candidates with the image."""
    likely = sorted(near, key=lambda line: _promise(image, line))
    chosen = likely[:MOST_COMPARED]
    lines = reader.each(lambda line: _judged(reader, image, line, policy), chosen)
    return Search(tuple(sorted(lines, key=_rank)), len(likely) - len(chosen))


def by_hash(
    reader: Reader, image: Image, name: str, files: Iterable[Known]
) -> Iterator[tuple[Known, int | None]]:
    """Yield the library's pictures with how many bits of that hash differ, in the order of `files`.

    None where a picture could not be read.  What is no picture is left out.

    Raises:
        NotRead: The image itself has no such hash.
    """
    ours = reader.hash(Content(image.path, image.digest), name)
    if isinstance(ours, Unreadable):
        raise NotRead(ours.reason, ours.detail)
    value = ours.value

    def distance(known: Known) -> tuple[Known, int | None, bool]:
        if not reader.is_picture(known.path):
            return known, None, False
        return known, _distance(reader, known, name, value), True

    for known, bits, is_picture in reader.each(distance, files):
        if is_picture:
            yield known, bits


def _distance(reader: Reader, known: Known, name: str, value: int) -> int | None:
    try:
        theirs = reader.hash(Content(known.path), name)
    except NotRead:
        return None
    return (theirs.value ^ value).bit_count() if isinstance(theirs, PerceptualHash) else None


def _promise(image: Image, line: MatchLine) -> tuple[int, float, int, bytes]:
    known = line.known
    sure = known.digest == image.digest
    coded = isinstance(known.fingerprint, Fingerprint) and same_coding(
        image.sought, known.fingerprint
    )
    return (0 if sure else 1 if coded else 2, -line.sketch_score, line.distance_bits, known.path)


def _judged(reader: Reader, image: Image, line: MatchLine, policy: Policy) -> MatchLine:
    """Return the line as it is when both files are looked at now."""
    known = line.known
    try:
        finding = _finding(reader, image, known, policy)
    except NotRead as problem:
        return MatchLine(known, None, problem.why.reason, line.distance_bits, line.sketch_score)
    evidence = finding.evidence
    bits = evidence.distance_bits if evidence else line.distance_bits
    score = line.sketch_score
    return MatchLine(known, evidence, finding.reason, bits, score, finding.retold)


def _finding(reader: Reader, image: Image, known: Known, policy: Policy) -> Finding:
    there = Content(known.path, known.digest)
    if known.digest == image.digest:
        reader.digest(there)
        return Finding(evidence=Evidence(EvidenceKind.BYTES), within=True)
    other = known.fingerprint
    if known.digest is None or not isinstance(other, Fingerprint):
        return DIFFERENT
    if same_coding(image.sought, other):
        reader.digest(there)
        return judge_coding(image.sought, other, policy)
    here, best = Content(image.path, image.digest), DIFFERENT
    for distance_bits, view in _near_views(image.sought, other, policy):
        seen = reader.compare(here, there, view)
        ours, theirs = Side(image.sought, seen.needle), Side(other, seen.haystack)
        finding = judge(ours, theirs, distance_bits, seen.measures, policy, view)
        best = max(best, finding, key=_weight)
    return best


def _near_views(
    needle: Fingerprint, library: Fingerprint, policy: Policy
) -> Iterator[tuple[int, View]]:
    for view, dhash in zip(VIEWS, (needle.dhash, *needle.turned), strict=False):
        distance_bits = (dhash ^ library.dhash).bit_count()
        near = distance_bits <= policy.limits.radius_bits
        if near and may_be(needle, library, policy.limits, view):
            yield distance_bits, view


def _weight(finding: Finding) -> tuple[bool, bool, float]:
    score = finding.evidence.score if finding.evidence else -1.0
    return finding.same, finding.within, score


def _rank(line: MatchLine) -> tuple[int, int, int, bytes]:
    """Put what counts first, the strongest first, then what is nearest."""
    strength = _STRENGTH.index(line.evidence.kind) if line.evidence else len(_STRENGTH)
    counts = 0 if line.evidence and not line.reason else 1
    return counts, strength, line.distance_bits, line.known.path
