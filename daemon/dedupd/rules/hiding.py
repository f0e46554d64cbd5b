"""What isn't looked at, by role: the ignore lists and what the owner excludes."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from dedupd.model import EntryType, Place, Role, Root
from dedupd.rules.patterns import excluded, ignored


class Hiding:
    """Answers about names, from the options of the roots.

    Args:
        roots: By id.
        siblings: The names in a folder; `._x` is ignored only beside `x`.
        picture_name: Does this file name say that it is a picture?
    """

    def __init__(
        self,
        roots: Mapping[str, Root],
        siblings: Callable[[Place], Container[bytes]],
        picture_name: Callable[[bytes], bool],
    ) -> None:
        self._roots, self._siblings, self._picture_name = roots, siblings, picture_name

    def ignored(self, place: Place) -> bool:
        """Does only the system care for this file?"""
        root = self._roots[place.root]
        if root.role is Role.HAYSTACK:
            return ignored(place.path, root.ignore)
        if not place.name.startswith(b"._"):
            return ignored(place.path, root.ignore, ())  # what lies beside it changes nothing
        return ignored(place.path, root.ignore, self._siblings(Place(place.root, place.folder)))

    def excluded(self, place: Place) -> bool:
        """Did the owner exclude it?"""
        return excluded(place.path, self._roots[place.root].exclude)

    def hidden(self, place: Place) -> bool:
        """Is it never read?"""
        return self.ignored(place) or self.excluded(place)

    def named_picture(self, place: Place) -> bool:
        """Does its suffix say that it is a picture?"""
        return self._picture_name(place.name)


def unlisted(root: Root) -> Callable[[bytes, EntryType], bool]:
    """Return what the walk of `root` leaves out entirely.

    In the haystack that is all that is ignored or excluded, since it never vouches; in the
    needles nothing, since everything there must be counted.
    """

    def hide(path: bytes, _: EntryType) -> bool:
        if root.role is Role.NEEDLES:
            return False
        return excluded(path, root.exclude) or ignored(path, root.ignore)

    return hide
