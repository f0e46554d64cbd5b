"""Which pictures of a role are there more than once?

By bytes, by coding, and by what two full decodes show.  Two pictures are equal where every limit
of `same` holds and one may stand for the other: a smaller copy is a duplicate of the larger one.
Turned copies are not looked for, and decisions are not asked.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from dedupd.asks import Known
from dedupd.model import Digest, EvidenceKind, Fingerprint, Signature, Unreadable
from dedupd.rules.index import HammingIndex
from dedupd.rules.verify import (
    Finding,
    Policy,
    Side,
    Want,
    judge,
    may_be,
    may_be_compared,
    same_coding,
)
from dedupd.searching.groups import cliques, components
from dedupd.searching.reader import Content, NotRead, Reader

Item = TypeVar("Item")
Result = TypeVar("Result")
Pair = tuple[Digest, Digest]
Show = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One file of a group; `name_of` is the first path of the same file, b"" for that itself."""

    known: Known
    name_of: bytes = b""


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are equal to each other, by path.

    Attributes:
        evidence: The weakest that links two of them.
        kept_apart: Pairs of equal contents that reach out of this group.
    """

    evidence: EvidenceKind
    copies: tuple[Copy, ...]
    kept_apart: int = 0

    @property
    def wasted_bytes(self) -> int:
        """What all but the largest file take; another name of one file takes nothing."""
        sizes = [copy.known.stamp.size_bytes for copy in self.copies if not copy.name_of]
        return sum(sizes) - max(sizes)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All groups by their first path, pairs that are in no common group, and what wasn't read."""

    groups: tuple[Group, ...]
    kept_apart: int
    unread: tuple[tuple[bytes, Unreadable], ...]


class Duplicating:
    """One search for duplicates.

    Args:
        files: All files of a role; what is no picture is left out.
        exact: By bytes alone.
    """

    def __init__(
        self,
        reader: Reader,
        files: Iterable[Known],
        policy: Policy,
        show: Show,
        *,
        exact: bool = False,
    ) -> None:
        self._reader, self._policy, self._show, self._exact = reader, policy, show, exact
        self._files = sorted(files, key=lambda known: known.path)
        self._unread: list[tuple[bytes, Unreadable]] = []
        self._numbers: dict[bytes, tuple[int, int]] = {}
        self._contents: dict[Digest, list[Known]] = {}
        self._fingerprints: dict[Digest, Fingerprint] = {}
        self._evidence: dict[Pair, EvidenceKind] = {}

    def run(self) -> Duplicates:
        """Find them all."""
        self._digest(self._worth_reading(self._present()))
        if not self._exact:
            self._decode()
            self._link_by_coding()
            self._link_by_looks()
        groups, kept_apart = self._groups()
        unread = sorted(self._unread, key=lambda one: one[0])
        return Duplicates(tuple(groups), kept_apart, tuple(unread))

    def _present(self) -> Iterator[Known]:
        """Yield the files that still are what the daemon knows."""
        for known in self._files:
            try:
                seen = os.lstat(known.path)
            except OSError as error:
                self._unread.append((known.path, Unreadable("gone", error.strerror or "")))
                continue
            if (seen.st_size, seen.st_mtime_ns) != (known.stamp.size_bytes, known.stamp.mtime_ns):
                self._unread.append((known.path, Unreadable("changed", "look again first")))
                continue
            self._numbers[known.path] = seen.st_dev, seen.st_ino
            yield known

    def _worth_reading(self, present: Iterable[Known]) -> list[Known]:
        """Return the pictures; for equal bytes only those that are as large as another file."""
        files = list(present)
        if self._exact:
            sizes = Counter(known.stamp.size_bytes for known in files)
            files = [known for known in files if sizes[known.stamp.size_bytes] > 1]
        return [
            known
            for known in files
            if known.fingerprint is not None or self._reader.is_picture(known.path)
        ]

    def _digest(self, pictures: list[Known]) -> None:
        """Sort the pictures by content; what has no digest yet is read."""

        def digested(known: Known) -> Known | NotRead:
            try:
                return replace(known, digest=self._reader.digest(Content(known.path)))
            except NotRead as problem:
                return problem

        fresh = [known for known in pictures if known.digest is None]
        read = self._each("read", digested, fresh)
        found = {known.path: seen for known, seen in zip(fresh, read, strict=True)}
        for known in pictures:
            seen = found.get(known.path, known)
            if isinstance(seen, NotRead):
                self._unread.append((known.path, seen.why))
            elif seen.digest is not None:
                self._contents.setdefault(seen.digest, []).append(seen)

    def _decode(self) -> None:
        """Learn the fingerprint of every content that has none yet."""

        def decoded(known: Known) -> Fingerprint | Unreadable:
            try:
                return self._reader.fingerprint(Content(known.path, known.digest))[1]
            except NotRead as problem:
                return problem.why

        first = [files[0] for files in self._contents.values()]
        known_of = {one.digest: one.fingerprint for one in first if one.fingerprint is not None}
        fresh = [one for one in first if one.digest not in known_of]
        for one, found in zip(fresh, self._each("decoded", decoded, fresh), strict=True):
            known_of[one.digest] = found
        for digest in self._contents:  # by path, whatever was known before
            found = known_of[digest]
            if isinstance(found, Fingerprint):
                self._fingerprints[digest] = found

    def _link_by_coding(self) -> None:
        by_coding: dict[bytes, list[Digest]] = {}
        for digest, known in self._fingerprints.items():
            by_coding.setdefault(known.coded, []).append(digest)
        for equal in by_coding.values():
            for a, b in itertools.combinations(equal, 2):
                if same_coding(self._fingerprints[a], self._fingerprints[b]):
                    self._evidence[a, b] = EvidenceKind.PIXELS

    def _link_by_looks(self) -> None:
        pairs = list(self._candidates())
        linked = list(components(list(self._fingerprints), pairs))
        place = {digest: number for number, one in enumerate(linked) for digest in one}
        within: list[list[Pair]] = [[] for _ in linked]
        for pair in pairs:
            within[place[pair[0]]].append(pair)
        for equal in self._each("groups of look-alikes compared", self._equal_pairs, within):
            self._evidence.update(dict.fromkeys(equal, EvidenceKind.SAME))

    def _candidates(self) -> Iterator[Pair]:
        """Yield each pair that is near by hash and sketch, once, the earlier path first."""
        index, limits = HammingIndex(), self._policy.limits
        for digest, known in self._fingerprints.items():
            if not may_be_compared(known):
                continue
            for _, other in index.within(known.dhash, limits.radius_bits):
                pair = other, digest
                if pair not in self._evidence and may_be(self._fingerprints[other], known, limits):
                    yield pair
            index.add(digest, known.dhash)

    def _equal_pairs(self, pairs: list[Pair]) -> list[Pair]:
        """Return those pairs that are the same picture; called in threads."""
        signatures: dict[Digest, Signature | Unreadable] = {}
        for digest in dict.fromkeys(digest for pair in pairs for digest in pair):
            signatures[digest] = self._signature(digest)
        sides = {
            digest: Side(self._fingerprints[digest], signature)
            for digest, signature in signatures.items()
        }
        return [(a, b) for a, b in pairs if self._equal(a, b, sides)]

    def _equal(self, a: Digest, b: Digest, sides: dict[Digest, Side]) -> bool:
        # One may be worse than the other, or made of it though the limits are broken.
        return self._judge(a, b, sides).same or self._judge(b, a, sides).same

    def _judge(self, needle: Digest, haystack: Digest, sides: dict[Digest, Side]) -> Finding:
        ours, theirs = sides[needle], sides[haystack]
        bits = (ours.fingerprint.dhash ^ theirs.fingerprint.dhash).bit_count()
        finding = judge(ours, theirs, bits, None, self._policy)
        if finding.want is Want.NOTHING:
            return finding
        try:
            here, there = self._content(needle), self._content(haystack)
            measures = self._reader.compare(here, there, sign=False).measures
        except NotRead:
            return Finding(reason="changed")
        return judge(ours, theirs, bits, measures, self._policy)

    def _signature(self, digest: Digest) -> Signature | Unreadable:
        try:
            return self._reader.sign(self._content(digest))
        except NotRead as problem:
            self._unread.append((self._contents[digest][0].path, problem.why))
            return problem.why

    def _content(self, digest: Digest) -> Content:
        return Content(self._contents[digest][0].path, digest)

    def _groups(self) -> tuple[list[Group], int]:
        equal: dict[Digest, set[Digest]] = {}
        for a, b in self._evidence:
            equal.setdefault(a, set()).add(b)
            equal.setdefault(b, set()).add(a)
        found, kept_apart = cliques(list(self._contents), equal)
        grouped = {digest for group in found for digest in group}
        alone = [
            [digest]
            for digest, files in self._contents.items()
            if len(files) > 1 and digest not in grouped
        ]
        groups = [self._group(group, equal) for group in found + alone]
        return sorted(groups, key=lambda group: group.copies[0].known.path), kept_apart

    def _group(self, group: list[Digest], equal: dict[Digest, set[Digest]]) -> Group:
        files = sorted(
            (known for digest in group for known in self._contents[digest]),
            key=lambda known: known.path,
        )
        links = (self._evidence.get(pair) for pair in itertools.permutations(group, 2))
        weakest = max(
            (link for link in links if link is not None),
            key=list(EvidenceKind).index,
            default=EvidenceKind.BYTES,
        )
        outside = sum(len(equal.get(digest, set()) - set(group)) for digest in group)
        return Group(weakest, tuple(self._copies(files)), outside)

    def _copies(self, files: list[Known]) -> Iterator[Copy]:
        first: dict[tuple[int, int], bytes] = {}
        for known in files:
            numbers = self._numbers[known.path]
            yield Copy(known, first.get(numbers, b""))
            first.setdefault(numbers, known.path)

    def _each(
        self, doing: str, work: Callable[[Item], Result], items: list[Item]
    ) -> Iterator[Result]:
        for done, result in enumerate(self._reader.each(work, items), start=1):
            self._show(doing, done, len(items))
            yield result
