"""Make a colour profile of the three code points that HEIC and AVIF may have in its place.

Only what phones and cameras write: primaries of sRGB, Display P3 and BT.2020 with the tone curve
of sRGB or BT.709.  Source: ITU-T H.273 (code points); ICC.1:2022, 8.3 and 10 (profiles).
"""

from __future__ import annotations

import struct
from functools import cache

import numpy as np

_WHITE_X, _WHITE_Y = 0.3127, 0.3290  # D65, the white of all of these
_PRIMARIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_LIKE_SRGB = (1, 2)  # BT.709 has the primaries of sRGB; 2 is "not said"
_CURVES = {
    1: (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081),  # BT.709
    13: (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),  # sRGB
}
_SAME_CURVES = {2: 13, 6: 1, 14: 1, 15: 1}
_HIGH_RANGE = (16, 18)  # PQ and HLG
# From D65 to D50, the white of profiles: Bradford's matrix, as ICC.1 annex E computes it.
_TO_D50 = np.array(
    [
        [1.0479298, 0.0229468, -0.0501922],
        [0.0296278, 0.9904344, -0.0170738],
        [-0.0092430, 0.0150552, 0.7518743],
    ]
)


def is_high_range(transfer: int) -> bool:
    """Return whether the tone curve is that of a high dynamic range picture."""
    return transfer in _HIGH_RANGE


@cache
def profile(primaries: int, transfer: int) -> bytes:
    """Return an ICC profile for the code points; b"" for sRGB's, and where there is none."""
    curve = _CURVES.get(_SAME_CURVES.get(transfer, transfer))
    if primaries in _LIKE_SRGB or primaries not in _PRIMARIES or curve is None:
        return b""
    return _icc(_colorants(_PRIMARIES[primaries]), curve)


def _colorants(chromaticities: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return XYZ of red, green and blue under D50, one a row."""
    xyz = np.array([_xyz(*one) for one in chromaticities]).T
    strengths = np.linalg.solve(xyz, _xyz(_WHITE_X, _WHITE_Y))
    return np.asarray((_TO_D50 @ (xyz * strengths)).T)


def _xyz(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _icc(colorants: np.ndarray, curve: tuple[float, ...]) -> bytes:
    curve_tag = b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed(*curve)
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, 5) + b"nclx\0" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + _fixed(0.9642, 1.0, 0.8249),
        b"rTRC": curve_tag,
        b"gTRC": curve_tag,
        b"bTRC": curve_tag,
    }
    for name, colorant in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True):
        tags[name] = b"XYZ " + bytes(4) + _fixed(*colorant)
    return _with_header(tags)


def _with_header(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    body_at = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, body_at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size_bytes = body_at + len(body)
    head = struct.pack(">I4sI4s4s4s", size_bytes, bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += _fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + table + body


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)
