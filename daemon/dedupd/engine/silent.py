"""Library files that hold other bytes than they did, though nothing tells that they were changed.

A failing disk does that, and who writes beneath the file system or puts the times back.  They are
told of until the old bytes are back, the file changes or goes, or the owner accepts its root.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from dedupd.engine.desk import Desk
from dedupd.engine.files import Files
from dedupd.engine.outbox import Outbox
from dedupd.model import Digest, FileRecord, Place, Stamp
from dedupd.reports import Event, Problem
from dedupd.text import join, rfc3339, shown

MOST_NOTED = 10_000
"""A disk that fails as a whole is not told of file by file."""
MOST_SHOWN = 5
MESSAGE = "it holds other bytes than it did, and neither size nor times tell of a change"


@dataclass(frozen=True, slots=True)
class Note:
    """What a file held before, and its stamp, which is the same still."""

    digest: Digest
    stamp: Stamp
    found_at: str


class Silent:
    """The notes of such files, kept in the store.  Belongs to the engine."""

    def __init__(self, files: Files, desks: Mapping[str, Desk], outbox: Outbox) -> None:
        self._catalog, self._store = files.catalog, files.store
        self._desks, self._out = desks, outbox
        self._notes: dict[Place, Note] = {}

    def load(self) -> None:
        """Take in what the store remembers."""
        for root in self._desks:
            for name, facts in self._store.metas(f"silent/{root}/"):
                self._notes[Place(root, bytes.fromhex(name.rpartition("/")[2]))] = _note(facts)

    def found(self, place: Place, record: FileRecord) -> None:
        """The file at `place` isn't what `record` says of it, but for the stamp."""
        self._out.tell(Event("file.changed-silently", self._path(place), (("reason", MESSAGE),)))
        if place in self._notes or record.digest is None or len(self._notes) >= MOST_NOTED:
            return
        note = Note(record.digest, record.stamp, rfc3339(self._out.now.wall_s))
        self._notes[place] = note
        self._store.put_meta(_key(place), _facts(note))

    def tend(self) -> None:
        """Forget what holds its old bytes again, changed, is gone, or was accepted."""
        for place, note in list(self._notes.items()):
            record = self._catalog.get(place)
            as_noted = record is not None and record.stamp == note.stamp
            restored = record is not None and record.digest == note.digest
            if not as_noted or restored or self._desks[place.root].accepted:
                del self._notes[place]
                self._store.drop_meta(_key(place))

    def problems(self) -> Iterator[Problem]:
        """Yield a problem for each of the first few files, and one for all the others."""
        for place, note in islice(self._notes.items(), MOST_SHOWN):
            root = shown(self._desks[place.root].root.path)
            fix = f"look at it and at the disk, put it back from a backup; or dedupd accept {root}"
            yield Problem("file.changed-silently", self._path(place), _message(note), fix)
        more = len(self._notes) - MOST_SHOWN
        if more > 0:
            message = f"{more} more library files hold other bytes than they did"
            fix = "dedupd events   # names them; save what can be saved from that disk"
            yield Problem("file.changed-silently", b"", message, fix)

    def _path(self, place: Place) -> bytes:
        return join(self._desks[place.root].root.path, place.path)


def _message(note: Note) -> str:
    return f"{MESSAGE} (found {note.found_at})"


def _key(place: Place) -> str:
    return f"silent/{place.root}/{place.path.hex()}"


def _facts(note: Note) -> dict[str, object]:
    return {"digest": note.digest.hex(), "stamp": list(note.stamp), "found_at": note.found_at}


def _note(facts: Mapping[str, object]) -> Note:
    digest, stamp = bytes.fromhex(str(facts["digest"])), facts["stamp"]
    if not isinstance(stamp, list):
        raise TypeError(f"no stamp: {stamp!r}")
    return Note(digest, Stamp(*stamp), str(facts["found_at"]))
