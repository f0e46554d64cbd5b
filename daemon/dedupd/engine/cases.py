"""Building the case of a claim: what the engine believes of a needle tree and its witnesses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from dedupd.claim import Case, Expected, Seen
from dedupd.engine.desk import Desk
from dedupd.engine.files import Files
from dedupd.model import EvidenceKind, FileRecord, Kind, PictureClass, Place


class Cases:
    """Builder of cases.  Belongs to the engine; changes nothing."""

    def __init__(self, files: Files, desks: Mapping[str, Desk], quiet_s: float) -> None:
        self._files, self._catalog = files, files.catalog
        self._desks, self._quiet_s = desks, quiet_s

    def build(self, folder: Place, ready: Callable[[Place], int | None], now_s: float) -> Case:
        """Return the case of the tree at `folder`.

        Args:
            ready: Says of each folder in the tree its version if it looks imported, or None.
        """
        folders = frozenset(self._catalog.tree(*folder))
        versions = {path: ready(Place(folder.root, path)) for path in folders}
        files = {
            place.path: self._expected(place, record)
            for place, record in self._catalog.files(*folder)
        }
        witnesses = {one.witness for one in files.values() if one.witness is not None}
        roots = {folder.root} | {witness.root for witness in witnesses}
        identities = {root: self._desks[root].identity for root in roots}
        return Case(
            folder=folder,
            claimed={path: version for path, version in versions.items() if version is not None},
            known_folders=folders,
            files=files,
            witnesses={place: self._seen(place) for place in witnesses},
            identities={root: one for root, one in identities.items() if one is not None},
            begun_s=now_s,
            quiet_s=self._quiet_s,
        )

    def contents(self, folder: Place) -> str:
        """Return a digest of what the folder holds, names included, for the event's id."""
        sha = hashlib.sha256()
        for place, record in sorted(self._catalog.files(*folder)):
            if not self._files.hidden(place, record):
                sha.update(place.path[len(folder.path) :] + b"\0")
                sha.update(record.digest or str(record.stamp.size_bytes).encode())
        return sha.hexdigest()[:32]

    def _expected(self, place: Place, record: FileRecord) -> Expected:
        seen = Seen(record.stamp, record.seen_at_s)
        if self._files.hidden(place, record):
            # What is ignored for its name may change; a `._x`, and what is excluded, counts for
            # what it holds.
            excluded = self._files.hiding.excluded(place)
            by_name = not excluded and not place.name.startswith(b"._")
            return Expected(seen, record.type, picture=False, hidden=by_name)
        if record.kind in (Kind.OTHER, Kind.VIDEO):
            return Expected(seen, record.type, False, self._copy(place, record))
        assessment = self._files.assessment(place, record)
        if assessment is not None and assessment.cls is PictureClass.DISMISSED:
            return Expected(seen, record.type, dismissed=True)
        if assessment is None or assessment.cls is not PictureClass.MATCHED:
            return Expected(seen, record.type)
        if assessment.witness is None or assessment.evidence is None:
            return Expected(seen, record.type)
        witness, one_file = self._witness(place, record, assessment.witness)
        kind = EvidenceKind.HARDLINK if one_file else assessment.evidence.kind
        return Expected(seen, record.type, witness=witness, evidence=kind)

    def _copy(self, place: Place, record: FileRecord) -> Place | None:
        """Choose the library's copy of a file that isn't a picture, None if there is none.

        Nobody may say how many of these are missing without having looked.
        """
        copies = self._files.vouching(place, record.digest)
        return self._witness(place, record, min(copies))[0] if copies else None

    def _witness(
        self, needle: Place, record: FileRecord, first: Place
    ) -> tuple[Place | None, bool]:
        """Choose the file that vouches, and say whether it is another name of the needle.

        Any file with the witness's content does, on a root that is there; a truly different
        file comes before another name of the same one.
        """
        known = self._catalog.get(first)
        digest = known.digest if known is not None else None
        usable = [
            (self._one_file(needle, record, place), place.root != first.root, place)
            for place in self._files.vouching(needle, digest)
            if place.root not in self._files.matcher.away
        ]
        if not usable:
            return None, False
        one_file, _, place = min(usable)
        return place, one_file

    def _one_file(self, needle: Place, record: FileRecord, place: Place) -> bool:
        """Are the two names of one inode, as far as stamps and devices tell?"""
        here, there = self._desks[needle.root].identity, self._desks[place.root].identity
        other = self._catalog.get(place)
        return (
            here is not None
            and there is not None
            and other is not None
            and record.stamp.ino != 0
            and (here.device, record.stamp.ino) == (there.device, other.stamp.ino)
        )

    def _seen(self, witness: Place) -> Seen:
        record = self._catalog.get(witness)
        if record is None:
            raise LookupError(f"witness {witness} is not in the catalogue")
        return Seen(record.stamp, record.seen_at_s)
