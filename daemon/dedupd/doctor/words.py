"""Words for the shell and for people: paths that can be typed, counts, sizes."""

from __future__ import annotations

import os
import shlex

from dedupd.text import shown

_THOUSAND = 1000
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def word(path: bytes | str) -> str:
    r"""Return a path as a word for the shell; `$'...'` where it holds what isn't printable.

    The word is printable ASCII where the path is hostile, and stands for its exact bytes.
    """
    exact = os.fsencode(path)
    plain = shown(exact)
    if os.fsencode(plain) == exact:
        return shlex.quote(plain)
    return "$'" + "".join(_letter(byte) for byte in exact) + "'"


def _letter(byte: int) -> str:
    letter = chr(byte)
    plain = letter.isascii() and letter.isprintable() and letter not in "'\\"
    return letter if plain else f"\\x{byte:02x}"


def several(count: int, noun: str, most: bool = False) -> str:
    """Return "1 folder", "12,000 folders"; `most`: there may be more than were counted."""
    return f"{'at least ' if most else ''}{count:,} {noun}{'' if count == 1 else 's'}"


def size(bytes_: int) -> str:
    """Return a size in the largest unit that leaves a whole part: "1.5 GB"."""
    value, unit = float(bytes_), 0
    while value >= _THOUSAND and unit < len(_UNITS) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{bytes_} bytes"


def owner(uid: int, name: str) -> str:
    """Return a user as people know it, else the number."""
    return shown(name) if name else f"uid {uid}"
