"""Look-alikes of one camera: bursts of a moving scene, and two moments of a fixed camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accuracy import writers
from accuracy.photos import Photo
from accuracy.scalers import Pixels, area, by_factor, to_long_side

MOTIONS_PERCENT = (0.0, 0.05, 0.1, 0.25, 0.5)
NOISES = (1.0, 2.0, 3.0, 4.0)
SHIFTS_PX = (0.5, 1.0, 2.0)
TIMES = ("none", "equal seconds", "sub-seconds")
FRAMES = 4
QUALITY = 92
LONG_PX = 1200

_TAKEN_AT = "2021:07:04 15:20:33"
_SEEN_LEVELS = 12.0  # a thing that differs less from what it covers may not be seen to move
_TRIES = 200

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Burst:
    """Frames that are different pictures, the first of which the library may hold.

    Attributes:
        time: One of `TIMES`: what the frames say of their capture time.
    """

    group: str
    name: str
    time: str
    frames: tuple[bytes, ...]


def bursts(photo: Photo, quick: bool) -> Iterator[Burst]:
    """Yield bursts whose scene is this photograph."""
    scene = to_long_side(photo.pixels(), LONG_PX, area)
    seed = int.from_bytes(photo.name.encode()[-4:], "big")
    for motion in MOTIONS_PERCENT:
        for noise in NOISES[1:3] if quick else NOISES:
            dice = np.random.default_rng((seed, round(100 * motion), round(10 * noise)))
            scenes = _moved(scene, motion, dice)
            pixels = [_exposed(one, noise, dice) for one in scenes]
            name = f"motion {motion} %, noise {noise:.0f}"
            for time in TIMES:
                group = f"burst, motion {motion} %, time: {time}"
                yield Burst(group, name, time, _timed(pixels, time))
            yield from _sent(motion, name, _timed(pixels, "none"))
    yield from _held_by_hand(scene, np.random.default_rng((seed, 1)))
    yield from _fixed_camera(scene, np.random.default_rng((seed, 2)))


def _sent(motion: float, name: str, frames: tuple[bytes, ...]) -> Iterator[Burst]:
    """Yield the burst with all frames but the first as messengers hand them on."""
    first, *others = frames
    pixels = [writers.read(frame) for frame in others]
    same_size = tuple(writers.jpeg(one, 75) for one in pixels)
    yield Burst(f"burst, motion {motion} %, then q75", name, "none", (first, *same_size))
    smaller = tuple(writers.jpeg(by_factor(one, 0.75, area), 75) for one in pixels)
    yield Burst(f"burst, motion {motion} %, then 75 %", name, "none", (first, *smaller))


def _held_by_hand(scene: Pixels, dice: np.random.Generator) -> Iterator[Burst]:
    for shift_px in SHIFTS_PX:
        scenes = [_shifted(scene, frame * shift_px) for frame in range(FRAMES)]
        pixels = [_exposed(one, 2.0, dice) for one in scenes]
        name = f"shifted by {shift_px} px"
        for time in TIMES:
            yield Burst(f"held by hand, time: {time}", name, time, _timed(pixels, time))


def _fixed_camera(scene: Pixels, dice: np.random.Generator) -> Iterator[Burst]:
    """Yield moments of a surveillance camera: the light drifts, something small comes and goes."""
    small = by_factor(scene, 0.8, area)
    for percent in (0.05, 0.25):
        light = np.linspace(-1.5, 1.5, small.shape[1], dtype=np.float32)[None, :, None]
        scenes = _moved(small, percent, dice)
        lit = [one + light * frame for frame, one in enumerate(scenes)]
        frames = tuple(writers.jpeg(_exposed(one, 1.5, dice), 75) for one in lit)
        yield Burst("fixed camera", f"{percent} % changes", "none", frames)


def _moved(scene: Pixels, percent: float, dice: np.random.Generator) -> list[Values]:
    """Return frames in which a thing of that share of the area is elsewhere in each."""
    still = scene.astype(np.float32)
    if percent == 0:
        return [still] * FRAMES
    side = max(4, round((scene.shape[0] * scene.shape[1] * percent / 100) ** 0.5))
    thing = _cut(still, side, dice)
    frames = []
    for _ in range(FRAMES):
        top, left = _where_it_shows(still, thing, dice)
        frame = still.copy()
        frame[top : top + side, left : left + side] = thing
        frames.append(frame)
    return frames


def _cut(still: Values, side: int, dice: np.random.Generator) -> Values:
    top, left = _anywhere(still, side, dice)
    return still[top : top + side, left : left + side].copy()


def _where_it_shows(still: Values, thing: Values, dice: np.random.Generator) -> tuple[int, int]:
    """Return a place (top, left) where the thing differs from what it covers."""
    side, best, place = thing.shape[0], -1.0, (0, 0)
    for _ in range(_TRIES):
        top, left = _anywhere(still, side, dice)
        covered = still[top : top + side, left : left + side]
        shows = float(np.abs(thing.mean(axis=2) - covered.mean(axis=2)).mean())
        if shows >= _SEEN_LEVELS:
            return top, left
        if shows > best:
            best, place = shows, (top, left)
    return place


def _anywhere(still: Values, side: int, dice: np.random.Generator) -> tuple[int, int]:
    rows, columns = still.shape[:2]
    return int(dice.integers(0, rows - side)), int(dice.integers(0, columns - side))


def _shifted(scene: Pixels, shift_px: float) -> Values:
    move = np.array([[1, 0, shift_px], [0, 1, shift_px / 2]], np.float32)
    size = scene.shape[1], scene.shape[0]
    moved = cv2.warpAffine(
        scene, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float32)


def _exposed(scene: Values, noise: float, dice: np.random.Generator) -> Pixels:
    """Return what a sensor makes of a scene; its noise is a little soft, as after demosaicing."""
    grain = dice.normal(0, 1, scene.shape).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), 0.6)
    exposed = scene + soft * (noise / float(soft.std()))
    return np.asarray(np.clip(np.rint(exposed), 0, 255), np.uint8)


def _timed(pixels: list[Pixels], time: str) -> tuple[bytes, ...]:
    frames = []
    for number, one in enumerate(pixels):
        data = writers.jpeg(one, QUALITY)
        if time != "none":
            subseconds = f"{17 * number + 11}" if time == "sub-seconds" else ""
            block = writers.exif(taken_at=_TAKEN_AT, subseconds=subseconds)
            data = writers.with_segment(data, block)
        frames.append(data)
    return tuple(frames)
