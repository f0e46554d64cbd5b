"""What every picture format promises; a new one joins by its sample."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.container_samples import odd_files
from tests.unit.heif_samples import sample_heic
from tests.unit.picture_samples import SUFFIXES, cuts, seen, seen_well
from tests.unit.picture_samples import sample as opencv_sample

from dedupd.model import Fingerprint, Signature, Unreadable
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.formats import READERS, read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import sign
from dedupd.pictures.sniff import sniff

CAPTURE = StderrCapture()

ODD_FILES = (
    "profile", "profile png", "webp", "exif", "xmp", "xmp png", "iptc", "stereo", "gain map",
    "ultra hdr", "film", "tiff pages", "tiff", "optimised", "alpha", "chunk", "bare",
)  # fmt: skip

RAW = "raw"  # has a suite of its own: what is seen of it is its preview
every_format = pytest.mark.parametrize("content_type", [*SUFFIXES, "heic"])


def sample(content_type: str) -> bytes:
    """Return the small photograph in a format, whole and without alpha."""
    return sample_heic() if content_type == "heic" else opencv_sample(content_type)


def test_every_format_has_a_sample():
    """A format without one would pass this suite by not being in it."""
    assert {*SUFFIXES, "heic", RAW} == set(READERS)


def test_every_container_is_tried():
    """One that is made and not named here would pass by not being in it."""
    assert odd_files().keys() == set(ODD_FILES)


@every_format
def test_a_whole_picture_is_seen_whole(content_type):
    """Size, format and a signature; nothing stands against a match."""
    found = seen_well(sample(content_type))
    assert (found.width_px, found.height_px) == (300, 200)
    assert (found.format, found.bytes_only, found.note) == (content_type, "", "")
    assert isinstance(sign(sample(content_type), Limits(), CAPTURE), Signature)


@every_format
def test_all_formats_of_a_picture_are_candidates_for_each_other(content_type):
    """Their hashes are within the radius in which candidates are looked for."""
    hashes = seen_well(sample(content_type)).dhash, seen_well(sample("png")).dhash
    assert (hashes[0] ^ hashes[1]).bit_count() <= 10


@every_format
def test_the_header_gives_the_size_without_a_decode(content_type):
    """And too many pixels are refused by it alone."""
    data = memoryview(sample(content_type))
    header = read_header(content_type, data, Limits())
    assert isinstance(header, Header)
    assert (header.width_px, header.height_px, header.frames) == (300, 200, 1)
    assert 0 < header.data[0] < header.data[1] <= len(data)
    small = read_header(content_type, data, Limits(pixels=59_999))
    assert isinstance(small, Unreadable)
    assert small.reason == "too-large"


@every_format
def test_a_cut_file_is_unreadable(content_type):
    """Wherever it was cut: half a picture is no picture."""
    for part in cuts(sample(content_type)):
        found = seen(part)
        assert isinstance(found, Unreadable), len(part)
        assert found.reason
        assert found.detail


@every_format
@settings(max_examples=40)
@given(at=st.floats(0, 1, exclude_max=True), rubbish=st.binary(min_size=1, max_size=40))
def test_rubbish_anywhere_never_raises(content_type, at, rubbish):
    """A damaged header or body gives a reason or a fingerprint, never an exception."""
    data = bytearray(sample(content_type))
    start = int(at * len(data))
    data[start : start + len(rubbish)] = rubbish
    assert isinstance(seen(bytes(data)), Fingerprint | Unreadable)


@every_format
@settings(max_examples=40)
@given(length=st.integers(0, 200), rubbish=st.binary(max_size=60))
def test_a_header_that_breaks_off_never_raises(content_type, length, rubbish):
    """The first bytes are right, then comes anything."""
    data = sample(content_type)[:length] + rubbish
    found = read_header(sniff(data), memoryview(data), Limits())
    assert isinstance(found, Header | Unreadable)


@pytest.mark.parametrize("name", ODD_FILES)
@settings(max_examples=60)
@given(at=st.floats(0, 1, exclude_max=True), rubbish=st.binary(min_size=1, max_size=12))
def test_rubbish_in_any_container_never_raises(name, at, rubbish):
    """Profiles, indexes, text chunks and directories hold anything at all."""
    data = bytearray(odd_files()[name])
    start = int(at * min(len(data), 3000))
    data[start : start + len(rubbish)] = rubbish
    assert isinstance(seen(bytes(data)), Fingerprint | Unreadable)
    assert isinstance(sign(bytes(data), Limits(), CAPTURE), Signature | Unreadable)
