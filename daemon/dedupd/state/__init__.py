"""What must last: the store of everything that can be rebuilt, the event log, the state lock.

Here stand the promise of a store (`Store`) and the ways in which one fails; the members of the
family are `store.LevelStore` (on disk) and `memory.MemoryStore` (for tests).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from dedupd.errors import UserError
from dedupd.likeness import Measures
from dedupd.model import VIEWS, Digest, FileRecord, Fingerprint, Place, Signature, Unreadable, View


class StoreDamaged(Exception):
    """What the store holds can't be trusted any more.

    The answer is always the same: close it, `set_aside`, open a new one, read the roots again.
    """


class StoreUnwritable(UserError):
    """The store can't be written now; what it holds is still good to read."""


class StoreFull(StoreUnwritable):
    """There is no space left for the store."""


class StoreReadOnly(StoreUnwritable):
    """The store's folder refuses to be written."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Of the algorithms whose results are kept; results of any other version are not seen."""

    fingerprint: int = 1
    signature: int = 1
    measures: int = 1


class Store(Protocol):
    """Files, what we know of their contents by digest, and small facts by name.

    Reads see every put, committed or not; only what was committed is there after a crash, and
    the puts between two commits are there together or not at all.  An iterator shows the
    moment it was made.  One thread owns a store.

    Raises:
        StoreDamaged: From any read, and from `commit`.
        StoreUnwritable: From `commit`.  Reads go on, puts wait, and every later `commit` fails
            the same way until the store is closed and opened again.
        ValueError: A path, digest or root id that no key can be made of.
    """

    def files(self, root: str) -> Iterator[tuple[bytes, FileRecord]]:
        """Return the paths below `root` with their records, in walk order (see `keys`)."""
        ...

    def put_file(self, place: Place, record: FileRecord) -> None:
        """Keep what we know of the file (or of a link, or of a folder that can't be listed)."""
        ...

    def drop_file(self, place: Place) -> None:
        """Forget the file; it need not be known."""
        ...

    def fingerprint(self, digest: Digest) -> Fingerprint | Unreadable | None:
        """Return the fingerprint of these contents, or None."""
        ...

    def put_fingerprint(self, digest: Digest, value: Fingerprint | Unreadable) -> None:
        """Keep the fingerprint of these contents."""
        ...

    def fingerprints(self) -> Iterator[tuple[Digest, Fingerprint | Unreadable]]:
        """Return every fingerprint, by digest."""
        ...

    def signature(self, digest: Digest) -> Signature | Unreadable | None:
        """Return the signature of these contents, or None."""
        ...

    def put_signature(self, digest: Digest, value: Signature | Unreadable) -> None:
        """Keep the signature of these contents."""
        ...

    def measures(self, needle: Digest, haystack: Digest, view: View = VIEWS[0]) -> Measures | None:
        """Return what comparing these two gave, the needle in that view; None if nobody did."""
        ...

    def put_measures(self, needle: Digest, haystack: Digest, view: View, value: Measures) -> None:
        """Keep what comparing these two gave."""
        ...

    def meta(self, key: str) -> dict[str, object] | None:
        """Return the JSON object kept under this name, or None."""
        ...

    def put_meta(self, key: str, value: Mapping[str, object]) -> None:
        """Keep a JSON object under this name."""
        ...

    def drop_meta(self, key: str) -> None:
        """Forget this name; it need not be known."""
        ...

    def metas(self, prefix: str) -> Iterator[tuple[str, dict[str, object]]]:
        """Return every name that begins with `prefix`, with its object, by name."""
        ...

    def commit(self, sync: bool = False) -> None:
        """Make everything put since the last commit last: all of it or nothing.

        A crash of ours costs no commit; a power cut costs none up to the last with `sync`.
        """
        ...

    def close(self) -> None:
        """End; what wasn't committed is forgotten."""
        ...
