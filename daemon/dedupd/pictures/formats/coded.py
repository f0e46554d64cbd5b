"""The digest of a coded picture: equal only for files whose pictures look the same to the bit.

What goes in: the coded pixels and every part that decides how they are shown (tables, colour,
orientation, what trails the picture).  What stays out: metadata.
"""

from __future__ import annotations

import hashlib
import struct

_LENGTH = struct.Struct(">Q")


class CodedDigest:
    """A SHA-256 over named parts; each with its length, so that no part runs into the next."""

    def __init__(self, format_: bytes) -> None:
        self._hash = hashlib.sha256(b"dedupd coded picture 1\n")
        self.add(format_)

    def add(self, name: bytes, part: bytes | memoryview = b"") -> None:
        """Add a part under a name."""
        for piece in (name, part):
            self._hash.update(_LENGTH.pack(len(piece)))
            self._hash.update(piece)

    def digest(self) -> bytes:
        """Return the 32 bytes."""
        return self._hash.digest()
