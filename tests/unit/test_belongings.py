"""More than one picture in a file: which of them count, and which only belong to the first."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.container_samples import (
    FILM,
    LARGE_PREVIEW,
    STEREO,
    UNDEFINED,
    gain_map,
    multi_picture,
    tiff_pages,
    ultra_hdr,
    webp_file,
    with_xmp,
    xmp,
)
from tests.unit.picture_samples import exif, jpeg, sample, seen_well, small_photo, with_exif

from dedupd.pictures.opencv import cv2

PREVIEW = jpeg(small_photo(150, 100))
OTHER = jpeg(255 - small_photo())
SAMSUNG = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1625728211000SEFH" + bytes(20) + b"\x18\0\0\0SEFT"

ONE_PICTURE = {
    "a preview that the index lists": multi_picture(LARGE_PREVIEW, jpeg()),
    "a gain map that the index lists": multi_picture(UNDEFINED, gain_map()),
    "a gain map of full size that says so": multi_picture(UNDEFINED, gain_map(full_size=True)),
    "a gain map that the XMP lists": ultra_hdr(gain_map()),
    "padding behind the gain map": multi_picture(UNDEFINED, gain_map()) + bytes(4000),
    "a thumbnail in the EXIF": with_exif(jpeg(), exif() + PREVIEW),
    "what phones of one maker leave": jpeg() + SAMSUNG,
    "a reduced page of a TIFF": tiff_pages(1),
    "a mask of a TIFF": tiff_pages(4),
}
FRAMES = {
    "a stereo pair": multi_picture(STEREO, OTHER),
    "a picture of full size that the index lists": multi_picture(UNDEFINED, OTHER),
    "pages of a TIFF": tiff_pages(0),
}
TRAILING = {
    "a film": jpeg() + FILM,
    "a film behind a gain map": multi_picture(UNDEFINED, gain_map()) + FILM,
    "a film behind a gain map of the XMP": ultra_hdr(gain_map()) + FILM,
    "a picture that nobody lists": jpeg() + PREVIEW,
    "a picture behind the one that the index lists": multi_picture(UNDEFINED, gain_map()) + OTHER,
    "rubbish": jpeg() + bytes(range(1, 100)),
    "a film in a PNG": sample("png") + FILM,
    "a film in a WebP": sample("webp") + FILM,
    "a film in a GIF": sample("gif") + FILM,
}


@pytest.mark.parametrize("data", ONE_PICTURE.values(), ids=ONE_PICTURE)
def test_previews_and_maps_are_no_pictures_of_their_own(data):
    """The file is a plain picture: what it holds besides only serves to show it."""
    assert seen_well(data).bytes_only == ""


@pytest.mark.parametrize("data", FRAMES.values(), ids=FRAMES)
def test_pictures_in_their_own_right_are_frames(data):
    """Only the first of them is seen, so only equal bytes tell that all are there."""
    assert seen_well(data).bytes_only == "frames"


@pytest.mark.parametrize("data", TRAILING.values(), ids=TRAILING)
def test_anything_else_behind_a_picture_is_told(data):
    """A person must decide whether it would be missed."""
    found = seen_well(data)
    assert found.bytes_only == "trailing"
    assert "follows" in found.note


def test_a_cut_gain_map_is_damage():
    """It was whole once: the file was cut, and who knows where else."""
    assert seen_well(multi_picture(UNDEFINED, gain_map())[:-200]).bytes_only == "damaged"


def test_a_picture_that_was_a_motion_photo_is_a_plain_one():
    """Its metadata still speak of a film that isn't there any more."""
    packet = xmp('GCamera:MotionPhoto="1" GCamera:MicroVideo="1" GCamera:MicroVideoOffset="9000"')
    assert seen_well(with_xmp(jpeg(), packet)).bytes_only == ""


def test_a_lossless_webp_of_large_flat_areas_is_sound():
    """Long runs of one colour are not coded as zeros."""
    picture = cv2.resize(small_photo(), (1500, 1000))
    picture[500:] = 0
    assert seen_well(webp_of(picture)).bytes_only == ""


def webp_of(picture: np.ndarray) -> bytes:
    done, data = cv2.imencode(".webp", picture)
    assert done
    return data.tobytes()


def test_metadata_in_a_webp_are_not_behind_it():
    """They are chunks of it."""
    assert seen_well(webp_file(exif=b"Exif\0\0" + exif())).bytes_only == ""
