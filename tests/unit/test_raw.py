"""Camera RAW files: told by content, seen upright once, and never by a preview alone.

A whole DNG is generated; of other makers' files only the first bytes are, see docs/formats.md.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.picture_samples import Picture, encoded, jpeg, seen, seen_well, vouches
from tests.unit.raw_samples import RAW_SIZE_PX, TAKEN_AT, dng, scene

from dedupd.model import Fingerprint, Unreadable
from dedupd.pictures.damage import find_damage
from dedupd.pictures.decoders import DECODERS, DecodeError
from dedupd.pictures.formats import read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.opencv import cv2
from dedupd.pictures.sniff import sniff

WIDTH_PX, HEIGHT_PX = RAW_SIZE_PX


def header(data: bytes) -> Header:
    found = read_header(sniff(data[:4096]), memoryview(data), Limits())
    assert isinstance(found, Header), found
    return found


def decoded(data: bytes, grey: bool = False) -> Picture:
    return DECODERS["raw"](memoryview(data), header(data), grey)


def cells(picture: Picture) -> Picture:
    """Return luma means that differ only where two pictures do: exposure is taken out."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float64)
    return (small - small.mean()) / small.std()


def upright(orientation: int) -> Picture:
    """Return the scene as people see it when it was stored as it is, under that orientation."""
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}
    picture = scene()[:, ::-1] if orientation in (2, 4, 5, 7) else scene()
    return np.ascontiguousarray(np.rot90(picture, turns[orientation]))


def test_it_is_told_from_a_tiff_by_its_directories():
    """A RAW is a RAW whatever its name and version; a TIFF is a TIFF."""
    assert header(dng()).format == "raw"
    assert header(dng(version=False, make="NIKON CORPORATION")).format == "raw"
    assert header(encoded(scene(), ".tiff")).format == "tiff"


def test_its_size_is_the_sensors_and_its_time_has_subseconds():
    """The preview's size is not the picture's."""
    small = jpeg(cv2.resize(scene(), (300, 200), interpolation=cv2.INTER_AREA))
    found = seen_well(dng(6, preview=small))
    assert (found.width_px, found.height_px) == (HEIGHT_PX, WIDTH_PX)
    assert (found.format, found.taken_at) == ("raw", f"{TAKEN_AT}.42")
    assert (found.coded, found.coding_error, found.bytes_only) == (b"", -1.0, "")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("preview", [None, b""], ids=["preview", "sensor"])
def test_it_is_upright_once(orientation, preview):
    """By its preview or by its sensor, all eight orientations."""
    wanted = upright(orientation)
    found = decoded(dng(orientation, preview=preview))
    assert (found.shape[0] > found.shape[1]) == (wanted.shape[0] > wanted.shape[1])
    assert np.abs(cells(found) - cells(wanted)).mean() < (0.02 if preview is None else 0.3)


def test_a_preview_that_was_turned_already_is_left_alone():
    """Some writers turn it; then it stands where the sensor's picture lies."""
    found = decoded(dng(6, preview=jpeg(upright(6), quality=95)))
    assert np.abs(cells(found) - cells(upright(6))).mean() < 0.02


@pytest.mark.parametrize(
    ("preview_px", "seen_px"),
    [((480, 320), (480, 320)), ((240, 160), (240, 160)), ((234, 156), (240, 160))],
)
def test_a_small_preview_does_not_count(preview_px, seen_px):
    """Below half of the sensor's side its own picture is used, at half its size."""
    found = decoded(dng(preview=jpeg(scene(preview_px), quality=95)))
    assert (found.shape[1], found.shape[0]) == seen_px


def test_a_preview_of_another_shape_does_not_count():
    """It shows a part of the picture, or more than that."""
    square = np.ascontiguousarray(scene()[:, 80:400])
    assert decoded(dng(preview=jpeg(square))).shape == (160, 240, 3)


def test_grey_is_grey():
    """The first pass asks for one channel."""
    assert decoded(dng(), grey=True).shape == (HEIGHT_PX, WIDTH_PX)
    assert decoded(dng(preview=b""), grey=True).shape == (HEIGHT_PX // 2, WIDTH_PX // 2)


def test_a_damaged_preview_is_damage():
    """It goes the way of every JPEG, its own check included."""
    whole = jpeg(scene(), quality=95)
    middle = len(whole) // 2
    broken = whole[:middle] + bytes(8000) + whole[middle + 8000 :]
    with pytest.raises(DecodeError) as error:
        decoded(dng(preview=broken))
    assert error.value.reason == "damaged"
    assert "preview" in error.value.detail


def test_a_cut_file_is_unreadable():
    """Also where the preview is whole and only the sensor's data are short."""
    data = dng()
    kept = [
        p
        for p in (*range(5, 100, 5), 99)
        if isinstance(seen(data[: len(data) * p // 100]), Fingerprint)
    ]
    print(f"DNG: {len(kept)} of 20 cuts accepted")
    assert kept == []
    most = seen(data[: len(data) * 9 // 10])
    assert isinstance(most, Unreadable)
    assert most.reason == "truncated"


def test_a_hole_in_the_sensors_data_is_seen():
    """Whole preview or not: such a file vouches for nothing but its bytes."""
    data = dng()
    start, end = header(data).data
    at = (start + end) // 2
    holed = data[:at] + bytes(8192) + data[at + 8192 :]
    tail = data[:-8192] + bytes(8192)
    assert find_damage(header(holed), memoryview(holed), scene()[:, :, 0])
    assert not vouches(holed)
    assert not vouches(tail)
    assert vouches(data)


HEADS = {
    "CR2": b"II*\0\x10\0\0\0CR\x02\0",
    "CRW": b"II\x1a\0\0\0HEAPCCDR",
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "RAF": b"FUJIFILMCCD-RAW 0201FF383501",
    "ORF": b"IIRO\x08\0\0\0",
    "RW2": b"IIU\0\x18\0\0\0",
    "X3F": b"FOVb\0\0\2\0",
    "MRW": b"\0MRM\0\0\0\x10",
}


@pytest.mark.parametrize("maker", HEADS)
def test_a_head_without_a_body_has_a_reason(maker):
    """Recognised by its first bytes, and refused in words."""
    found = seen(HEADS[maker] + bytes(4096))
    assert sniff(HEADS[maker]) == "raw"
    assert isinstance(found, Unreadable), found
    assert found.reason in ("truncated", "unsupported", "damaged")
    assert found.detail


def test_what_libraw_cannot_read_is_unsupported():
    """Though its preview is whole; the reason says whose word it is."""
    strange = bytearray(dng())
    at = bytes(strange).index(b"\x03\x01\x03\0\1\0\0\0\1\0\0\0\x06\1")  # of the sensor's directory
    strange[at + 8 : at + 10] = (52546).to_bytes(2, "little")  # JPEG XL
    found = seen(bytes(strange))
    assert isinstance(found, Unreadable)
    assert (found.reason, "LibRaw" in found.detail) == ("unsupported", True)
