"""The headers of an AV1 still picture: how finely it is quantised, its tiles, its colours.

Source: AV1 Bitstream & Decoding Process Specification, 5.3 to 5.5, 5.9.2 and 5.9.12 to 5.9.15.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_SEQUENCE, _FRAME_HEADER, _FRAME = 1, 3, 6  # kinds of units (OBU)
_EXTENDED, _SIZED = 0x04, 0x02
_MOST_SIZE_BYTES = 8
_HEADER_BYTES = 64  # what is read of either ends long before
_SAMPLINGS = ("4:2:0", "4:4:4")  # of the profiles 0 and 1, 8 bits a channel
_WIDEST_TILE_PX, _LARGEST_TILE_PX, _MOST_TILES = 4096, 4096 * 2304, 64


class StillPicture(NamedTuple):
    """What the headers say.

    Attributes:
        step: Quantiser index of the whole frame, 0 (fine) to 255.
        tiles: Into how many columns and rows of tiles it is cut.
        sampling: "4:2:0" or "4:4:4".
    """

    step: int
    tiles: tuple[int, int]
    sampling: str


class _Sequence(NamedTuple):
    sampling: str
    superblock_px: int
    width_px: int
    height_px: int
    shrinks: bool


class _Bits:
    """Reads bits, the highest first; zeros follow the last one."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, bits: int) -> int:
        """Return the next bits as a number."""
        value = 0
        for at in range(self._at, self._at + bits):
            byte = self._data[at // 8] if at // 8 < len(self._data) else 0
            value = value << 1 | (byte >> (7 - at % 8) & 1)
        self._at += bits
        return value

    def flag(self) -> bool:
        """Return the next bit."""
        return self.number(1) == 1


def still_picture(coded: bytes) -> StillPicture | None:
    """Return what the headers of one picture say; None of one that isn't written as they all are.

    That is: a still picture with the short header, 8 bits a channel, 4:2:0 or 4:4:4, tiles of one
    size.  No error for any bytes.
    """
    sequence = None
    for kind, unit in units(coded):
        if kind == _SEQUENCE:
            sequence = _sequence(_Bits(unit[:_HEADER_BYTES]))
        elif kind in (_FRAME, _FRAME_HEADER) and sequence:
            return _frame(_Bits(unit[:_HEADER_BYTES]), sequence)
    return None


def units(coded: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind of each unit (OBU) and what it holds, as far as they hang together."""
    at = 0
    while at < len(coded):
        flags = coded[at]
        at += 2 if flags & _EXTENDED else 1
        size_bytes, at = leb128(coded, at) if flags & _SIZED else (len(coded) - at, at)
        yield flags >> 3 & 15, coded[at : at + size_bytes]
        at += size_bytes


def leb128(coded: bytes, at: int) -> tuple[int, int]:
    """Return a number, seven bits a byte and the lowest first, and where it ends."""
    value = 0
    for index, byte in enumerate(coded[at : at + _MOST_SIZE_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    return value, len(coded) + 1


def _sequence(bits: _Bits) -> _Sequence | None:
    profile, _still, is_short = bits.number(3), bits.flag(), bits.flag()
    if profile >= len(_SAMPLINGS) or not is_short:
        return None
    bits.number(5)  # its level
    lengths = bits.number(4) + 1, bits.number(4) + 1
    width_px, height_px = (bits.number(length) + 1 for length in lengths)
    superblock_px = 128 if bits.flag() else 64
    bits.number(2)  # how it is predicted
    shrinks = bits.flag()
    bits.number(2)  # how it is filtered
    if bits.flag():  # more than 8 bits a channel
        return None
    return _Sequence(_SAMPLINGS[profile], superblock_px, width_px, height_px, shrinks)


def _frame(bits: _Bits, sequence: _Sequence) -> StillPicture | None:
    bits.number(1)
    for_screens = bits.flag()
    bits.number(int(for_screens))
    if sequence.shrinks and bits.flag():
        return None
    if bits.flag():  # shown in another size
        bits.number(32)
    bits.number(int(for_screens))
    tiles = _tiles(bits, sequence)
    return tiles and StillPicture(bits.number(8), tiles, sequence.sampling)


def _tiles(bits: _Bits, sequence: _Sequence) -> tuple[int, int] | None:
    """Return columns and rows of tiles; None where they aren't of one size."""
    if not bits.flag():
        return None
    side_px = sequence.superblock_px
    columns, rows = -(-sequence.width_px // side_px), -(-sequence.height_px // side_px)
    least_columns = _doublings(_WIDEST_TILE_PX // side_px, columns)
    least = max(least_columns, _doublings(_LARGEST_TILE_PX // side_px**2, rows * columns))
    wide = _raised(bits, least_columns, _doublings(1, min(columns, _MOST_TILES)))
    high = _raised(bits, max(least - wide, 0), _doublings(1, min(rows, _MOST_TILES)))
    if wide or high:
        bits.number(wide + high + 2)
    return 1 << wide, 1 << high


def _doublings(start: int, target: int) -> int:
    """Return how often a number has to be doubled to come to the other one."""
    return max(0, (-(-target // start) - 1).bit_length())


def _raised(bits: _Bits, least: int, most: int) -> int:
    """Return a number that is raised by one for each bit that says so."""
    while least < most and bits.flag():
        least += 1
    return least
