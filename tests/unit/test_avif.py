"""AVIF: turned once by its own properties, which OpenCV ignores, and what else is in the file."""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np
import pytest
from PIL import Image
from tests.unit.picture_samples import (
    Picture,
    encoded,
    exif,
    sample,
    seen,
    seen_well,
    small_photo,
    vouches,
    with_alpha,
)

from dedupd.model import Unreadable
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.codec import Mode, Pixels, decode
from dedupd.pictures.formats import read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.opencv import cv2


def header(data: bytes) -> Header:
    found = read_header("avif", memoryview(data), Limits())
    assert isinstance(found, Header), found
    return found


def decoded(data: bytes) -> Picture:
    found = decode(memoryview(data), header(data), Mode.COLOUR, _capture())
    assert isinstance(found, Pixels), found
    return np.asarray(found.values, np.uint8)


@cache
def _capture() -> StderrCapture:
    return StderrCapture()


def avif(picture: Picture, **options: object) -> bytes:
    """Return an AVIF by Pillow, whose writer makes `irot` and `imir` of an EXIF orientation."""
    data = io.BytesIO()
    Image.fromarray(picture[:, :, ::-1]).save(data, "AVIF", quality=90, **options)
    return data.getvalue()


def luma_cells(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA).astype(np.int16)


def stored(orientation: int) -> Picture:
    """Return the photograph as it is stored that is shown upright by this orientation."""
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}
    turned = np.rot90(small_photo(), turns[orientation])
    return np.ascontiguousarray(turned[:, ::-1] if orientation in (2, 4, 5, 7) else turned)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_once(orientation):
    """`irot` and `imir` count, in either order of the axes."""
    data = avif(stored(orientation), exif=exif(orientation))
    assert header(data).orientation == orientation
    assert header(data).upright_size == (300, 200)
    assert np.abs(luma_cells(decoded(data)) - luma_cells(small_photo())).max() <= 4


def test_opencv_ignores_the_turn():
    """The day it doesn't, pictures would be turned twice: then this fails first."""
    data = avif(stored(6), exif=exif(6))
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (300, 200)


def test_alpha_and_sequences_are_seen():
    """Transparency, and a film of several pictures."""
    clear = encoded(with_alpha(small_photo()), ".avif")
    assert header(clear).alpha
    assert seen_well(clear).bytes_only == "transparent"
    frames = [Image.fromarray(small_photo()), Image.fromarray(255 - small_photo())]
    moving = io.BytesIO()
    frames[0].save(moving, "AVIF", save_all=True, append_images=frames[1:])
    assert header(moving.getvalue()).frames == 2
    assert header(sample("avif")).frames == 1


def test_profile_and_capture_time_are_read():
    """From its `colr` property and its EXIF item."""
    data = avif(small_photo(), icc_profile=b"\0" * 200, exif=exif(1, "2026:11:22 09:30:00", "42"))
    assert header(data).icc == b"\0" * 200
    assert header(data).taken_at == "2026:11:22 09:30:00.42"


def test_the_coded_digest_leaves_out_metadata_only():
    """Another EXIF block makes no difference, a turn does."""
    plain = header(avif(small_photo())).coded
    assert len(plain) == 32
    assert header(avif(small_photo(), exif=exif(1, "2026:11:22 09:30:00"))).coded == plain
    assert header(avif(small_photo(), exif=exif(3))).coded != plain


def test_a_chain_of_units_that_breaks_is_damage():
    """A unit that reaches beyond the picture, and holes and tails of zeros."""
    data = avif(small_photo())
    start, end = header(data).data
    frame_at = start + 4 + data[start + 3]  # behind the units that delimit and describe
    assert data[frame_at] == 0x32  # a frame, its size in the next bytes, seven bits each
    size_at = frame_at + 1
    longer = data[:size_at] + bytes([data[size_at] | 0x7F]) + data[size_at + 1 :]
    assert longer != data
    holes = [data[:at] + bytes(200) + data[at + 200 :] for at in range(start + 100, end - 300, 997)]
    tail = data[: end - 100] + bytes(100) + data[end:]
    accepted = [vouches(one) for one in (*holes, tail, longer)]
    print(f"AVIF holes and tails: {sum(accepted)} of {len(accepted)} accepted")
    assert not any(accepted)
    assert header(longer).damage


def test_flat_pictures_are_no_damage():
    """Short coded data of one colour hold no long runs of zeros."""
    for level in (0, 128, 255):
        assert header(avif(np.full((800, 1200, 3), level, np.uint8))).damage == ""


def test_a_part_of_a_picture_is_unsupported():
    """OpenCV would show the rest of it too."""
    data = sample("avif")
    at = data.index(b"pixi")
    found = seen(data[:at] + b"clap" + data[at + 4 :])
    assert isinstance(found, Unreadable)
    assert found.reason == "unsupported"


def test_endless_boxes_have_an_answer():
    """Sizes that lie are refused, not followed."""
    data = sample("avif")
    at = data.index(b"mdat") - 4
    found = seen(data[:at] + struct.pack(">I", 0xFFFFFFFF) + data[at + 4 :])
    assert isinstance(found, Unreadable)
    assert found.reason == "truncated"
