"""A picture with something behind its end marker: a film, a second picture, or only padding."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.container_samples import FILM
from tests.unit.one_look import Place, lines, without_processes
from tests.unit.picture_samples import jpeg, photo, seen_well, small_photo

from dedupd.model import FolderState, PictureClass

OTHER_PICTURE = jpeg(photo("coffee.png"))
ACCEPTED = "match: {worse: {motion: accept}}\n"
BEHIND = {"film": FILM, "second picture": OTHER_PICTURE, "film behind padding": bytes(64) + FILM}
PADDING = {
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
    "both": bytes(300) + b"\xff" * 300,
    "a few bytes": b"camera 1",
    "a few bytes in zeros": bytes(99) + b"camera 1" + bytes(99),
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a place for a library and needles, looked at without processes."""
    without_processes(monkeypatch)
    return Place(tmp_path)


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
def test_content_behind_the_picture_is_told(behind):
    """The picture is seen as it would be alone; that there is more is noted."""
    found, alone = seen_well(jpeg() + behind), seen_well(jpeg())
    assert found.bytes_only == "trailing"
    assert found.note
    assert (found.dhash, found.sketch) == (alone.dhash, alone.sketch)


@pytest.mark.parametrize("behind", PADDING.values(), ids=PADDING)
def test_padding_behind_the_picture_is_nothing(behind):
    """Cameras and card readers leave it."""
    assert seen_well(jpeg() + behind) == seen_well(jpeg())


def test_a_stricter_reason_is_not_hidden_by_what_follows():
    """A grey picture with a film behind it may still match by equal bytes alone."""
    grey = np.full_like(small_photo(), 128)
    assert seen_well(jpeg(grey)).bytes_only == "featureless"
    assert seen_well(jpeg(grey) + FILM).bytes_only == "featureless"


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
def test_a_copy_without_what_follows_is_for_a_person_to_decide(place, behind):
    """The library has the picture, saved anew, and not its film."""
    place.put("lib/a.jpg", jpeg(quality=95))
    needle = place.put("needles/card/a.jpg", jpeg(quality=80) + behind)
    with place.look() as session:
        assert place.states(session.report)["needles/card"] is FolderState.REVIEW
        [line] = lines(session)
    assert (line.path, line.cls, line.reason) == (
        bytes(needle), PictureClass.POSSIBLE, "motion",
    )  # fmt: skip
    assert line.evidence is not None
    assert line.evidence.worse == ("motion",)


def test_the_owner_may_accept_a_copy_without_the_film(place):
    """`match: {worse: {motion: accept}}`; what is worse about it is said all the same."""
    place.put("lib/a.jpg", jpeg(quality=95))
    place.put("needles/card/a.jpg", jpeg(quality=80) + FILM)
    with place.look(ACCEPTED) as session:
        assert place.states(session.report)["needles/card"] is FolderState.IMPORTED
        [line] = lines(session)
    assert line.evidence is not None
    assert (line.cls, line.evidence.worse) == (PictureClass.MATCHED, ("motion",))


@pytest.mark.parametrize("behind", PADDING.values(), ids=PADDING)
def test_a_copy_without_the_padding_vouches(place, behind):
    """Nothing of the needle is missing in the library."""
    place.put("lib/a.jpg", jpeg(quality=95))
    place.put("needles/card/a.jpg", jpeg(quality=80) + behind)
    with place.look() as session:
        assert place.states(session.report)["needles/card"] is FolderState.IMPORTED


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
def test_a_library_file_may_vouch_with_more_than_the_picture(place, behind):
    """The needle is only the picture: the library has all of it."""
    place.put("lib/a.jpg", jpeg(quality=95) + behind)
    place.put("needles/card/a.jpg", jpeg(quality=80))
    with place.look() as session:
        assert place.states(session.report)["needles/card"] is FolderState.IMPORTED


def test_two_files_with_a_film_each_may_hold_two_films(place):
    """Only equal bytes tell that it is the same one."""
    place.put("lib/a.jpg", jpeg(quality=95) + FILM)
    place.put("lib/b.jpg", OTHER_PICTURE + FILM)
    place.put("needles/anew/a.jpg", jpeg(quality=80) + FILM[::-1])
    place.put("needles/copy/b.jpg", OTHER_PICTURE + FILM)
    with place.look() as session:
        states = place.states(session.report)
    assert states["needles/anew"] is FolderState.REVIEW
    assert states["needles/copy"] is FolderState.IMPORTED
