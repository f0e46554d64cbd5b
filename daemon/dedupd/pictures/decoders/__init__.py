"""The decoders of formats that OpenCV doesn't read: a table content type -> decoder.

A decoder takes the whole file, its header, and whether grey is enough.  It returns uint8 pixels
that are already upright: shape (height, width) or (height, width, 3), blue first, or
(height, width, 4) with alpha.  They may be smaller than the header says (a preview), never
otherwise proportioned.  It raises `DecodeError`, opens no file, and what it or its library writes
to standard error is judged by `capture.judge`.  Colour profiles are left to the caller, who finds
them in the header.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dedupd.pictures.decoders.errors import DecodeError
from dedupd.pictures.formats.header import Header

__all__ = ["DECODERS", "DecodeError", "Decoder", "of_one_sensor"]

Decoder = Callable[[memoryview, Header, bool], NDArray[np.uint8]]


def _heic(data: memoryview, header: Header, grey: bool) -> NDArray[np.uint8]:
    # Loaded late, as below: most workers never see such a file, and libheif takes its time.
    from dedupd.pictures.decoders import heif

    return heif.decode(data, header, grey)


def _raw(data: memoryview, header: Header, grey: bool) -> NDArray[np.uint8]:
    from dedupd.pictures.decoders import raw

    return raw.decode(data, header, grey)


DECODERS: Mapping[str, Decoder] = MappingProxyType({"heic": _heic, "raw": _raw})


def of_one_sensor(first: memoryview, second: memoryview) -> bool:
    """Return whether two camera RAW files hold the very same values of a sensor.

    Their previews may be alike, and whole, where the sensor's data of one are damaged.
    """
    from dedupd.pictures.decoders import raw

    try:
        return raw.sensor_digest(first) == raw.sensor_digest(second)
    except DecodeError:
        return False
