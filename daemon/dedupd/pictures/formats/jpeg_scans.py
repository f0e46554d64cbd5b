"""What the frame and the scans of a JPEG hold: is all of it there, and can zeros be in order?

A hole in a file is a run of zero bytes.  A flat area may be coded as zero bits too, but only in
scans whose tables say so.  Source: ITU-T T.81, annexes B, F and G.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass, field

from dedupd.pictures.formats.header import HeaderError

PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_ARITHMETIC = frozenset({0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_BITS, _COEFFICIENTS, _LENGTHS = 8, 64, 16
_NO_SYMBOL = -1
_NO_CHANGE = _END_OF_BLOCK = 0


class Zeros(enum.Enum):
    """What a long run of zero bytes in the data of a scan is."""

    HOLE = "hole"
    FLAT_AREA = "flat area"  # where the picture has one; else a hole


@dataclass
class Scans:
    """The frame, the tables in force, and what the scans so far have brought.

    Attributes:
        frame: The frame's marker; 0 until there was one.
    """

    frame: int = 0
    width_px: int = 0
    height_px: int = 0
    components: tuple[int, ...] = ()
    factors: tuple[int, ...] = ()  # of sampling, a byte each: across, down
    tables: tuple[int, ...] = ()  # which one quantises it
    _first_codes: dict[int, int] = field(default_factory=dict)  # table -> symbol of all zero bits
    _exact: dict[int, set[int]] = field(default_factory=dict)  # coefficients with all their bits

    @property
    def whole(self) -> bool:
        """Every coefficient of every component has come with all its bits."""
        there = (len(self._exact.get(one, ())) >= _COEFFICIENTS for one in self.components)
        return self.frame in _LOSSLESS or all(there)

    def begin(self, marker: int, body: memoryview) -> None:
        """Take the frame header."""
        bits, height_px, width_px, count = struct.unpack_from(">BHHB", body)
        if bits != _BITS:
            detail = f"a JPEG of {bits} bits a channel can't be decoded by this version"
            raise HeaderError("unsupported", detail)
        self.frame, self.width_px, self.height_px = marker, width_px, height_px
        self.components = tuple(body[6 + 3 * i] for i in range(count))
        self.factors = tuple(body[7 + 3 * i] for i in range(count))
        self.tables = tuple(body[8 + 3 * i] for i in range(count))

    def take_codes(self, body: memoryview) -> None:
        """Take Huffman tables: of each, the symbol whose code is all zeros."""
        at = 0
        while at < len(body):
            symbols = sum(body[at + 1 : at + 1 + _LENGTHS])
            first_at = at + 1 + _LENGTHS
            self._first_codes[body[at]] = body[first_at] if symbols else _NO_SYMBOL
            at = first_at + symbols

    def take(self, body: memoryview) -> Zeros:
        """Take a scan header; return what zeros in its data are."""
        count = body[0]
        first, last, bits = struct.unpack_from("BBB", body, 1 + 2 * count)
        if self.frame not in PROGRESSIVE:
            first, last, bits = 0, _COEFFICIENTS - 1, 0
        if bits & 0x0F == 0:
            for i in range(count):
                self._exact.setdefault(body[1 + 2 * i], set()).update(range(first, last + 1))
        tables = [body[2 + 2 * i] for i in range(count)]
        return Zeros.FLAT_AREA if self._flat_is_zeros(tables, first, bits) else Zeros.HOLE

    def _flat_is_zeros(self, tables: list[int], first: int, bits: int) -> bool:
        """Return whether blocks that don't differ from their neighbours are coded as zero bits."""
        if self.frame in _ARITHMETIC or self.frame in _LOSSLESS:
            return False
        if self.frame in PROGRESSIVE:
            if first:
                return False  # one code stands for thousands of flat blocks
            if bits >> 4:
                return True  # one more bit of each block's mean, uncoded
        means = (self._first_codes.get(table >> 4) == _NO_CHANGE for table in tables)
        if self.frame in PROGRESSIVE:
            return all(means)
        details = (self._first_codes.get(16 | table & 15) == _END_OF_BLOCK for table in tables)
        return all(means) and all(details)
