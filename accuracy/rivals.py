"""What others do instead: hashes at their usual limits, the article's script first."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import io
from collections.abc import Mapping

import imagehash
import numpy as np
from PIL import Image

from dedupd.model import Unreadable
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import hashes

ARTICLE = "dhash-article"
LIMITS_BITS: Mapping[str, tuple[str, int]] = {
    "article": (ARTICLE, 0),
    "dHash 10": ("dhash", 10),
    "pHash 8": ("phash", 8),
    "pHash 10": ("phash", 10),
    "PDQ 31": ("pdq", 31),
}
"""Name in the tables -> whose hash, and how many bits may differ."""

Hashes = Mapping[str, int]
"""The hashes of one picture by name; one that could not be made is missing."""


@functools.cache
def has_pdq() -> bool:
    """Is a package that makes PDQ hashes installed?"""
    return importlib.util.find_spec("pdqhash") is not None


def names() -> list[str]:
    """Return the names of the rivals that can be had here."""
    return [name for name, (hash_, _) in LIMITS_BITS.items() if hash_ != "pdq" or has_pdq()]


def hashed(data: bytes) -> Hashes:
    """Return what the rivals make of a picture file."""
    found = _article(data)
    try:
        with Image.open(io.BytesIO(data)) as image:
            picture = image.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return found
    found["dhash"] = _bits(imagehash.dhash(picture).hash)
    found["phash"] = _bits(imagehash.phash(picture).hash)
    if has_pdq():
        bits, _ = importlib.import_module("pdqhash").compute(np.asarray(picture))
        found["pdq"] = _bits(bits)
    return found


def same(first: Hashes, second: Hashes) -> dict[str, bool]:
    """Return which of the rivals call two pictures the same."""
    return {name: _near(first, second, *LIMITS_BITS[name]) for name in names()}


def _near(first: Hashes, second: Hashes, hash_: str, limit_bits: int) -> bool:
    if hash_ not in first or hash_ not in second:
        return False
    return (first[hash_] ^ second[hash_]).bit_count() <= limit_bits


def _article(data: bytes) -> dict[str, int]:
    made = hashes(data, (ARTICLE,), Limits(), _capture())
    return {} if isinstance(made, Unreadable) else {ARTICLE: made[ARTICLE].value}


def _bits(values: np.ndarray) -> int:
    return int.from_bytes(np.packbits(np.asarray(values, bool)).tobytes(), "big")


@functools.cache
def _capture() -> StderrCapture:
    return StderrCapture()
