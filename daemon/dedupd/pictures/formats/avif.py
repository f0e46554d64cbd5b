"""AVIF: the largest picture in it, and whether it moves or has alpha.

The properties of all items (tiles, alpha, thumbnail) are read without asking which belongs to
which; the largest size is that of the picture, or the file is called larger than it is.
Turned pictures (`irot`, `imir`) are decoded as they are stored.  Source: ISO/IEC 23008-12; AV1
Image File Format, Alliance for Open Media.
"""

from __future__ import annotations

import struct

from dedupd.pictures.formats.boxes import boxes
from dedupd.pictures.formats.header import Header, HeaderError

_MOVES = b"avis"
_ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
_ZERO_RUN_BYTES = 512  # arithmetic coding: far longer ones don't happen


def read(data: memoryview) -> Header:
    """Return the header of an AVIF picture or sequence."""
    top = {name: (start, end) for name, start, end in boxes(data, 0, len(data))}
    if b"meta" not in top:
        raise HeaderError("damaged", "it does not describe its pictures")
    sizes, alpha = [], False
    for name, start, end in _properties(data, top[b"meta"]):
        if name == b"ispe":
            sizes.append(struct.unpack_from(">II", data, start + 4))
        elif name == b"auxC":
            alpha = alpha or bytes(data[start + 4 : end]).startswith(_ALPHA)
    if not sizes:
        raise HeaderError("damaged", "it does not say how large it is")
    width_px, height_px = max(sizes, key=lambda size: size[0] * size[1])
    moves = b"moov" in top or _MOVES in bytes(data[8 : top[b"ftyp"][1]])
    return Header(
        width_px,
        height_px,
        data=top.get(b"mdat", (0, len(data))),
        frames=2 if moves else 1,
        alpha=alpha,
        zero_run_bytes=_ZERO_RUN_BYTES,
    )


def _properties(data: memoryview, meta: tuple[int, int]) -> list[tuple[bytes, int, int]]:
    """Return the item properties: the boxes of meta/iprp/ipco."""
    found = [(b"meta", meta[0] + 4, meta[1])]  # 4: version and flags
    for wanted in (b"iprp", b"ipco"):
        found = [box for _, *span in found for box in boxes(data, *span) if box[0] == wanted]
    return [box for _, *span in found for box in boxes(data, *span)]
