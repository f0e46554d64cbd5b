from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from accuracy import writers
from accuracy.bursts import FRAMES, TIMES, bursts
from accuracy.copies import copies
from accuracy.edits import edits
from accuracy.foreign import PROGRAMS
from accuracy.pages import pages
from accuracy.photos import Photo, by_old_phone, own, size_class
from accuracy.scalers import SCALERS, by_factor
from PIL import Image, ImageCms


@pytest.fixture(scope="module")
def photo() -> Photo:
    """A photograph of 640 x 427 pixels."""
    path = next(path for path in own() if path.name == "rocket.jpg")
    return Photo(path.name, path.name, path.read_bytes())


def apart(first, second) -> float:
    """Return the mean difference of two pictures, the second brought to the first's size."""
    size = first.shape[1], first.shape[0]
    other = cv2.resize(second, size, interpolation=cv2.INTER_AREA)
    return float(np.abs(first.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("name", SCALERS)
def test_a_scaler_keeps_the_picture(photo, name):
    """At the size that is asked for."""
    picture = photo.pixels()
    small = by_factor(picture, 0.5, SCALERS[name])
    assert small.shape == (214, 320, 3)
    assert apart(small, picture) < 6


def test_copies_show_the_picture(photo):
    """Each can be decoded and, but for those that are turned, is near the original."""
    picture = photo.pixels()
    made = list(copies(photo, quick=True))
    assert len({(copy.group, copy.name) for copy in made}) == len(made)
    for copy in made:
        if copy.group not in ("turned", "Display-P3", "AVIF"):
            assert apart(picture, writers.read(copy.data)) < 12, copy.name


def test_a_display_p3_copy_is_the_picture_once_its_profile_is_applied(photo):
    """And not before: that is what makes it a test."""
    picture = photo.pixels()
    data = writers.in_display_p3(picture, 100)
    with Image.open(io.BytesIO(data)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
        stored = np.asarray(image)[:, :, ::-1]
    assert shown is not None
    cells = by_factor(picture, 1 / 8, SCALERS["area"])  # what coding does to colour apart
    assert 2 * apart(cells, np.asarray(shown)[:, :, ::-1]) < apart(cells, stored)
    assert 2 * apart(cells, writers.read(data)) < apart(cells, stored)


def test_metadata_goes_and_the_coded_picture_stays(photo):
    """What is added before the first segment can be taken out again."""
    block = writers.exif(taken_at="2020:01:02 03:04:05", subseconds="67", orientation=6)
    bare = writers.without_metadata(photo.data)
    assert writers.without_metadata(writers.with_segment(bare, block)) == bare


def test_frames_of_a_burst_are_different_pictures_of_one_scene(photo, monkeypatch):
    """As far apart as noise makes them, and as motion does; also in small pictures."""
    monkeypatch.setattr("accuracy.bursts.LONG_PX", 400)
    for burst in bursts(photo, quick=True):
        assert len(set(burst.frames)) == FRAMES
        assert burst.time in TIMES
        first, second = (writers.read(frame) for frame in burst.frames[:2])
        assert 0.5 < apart(first, second) < 30, burst.name


def test_pages_of_a_group_are_all_different():
    """On the paper, before they are coded."""
    for group in pages(quick=True):
        assert len(set(group.pages)) == len(group.pages) > 1


def test_edits_change_the_picture(photo):
    """Each in some place at least."""
    picture = photo.pixels()
    for edit in edits(photo):
        edited = writers.read(edit.data)
        if edited.shape == picture.shape:  # blocks: their means hardly feel the coding
            first, second = (by_factor(one, 1 / 8, SCALERS["area"]) for one in (picture, edited))
            assert np.abs(first.astype(int) - second).max() > 5, edit.name


def test_an_old_phone_takes_small_pictures(photo):
    """Of the smaller side that is asked for."""
    small = by_old_phone(photo, 320).pixels()
    assert min(small.shape[:2]) == 320
    assert size_class(small) == "small"
    assert size_class(photo.pixels()) == "small"


def test_every_program_says_what_it_makes_of_which_file():
    """So that a missing one is left out by name and a new one is a row of the table."""
    for program in PROGRAMS.values():
        for arguments, suffix, _ in program.copies.values():
            assert {"IN", "PAGE"} & set(arguments)
            assert any("OUT" in one for one in arguments)
            assert suffix.startswith(".")
