"""A seed-like household: a library, and needle folders whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from accuracy import writers
from accuracy.bursts import bursts
from accuracy.photos import Photo, by_old_phone, size_class
from accuracy.scalers import area, by_factor, lanczos, to_long_side

MIX = {
    "byte copy": 0.55,
    "re-saved": 0.15,
    "metadata edited": 0.08,
    "resized": 0.08,
    "messenger": 0.06,
    "old phone": 0.04,
    "screenshot": 0.02,
    "burst frame": 0.02,
}
"""What a backup holds, as shares.  Of bursts, the library holds two frames of four, whole."""

SPOILERS = ("stranger", "better than the library's", "burst frame not imported")
"""What makes a folder one that isn't imported: one picture of these."""

_TILES = 5
_TILE_PX = (960, 600)


@dataclass(frozen=True, slots=True)
class Item:
    """A needle, and whether the library truly holds it."""

    kind: str
    data: bytes
    held: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """What becomes of one photograph: what the library holds of it, and needles by kind."""

    library: tuple[bytes, ...]
    needles: dict[str, Item]


def tiles(photos: Sequence[Photo]) -> Iterator[Photo]:
    """Yield different pictures cut from these: a household has more of them than we have."""
    width, height = _TILE_PX
    for photo in photos:
        pixels = photo.pixels()
        rows, columns = pixels.shape[:2]
        if rows < 1.5 * height or columns < 1.5 * width:
            if size_class(pixels) != "tiny":
                yield photo
            continue
        for number in range(_TILES * _TILES):
            left = (columns - width) * (number % _TILES) // (_TILES - 1)
            top = (rows - height) * (number // _TILES) // (_TILES - 1)
            part = np.ascontiguousarray(pixels[top : top + height, left : left + width])
            yield Photo(f"{photo.name} {number}", photo.scene, writers.jpeg(part, 95))


def held(photo: Photo) -> Scene:
    """Return a photograph that the library holds, and what a backup has of it."""
    taken = writers.exif(taken_at="2016:05:14 11:20:31", subseconds=f"{len(photo.name)}")
    original = writers.with_segment(writers.jpeg(photo.pixels(), 92), taken)
    old = by_old_phone(photo, 480).data
    frames = next(iter(bursts(photo, quick=True))).frames
    needles = [*_copies(original, old), Item("burst frame", frames[1], True)]
    needles.append(Item("burst frame not imported", frames[2], False))
    return Scene((original, old, *frames[:2]), {item.kind: item for item in needles})


def lacking(photo: Photo) -> Scene:
    """Return a photograph of which the library holds nothing."""
    return Scene((), {"stranger": Item("stranger", photo.data, False)})


def worse(photo: Photo) -> Scene:
    """Return a photograph of which the library holds a copy that has lost something."""
    name, picture = "better than the library's", photo.pixels()
    lost = writers.jpeg(picture, 60), writers.jpeg(by_factor(picture, 0.75, area), 85)
    return Scene((lost[len(photo.name) % 2],), {name: Item(name, photo.data, False)})


def _copies(original: bytes, old: bytes) -> Iterator[Item]:
    picture = writers.read(original)
    yield Item("byte copy", original, True)
    yield Item("re-saved", writers.jpeg(picture, 85), True)
    yield Item("metadata edited", writers.without_metadata(original), True)
    yield Item("resized", writers.jpeg(by_factor(picture, 0.5, lanczos), 85), True)
    long_px = min(1600, round(0.8 * max(picture.shape[:2])))
    yield Item("messenger", writers.jpeg(to_long_side(picture, long_px, area), 75), True)
    yield Item("old phone", writers.jpeg(writers.read(old), 80), True)
    yield Item("screenshot", writers.png(picture), True)


def folders(
    scenes: Sequence[Scene], spoilt: Sequence[Scene], size: int, count: int, seed: int
) -> Iterator[list[Item]]:
    """Yield needle folders of that size; in every second one, one picture isn't held."""
    dice = np.random.default_rng((seed, size))
    kinds = list(MIX)
    for number in range(count):
        chosen = dice.choice(len(scenes), size, replace=size > len(scenes))
        drawn = dice.choice(kinds, size, p=list(MIX.values()))
        items = [scenes[s].needles[str(k)] for s, k in zip(chosen, drawn, strict=True)]
        if number % 2:
            items[0] = _spoiler(scenes, spoilt, SPOILERS[number // 2 % len(SPOILERS)], dice)
        yield items


def _spoiler(
    scenes: Sequence[Scene], spoilt: Sequence[Scene], kind: str, dice: np.random.Generator
) -> Item:
    """Return a needle of that kind, or of any other where there is none."""
    known = [one.needles[kind] for one in (*scenes, *spoilt) if kind in one.needles]
    if not known:
        known = [scene.needles[SPOILERS[-1]] for scene in scenes]
    return known[int(dice.integers(len(known)))]
