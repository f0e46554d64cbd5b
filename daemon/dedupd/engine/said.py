"""What we last said about each folder, remembered across runs.

The event log is what people were told, so it is the authority: its events that the store has
not seen yet (we were killed between the two) are applied on top of what the store remembers.
What a look without a log found is kept apart, for those who ask it: nobody was told.

In memory is only what is said to be imported; of all other folders, and of those that are gone,
the store alone remembers what was said once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dedupd.model import Place
from dedupd.state import Store


@dataclass(frozen=True, slots=True)
class Said:
    """The last word about a folder.

    Attributes:
        imported: We said that it is imported and have not taken it back.
        times: How often we said so, ever.
        contents: Hexadecimal digest of what it held then.
        imported_at: RFC 3339, or None.
    """

    imported: bool = False
    times: int = 0
    contents: str = ""
    imported_at: str | None = None


NOTHING = Said()

_TOLD, _FOUND = "said", "found"  # beginnings of names in the store


class SaidBook:
    """The last words about all folders.  Belongs to the engine.

    Args:
        logs: What is said here goes into the log; what was only found before is forgotten then.
    """

    def __init__(self, store: Store, *, logs: bool) -> None:
        self._store, self._logs = store, logs
        self._said: dict[Place, Said] = {}  # only what is imported

    def get(self, folder: Place) -> Said:
        """Return what is said of a folder now; `NOTHING` if that isn't that it is imported."""
        return self._said.get(folder, NOTHING)

    def last(self, folder: Place) -> Said:
        """Return the last word about a folder, taken back or not; this may read the store."""
        said = self._said.get(folder)
        if said is not None:
            return said
        kinds = (_TOLD,) if self._logs else (_FOUND, _TOLD)  # what was found is newer
        found = (self._store.meta(_key(kind, folder)) for kind in kinds)
        return next((_said(facts) for facts in found if facts is not None), NOTHING)

    def set(self, folder: Place, said: Said) -> None:
        """Remember a new last word."""
        self._hold(folder, said)
        facts = {
            "imported": said.imported,
            "times": said.times,
            "contents": said.contents,
            "imported_at": said.imported_at,
        }
        self._store.put_meta(_key(_TOLD if self._logs else _FOUND, folder), facts)

    def reopen(self, folder: Place) -> None:
        """Take back what was said."""
        self.set(folder, replace(self.last(folder), imported=False, imported_at=None))

    def load(self, roots: Iterable[str]) -> None:
        """Take in what the store remembers."""
        for root in roots:
            self._take(_TOLD, root)
            if not self._logs:
                self._take(_FOUND, root)  # newer: a daemon forgets it at its start
            else:
                for key, _ in list(self._store.metas(f"{_FOUND}/{root}/")):
                    self._store.drop_meta(key)

    def _take(self, kind: str, root: str) -> None:
        prefix = f"{kind}/{root}/"
        for key, facts in self._store.metas(prefix):
            self._hold(Place(root, bytes.fromhex(key[len(prefix) :])), _said(facts))

    def _hold(self, folder: Place, said: Said) -> None:
        if said.imported:
            self._said[folder] = said
        else:
            self._said.pop(folder, None)

    def replay(self, folder: Place, event: Mapping[str, object]) -> None:
        """Apply one logged event that the store may not have seen."""
        if event.get("event") == "folder.imported":
            self.set(folder, _said({**event, "imported": True, "imported_at": event.get("time")}))
        elif event.get("event") in ("folder.reopened", "folder.removed"):
            self.reopen(folder)


def _key(kind: str, folder: Place) -> str:
    return f"{kind}/{folder.root}/{folder.path.hex()}"


def _said(facts: Mapping[str, object]) -> Said:
    times, imported_at = facts.get("times"), facts.get("imported_at")
    return Said(
        imported=bool(facts.get("imported")),
        times=times if isinstance(times, int) else 1,
        contents=str(facts.get("contents", "")),
        imported_at=imported_at if isinstance(imported_at, str) else None,
    )
