"""Colour profiles: pixels as the profile means them become sRGB, as browsers show them.

Pillow's ImageCms (Little CMS) does the sums.  A profile that can't be used is ignored, and why is
said in words.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from dedupd.pictures.opencv import cv2

_KEPT_PROFILES = 8
_ROWS_AT_ONCE = 256
_SIGNATURE_AT, _SIGNATURE, _SPACE_AT = 36, b"acsp", 16
_SPACES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
_PROBE_LEVELS = 9
_NOTHING_LEVELS = 1  # a profile that changes no colour by more is sRGB in other words
_LEVELS = 256

Bgr = NDArray[np.uint8]
"""Pixels, shape (height, width, 3), blue first."""


@dataclass(frozen=True, slots=True)
class _Profile:
    """A profile that was read.

    Attributes:
        mode: Pillow's word for what it describes: "RGB", "L" or "CMYK".
        transform: To sRGB; None where it would change nothing.
    """

    mode: str
    transform: ImageCms.ImageCmsTransform | None


def fault(icc: bytes, inks: bool) -> str:
    """Return why a profile is ignored, in words; "" if it is used or there is none."""
    if not icc:
        return ""
    profile = _read(icc)
    if profile is None:
        return "its colour profile can't be read"
    if (profile.mode == "CMYK") != inks:
        return f"its colour profile is for {profile.mode}, and it isn't"
    return ""


def to_srgb(bgr: Bgr, icc: bytes) -> Bgr:
    """Return the picture in sRGB; the same array where the profile changes nothing."""
    profile = _read(icc) if icc else None
    if profile is None or profile.transform is None or profile.mode == "CMYK":
        return bgr
    if profile.mode == "L":
        return _grey_to_srgb(bgr, profile.transform)
    done = np.empty_like(bgr)
    for top in range(0, bgr.shape[0], _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        done[rows] = _transformed(bgr[rows], profile.transform)
    return done


def inks_to_srgb(data: memoryview, icc: bytes) -> Bgr | None:
    """Return a CMYK picture in sRGB as it is stored, not upright; None where that fails."""
    profile = _read(icc)
    if profile is None or profile.transform is None or profile.mode != "CMYK":
        return None
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.mode != "CMYK":
                return None
            rgb = ImageCms.applyTransform(picture, profile.transform)
    except (OSError, ValueError, SyntaxError, ImageCms.PyCMSError, Image.DecompressionBombError):
        return None
    return None if rgb is None else _bgr(rgb)


@lru_cache(maxsize=_KEPT_PROFILES)
def _read(icc: bytes) -> _Profile | None:
    """Return a profile with its way to sRGB; None where it can't be used."""
    mode = _SPACES.get(icc[_SPACE_AT : _SPACE_AT + 4])
    if mode is None or icc[_SIGNATURE_AT : _SIGNATURE_AT + 4] != _SIGNATURE:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.PERCEPTUAL,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        changes = mode == "CMYK" or _changes(mode, transform)
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None
    return _Profile(mode, transform if changes else None)


def _changes(mode: str, transform: ImageCms.ImageCmsTransform) -> bool:
    """Return whether any colour of a coarse grid, or any grey, becomes visibly another one."""
    greys = np.repeat(np.arange(_LEVELS, dtype=np.uint8)[:, None], 3, axis=1)
    steps = np.linspace(0, _LEVELS - 1, _PROBE_LEVELS).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    probe = greys[None] if mode == "L" else np.concatenate([greys, grid])[None]
    seen = _grey_to_srgb(probe, transform) if mode == "L" else _transformed(probe, transform)
    return int(cv2.absdiff(seen, probe).max()) > _NOTHING_LEVELS


def _transformed(bgr: Bgr, transform: ImageCms.ImageCmsTransform) -> Bgr:
    height_px, width_px = bgr.shape[:2]
    pixels = np.ascontiguousarray(bgr).tobytes()
    picture = Image.frombytes("RGB", (width_px, height_px), pixels, "raw", "BGR")
    ImageCms.applyTransform(picture, transform, inPlace=True)
    return _bgr(picture)


def _grey_to_srgb(bgr: Bgr, transform: ImageCms.ImageCmsTransform) -> Bgr:
    """Return a grey picture by a table of its 256 levels; a coloured one stays as it is."""
    blue, green, red = cv2.split(bgr)
    if not (np.array_equal(blue, green) and np.array_equal(green, red)):
        return bgr
    levels = Image.frombytes("L", (_LEVELS, 1), bytes(range(_LEVELS)))
    seen = ImageCms.applyTransform(levels, transform)
    table = _bgr(seen) if seen is not None else None
    return bgr if table is None else np.asarray(cv2.LUT(bgr, table), np.uint8)


def _bgr(picture: Image.Image) -> Bgr:
    raw = np.frombuffer(picture.tobytes("raw", "BGR"), np.uint8)
    return raw.reshape(picture.height, picture.width, 3)
