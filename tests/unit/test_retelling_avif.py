"""An AVIF is told to be made of the library's picture by doing the same again, and only then."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from accuracy.writers import stored_for
from PIL import Image
from tests.unit.picture_samples import encoded
from tests.unit.retelling_samples import as_avif, as_jpeg, decoded, measured, scene

from dedupd.pictures import encoder_avif
from dedupd.pictures.formats import avif
from dedupd.pictures.formats.av1 import leb128, still_picture
from dedupd.pictures.formats.items import item_bytes, read_items


def steps_of(file: bytes) -> tuple[int, ...]:
    return avif.read(memoryview(file)).coded_steps


def coded_bytes(file: bytes) -> bytes:
    view = memoryview(file)
    return item_bytes(view, read_items(view).primary)


@pytest.fixture(scope="module")
def library():
    """Return a photograph as the library has it."""
    return as_jpeg(scene("coffee.png"), 92)


@pytest.mark.parametrize("quality", [100, 95, 80, 75, 60, 50, 30, 5])
def test_an_avif_made_of_the_library_is_told(library, quality):
    assert measured(as_avif(decoded(library), quality), library).retold


@pytest.mark.parametrize(("speed", "threads"), [(6, 4), (6, 2), (6, 16), (9, 1)])
def test_however_hard_its_encoder_tried(library, speed, threads):
    copy = as_avif(decoded(library), 75, speed, max_threads=threads)
    assert measured(copy, library).retold


@pytest.mark.parametrize(
    "more",
    [
        {"subsampling": "4:4:4"},
        {"autotiling": False},
        {"autotiling": False, "tile_cols": 1, "tile_rows": 2},
    ],
)
def test_however_it_was_laid_out(library, more):
    assert measured(as_avif(decoded(library), 70, **more), library).retold


def test_another_program_that_uses_that_encoder_is_told_too(library):
    copy = encoded(decoded(library), ".avif", cv2.IMWRITE_AVIF_QUALITY, 71)
    assert measured(copy, library).retold


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_whatever_its_orientation(library, orientation):
    """Its tiles lie where the file stores them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    copy = as_avif(stored_for(decoded(library), orientation), 80, exif=exif.tobytes())
    assert measured(copy, library).retold


def test_a_quantiser_that_no_quality_gives_ends_it(library, monkeypatch):
    monkeypatch.setattr(encoder_avif, "_quality", lambda _step: None)
    assert measured(as_avif(decoded(library), 80), library).retold is False


def test_qualities_are_found_by_their_quantiser():
    """Finer is less; several qualities may share one."""
    found = [
        avif.read(memoryview(as_avif(scene("coffee.png"), one))).coded_steps for one in (90, 40)
    ]
    (fine,), (coarse,) = found
    assert 0 < fine < coarse < 255
    assert encoder_avif._step(encoder_avif._quality(fine)) == fine
    assert encoder_avif._quality(1) is None  # between two qualities


@pytest.mark.parametrize(
    ("more", "tiles"),
    [
        ({}, (1, 1)),
        ({"tile_cols": 1, "tile_rows": 1}, (2, 2)),
        ({"tile_cols": 2, "tile_rows": 0}, (4, 1)),
        ({"tile_cols": 0, "tile_rows": 2}, (1, 4)),
    ],
)
def test_tiles_and_colours_are_read(more, tiles):
    for sampling in ("4:2:0", "4:4:4"):
        file = as_avif(scene("coffee.png"), 70, autotiling=False, subsampling=sampling, **more)
        found = avif.read(memoryview(file))
        assert (found.tiles, found.sampling) == (tiles, sampling)
        assert (
            found.coded_steps == avif.read(memoryview(as_avif(scene("rocket.jpg"), 70))).coded_steps
        )


def test_a_drawing_is_read_as_well():
    """Its header speaks of palettes, which a photograph's doesn't."""
    drawing = np.full((256, 256, 3), 255, np.uint8)
    cv2.putText(drawing, "drawn", (10, 120), cv2.FONT_HERSHEY_PLAIN, 4, (0, 0, 0))
    assert steps_of(as_avif(drawing, 70)) == steps_of(as_avif(scene("coffee.png"), 70))


def test_more_than_eight_bits_a_channel_are_not_imitated():
    deep = encoded(scene("coffee.png").astype(np.uint16) * 4, ".avif", cv2.IMWRITE_AVIF_DEPTH, 10)
    assert steps_of(deep) == ()


def test_no_bytes_make_it_fail():
    """Cut anywhere, and with any of its first bytes changed."""
    coded = coded_bytes(as_avif(scene("coffee.png"), 70))
    for end in range(60):
        still_picture(coded[:end])
    for at in range(40):
        for value in (0x00, 0x7F, 0xFF):
            still_picture(coded[:at] + bytes([value]) + coded[at + 1 : 200])


def test_a_frame_needs_its_sequence():
    coded = coded_bytes(as_avif(scene("coffee.png"), 70))
    assert still_picture(coded) is not None
    sequence, padding = b"\x0a", b"\x7a"
    assert still_picture(coded.replace(sequence, padding, 1)) is None


def test_a_number_without_an_end_ends_behind_its_bytes():
    assert leb128(b"\xe5\x8e\x26", 0) == (624_485, 3)
    assert leb128(b"\x80\x80", 0) == (0, 3)
