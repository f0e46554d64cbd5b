"""The originals: whose copies and look-alikes are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage

from accuracy import writers
from accuracy.scalers import Pixels, area, by_factor, sharpened

PROJECT = Path(__file__).parents[1]
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".heic"}
LARGE_PX, LEAST_PX = 500, 320
OLD_PHONE_SIDES_PX = (480, 360, 320)

_SKIMAGE = ("astronaut.png", "coffee.png", "rocket.jpg", "hubble_deep_field.jpg")
_EXAMPLES = ("2016/filming.jpg", "2018/dandelion.jpg", "2018/meadow.jpg")  # the others are those


@dataclass(frozen=True, slots=True)
class Photo:
    """An original.

    Attributes:
        scene: What it was cut from: pictures of one scene are no independent witnesses.
        data: The file.
    """

    name: str
    scene: str
    data: bytes

    def pixels(self) -> Pixels:
        """Decode it."""
        return writers.read(self.data)


def size_class(picture: Pixels) -> str:
    """Return "large", "small" (old phones) or "tiny", by the smaller side."""
    side_px = min(picture.shape[:2])
    return "large" if side_px >= LARGE_PX else "small" if side_px >= LEAST_PX else "tiny"


def own() -> list[Path]:
    """Return the photographs that every installation has: scikit-image's and the examples."""
    folder = Path(skimage.__file__).parent / "data"
    library = PROJECT / "examples" / "library"
    return [folder / name for name in _SKIMAGE] + [library / name for name in _EXAMPLES]


def below(folder: Path) -> list[Path]:
    """Return the picture files at or below `folder`, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def originals(paths: list[Path], most_pixels: int, quarters: bool) -> Iterator[Photo]:
    """Yield the pictures of these files; those of more pixels are shrunken to it first.

    With `quarters`, of a picture whose quarters are large enough, these too, at their own pixels,
    as a camera would have written them.
    """
    for path in paths:
        data = path.read_bytes()
        try:
            pixels = writers.read(data)
        except ValueError:
            print(f"skipped, can't be decoded: {path.name}")
            continue
        if pixels.shape[0] * pixels.shape[1] > most_pixels:
            factor = (most_pixels / (pixels.shape[0] * pixels.shape[1])) ** 0.5
            pixels = by_factor(pixels, factor, area)
            data = writers.jpeg(pixels, 92)
        if min(pixels.shape[:2]) >= LEAST_PX:
            yield Photo(path.name, path.name, data)
        if quarters and min(pixels.shape[:2]) >= 2 * LARGE_PX:
            yield from _quarters(path.name, pixels)


def _quarters(scene: str, pixels: Pixels) -> Iterator[Photo]:
    rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
    for number, (top, left) in enumerate(((0, 0), (0, columns), (rows, 0), (rows, columns))):
        part = np.ascontiguousarray(pixels[top : top + rows, left : left + columns])
        yield Photo(f"{scene} quarter {number + 1}", scene, writers.jpeg(part, 92))


def by_old_phone(photo: Photo, side_px: int) -> Photo:
    """Return the photograph as a phone of 2005 would have taken it: small, sharpened, q75."""
    pixels = photo.pixels()
    small = sharpened(by_factor(pixels, side_px / min(pixels.shape[:2]), area), 0.8)
    noise = np.random.default_rng(side_px).normal(0, 2.0, small.shape)
    noisy = np.clip(small + cv2.GaussianBlur(noise, (0, 0), 0.6), 0, 255).astype(np.uint8)
    return Photo(f"{photo.name} at {side_px} px", photo.scene, writers.jpeg(noisy, 80))
