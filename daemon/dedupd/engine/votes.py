"""Who may still claim a library picture that a needle claims by its looks: nobody has looked yet.

A match by looks counts for a folder only once every needle was looked at.  What was said in an
earlier run stands meanwhile, unless what was known of a needle then has been forgotten.
"""

from __future__ import annotations

from dedupd.engine.files import Files
from dedupd.engine.roots import Roots
from dedupd.model import Digest, Role

COUNTED = "votes-counted"  # kept in the store once a first scan came to its end


class Votes:
    """Belongs to the standing of the folders.

    Attributes:
        open: A needle or a library root is still to be looked at.
    """

    def __init__(self, files: Files, roots: Roots) -> None:
        self._files, self._roots = files, roots
        self.open = True
        self._counted = files.store.meta(COUNTED) is not None
        self._forgotten: list[Digest] | None = None  # needles; None: nobody has asked yet

    def may_come(self, said_imported: bool, scanned: bool) -> bool:
        """May a vote come that speaks against a match by looks?

        Args:
            said_imported: The folder was called imported, and that was never taken back.
            scanned: A scan of this run came to its end.
        """
        stands = (self._counted or scanned) and said_imported
        return (self.open and not stands) or self.are_forgotten()

    def counted(self) -> None:
        """Note that a scan came to its end: every needle was looked at."""
        if not self._counted:
            self._counted = True
            self._files.store.put_meta(COUNTED, {})

    def are_forgotten(self) -> bool:
        """Is a needle of an earlier run to be looked at once more?"""
        if self._forgotten is None:
            self._forgotten = list(self._files.catalog.digests(Role.NEEDLES))
        while self._forgotten and not self._will_vote_again(self._forgotten[-1]):
            self._forgotten.pop()
        return bool(self._forgotten)

    def _will_vote_again(self, digest: Digest) -> bool:
        files, desks = self._files, self._roots.desks
        places = [place for role in Role for place in files.catalog.places(role, digest)]
        records = (one for one in map(files.catalog.get, places) if one is not None)
        earlier = any(one.seen_at_s == float("-inf") for one in records)
        seen = files.store.fingerprint(digest) is not None and digest not in files.lost
        if not earlier or seen:
            return False
        there = [one for one in places if desks[one.root].online or not desks[one.root].announced]
        return digest in files.decoding or any(map(files.look, there))
