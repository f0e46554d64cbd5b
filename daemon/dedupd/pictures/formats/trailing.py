"""What else follows a picture in its file: the film of a motion photo, something, or padding."""

from __future__ import annotations

_PADDING = b"\0\xff"
_PADDING_BYTES = 16  # so few are nothing: cameras leave them
_SAMSUNG_END, _SAMSUNG_BYTES = b"SEFT", 1024  # the time zone and such; a film would be longer
_FILM_WITHIN_BYTES = 1 << 20
_HEADLESS_JPEG = b"\xd8\xff"  # its first byte went with the padding


def content(rest: memoryview) -> bytes:
    """Return what follows a picture without its padding; b"" if that is all there is."""
    stripped = bytes(rest).strip(_PADDING)
    return stripped if len(stripped) > _PADDING_BYTES else b""


def in_words(rest: memoryview) -> str:
    """Return what follows a picture in words; "" if nothing that anybody would miss."""
    found = content(rest)
    if not found or (len(found) <= _SAMSUNG_BYTES and found.endswith(_SAMSUNG_END)):
        return ""
    if b"ftyp" in found[:_FILM_WITHIN_BYTES]:
        return "a film follows the picture in its file"
    if found.startswith(_HEADLESS_JPEG):
        return "another picture follows in its file"
    return "something else follows the picture in its file"
