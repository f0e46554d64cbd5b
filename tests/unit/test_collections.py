"""Whose folder of pictures is this, and where in it are they?"""

from __future__ import annotations

import pytest

from dedupd.rules.collections import recognised


def look(name, tree):
    """Judge a folder whose tree is a dict of dicts; a file is None."""

    def names(below):
        folder = tree
        for part in below.split(b"/") if below else []:
            folder = (folder or {}).get(part.decode()) or {}
        return [one.encode() for one in folder]

    return recognised(name.encode(), names)


PHOTOS = {"originals": {"A": {"A1.heic": None}}, "database": {}, "resources": {}}
EMPTIED = {
    **PHOTOS,
    "resources": {"derivatives": {"A": {f"A{number}.jpeg": None for number in range(30)}}},
}


@pytest.mark.parametrize(
    ("name", "tree", "program", "inside"),
    [
        ("iPhoto Library", {"Masters": {}, "Thumbnails": {}}, "an iPhoto library", [b"Masters"]),
        (
            "old.photolibrary",
            {"Masters": {}, "Modified": {}, "Previews": {}},
            "an iPhoto library",
            [b"Masters", b"Modified"],
        ),
        ("Photos Library.photoslibrary", PHOTOS, "a Photos library", [b"originals"]),
        ("Anna.photoslibrary", {"Masters": {}, "Thumbnails": {}}, "a Photos library", [b"Masters"]),
        ("Lightroom", {"main.lrcat": None, "main Previews.lrdata": {}}, "a Lightroom folder", []),
        ("photo", {"@eaDir": {}, "2019": {}}, "a Synology share", []),
        ("Multimedia", {".@__thumb": {}, "@Recycle": {}}, "a QNAP share", []),
        (
            "download",
            {"Takeout": {"Google Fotos": {}}},
            "a Google Takeout",
            [b"Takeout/Google Fotos"],
        ),
        ("Takeout", {"Google Photos": {}, "archive_browser.html": None}, "a Google Takeout",
         [b"Google Photos"]),
        ("Pictures", {"iCloud Photos": {"Photos": {}}}, "an iCloud folder",
         [b"iCloud Photos/Photos"]),
        ("Pictures", {"iCloud Photos": {}}, "an iCloud folder", [b"iCloud Photos"]),
    ],
)  # fmt: skip
def test_layouts_are_recognised(name, tree, program, inside):
    """With where their pictures are."""
    assert [(one.program, list(one.inside)) for one in look(name, tree)] == [(program, inside)]


@pytest.mark.parametrize(
    "tree", [{}, {"2019": {}, "a.jpg": None}, {"Masters": {}}, {"Takeout": {}}]
)
def test_plain_folders_are_left_as_they_are(tree):
    """A name alone says little."""
    assert look("Pictures", tree) == ()


def test_a_library_whose_originals_are_elsewhere_is_told():
    """Photos that are only previews here would vouch for nothing."""
    assert "Optimise Storage" in look("a.photoslibrary", EMPTIED)[0].warning
    assert look("a.photoslibrary", PHOTOS)[0].warning == ""


def test_what_is_in_icloud_only_is_counted():
    """macOS leaves a file with another name in their place."""
    (found,) = look("DCIM", {".IMG_1.HEIC.icloud": None, "IMG_2.HEIC": None, ".x.icloud": None})
    assert found.warning.startswith("2 of its files are in iCloud only")
