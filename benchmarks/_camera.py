"""Files as cameras write them, made from photographs that come with scikit-image.

Each is a blend of two cuttings, enlarged to 12 or 16 megapixels, with the noise of a sensor: some
3 MB of JPEG, of which one in seven is progressive and one in eight lies on its side.
"""

from __future__ import annotations

import io
import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

SCENES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "hubble_deep_field.jpg")
SIZES_PX = ((4000, 3000), (4608, 3456))
CUTTING_PX = 300
NOISE = 4.6  # grey levels; with it a file of quality 90 has the size that a camera's has
ONE_IN_PROGRESSIVE, ONE_IN_TURNED = 7, 8
ORIENTATION, TURNED = 0x0112, 6


def write(folder: Path, count: int, seed: int, *, folders: int = 10) -> list[Path]:
    """Write so many JPEGs into numbered folders below `folder`; what is there already is kept."""
    paths = [folder / f"{at % folders:02}" / f"DSC{seed:02}_{at:04}.jpg" for at in range(count)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    missing = [(path, seed, at) for at, path in enumerate(paths) if not path.exists()]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as others:
        list(others.map(_write, missing, chunksize=4))
    return paths


def picture(seed: int, number: int) -> Picture:
    """Return one of the pictures; another for each seed and number."""
    dice = np.random.default_rng((seed, number))
    width_px, height_px = SIZES_PX[number % len(SIZES_PX)]
    share = dice.uniform(0.35, 0.65)
    small = cv2.addWeighted(_cutting(dice), share, _cutting(dice), 1 - share, 0)
    large = cv2.resize(small, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    row, column = dice.integers(0, 500, 2)
    grain = _grain()[row : row + height_px, column : column + width_px]
    return np.asarray(cv2.add(large, cv2.merge([grain] * 3), dtype=cv2.CV_8U), np.uint8)


def encoded(bgr: Picture, quality: int, number: int) -> bytes:
    """Return it as JPEG; its number decides whether it is progressive, and how it lies."""
    exif = Image.Exif()
    exif[ORIENTATION] = 1 if number % ONE_IN_TURNED else TURNED
    file = io.BytesIO()
    progressive = number % ONE_IN_PROGRESSIVE == 0
    image = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))
    image.save(file, "JPEG", quality=quality, exif=exif, progressive=progressive)
    return file.getvalue()


def small(seed: int, number: int) -> bytes:
    """Return a JPEG of 320 x 240 pixels, as old phones wrote them."""
    dice = np.random.default_rng((seed, number))
    share = dice.uniform(0.35, 0.65)
    mixed = cv2.addWeighted(_cutting(dice), share, _cutting(dice), 1 - share, 0)
    return bytes(cv2.imencode(".jpg", cv2.resize(mixed, (320, 240)))[1])


def _write(job: tuple[Path, int, int]) -> None:
    path, seed, number = job
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(encoded(picture(seed, number), 90, number))
    unfinished.rename(path)


def _cutting(dice: np.random.Generator) -> Picture:
    scene = _scene(SCENES[dice.integers(len(SCENES))])
    side_px = int(dice.integers(CUTTING_PX // 2, CUTTING_PX))
    row, column = (int(dice.integers(0, side - side_px)) for side in scene.shape[:2])
    cutting = np.rot90(scene[row : row + side_px, column : column + side_px], int(dice.integers(4)))
    return np.asarray(cv2.resize(cutting, (400, 300), interpolation=cv2.INTER_CUBIC), np.uint8)


@cache
def _scene(name: str) -> Picture:
    path = Path(skimage.__file__).parent / "data" / name
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)


@cache
def _grain() -> NDArray[np.int16]:
    dice, most_px = np.random.default_rng(0), max(max(size) for size in SIZES_PX) + 512
    return dice.normal(0, NOISE, (most_px, most_px)).round().astype(np.int16)
