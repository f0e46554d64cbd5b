"""Are pictures that only look alike ever taken for each other?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from accuracy.bursts import Burst, bursts
from accuracy.edits import edits
from accuracy.judge import Judge
from accuracy.pages import Pages
from accuracy.photos import Photo, below, size_class
from accuracy.rows import Kind, Row, judged, row

PART, WHOLE = "look-alikes", "whole bursts"


def rows_of_photo(photo: Photo, quick: bool) -> list[Row]:
    """Return rows of the bursts and the edits of a photograph."""
    judge, size = Judge(), size_class(photo.pixels())
    rows = []
    for burst in bursts(photo, quick):
        rows += _burst(judge, burst, photo, size)
    for edit in edits(photo):
        kind = Kind(PART, edit.group, edit.name, photo.name, photo.scene, size)
        rows.append(judged(judge, kind, edit.data, photo.data))
        kind = Kind(PART, edit.group, f"{edit.name}, in the library", photo.name, photo.scene, size)
        rows.append(judged(judge, kind, photo.data, edit.data))
    return rows


def rows_of_pages(pages: Pages) -> list[Row]:
    """Return a row for each page beside each other one of its group."""
    kind = Kind(PART, pages.group, pages.name, pages.name, pages.name, "page")
    return _each_beside_each(Judge(), kind, pages.pages)


def rows_of_group(folder: Path) -> list[Row]:
    """Return a row for each picture of a folder beside each other one, in both directions."""
    contents = [path.read_bytes() for path in below(folder)]
    kind = Kind(PART, "given groups", folder.name, folder.name, folder.name, "given")
    return _each_beside_each(Judge(), kind, contents)


def rows_of_strangers(photos: Sequence[Photo]) -> list[Row]:
    """Return a row for each picture beside all of other scenes."""
    judge = Judge()
    digests = judge.learn([photo.data for photo in photos])
    rows = []
    for photo, digest in zip(photos, digests, strict=True):
        others = [
            one for one, other in zip(digests, photos, strict=True) if other.scene != photo.scene
        ]
        verdict = judge.classes(others, [digest])[digest]
        kind = Kind(PART, "strangers", "all others", photo.name, photo.scene, "")
        rows.append(row(kind, verdict))
    return rows


def _burst(judge: Judge, burst: Burst, photo: Photo, size: str) -> list[Row]:
    """Return a row a frame: alone beside the first, and all of the folder together."""
    first, *others = burst.frames
    kind = Kind(PART, burst.group, burst.name, photo.name, photo.scene, size)
    timeless = burst.time == "none"  # the others don't know of time
    rows = [judged(judge, kind, frame, first, beside_rivals=timeless) for frame in others]
    (library, *needles) = judge.learn(burst.frames)
    verdicts = judge.classes([library], [library, *needles])
    whole = Kind(WHOLE, burst.group, burst.name, photo.name, photo.scene, size)
    rows += [row(whole, verdicts[one]) for one in needles]
    judge.forget([library, *needles])
    return rows


def _each_beside_each(judge: Judge, kind: Kind, contents: Iterable[bytes]) -> list[Row]:
    pictures = list(contents)
    return [
        judged(judge, kind, needle, library)
        for needle in pictures
        for library in pictures
        if needle != library
    ]
