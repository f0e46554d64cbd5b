"""What a listing or a glance changes in the catalogue: files and folders that came or went.

A needle that isn't there any more is gone.  A library file that isn't there is first only
*lost*: whether it is gone is decided when the whole loss is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dedupd.engine.desk import Desk
from dedupd.engine.files import Files
from dedupd.model import Entry, EntryType, Place, Unreadable
from dedupd.rules.tally import lineage
from dedupd.text import parent


class Trees:
    """Folders and files of all roots.  Belongs to the engine.

    Args:
        folder_gone: Called for each needle folder before it is forgotten, with the reason where it
            only can't be listed any more.
    """

    def __init__(
        self, files: Files, folder_gone: Callable[[Place, Unreadable | None], None]
    ) -> None:
        self._files, self._catalog = files, files.catalog
        self._folder_gone = folder_gone

    def compare(self, desk: Desk, folder: Place, entries: Mapping[bytes, Entry]) -> None:
        """Bring what we know of one folder in step with its listing."""
        _forget_blind(desk, folder.path, entries)
        self._forget_record(folder)  # of the time when it could not be listed
        self._add_folder(desk, folder)
        prefix = folder.path + b"/" if folder.path else b""
        for name, record in list(self._catalog.files_in(*folder).items()):
            entry = entries.get(name)
            unlistable = record.type is EntryType.FOLDER
            if entry is None or (entry.type is EntryType.FOLDER) is not unlistable:
                self._lose(desk, Place(folder.root, prefix + name))
        for path in self._catalog.folders_in(*folder):
            entry = entries.get(path[len(prefix) :])
            if entry is None or entry.type is not EntryType.FOLDER:
                self._lose_tree(desk, Place(folder.root, path))
        for entry in entries.values():
            if entry.type is not EntryType.FOLDER:
                place = Place(folder.root, prefix + entry.name)
                self._files.seen(place, entry, live=desk.listed)

    def unlistable(self, desk: Desk, folder: Place, why: Unreadable) -> None:
        """A folder that can't be listed vouches for nothing and is never imported."""
        if desk.haystack:
            desk.blind.add(folder.path)
        self._lose_tree(desk, folder, why)
        if not desk.haystack and not self._is_below_unlistable(folder):
            self._add_folder(desk, Place(folder.root, parent(folder.path)))
            self._files.unlistable(folder, why)

    def _is_below_unlistable(self, folder: Place) -> bool:
        """Is a folder above known as one that can't be listed?  Then that one counts."""
        above = lineage(Place(folder.root, parent(folder.path)))
        return any(one.path and self._catalog.get(one) is not None for one in above)

    def glanced(self, desk: Desk, place: Place, entry: Entry, now_s: float) -> None:
        """Take in what is at a path that was hinted at; a folder is listed anew."""
        if entry.type is EntryType.FOLDER:
            self._forget_record(place)
            desk.sweeps_wanted.add(place.path)
            return
        _forget_blind(desk, place.path, {})
        if self._catalog.has_folder(*place):
            self.remove(desk, place)
        news = self._files.seen(place, entry, live=True)
        if not news and self._files.settler.is_quiet(place, now_s):
            self._files.settle(place)
        elif not news:
            self._files.settler.looked(place)

    def missing(self, place: Place) -> int:
        """Return how many known files are gone with the file or folder at `place`."""
        if self._catalog.has_folder(*place):
            return sum(1 for _ in self._catalog.files(*place))
        return 1 if self._catalog.get(place) is not None else 0

    def remove(self, desk: Desk, place: Place, why: Unreadable | None = None) -> None:
        """Forget the file or folder at `place`, with everything below it.

        Args:
            why: It is there, but can't be listed; None where it is gone.
        """
        self._forget_record(place)
        _forget_blind(desk, place.path, {})
        folders = [Place(place.root, path) for path in self._catalog.tree(*place)]
        if not desk.haystack:
            for folder in folders:
                self._folder_gone(folder, why)
        for one, _ in list(self._catalog.files(*place)):
            self._files.gone(one)
        for folder in reversed(folders):
            self._catalog.drop_folder(*folder)
            if not desk.haystack:
                self._files.tally.drop_folder(folder)

    def forget(self, desk: Desk) -> None:
        """Forget every file of a root."""
        for place, _ in list(self._catalog.files(desk.root.id)):
            self._files.gone(place)

    def believe_losses(self, desk: Desk) -> None:
        """Forget the lost files that are still known as they were when they were missed."""
        lost, desk.lost = desk.lost, {}
        for place, record in lost.items():
            if self._catalog.get(place) is record:
                self._files.gone(place)
                self._prune(place)

    def _prune(self, place: Place) -> None:
        """Forget the folders above a lost file that hold nothing any more."""
        folder = place.folder
        while folder and not self._catalog.files_in(place.root, folder):
            if self._catalog.folders_in(place.root, folder):
                return
            self._catalog.drop_folder(place.root, folder)
            folder = parent(folder)

    def _forget_record(self, place: Place) -> None:
        if place.path and self._catalog.get(place) is not None:
            self._files.gone(place)

    def _add_folder(self, desk: Desk, folder: Place) -> None:
        self._catalog.add_folder(*folder)
        if not desk.haystack:
            self._files.tally.add_folder(folder)

    def _lose(self, desk: Desk, place: Place) -> None:
        record = self._catalog.get(place)
        if record is None:
            return
        if desk.haystack:
            desk.lost[place] = record
        else:
            self._files.gone(place)

    def _lose_tree(self, desk: Desk, place: Place, why: Unreadable | None = None) -> None:
        if desk.haystack:
            desk.lost.update(self._catalog.files(*place))
        else:
            self.remove(desk, place, why)


def _forget_blind(desk: Desk, folder: bytes, entries: Mapping[bytes, Entry]) -> None:
    """Forget the blind spots at `folder`, which holds these now, and those that went from it."""
    desk.blind.discard(folder)
    prefix = folder + b"/" if folder else b""
    for path in [one for one in desk.blind if one.startswith(prefix)]:
        entry = entries.get(path[len(prefix) :].partition(b"/")[0])
        if entry is None or entry.type is not EntryType.FOLDER:
            desk.blind.discard(path)
