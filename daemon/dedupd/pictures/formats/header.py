"""What the header of a picture says before a single pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass

_SIDES_SWAPPED = (5, 6, 7, 8)


EIGHT_BIT_ERROR = 0.29
"""`coding_error` of a lossless picture of 8 bits a channel: what rounding to 256 levels costs."""


@dataclass(frozen=True, slots=True)
class Header:
    """The facts of a header; nothing here has been checked against the pixels.

    Attributes:
        width_px, height_px: As stored, that is before `orientation` is applied.
        data: Where the pixel data begin and end, byte offsets.
        format: Content type; `formats.read_header` fills it in.
        frames: Pictures in the file; 2 stands for "more than one".
        alpha: Pixels may be transparent.
        orientation: How the stored pixels must be turned, as EXIF numbers it, 1 to 8.
        reducible: The decoder can shrink it while decoding.
        taken_at: Capture time as EXIF gives it, sub-seconds after a dot; "" if none.
        camera: Make and model; "" if none.
        damage: What is missing or wrong, in words, though the file may well decode; "" if nothing.
        note: What people should know about it, and is no damage; "" if nothing.
        icc: The colour profile; b"" if none.
        inks: Its channels are inks (CMYK), not lights.
        coded: SHA-256 of the coded picture and of all that decides how it looks, see
            `pictures.coded`; b"" where that can't be told apart from the metadata.
        coding_error: Largest RMS luma error of the coding, grey levels: 0.0 where it is lossless
            and finer than 8 bits, -1.0 where unknown.
        luma_steps: Quantisation table of a JPEG's brightness, 64 steps in zigzag order; () if none.
        coded_steps: Quantiser indices of a lossy WebP (its four segments, 0 to 127) or AVIF (one,
            0 to 255), and the quantisation table of a JPEG's colours; () where they can't be told,
            or there are none.
        tiles: Columns and rows of tiles that an AVIF is cut into.
        sampling: Of the colours of a JPEG or AVIF, "4:2:0", "4:2:2", "4:4:4", or "grey" without
            any; "" where it is another one, or can't be told.
        trailing: What follows the picture in its file, in words; "" if nothing that counts.
        zero_run_bytes: Zero bytes in a row that sound pixel data never have; 0 where pixels are
            stored as they are, so that black is zero.
        zero_run_spans: Where such a run is looked for, byte offsets; None for all of `data`.
        flat_spans: Where such a run is in order if the picture has a flat area.
    """

    width_px: int
    height_px: int
    data: tuple[int, int]
    format: str = ""
    frames: int = 1
    alpha: bool = False
    orientation: int = 1
    reducible: bool = False
    taken_at: str = ""
    camera: str = ""
    damage: str = ""
    note: str = ""
    icc: bytes = b""
    inks: bool = False
    coded: bytes = b""
    coding_error: float = -1.0
    luma_steps: tuple[int, ...] = ()
    coded_steps: tuple[int, ...] = ()
    tiles: tuple[int, int] = (1, 1)
    sampling: str = ""
    trailing: str = ""
    zero_run_bytes: int = 4096
    zero_run_spans: tuple[tuple[int, int], ...] | None = None
    flat_spans: tuple[tuple[int, int], ...] = ()

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height as people see the picture."""
        if self.orientation in _SIDES_SWAPPED:
            return self.height_px, self.width_px
        return self.width_px, self.height_px


class HeaderError(Exception):
    """The header rules the picture out; `reason` and `detail` are those of `Unreadable`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def truncated(missing: str) -> HeaderError:
    """Return the error for a file that stops before `missing`."""
    return HeaderError("truncated", f"the file ends before {missing}")
