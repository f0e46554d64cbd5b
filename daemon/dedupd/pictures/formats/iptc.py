"""Read the capture time out of IPTC records.  Source: IPTC-IIM 4.2; Photoshop file formats."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

JPEG_PREFIX = b"Photoshop 3.0\0"
"""What the segment of a JPEG begins with that holds Photoshop's resources."""

_RESOURCE = b"8BIM"
_IPTC_RESOURCE = 0x0404
_RECORDS_AT_MOST = 1000
_MARK, _APPLICATION, _DATE, _TIME = 0x1C, 2, 55, 60
_LONG_BYTES = 0x8000
_TAKEN_AT = re.compile(r"(?!0000)(\d{4})(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)")


def taken_at_in_resources(block: memoryview) -> str:
    """Return the capture time in the IPTC of Photoshop's resources; "" if there is none."""
    at = 0
    while at + 12 <= len(block) and bytes(block[at : at + 4]) == _RESOURCE:
        name_bytes = (block[at + 6] + 2) & ~1  # with its length byte, to an even end
        (resource,) = struct.unpack_from(">H", block, at + 4)
        if at + 10 + name_bytes > len(block):
            return ""
        (length,) = struct.unpack_from(">I", block, at + 6 + name_bytes)
        at += 10 + name_bytes
        if resource == _IPTC_RESOURCE:
            return taken_at(block[at : at + length])
        at += (length + 1) & ~1
    return ""


def taken_at(records: memoryview) -> str:
    """Return date and time created in EXIF's form; "" unless there are both."""
    found = dict(_texts(records))
    day, time = found.get(_DATE, ""), found.get(_TIME, "")[:6]
    parts = _TAKEN_AT.fullmatch(f"{day} {time}")
    return "{}:{}:{} {}:{}:{}".format(*parts.groups()) if parts else ""


def _texts(records: memoryview) -> Iterator[tuple[int, str]]:
    """Yield the data sets of the application record: number and text."""
    at = 0
    for _ in range(_RECORDS_AT_MOST):
        if at + 5 > len(records) or records[at] != _MARK:
            return
        record, number, length = struct.unpack_from(">BBH", records, at + 1)
        if length >= _LONG_BYTES:
            return
        at += 5 + length
        if record == _APPLICATION and number in (_DATE, _TIME):
            yield number, bytes(records[at - length : at]).decode("ascii", "replace")
