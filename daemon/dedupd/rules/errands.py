"""Which errands wait, by the needle that asks and by the pictures that they are about.

A needle has one at a time.  Whatever is learned of a picture has those needles judged again that
wait for a look at it; with ten thousand waiting, they must not all be gone through for each.
"""

from __future__ import annotations

from collections.abc import ItemsView

from dedupd.model import Digest
from dedupd.rules.groups import Groups
from dedupd.rules.pairs import Errand


class Errands:
    """Errands in order of arrival.  Not thread-safe: it belongs to the engine."""

    def __init__(self) -> None:
        self._of_needle: dict[Digest, Errand] = {}
        self._needles: Groups[Digest, Digest] = Groups()  # by what their errands are about

    def __len__(self) -> int:
        return len(self._of_needle)

    def get(self, needle: Digest) -> Errand | None:
        """Return the errand of a needle, None if it has none."""
        return self._of_needle.get(needle)

    def items(self) -> ItemsView[Digest, Errand]:
        """Return needles and their errands, the oldest first."""
        return self._of_needle.items()

    def set(self, needle: Digest, errand: Errand | None) -> None:
        """Replace the errand of a needle, which keeps its place in the order; None drops it."""
        old = self._of_needle.get(needle)
        for digest in old.digests if old is not None else ():
            self._needles.discard(digest, needle)
        if errand is None:
            self._of_needle.pop(needle, None)
            return
        self._of_needle[needle] = errand
        for digest in errand.digests:
            self._needles.add(digest, needle)

    def about(self, digests: tuple[Digest, ...]) -> list[Digest]:
        """Return the needles whose errands are about any of these pictures."""
        return sorted(set[Digest]().union(*map(self._needles.of, digests)))
