"""Names that belong together are told, and nothing else is."""

from __future__ import annotations

import pytest

from dedupd.rules.companions import companions


@pytest.mark.parametrize(
    ("name", "other", "what"),
    [
        (b"IMG_1.HEIC", b"IMG_1.MOV", "film of the Live Photo"),
        (b"img_1.mov", b"IMG_1.jpg", "picture of the Live Photo"),
        (b"DSC1.ARW", b"DSC1.JPG", "JPEG of the RAW + JPEG pair"),
        (b"DSC1.jpg", b"DSC1.nef", "RAW of the RAW + JPEG pair"),
        (b"DSC1.jpg", b"DSC1.xmp", "sidecar"),
        (b"DSC1.jpg", b"dsc1.JPG.xmp", "sidecar"),
        (b"IMG_1.HEIC", b"IMG_1.AAE", "sidecar"),
        (b"a.jpg", b"a.jpg.json", "sidecar"),
        (b"film.mp4", b"film.thm", "sidecar"),
    ],
)
def test_a_companion_is_named_as_what_it_is(name, other, what):
    """Whatever the case of its letters."""
    assert companions(name, [other, name, b"unrelated.jpg"]) == [(other, what)]


@pytest.mark.parametrize("other", [b"a.png", b"b.mov", b"a.txt", b"ab.mov", b"a", b"a.jpeg"])
def test_other_names_are_no_companions(other):
    """Another stem, or no known relation."""
    assert companions(b"a.jpg", [b"a.jpg", other]) == []


def test_companions_come_in_the_order_of_their_names():
    """All of them; a name is not its own companion."""
    beside = [b"x.xmp", b"x.mov", b"x.dng", b"x.jpg"]
    assert [name for name, _ in companions(b"x.jpg", beside)] == [b"x.dng", b"x.mov", b"x.xmp"]


def test_files_without_a_suffix_are_no_companions_of_each_other():
    """Their whole names are their stems."""
    assert companions(b"README", [b"NOTES", b"README"]) == []
