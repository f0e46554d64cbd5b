"""Needles made of a library's picture: scenes, writers, and what a comparison measures."""

from __future__ import annotations

import io

import cv2
import numpy as np
from accuracy.scalers import SCALERS, by_factor
from PIL import Image
from tests.unit.picture_samples import encoded, photo

from dedupd.likeness import Measures
from dedupd.model import VIEWS, View
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import compare

CAPTURE = StderrCapture()
HASTY = 9
QUALITY, SAMPLING = cv2.IMWRITE_JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR


def scene(name: str) -> np.ndarray:
    """Return a photo whose sides are no multiples of 16."""
    return np.ascontiguousarray(photo(name)[:397, :419])


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def as_webp(bgr: np.ndarray, quality: int, effort: int = 4, **more) -> bytes:
    """Return a WebP as Pillow writes it, by the usual effort."""
    file = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))
    image.save(file, "WEBP", quality=quality, method=effort, **more)
    return file.getvalue()


def measured(needle: bytes, library: bytes, view: View = VIEWS[0]) -> Measures:
    return compare(needle, library, view, (False, False), Limits(), CAPTURE).measures


def noisy(name: str, seed: int, noise: float) -> np.ndarray:
    """Return another moment of a scene that doesn't move: the noise of the sensor differs."""
    values = scene(name) + np.random.default_rng(seed).normal(0, noise, scene(name).shape)
    return np.clip(values.round(), 0, 255).astype(np.uint8)


def as_avif(bgr: np.ndarray, quality: int, speed: int = HASTY, **more) -> bytes:
    """Return an AVIF as Pillow writes it, by several threads."""
    file = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))
    image.save(file, "AVIF", quality=quality, speed=speed, **{"max_threads": 4, **more})
    return file.getvalue()


def as_jpeg(bgr: np.ndarray, quality: int, *more: int) -> bytes:
    return encoded(np.ascontiguousarray(bgr), ".jpg", QUALITY, quality, *more)


def smaller(library: bytes, factor: float, scaler: str = "Pillow lanczos") -> np.ndarray:
    return by_factor(decoded(library), factor, SCALERS[scaler])


def by_pillow(image: Image.Image, name: str, **more) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **more)
    return file.getvalue()
