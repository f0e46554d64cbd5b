"""Turned pictures: upright exactly once, in every format that can say how it was held."""

from __future__ import annotations

import numpy as np
import pytest
from accuracy.writers import stored_for
from tests.unit.container_samples import oriented
from tests.unit.picture_samples import photo, seen_well

from dedupd.model import Signature
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import sign
from dedupd.pictures.opencv import cv2

CAPTURE = StderrCapture()


def upright() -> np.ndarray:
    return cv2.resize(photo("coffee.png"), (480, 320), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("content_type", ["jpeg", "png", "webp", "tiff"])
def test_all_eight_ways_to_hold_a_camera_give_the_same_picture(content_type, orientation):
    """Size, hash, sketch, the seven other views and the signature are those of the plain one."""
    data = oriented(content_type, stored_for(upright(), orientation), orientation)
    plain = oriented(content_type, upright(), 1)
    found, expected = seen_well(data), seen_well(plain)
    assert found.bytes_only == ""
    assert (found.width_px, found.height_px) == (480, 320)
    for one, other in zip(
        (found.dhash, *found.turned), (expected.dhash, *expected.turned), strict=True
    ):
        assert (one ^ other).bit_count() <= 2
    signatures = [sign(one, Limits(), CAPTURE) for one in (data, plain)]
    assert all(isinstance(one, Signature) for one in signatures)
    assert largest(signatures[0].luma, signatures[1].luma) <= 4
    assert largest(signatures[0].chroma, signatures[1].chroma) <= 8


def largest(first: bytes, second: bytes) -> int:
    pair = (np.frombuffer(one, np.uint8).astype(int) for one in (first, second))
    return int(np.abs(np.subtract(*pair)).max())


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_nonsense_is_upright(orientation):
    """What no reader turns isn't turned."""
    found = seen_well(oriented("jpeg", upright(), orientation))
    assert (found.width_px, found.height_px) == (480, 320)
