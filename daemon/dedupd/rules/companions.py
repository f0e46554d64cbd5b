"""Files that belong together because of their names: RAW + JPEG pairs, Live Photos, sidecars.

A name is all that tells it, so it is said to people and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

_RAW = frozenset(b"3fr arw cr2 cr3 crw dng erf nef nrw orf pef raf rw2 rwl sr2 srw x3f".split())
_STILL = frozenset(b"heic heif hif jpeg jpg".split())
_FILM = frozenset(b"mov mp4".split())
_SIDECAR = frozenset(b"aae xmp thm".split())


def companions(name: bytes, beside: Iterable[bytes]) -> list[tuple[bytes, str]]:
    """Return the names in the same folder that belong to `name`, with what each is to it.

    Args:
        beside: All names in the folder; `name` itself may be among them.
    """
    stem, suffix = _parts(name)
    found = []
    for other in sorted(beside):
        other_stem, other_suffix = _parts(other)
        if other != name and other_stem == stem and (what := _relation(suffix, other_suffix)):
            found.append((other, what))
        elif other.lower() in (name.lower() + b".xmp", name.lower() + b".json"):
            found.append((other, "sidecar"))
    return found


def _relation(suffix: bytes, other: bytes) -> str:
    if suffix in _STILL and other in _FILM:
        return "film of the Live Photo"
    if suffix in _FILM and other in _STILL:
        return "picture of the Live Photo"
    if suffix in _RAW and other in _STILL:
        return "JPEG of the RAW + JPEG pair"
    if suffix in _STILL and other in _RAW:
        return "RAW of the RAW + JPEG pair"
    return "sidecar" if other in _SIDECAR else ""


def _parts(name: bytes) -> tuple[bytes, bytes]:
    stem, _, suffix = name.lower().rpartition(b".")
    return stem, suffix
