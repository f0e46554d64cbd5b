"""One row for each pair of pictures that was judged, as it is counted, printed and kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from accuracy import rivals
from accuracy.judge import Judge
from dedupd.model import Assessment, Digest, PictureClass


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one needle beside a library of one picture.

    Attributes:
        part: "copies", "reverse" or "look-alikes".
        group, name: The kind of the needle, and what it is exactly.
        size: Size class of the smaller of the two.
        limit: The limit or veto that decided against it.
        rivals: Who else calls the two the same.
        apart: Luma, chroma, blocks, error (-1: two sizes), detail; `Recoding`'s four numbers
            (-1: there is none); the coding errors of the needle and of the library's picture.
            Empty where they could not be compared.
    """

    part: str
    group: str
    name: str
    photo: str
    scene: str
    size: str
    cls: str
    reason: str
    limit: str
    rivals: dict[str, bool] = field(default_factory=dict)
    apart: tuple[float, ...] = ()

    @property
    def matched(self) -> bool:
        """Does dedupd call it present?"""
        return self.cls == PictureClass.MATCHED.value

    @property
    def seen(self) -> bool:
        """Is it matched, or shown to a person?"""
        return self.matched or self.cls == PictureClass.POSSIBLE.value


@dataclass(frozen=True, slots=True)
class Kind:
    """What a row says of its needle, before anybody looked at it."""

    part: str
    group: str
    name: str
    photo: str
    scene: str
    size: str


def judged(
    judge: Judge, kind: Kind, needle: bytes, library: bytes, *, beside_rivals: bool = True
) -> Row:
    """Judge one needle beside a library of one picture."""
    ours, theirs = judge.learn([needle, library])
    between = judge.beside(ours, theirs)
    verdict = judge.classes([theirs], [ours])[ours]
    same = None
    if beside_rivals:
        same = rivals.same(_hashed(ours, needle), _hashed(theirs, library))
    apart: tuple[float, ...] = ()
    if between is not None:
        luma, chroma, measures, codings = between
        error = -1.0 if measures.error is None else measures.error
        recoding = measures.recoded or measures.source
        left = dataclasses.astuple(recoding) if recoding else (-1.0,) * 4
        apart = (luma, chroma, measures.blocks, error, measures.detail, *left, *codings)
    return row(kind, verdict, same, apart)


def row(
    kind: Kind,
    verdict: Assessment,
    same: dict[str, bool] | None = None,
    apart: tuple[float, ...] = (),
) -> Row:
    """Return the row of a verdict."""
    limit = verdict.evidence.limit if verdict.evidence else ""
    return Row(
        **dataclasses.asdict(kind),
        cls=verdict.cls.value,
        reason=verdict.reason,
        limit=limit,
        rivals=same or {},
        apart=apart,
    )


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as JSON lines."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(dataclasses.asdict(one)) + "\n" for one in rows)


def of_part(rows: Sequence[Row], part: str) -> list[Row]:
    """Return the rows of one part, in order."""
    return [one for one in rows if one.part == part]


_remembered: dict[Digest, rivals.Hashes] = {}


def _hashed(digest: Digest, data: bytes) -> rivals.Hashes:
    """Hash a picture; the last few are remembered, the library's picture comes again."""
    if digest not in _remembered:
        while len(_remembered) >= 64:  # noqa: PLR2004
            _remembered.pop(next(iter(_remembered)))
        _remembered[digest] = rivals.hashed(data)
    return _remembered[digest]
