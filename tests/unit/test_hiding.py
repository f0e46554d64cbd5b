from __future__ import annotations

import pytest

from dedupd.model import EntryType, Place, Role, Root
from dedupd.rules.hiding import Hiding, unlisted

LIBRARY = Root(
    "h1", b"/h1", Role.HAYSTACK, exclude=("**/cache/**",), ignore=("@eaDir", "._*", ".Trash*")
)
NEEDLES = Root(
    "n1", b"/n1", Role.NEEDLES, exclude=("**/cache/**",), ignore=("Thumbs.db", "._*", "@eaDir/")
)


def hiding(*names: bytes) -> Hiding:
    """Return the rules, with these names in every folder."""
    roots = {"h1": LIBRARY, "n1": NEEDLES}
    return Hiding(roots, lambda folder: names, lambda name: name.endswith(b".jpg"))


@pytest.mark.parametrize(
    ("root", "path", "ignored", "excluded"),
    [
        ("n1", b"a/x.jpg", False, False),
        ("n1", b"a/Thumbs.db", True, False),
        ("n1", b"a/._x.jpg", True, False),
        ("n1", b"a/._y.jpg", False, False),
        ("n1", b"a/@eaDir/x.jpg", True, False),
        ("n1", b".Trash/x.jpg", False, False),
        ("n1", b"a/cache/x.jpg", False, True),
        ("h1", b"a/._y.jpg", True, False),
        ("h1", b".Trash-1000/x.jpg", True, False),
        ("h1", b"a/cache/x.jpg", False, True),
        ("h1", b"a/x.jpg", False, False),
    ],
)
def test_what_is_hidden(root, path, ignored, excluded):
    """Needles hide little, the library hides all that doesn't vouch."""
    rules, place = hiding(b"x.jpg"), Place(root, path)
    assert (rules.ignored(place), rules.excluded(place)) == (ignored, excluded)
    assert rules.hidden(place) is (ignored or excluded)


def test_a_name_says_whether_it_is_a_picture():
    """Its last part does."""
    assert hiding().named_picture(Place("n1", b"a.txt/x.jpg"))
    assert not hiding().named_picture(Place("n1", b"a.jpg/x.txt"))


@pytest.mark.parametrize("path", [b"Thumbs.db", b"a/cache/x.jpg", b"._x", b"@eaDir"])
def test_a_walk_of_needles_leaves_nothing_out(path):
    """Everything there must be counted."""
    assert not unlisted(NEEDLES)(path, EntryType.FILE)


@pytest.mark.parametrize("path", [b"a/cache", b"a/cache/x.jpg", b"@eaDir", b"._x", b".Trash"])
def test_a_walk_of_the_library_leaves_out_what_never_vouches(path):
    """It isn't even entered."""
    assert unlisted(LIBRARY)(path, EntryType.FOLDER)
    assert not unlisted(LIBRARY)(b"a/x.jpg", EntryType.FILE)
