"""What the header of a picture says before a single pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Header:
    """The facts of a header; nothing here has been checked against the pixels.

    Attributes:
        width_px, height_px: As stored, that is before any orientation is applied.
        frames: Pictures in the file; 2 stands for "more than one".
        alpha: Pixels may be transparent.
        turned: The orientation swaps width and height.
        reducible: The decoder can shrink it while decoding.
        taken_at: Capture time as EXIF gives it, sub-seconds after a dot; "" if none.
        damage: What is missing or wrong, in words, though the file may well decode; "" if nothing.
        data: Where the pixel data begin and end, byte offsets.
        whole_at_end: The file could end where `data` ends: what follows is not of the picture.
        zero_run_bytes: Zero bytes in a row that sound pixel data never have; 0 where pixels are
            stored as they are, so that black is zero.
    """

    width_px: int
    height_px: int
    data: tuple[int, int]
    frames: int = 1
    alpha: bool = False
    turned: bool = False
    reducible: bool = False
    taken_at: str = ""
    damage: str = ""
    zero_run_bytes: int = 4096
    whole_at_end: bool = False


class HeaderError(Exception):
    """The header rules the picture out; `reason` and `detail` are those of `Unreadable`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def truncated(missing: str) -> HeaderError:
    """Return the error for a file that stops before `missing`."""
    return HeaderError("truncated", f"the file ends before {missing}")
