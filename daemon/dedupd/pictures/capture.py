"""What codecs write to standard error, caught and judged.

libjpeg and libpng tell damage that they could live with nowhere else.  Catching replaces file
descriptor 2 of the whole process for the time of one decode, so it is meant for a worker that
does nothing else.
"""

from __future__ import annotations

import os
import re
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from dedupd.text import printable

_JUDGED_BYTES = 16_384
_TOLD_BYTES = 512

_CHUNKS = (
    "iCCP|sRGB|gAMA|cHRM|cICP|mDCV|cLLI|sBIT|bKGD|"
    "tEXt|zTXt|iTXt|eXIf|pHYs|sPLT|tIME|hIST|oFFs|pCAL|sCAL"
)
_TAGS = (
    "Artist|Copyright|DateTime|DocumentName|HostComputer|ICC Profile|ImageDescription|Make|Model|"
    "PageName|PageNumber|Photoshop|ResolutionUnit|RichTIFFIPTC|Software|XMLPacket|[XY]Resolution"
)
_METADATA_ONLY = tuple(
    re.compile(pattern)
    for pattern in (
        rf"libpng warning: (?:{_CHUNKS}): (?!CRC error)",
        r"libpng warning: Ignoring invalid time value$",
        r".*Unknown field with tag \d+ \(0x[0-9a-f]+\) encountered$",
        r".*Sum of Photometric type-related color channels and ExtraSamples doesn't match",
        rf'.*(?:incorrect count for field|Incompatible type for|Bad value \d+ for) "(?:{_TAGS})"',
        rf'.*IO error during reading of "(?:{_TAGS})"; tag ignored$',
        r".*ASCII value for tag .* does not end in null byte",
        r"Warning: unknown JFIF revision number",
        r"Corrupt JPEG data: bad ICC marker$",
    )
)
_OPENCV_PREFIX = re.compile(r"^\[ ?[A-Z]+:\d+@[\d.]+\] \w+ \S+ (?=\S)")


class Warnings(NamedTuple):
    """What a codec said: all of it for people, and whether it tells of damage."""

    text: str
    damage: bool


class Capture(Protocol):
    """Catches what is written to standard error inside of its `with` block.

    `said` is what the last block caught, at least its first 16 KiB.
    """

    said: bytes

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class StderrCapture:
    """A `Capture` of the real file descriptor 2, in a memory file that no codec can block on."""

    def __init__(self) -> None:
        self.said = b""
        self._memory = os.memfd_create("codec-warnings")
        self._own = -1

    def __enter__(self) -> Self:
        if self.said:
            os.ftruncate(self._memory, 0)
            os.lseek(self._memory, 0, os.SEEK_SET)
        self._own = os.dup(2)
        os.dup2(self._memory, 2)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.dup2(self._own, 2)
        os.close(self._own)
        self.said = os.pread(self._memory, _JUDGED_BYTES + 1, 0)

    def close(self) -> None:
        """Give the memory file back."""
        os.close(self._memory)


def judge(said: bytes) -> Warnings:
    """Return what a codec's words mean.

    Words that speak of metadata only are no damage.  Unknown words are, and so are words that
    were too many to be read.
    """
    lines = [_OPENCV_PREFIX.sub("", line) for line in _lines(said)]
    harmless = len(said) <= _JUDGED_BYTES and all(map(_is_metadata_only, lines))
    return Warnings(printable("; ".join(lines)[:_TOLD_BYTES]), damage=not harmless)


def _lines(said: bytes) -> list[str]:
    text = said[:_JUDGED_BYTES].decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _is_metadata_only(line: str) -> bool:
    return any(pattern.match(line) for pattern in _METADATA_ONLY)
