"""Are copies recognised, and never taken for an original that is better?"""

from __future__ import annotations

from collections.abc import Iterator

from accuracy import foreign, writers
from accuracy.copies import Copy, copies
from accuracy.judge import Judge
from accuracy.photos import Photo, size_class
from accuracy.rows import Kind, Row, judged
from accuracy.scalers import Pixels


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
    return [*rows, *_from_heic(judge, photo, size), *_from_untold(judge, photo, size)]


def _from_heic(judge: Judge, photo: Photo, size: str) -> list[Row]:
    """Return rows of a phone's HEIC, for which the library holds JPEGs made with it."""
    picture = photo.pixels()
    needle = writers.by_pillow(picture, "HEIF", quality=90)
    rows = []
    for quality in (75, 50):
        copy = Copy("HEIC beside its JPEG", f"q{quality}", writers.jpeg(picture, quality))
        rows.append(judged(judge, _kind("reverse", copy, photo, size), needle, copy.data))
    fine = Copy("HEIC beside its JPEG", "q95", writers.jpeg(picture, 95))
    return [*rows, judged(judge, _kind("copies", fine, photo, size), needle, fine.data)]


def _from_untold(judge: Judge, photo: Photo, size: str) -> list[Row]:
    """Return rows of originals that were no JPEGs, for which the library holds JPEGs of them."""
    rows = []
    for name in ("WEBP", "AVIF", "HEIF"):
        needle = writers.by_pillow(photo.pixels(), name, quality=90)
        for coded, data in _made_of(writers.read(needle)):
            copy = Copy("WebP, AVIF, HEIC beside JPEG", f"{name} {coded}", data)
            rows.append(judged(judge, _kind("reverse", copy, photo, size), needle, copy.data))
    return rows


def _made_of(picture: Pixels) -> Iterator[tuple[str, bytes]]:
    """Yield (how it was coded, the JPEG), also by ways that dedupd doesn't imitate."""
    for quality in (75, 50):
        yield f"q{quality}", writers.jpeg(picture, quality)
    for first, second in ((50, 75), (30, 60)):
        once = writers.read(writers.jpeg(picture, first))
        yield f"q{first}, q{second}", writers.jpeg(once, second)
    for title, data, _ in foreign.copies(writers.png(picture), only=foreign.RECODED):
        yield title, data


def _kind(part: str, copy: Copy, photo: Photo, size: str) -> Kind:
    return Kind(part, copy.group, copy.name, photo.name, photo.scene, size)
