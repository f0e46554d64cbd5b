"""Which contents may show the same picture: by their coding, and by hash, in both directions.

Keeps the indices in step with the catalogue; decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from dedupd.model import VIEWS, Digest, Fingerprint, Role, View
from dedupd.rules.catalog import Catalog
from dedupd.rules.groups import Groups
from dedupd.rules.index import HammingIndex
from dedupd.rules.verify import UPRIGHT, may_be_compared

Near = tuple[int, Digest]
"""Distance of two dHashes in bits, and whose the other one is."""


class Nearby:
    """Contents of both roles by coding and by dHash.  Not thread-safe: it belongs to the engine."""

    def __init__(self, catalog: Catalog, radius_bits: int) -> None:
        self._catalog, self._radius_bits = catalog, radius_bits
        self._library = HammingIndex()
        self._open = {view: HammingIndex() for view in VIEWS}  # needles, without those of `_held`
        self._held = {view: HammingIndex() for view in VIEWS}  # whose own bytes the library has
        self._coded: dict[Role, Groups[bytes, Digest]] = {role: Groups() for role in Role}

    def learned(self, digest: Digest, known: Fingerprint) -> bool:
        """Take in a fingerprint, or that its content has a new place, or has lost its last one.

        Returns:
            Whether it is, or just was, a needle that may be compared.
        """
        claimed = self._is_needle(digest)
        in_library = bool(self._catalog.places(Role.HAYSTACK, digest))
        is_needle = bool(self._catalog.places(Role.NEEDLES, digest))
        self._set_coded(Role.HAYSTACK, digest, known, in_library)
        self._set_coded(Role.NEEDLES, digest, known, is_needle)
        if may_be_compared(known):
            _set(self._library, digest, known.dhash, in_library)
            hashes = (known.dhash, *known.turned) if is_needle or claimed else ()
            for view, dhash in zip(VIEWS, hashes, strict=False):
                _set(self._open[view], digest, dhash, is_needle and not in_library)
                _set(self._held[view], digest, dhash, is_needle and in_library)
        return claimed or self._is_needle(digest)

    def library(self, needle: Fingerprint, view: View = UPRIGHT) -> list[Near]:
        """Return the library's contents near a needle in that view, nearest first."""
        if view == UPRIGHT:
            return self._library.within(needle.dhash, self._radius_bits)
        if not needle.turned:
            return []
        dhash = needle.turned[VIEWS.index(view) - 1]
        return self._library.within(dhash, self._radius_bits)

    def needles(self, library: Fingerprint, view: View = UPRIGHT) -> list[Near]:
        """Return the needle contents that, in that view, are near a library picture."""
        both = (self._open[view], self._held[view])
        found = [near for index in both for near in index.within(library.dhash, self._radius_bits)]
        return sorted(found)

    def open_in_any_view(self, library: Fingerprint) -> Iterator[Digest]:
        """Yield the needle contents near a library picture, some more than once.

        Those whose own bytes the library has are left out: nothing else decides about them.
        """
        for index in self._open.values():
            for _, digest in index.within(library.dhash, self._radius_bits):
                yield digest

    def library_in_any_view(self, needle: Fingerprint) -> set[Digest]:
        """Return the library's contents near a needle in any view."""
        return {digest for view in VIEWS for _, digest in self.library(needle, view)}

    def of_coding(self, role: Role, coded: bytes) -> set[Digest]:
        """Return the contents of that role with this coded picture; don't change the set."""
        return self._coded[role].of(coded) if coded else set()

    def _is_needle(self, digest: Digest) -> bool:
        return digest in self._open[UPRIGHT] or digest in self._held[UPRIGHT]

    def _set_coded(self, role: Role, digest: Digest, known: Fingerprint, present: bool) -> None:
        if not known.coded:
            return
        if present:
            self._coded[role].add(known.coded, digest)
        else:
            self._coded[role].discard(known.coded, digest)


def _set(index: HammingIndex, digest: Digest, dhash: int, present: bool) -> None:
    if present:
        index.add(digest, dhash)
    else:
        index.remove(digest)
