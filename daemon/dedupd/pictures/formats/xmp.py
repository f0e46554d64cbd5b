"""Read the few facts that matter out of an XMP packet, by pattern: no XML is parsed.

Source: XMP specification, part 1 and 2, Adobe; Ultra HDR image format and Motion Photo format,
Android.
"""

from __future__ import annotations

import re

JPEG_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_EXTENSION = b"http://ns.adobe.com/xmp/exte"
"""How an APP1 segment begins that holds what did not fit into one; cut to what is looked at."""
"""What an XMP segment of a JPEG begins with."""

_READ_BYTES = 1 << 18
_TIMES = (b"exif:DateTimeOriginal", b"photoshop:DateCreated", b"xmp:CreateDate")
_ISO_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?")
_MAP = re.compile(rb"Item:Semantic\s*(?:=\s*[\"']|>)\s*(?:GainMap|Depth|Confidence|Mask|Segment)")
_GAIN_MAP = re.compile(rb"hdrgm:Version|apple:photo:2020:aux:hdrgainmap|iso:ts:21496")


def taken_at(packet: bytes | memoryview) -> str:
    """Return the capture time in EXIF's form, the time zone dropped; "" if there is none.

    A property may be an attribute or an element.
    """
    text = bytes(packet[:_READ_BYTES])
    times = (_exif_form(_value(text, name)) for name in _TIMES)
    return next((time for time in times if time), "")


def lists_maps(packet: bytes | memoryview) -> bool:
    """Return whether it says that a gain or depth map follows the picture in its file."""
    return _MAP.search(bytes(packet[:_READ_BYTES])) is not None


def is_gain_map(head: bytes) -> bool:
    """Return whether the first bytes of a JPEG say that it is the gain map of another."""
    return _GAIN_MAP.search(head) is not None


def _value(text: bytes, name: bytes) -> str:
    found = re.search(rb"\b" + name + rb"\s*(?:=\s*[\"']|>)\s*([^\"'<>]{10,40})", text)
    return found[1].decode("ascii", "replace") if found else ""


def _exif_form(iso: str) -> str:
    found = _ISO_TIME.match(iso)
    if not found or found[1] == "0000":
        return ""
    year, month, day, minutes, seconds, fraction = found.groups()
    time = f"{year}:{month}:{day} {minutes}:{seconds or '00'}"
    return f"{time}.{fraction}" if fraction else time
