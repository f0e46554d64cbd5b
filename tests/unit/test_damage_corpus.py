"""No damaged library copy vouches for the whole picture; `make damage` tries more of them."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from accuracy import damage
from tests.unit.picture_samples import small_photo

NAMES = (
    "JPEG", "JPEG progressive", "JPEG optimised", "PNG", "WebP", "WebP lossless", "GIF", "TIFF",
    "TIFF LZW", "TIFF deflate", "BMP", "JPEG 2000", "AVIF", "HEIC",
)  # fmt: skip
SOUND = frozenset({"one bit", f"{damage.MANY} bits"})  # no reader can see a flipped pixel


@functools.cache
def written(seed: int) -> dict[str, bytes]:
    """Return a scene in every format; with a seed, another one."""
    picture = small_photo(400, 300)
    return dict(damage.formats(np.ascontiguousarray(picture[::-1]) if seed else picture))


def test_every_format_is_tried():
    """One that is written and not named here would pass by not being in it."""
    assert written(0).keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_damaged_copy_vouches_for_the_whole_picture(name):
    """Cut, cut with an end glued on, spliced, with a zero tail or a zero hole."""
    files = damage.damaged(written(0)[name], written(1)[name], flips=0, percents=(30, 60, 95))
    found = damage.judged(written(0)[name], files)
    assert set(found) >= {"cut", "cut, end glued on", "zero tail", "spliced"}
    assert {how: one for how, one in found.items() if one.accepted and how not in SOUND} == {}
    assert found["cut"].refused == found["cut"].tried == 3


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_picture_vouches(name):
    """The corpus would prove nothing on files that are refused as they are."""
    again = [damage.Damaged("whole", written(0)[name] + bytes(8))]
    assert damage.judged(written(0)[name], again)["whole"].accepted == 1


@pytest.mark.parametrize("name", ["PNG", "JPEG", "JPEG progressive", "TIFF deflate", "AVIF"])
def test_many_flipped_bits_never_pass_in_coded_data(name):
    """Of one flipped bit some are invisible; of many none is."""
    files = damage.damaged(written(0)[name], written(1)[name], flips=2, percents=())
    assert damage.judged(written(0)[name], files)[f"{damage.MANY} bits"].accepted == 0
