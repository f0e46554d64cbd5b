"""The table of copies: what becomes of a photograph that is still the same picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from accuracy import foreign, writers
from accuracy.photos import Photo
from accuracy.scalers import SCALERS, Pixels, area, by_factor, lanczos, sharpened, to_long_side
from dedupd.model import VIEWS

QUALITIES = (95, 90, 85, 80, 75, 70, 60, 50)
LOW_QUALITIES = (40, 30)
WORSE_QUALITY = 75
FACTORS = {"75 %": 0.75, "50 %": 0.5, "25 %": 0.25}
MESSENGERS = {"1600 px, q75": (1600, 75), "2048 px, q80": (2048, 80)}
MESSENGER_SCALERS = ("area", "Pillow bilinear", "Pillow lanczos", "browser", "area, sharpened")
THUMBNAILS_PX = (320, 160)
GALLERY_PX = 1600
_QUICK_SCALERS = ("area", "Pillow lanczos", "browser", "area, sharpened")


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that shows the same picture.

    Attributes:
        group: The row of the table that it counts in.
        name: What was done.
        worse: With it in the library, the original must not count as present.
    """

    group: str
    name: str
    data: bytes
    worse: bool = False


def copies(photo: Photo, quick: bool) -> Iterator[Copy]:
    """Yield the copies of a photograph; fewer where it is quick."""
    picture = photo.pixels()
    yield from _recompressed(picture, quick)
    yield from _formats(picture, quick)
    yield from _metadata(photo, picture)
    yield from _resized(picture, _QUICK_SCALERS if quick else tuple(SCALERS))
    yield from _turned(picture, quick)
    yield from _blurred(picture)
    if not quick:
        for program, data, worse in foreign.copies(photo.data):
            yield Copy("foreign programs", program, data, worse)


def _recompressed(picture: Pixels, quick: bool) -> Iterator[Copy]:
    for quality in QUALITIES[::3] if quick else QUALITIES:
        data, worse = writers.jpeg(picture, quality), quality <= WORSE_QUALITY
        yield Copy("recompressed, q95..50", f"q{quality}", data, worse)
    for quality in LOW_QUALITIES:
        yield Copy("recompressed, q40..30", f"q{quality}", writers.jpeg(picture, quality), True)
    if quick:
        return
    progressive = writers.jpeg(picture, 80, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    yield Copy("recompressed, q95..50", "q80 progressive", progressive)
    full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    yield Copy("recompressed, q95..50", "q85 4:4:4", writers.jpeg(picture, 85, *full))
    twice = writers.jpeg(writers.read(writers.jpeg(picture, 75)), 85)
    yield Copy("recompressed twice", "q75, then q85", twice, True)


def _formats(picture: Pixels, quick: bool) -> Iterator[Copy]:
    yield Copy("PNG", "PNG", writers.png(picture))
    yield Copy("WebP", "WebP 80", writers.by_pillow(picture, "WEBP", quality=80))
    yield Copy("AVIF", "AVIF 70", writers.by_pillow(picture, "AVIF", quality=70))
    if quick:
        return
    yield Copy("WebP", "WebP 60", writers.by_pillow(picture, "WEBP", quality=60), True)
    lossless = writers.by_pillow(picture, "WEBP", lossless=True, quality=0, method=0)
    yield Copy("WebP", "WebP lossless", lossless)
    yield Copy("AVIF", "AVIF 50", writers.by_pillow(picture, "AVIF", quality=50, speed=9), True)
    for quality in (80, 50):
        heic = writers.by_pillow(picture, "HEIF", quality=quality)
        yield Copy("HEIC", f"HEIC {quality}", heic, quality < WORSE_QUALITY)


def _metadata(photo: Photo, picture: Pixels) -> Iterator[Copy]:
    if photo.data.startswith(b"\xff\xd8"):
        titled = writers.with_segment(photo.data, b"a comment", 0xFE)
        yield Copy("metadata edited", "comment added", titled)
        bare = writers.without_metadata(photo.data)
        if bare != photo.data:
            yield Copy("metadata edited", "metadata removed", bare)
    yield Copy("Display-P3", "to Display-P3", writers.in_display_p3(picture, 92))
    for flag in range(1, 9):
        stored = writers.jpeg(writers.stored_for(picture, flag), 92)
        flagged = writers.with_segment(stored, writers.exif(orientation=flag))
        yield Copy("orientation flag", f"flag {flag}", flagged)


def _resized(picture: Pixels, scalers: tuple[str, ...]) -> Iterator[Copy]:
    long_px = max(picture.shape[:2])
    for name in scalers:
        scaler = SCALERS[name]
        for title, factor in FACTORS.items():
            small = by_factor(picture, factor, scaler)
            yield Copy(title, f"{title} {name}", writers.jpeg(small, 85), True)
        for side_px in THUMBNAILS_PX:
            if side_px < long_px:
                small = to_long_side(picture, side_px, scaler)
                data = writers.jpeg(small, 80)
                yield Copy(f"{side_px} px", f"{side_px} px {name}", data, True)
        if long_px > GALLERY_PX:
            small = to_long_side(picture, GALLERY_PX, scaler)
            yield Copy("1600 px", f"1600 px {name}", writers.jpeg(small, 85), True)
    for title, (side_px, quality) in MESSENGERS.items():
        for name in MESSENGER_SCALERS if side_px < long_px else ():
            data = writers.jpeg(to_long_side(picture, side_px, SCALERS[name]), quality)
            yield Copy("messenger", f"{title} {name}", data, True)
    height, width = picture.shape[:2]
    for per_mille in (5, 10):
        wider = lanczos(picture, round(0.8 * width * (1 + per_mille / 1000)), round(0.8 * height))
        yield Copy("aspect", f"80 %, {per_mille / 10} % wider", writers.jpeg(wider, 90), True)


def _turned(picture: Pixels, quick: bool) -> Iterator[Copy]:
    for view in VIEWS[1:3] if quick else VIEWS[1:]:
        mirrored = np.fliplr(picture) if view.mirrored else picture
        seen = np.ascontiguousarray(np.rot90(mirrored, view.quarters))
        name = f"{90 * view.quarters} degrees{', mirrored' if view.mirrored else ''}"
        yield Copy("turned", name, writers.jpeg(seen, 90))


def _blurred(picture: Pixels) -> Iterator[Copy]:
    """Yield copies of the same size that have lost what can't be got back."""
    height, width = picture.shape[:2]
    for factor in (0.5, 0.75):
        back = lanczos(by_factor(picture, factor, area), width, height)
        data = writers.jpeg(back, 92)
        yield Copy("lost detail", f"{factor:.0%} and back", data, True)
        data = writers.jpeg(sharpened(back, 1.0), 92)
        yield Copy("lost detail", f"{factor:.0%} and back, sharpened", data, True)
    for quality in (50, 75):
        again = writers.jpeg(writers.read(writers.jpeg(picture, quality)), 96)
        yield Copy("lost detail", f"q{quality}, then q96", again, True)
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.uint8)
    yield Copy("lost detail", "blurred by 1.2 px", writers.jpeg(soft, 92), True)
