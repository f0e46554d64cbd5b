"""One picture, one vote: who else claims a library picture that a needle claims by its looks?

The next frame of a burst looks exactly like the one in the library.  Pixels can't tell the two
apart, so where several needle pictures of one size claim one library picture, none has it, but
for one that coding the library's picture gives to the last grain of noise (`Finding.retold`).  Two
frames that were made smaller are as hard to tell; a picture and its own smaller copy are no rivals.
Where more might be rivals than are compared (`MOST_COMPARED`), one is taken to be one; so is what
no worker came to the end of, see `unseen`.
"""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.model import VIEWS, Digest, Fingerprint, Role, View
from dedupd.rules import moments
from dedupd.rules.catalog import Catalog
from dedupd.rules.lineup import MOST_COMPARED
from dedupd.rules.nearby import Nearby
from dedupd.rules.pairs import Beside, Book, Errand, Facts, Pairs, errand_for
from dedupd.rules.unseen import Unseen
from dedupd.rules.verify import Want, nearly_equal, same_coding, size_px


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody else claims the same library picture; or, with an errand, may turn out to."""

    errand: Errand | None = None


class Contest:
    """Finds rivals.  Holds nothing of its own: its answers follow from what the others hold."""

    def __init__(
        self,
        catalog: Catalog,
        facts: Facts,
        nearby: Nearby,
        unseen: Unseen,
        pairs: Pairs,
        book: Book,
    ) -> None:
        self._catalog, self._facts, self._nearby = catalog, facts, nearby
        self._unseen, self._pairs, self._book = unseen, pairs, book

    def open_to(self, known: Fingerprint, claim: Beside) -> bool:
        """May another needle claim the same library picture?

        Who was made of it, or carries its capture time to the sub-second, needs no vote.
        """
        if claim.finding.retold:
            return False
        library = self._facts.fingerprint(claim.haystack)
        return isinstance(library, Fingerprint) and not moments.agree_to_the_subsecond(
            known.taken_at, library.taken_at
        )

    def rival(self, digest: Digest, known: Fingerprint, claim: Beside) -> Rival | None:
        """Return who else claims the library picture, None where the claim stands alone."""
        library = self._facts.fingerprint(claim.haystack)
        if not isinstance(library, Fingerprint) or not self.open_to(known, claim):
            return None
        size = size_px(known, claim.view)
        full_size = size == size_px(library)
        if full_size and self._catalog.places(Role.NEEDLES, claim.haystack):
            return Rival()  # the library picture's own bytes are among the needles
        if full_size and self._nearby.of_coding(Role.NEEDLES, library.coded) - {digest}:
            return Rival()
        if any(not self._book.differ(one, claim.haystack) for one in self._unseen.beside(digest)):
            return Rival()
        return self._by_looks(digest, known, size, claim.haystack, library)

    def _by_looks(
        self,
        digest: Digest,
        known: Fingerprint,
        size: tuple[int, int],
        haystack: Digest,
        library: Fingerprint,
    ) -> Rival | None:
        """Look for a rival among the nearest; where there are too many, take it that one is."""
        unsure: Rival | None = None
        compared = 0
        for view in VIEWS:
            for distance_bits, other in self._nearby.needles(library, view):
                if other == digest or self._book.differ(other, haystack):
                    continue
                if not self._may_claim(other, known, size, view):
                    continue
                if not self._pairs.may_be(other, haystack, view):
                    continue
                finding = self._pairs.finding(other, haystack, distance_bits, view)
                if finding.within and not finding.beyond:
                    return Rival()
                if not self._pairs.must_be_compared(other, haystack, view):
                    continue
                if compared == MOST_COMPARED:
                    return unsure or Rival()
                compared += 1
                if finding.want is not Want.NOTHING and unsure is None:
                    unsure = Rival(errand_for(finding.want, other, haystack, view))
        return unsure

    def _may_claim(
        self,
        other: Digest,
        known: Fingerprint,
        size: tuple[int, int],
        view: View,
    ) -> bool:
        """May another needle be the library's picture, and another picture than ours?"""
        rival = self._facts.fingerprint(other)
        if not isinstance(rival, Fingerprint) or same_coding(rival, known):
            return False  # nobody can see it, or it is ours once more
        return nearly_equal(size_px(rival, view), size)
