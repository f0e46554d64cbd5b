"""What a daemon and a cluster's worker must agree on, and the words for where they don't.

A fingerprint that another version made is compared with ours as if it were ours.  So a worker is
asked for its versions before it gets a picture, and compares ours with its own at each picture.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from functools import cache
from importlib import metadata
from typing import NamedTuple

import dedupd
from dedupd.pictures import versions

Terms = Mapping[str, str]
"""Names and versions."""

DECODERS = ("opencv-python-headless", "Pillow", "pillow-heif", "rawpy")
"""Two releases of one may decode the same bytes to pixels that differ by a level."""


class Bounds(NamedTuple):
    """What one picture may take, decided by the daemon that sends it.

    Attributes:
        memory_bytes: Address space of the process that decodes it.
        pixels: Largest width times height.
    """

    timeout_s: float
    memory_bytes: int
    pixels: int


class Outcome(enum.Enum):
    """How a worker came to the end of a job."""

    ANSWER = "answer"
    GARBLED = "garbled"  # the bytes that came aren't those that were sent
    UNFIT = "unfit"  # it is of another version
    UNABLE = "unable"  # it can't start a process: that says nothing about the picture


class Reply(NamedTuple):
    """What a worker sends back: an answer's packet and its CRC-32, or words for the owner."""

    outcome: Outcome
    packet: bytes = b""
    crc: int = 0
    words: str = ""


Greet = Callable[[int], Terms]
"""What runs on a worker that is new: is told its threads, tells its terms."""

Look = Callable[[bytes, tuple[bytes, ...], tuple[int, ...], Terms, Bounds], Reply]
"""What runs on a worker for each job: request, the pictures' bytes, their CRC-32s, our terms."""


class Errands(NamedTuple):
    """The two functions that run on a cluster's workers."""

    greet: Greet
    look: Look


@cache
def ours() -> Terms:
    """Return the terms of this process."""
    return {
        "dedupd": dedupd.__version__,
        "fingerprints": str(versions.FINGERPRINT),
        "signatures": str(versions.SIGNATURE),
        "measures": str(versions.MEASURES),
        **{name: _version(name) for name in DECODERS},
    }


def mismatch(theirs: Terms, mine: Terms) -> str:
    """Return in words where a worker's terms aren't mine; "" where all agree."""
    names = [*mine, *(name for name in theirs if name not in mine)]
    return ", ".join(
        f"{name} {theirs.get(name) or 'missing'} there and {mine.get(name) or 'missing'} here"
        for name in names
        if theirs.get(name) != mine.get(name)
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
