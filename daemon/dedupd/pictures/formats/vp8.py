"""The header of a lossy WebP's frame: how finely each of its segments is quantised.

Source: RFC 6386, sections 7.3 (the boolean decoder), 9.2 to 9.6 and 19.2 (the frame header).
"""

from __future__ import annotations

_FRAME_TAG_BYTES = 10  # of a key frame: its tag, its start code, its width and height
_SEGMENTS = 4
_STEP_BITS, _FILTER_BITS = 7, 6
_SIGNS_AND_FILTER_BITS = 1 + 6 + 3  # which filter, how strong, how sharp
_FILTER_CHANGES, _CHANGE_BITS = 8, 6
_PARTITION_BITS = 2
_EVEN_ODDS = 128
_BYTE_BITS = 8
_PROBABILITY_BITS = 8


class BooleanDecoder:
    """Reads what was coded bit by bit, each with its odds; zeros follow the last byte."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 2
        self._value = int.from_bytes(data[:2].ljust(2, b"\0"), "big")
        self._range, self._shifted_bits = 255, 0

    def flag(self, odds: int = _EVEN_ODDS) -> bool:
        """Return the next bit; `odds`, of 256, are those of a zero."""
        split = 1 + ((self._range - 1) * odds >> 8)
        is_one = self._value >= split << 8
        if is_one:
            self._range -= split
            self._value -= split << 8
        else:
            self._range = split
        while self._range < _EVEN_ODDS:
            self._shift()
        return is_one

    def number(self, bits: int) -> int:
        """Return the next bits as a number, the highest first."""
        value = 0
        for _ in range(bits):
            value = value << 1 | self.flag()
        return value

    def signed(self, bits: int) -> int:
        """Return a number and its sign, 0 where a flag says that there is none."""
        if not self.flag():
            return 0
        value = self.number(bits)
        return -value if self.flag() else value

    def _shift(self) -> None:
        self._value <<= 1
        self._range <<= 1
        self._shifted_bits += 1
        if self._shifted_bits == _BYTE_BITS:
            self._shifted_bits = 0
            self._value |= self._data[self._at] if self._at < len(self._data) else 0
            self._at += 1


def quantisers(frame: bytes) -> tuple[int, ...]:
    """Return the quantiser index of each of four segments of a key frame, 0 (fine) to 127.

    A frame without segments has four equal ones.  Nonsense in, nonsense out, no error.
    """
    bits = BooleanDecoder(frame[_FRAME_TAG_BYTES:])
    bits.number(2)  # how colours are meant, and whether decoders clamp them
    changes, absolute = _segments(bits) if bits.flag() else ([0] * _SEGMENTS, False)
    bits.number(_SIGNS_AND_FILTER_BITS)
    if bits.flag() and bits.flag():
        for _ in range(_FILTER_CHANGES):
            bits.signed(_CHANGE_BITS)
    bits.number(_PARTITION_BITS)
    base = bits.number(_STEP_BITS)
    return tuple(change if absolute else base + change for change in changes)


def _segments(bits: BooleanDecoder) -> tuple[list[int], bool]:
    """Return each segment's quantiser, and whether it is one or a change to the frame's."""
    has_map, has_values = bits.flag(), bits.flag()
    changes, absolute = [0] * _SEGMENTS, False
    if has_values:
        absolute = bits.flag()
        changes = [bits.signed(_STEP_BITS) for _ in range(_SEGMENTS)]
        for _ in range(_SEGMENTS):
            bits.signed(_FILTER_BITS)
    if has_map:
        for _ in range(_SEGMENTS - 1):
            if bits.flag():
                bits.number(_PROBABILITY_BITS)
    return changes, absolute
