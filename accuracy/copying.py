"""Are copies recognised, and never taken for an original that is better?"""

from __future__ import annotations

from accuracy import writers
from accuracy.copies import Copy, copies
from accuracy.judge import Judge
from accuracy.photos import Photo, size_class
from accuracy.rows import Kind, Row, judged


def rows_of(photo: Photo, quick: bool) -> list[Row]:
    """Return two rows a copy: it is the needle; and it is the library, where it holds less."""
    judge, size = Judge(), size_class(photo.pixels())
    (original,) = judge.learn([photo.data])
    rows = []
    for copy in copies(photo, quick):
        rows.append(judged(judge, _kind("copies", copy, photo, size), copy.data, photo.data))
        if copy.worse:
            kind = _kind("reverse", copy, photo, size)
            rows.append(judged(judge, kind, photo.data, copy.data))
        judge.forget([one for one in judge.learn([copy.data]) if one != original])
    return [*rows, *_from_heic(judge, photo, size), *_from_the_web(judge, photo, size)]


def _from_heic(judge: Judge, photo: Photo, size: str) -> list[Row]:
    """Return rows of a phone's HEIC, for which the library holds JPEGs made of it."""
    picture = photo.pixels()
    needle = writers.by_pillow(picture, "HEIF", quality=90)
    rows = []
    for quality in (75, 50):
        copy = Copy("HEIC beside its JPEG", f"q{quality}", writers.jpeg(picture, quality))
        rows.append(judged(judge, _kind("reverse", copy, photo, size), needle, copy.data))
    fine = Copy("HEIC beside its JPEG", "q95", writers.jpeg(picture, 95))
    return [*rows, judged(judge, _kind("copies", fine, photo, size), needle, fine.data)]


def _from_the_web(judge: Judge, photo: Photo, size: str) -> list[Row]:
    """Return rows of originals that were WebP or AVIF, for which the library holds JPEGs."""
    rows = []
    for name in ("WEBP", "AVIF"):
        needle = writers.by_pillow(photo.pixels(), name, quality=90)
        picture = writers.read(needle)
        for quality in (75, 50):
            data = writers.jpeg(picture, quality)
            copy = Copy("WebP, AVIF beside JPEG", f"{name} q{quality}", data)
            rows.append(judged(judge, _kind("reverse", copy, photo, size), needle, copy.data))
    return rows


def _kind(part: str, copy: Copy, photo: Photo, size: str) -> Kind:
    return Kind(part, copy.group, copy.name, photo.name, photo.scene, size)
