"""Damaged files: does any of them vouch for the whole picture that it once was?

    python -m accuracy.damage [--flips N]

Prints, for each format and kind of damage, how many damaged library copies were tried, were
refused, could be decoded but were no match for the whole needle, and were accepted.
"""

from __future__ import annotations

import argparse
import io
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from accuracy import writers
from accuracy.judge import Judge
from accuracy.photos import own
from accuracy.scalers import Pixels, area
from dedupd.model import Fingerprint, PictureClass

PERCENTS = (5, 20, 40, 50, 60, 75, 90, 95, 99)
HOLES_BYTES = (4096, 16384)
SECTOR_BYTES = 512
END_OF_JPEG = b"\xff\xd9"
MANY = 64


class Damaged(NamedTuple):
    """A damaged file, and what was done to it."""

    how: str
    data: bytes


class Outcome(NamedTuple):
    """What became of the damaged copies of one kind.

    Attributes:
        largest: Largest difference of a pixel in an accepted one, grey levels; 0 for none.
    """

    tried: int = 0
    refused: int = 0
    no_match: int = 0
    accepted: int = 0
    largest: int = 0


def formats(picture: Pixels) -> Mapping[str, bytes]:
    """Return the picture as a file of each format."""
    return {
        "JPEG": writers.jpeg(picture, 90),
        "JPEG progressive": writers.by_pillow(picture, "JPEG", quality=90, progressive=True),
        "JPEG optimised": writers.by_pillow(picture, "JPEG", quality=90, optimize=True),
        "PNG": writers.png(picture),
        "WebP": writers.by_pillow(picture, "WEBP", quality=85),
        "WebP lossless": writers.by_pillow(picture, "WEBP", lossless=True),
        "GIF": writers.by_pillow(picture, "GIF"),
        "TIFF": writers.by_pillow(picture, "TIFF"),
        "TIFF LZW": writers.by_pillow(picture, "TIFF", compression="tiff_lzw"),
        "TIFF deflate": writers.by_pillow(picture, "TIFF", compression="tiff_adobe_deflate"),
        "BMP": writers.by_pillow(picture, "BMP"),
        "JPEG 2000": writers.by_pillow(picture, "JPEG2000"),
        "AVIF": writers.by_pillow(picture, "AVIF", quality=80),
        "HEIC": writers.by_pillow(picture, "HEIF", quality=80),
    }


def damaged(
    whole: bytes, other: bytes, flips: int, percents: Sequence[int] = PERCENTS
) -> Iterator[Damaged]:
    """Yield the file damaged in every way; `other` is one of the same format to splice with.

    Args:
        flips: How many files of each kind of flipped bits.
        percents: Where files are cut, and where holes are.
    """
    dice, size = random.Random(7), len(whole)
    for percent in percents:
        cut = whole[: size * percent // 100]
        yield Damaged("cut", cut)
        yield Damaged("cut, end glued on", cut + END_OF_JPEG)
        yield Damaged("zero tail", cut + bytes(size - len(cut)))
        yield Damaged("spliced", cut + other[len(cut) :])
    for hole_bytes in HOLES_BYTES:
        for percent in percents:
            at = size * percent // 100 // SECTOR_BYTES * SECTOR_BYTES
            if at + hole_bytes < size:
                yield Damaged(
                    "zero hole", whole[:at] + bytes(hole_bytes) + whole[at + hole_bytes :]
                )
    for _ in range(flips):
        yield Damaged("one bit", _flipped(whole, 1, dice))
        yield Damaged(f"{MANY} bits", _flipped(whole, MANY, dice))


def _flipped(whole: bytes, bits: int, dice: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(bits):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def judged(whole: bytes, files: Iterable[Damaged]) -> dict[str, Outcome]:
    """Return what becomes of the whole needle beside each damaged library copy, by damage."""
    judge = Judge()
    (needle,) = judge.learn([whole])
    outcomes: dict[str, Counter[str]] = {}
    largest: dict[str, int] = {}
    for how, data in files:
        if data == whole:
            continue  # a hole where zeros were, or a cut behind the end
        (copy,) = judge.learn([data])
        became = _became(judge, needle, copy)
        outcomes.setdefault(how, Counter())[became] += 1
        if became == "accepted":
            largest[how] = max(largest.get(how, 0), _apart(whole, data))
    return {
        how: Outcome(n.total(), n["refused"], n["no match"], n["accepted"], largest.get(how, 0))
        for how, n in outcomes.items()
    }


def _became(judge: Judge, needle: bytes, copy: bytes) -> str:
    found = judge.classes([copy], [needle])[needle]
    if found.cls is PictureClass.MATCHED:
        return "accepted"
    known = judge.store.fingerprint(copy)
    whole = isinstance(known, Fingerprint) and not known.bytes_only
    return "no match" if whole else "refused"


def _apart(first: bytes, second: bytes) -> int:
    """Return the largest difference of two pictures' pixels; 255 where one can't be decoded."""
    try:
        a, b = (np.asarray(Image.open(io.BytesIO(one)).convert("L")) for one in (first, second))
    except (OSError, SyntaxError, ValueError):
        return 255
    return int(cv2.absdiff(a, b).max()) if a.shape == b.shape else 255


def main() -> None:
    """Damage a photograph in every format, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m accuracy.damage")
    parser.add_argument("--flips", type=int, default=40, help="flipped files of each kind")
    options = parser.parse_args()
    scene, other = (area(writers.read(path.read_bytes()), 640, 480) for path in own()[:2])
    print(f"{'':18}{'':18}  tried  refused  no match  accepted  largest difference")
    others = formats(other)
    for name, whole in formats(scene).items():
        for how, found in judged(whole, damaged(whole, others[name], options.flips)).items():
            numbers = f"{found.tried:7}{found.refused:9}{found.no_match:10}{found.accepted:10}"
            print(f"{name:18}{how:18}{numbers}{found.largest or '':>20}", flush=True)


if __name__ == "__main__":
    main()
