"""What decoders answer where a library gives up, or shows something else than a header says."""

from __future__ import annotations

import dataclasses
import io
import os
import struct
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
import rawpy
from PIL import Image
from tests.unit.heif_samples import sample_heic
from tests.unit.picture_samples import (
    Picture,
    encoded,
    exif,
    jpeg,
    seen,
    seen_well,
    small_photo,
    with_alpha,
    with_exif,
)
from tests.unit.raw_samples import dng

from dedupd.model import VIEWS, Signature, Unreadable
from dedupd.pictures import codec, recoding, shown, transparency
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.decoders import DecodeError, heif, of_one_sensor, raw
from dedupd.pictures.formats import read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import sign
from dedupd.pictures.measures import peak
from dedupd.pictures.opencv import cv2
from dedupd.pictures.pools import child
from dedupd.pictures.pools.child import Child, ChildLost
from dedupd.pictures.sniff import sniff


def header(data: bytes) -> Header:
    found = read_header(sniff(data[:4096]), memoryview(data), Limits())
    assert isinstance(found, Header), found
    return found


def fails(error):
    def failing(*_, **__):
        raise error

    return failing


def refusal(code: int, words: str) -> cv2.error:
    error = cv2.error(words)
    error.code, error.err = code, words
    return error


@pytest.mark.parametrize(
    ("error", "reason", "told"),
    [
        (MemoryError(), "too-large", "memory of a worker"),
        (refusal(cv2.Error.StsNoMem, "no memory"), "too-large", "memory of a worker"),
        (refusal(cv2.Error.StsError, "bad tables"), "damaged", "bad tables"),
        (refusal(cv2.Error.StsError, ""), "damaged", "did not say why"),
    ],
)
def test_a_decoder_that_raises_makes_the_picture_unreadable(monkeypatch, error, reason, told):
    """Want of memory says nothing about the file; all else is damage, in the codec's words."""
    data = jpeg()
    monkeypatch.setattr(codec.cv2, "imdecode", fails(error))
    found = seen(data)
    assert isinstance(found, Unreadable)
    assert (found.reason, told in found.detail) == (reason, True)


def test_a_heic_of_another_size_than_its_header_says_is_damaged():
    """Whatever the library made of it, it isn't the picture that was described."""
    data = sample_heic()
    other = dataclasses.replace(header(data), width_px=200)
    with pytest.raises(DecodeError, match="the header says otherwise"):
        heif.decode(memoryview(data), other, grey=False)


class Opened(list):
    """A HEIF file of one picture, as pillow-heif gives it."""

    primary_index = 0

    def __init__(self, pixels: Picture, premultiplied: bool = False) -> None:
        picture = SimpleNamespace(
            __array_interface__=pixels.__array_interface__, premultiplied_alpha=premultiplied
        )
        picture.kept = pixels
        super().__init__([picture])


@pytest.mark.parametrize("error", [ValueError, EOFError, RuntimeError, OSError, IndexError])
def test_a_heic_that_the_library_refuses_is_damaged(monkeypatch, error):
    """Whichever way it says so."""
    data = sample_heic()
    monkeypatch.setattr(heif.pillow_heif, "open_heif", fails(error("no")))
    with pytest.raises(DecodeError, match="refused it: no"):
        heif.decode(memoryview(data), header(data), grey=False)


def test_a_deep_grey_heic_is_seen_in_eight_bits(monkeypatch):
    """The library hands it out as it is: 16 bits, of which the upper ones count."""
    data = sample_heic()
    deep = np.full((200, 300), 0x8040, np.uint16)
    monkeypatch.setattr(heif.pillow_heif, "open_heif", lambda *_, **__: Opened(deep))
    pixels = heif.decode(memoryview(data), header(data), grey=True)
    assert (pixels.dtype, set(pixels.flat)) == (np.uint8, {0x80})


def test_colours_that_were_multiplied_by_their_alpha_are_divided_again(monkeypatch):
    """Half transparent they are stored at half their level; what nothing shows of stays black."""
    data = sample_heic()
    stored = np.zeros((200, 300, 4), np.uint8)
    stored[:, :150] = (50, 100, 20, 128)
    monkeypatch.setattr(heif.pillow_heif, "open_heif", lambda *_, **__: Opened(stored, True))
    pixels = heif.decode(memoryview(data), header(data), grey=False)
    assert pixels[0, 0].tolist() == [100, 199, 40, 128]
    assert pixels[0, 299].tolist() == [0, 0, 0, 0]


def test_the_same_sensors_data_are_known_below_another_preview():
    """And other data below the same preview."""
    first, second = memoryview(dng()), memoryview(dng(preview=b""))
    assert of_one_sensor(first, second)
    changed = bytearray(dng())
    changed[-100:] = bytes(100)
    assert not of_one_sensor(first, memoryview(changed))


def test_sensors_data_that_cannot_be_read_are_never_the_same():
    """Not even as themselves: nobody saw them."""
    broken = memoryview(b"II*\0" + bytes(500))
    assert not of_one_sensor(broken, broken)
    assert not of_one_sensor(memoryview(dng()), broken)


def thumbnail(data: bytes) -> SimpleNamespace:
    found = SimpleNamespace(format=rawpy.ThumbFormat.JPEG, data=data)
    return SimpleNamespace(extract_thumb=lambda: found)


def test_a_preview_that_ends_within_its_header_is_damage():
    """The picture is not taken from the sensor instead: the file lacks bytes."""
    with pytest.raises(DecodeError, match="ends within its header"):
        raw._preview(thumbnail(b"\xff\xd8\xff\xe0"), header(dng()))


def test_a_preview_that_opencv_makes_nothing_of_is_damage(monkeypatch):
    """Though its header is whole."""
    preview = jpeg(np.zeros((320, 480, 3), np.uint8))
    head = header(dng())
    monkeypatch.setattr(raw.cv2, "imdecode", lambda *_: None)
    with pytest.raises(DecodeError, match="can't be decoded"):
        raw._preview(thumbnail(preview), head)


@pytest.mark.parametrize(("orientation", "top"), [(1, 0), (3, 255), (2, 0)])
def test_a_square_preview_is_turned_as_the_sensor_is(orientation, top):
    """Its shape doesn't tell whether it was turned already; cameras don't."""
    square = np.zeros((64, 64, 3), np.uint8)
    square[32:] = 255
    head = dataclasses.replace(header(dng()), width_px=64, height_px=64, orientation=orientation)
    assert raw._turned(square, head)[0, 0].tolist() == [top] * 3


@pytest.mark.parametrize("shape", [(10, 100, 3), (100, 10, 3)])
def test_a_sensors_picture_of_another_shape_is_unsupported(shape):
    """Who knows what LibRaw took it for."""
    made = SimpleNamespace(postprocess=lambda **_: np.zeros(shape, np.uint8))
    with pytest.raises(DecodeError, match="another shape"):
        raw._demosaiced(made, header(dng()))


def test_a_sensor_without_colours_gives_a_grey_picture():
    """In three equal channels, as all colour decodes have."""
    level = np.full((160, 240, 1), 77, np.uint8)
    pixels = raw._demosaiced(SimpleNamespace(postprocess=lambda **_: level), header(dng()))
    assert (pixels.shape, set(pixels.flat)) == ((160, 240, 3), {77})


@pytest.mark.parametrize("shape", [(3, 90), (90, 3), (3, 3)])
def test_pictures_too_small_for_a_single_cell_differ_by_all(shape):
    """What can't be compared is never taken for equal."""
    same = np.zeros(shape, np.uint8)
    assert peak(same, same) == 255.0


def test_a_picture_that_jpeg_cannot_hold_is_not_imitated():
    """Its coding then proves nothing, for or against."""
    wide = np.zeros((16, 70_000), np.uint8)
    assert recoding.recoded(wide, header(jpeg()), VIEWS[0], wide) is None


@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_an_alpha_of_unknown_levels_is_none(kind):
    """Which of them lets nothing through?"""
    assert transparency.alpha_of(np.ones((4, 4, 4), kind)) is None


def test_a_second_look_at_transparency_knows_where_it_cannot_tell():
    """No picture at all, or inks."""
    inks = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(inks, "TIFF")
    for data in (b"no picture", inks.getvalue()):
        assert transparency.read_again(memoryview(data)) is None


def test_transparency_that_nobody_can_tell_is_told(monkeypatch):
    """Such a picture matches by bytes alone, or a person looks at it."""
    monkeypatch.setattr(shown, "_alpha", lambda *_: None)
    found = seen_well(encoded(with_alpha(small_photo()), ".png"))
    assert found.bytes_only == "transparent"


@pytest.fixture
def spawned(monkeypatch) -> list[subprocess.Popen[bytes]]:
    """Return the processes that stand for workers, each of which says something wrong at first."""
    started: list[subprocess.Popen[bytes]] = []

    def spawn(socket_fd, _memory_bytes, _limits):
        os.write(socket_fd, b"nonsense")
        started.append(subprocess.Popen(["sleep", "60"]))
        return started[-1]

    monkeypatch.setattr(child, "_spawn", spawn)
    return started


def test_a_worker_that_begins_with_something_else_is_ended(spawned):
    """Whatever it is, it isn't ours."""
    stop_fd, never = os.pipe()
    with pytest.raises(ChildLost, match="something else"):
        Child(1 << 30, Limits(), stop_fd)
    os.close(stop_fd)
    os.close(never)
    assert spawned[0].poll() is not None


def test_a_worker_that_cannot_be_started_leaves_nothing_open(monkeypatch):
    """Out of processes for a moment, the daemon must not run out of descriptors too."""
    ends = []

    def refused(socket_fd, *_):
        ends.append(socket_fd)
        raise OSError("no more processes")

    monkeypatch.setattr(child, "_spawn", refused)
    really = child.socket.socketpair
    pairs = []
    monkeypatch.setattr(
        child.socket, "socketpair", lambda *kind: pairs.append(really(*kind)) or pairs[-1]
    )
    with pytest.raises(OSError, match="no more processes"):
        Child(1 << 30, Limits(), stop_fd=0)
    assert [one.fileno() for one in pairs[0]] == [-1, -1]


LAB_GREY, LAB_REDDISH = (128, 128, 128), (136, 208, 195)


def ink_profile() -> bytes:
    """Return a profile for four inks by which any cyan looks red, and the rest grey."""
    grid = [LAB_REDDISH if corner & 8 else LAB_GREY for corner in range(16)]
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * (at % 4 == 0) for at in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix
    table += ramp * 4 + b"".join(map(bytes, grid)) + ramp * 3
    tags = struct.pack(">I", 1) + b"A2B0" + struct.pack(">II", 144, len(table))
    size = 144 + len(table)
    head = struct.pack(">I", size) + bytes(4) + b"\x02\x40\0\0" + b"prtrCMYKLab " + bytes(12)
    head += b"acsp" + bytes(28) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + tags + table


def cyan_print(orientation: int = 1, icc: bytes = b"") -> bytes:
    """Return a JPEG in inks, cyan at the left and without any at the right."""
    inks = np.zeros((64, 96, 4), np.uint8)
    inks[:, :48, 0] = 255
    data = io.BytesIO()
    Image.fromarray(inks, "CMYK").save(data, "JPEG", quality=95, icc_profile=icc or None)
    return with_exif(data.getvalue(), exif(orientation))


def coloured(data: bytes) -> Picture:
    found = shown.in_colour(memoryview(data), header(data), StderrCapture())
    assert not isinstance(found, Unreadable), found
    return found.values


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_cmyk_picture_is_seen_by_its_profile(orientation):
    """Upright; and without one as the codec makes it, where cyan is cyan."""
    with_profile = coloured(cyan_print(orientation, ink_profile()))
    assert with_profile.shape[:2] == ((64, 96) if orientation == 1 else (96, 64))
    blue, _, red = with_profile[10, 10].tolist()
    assert red > blue + 60
    blue, _, red = coloured(cyan_print(orientation))[10, 10].tolist()
    assert blue > red + 60
    assert isinstance(
        sign(cyan_print(orientation, ink_profile()), Limits(), StderrCapture()), Signature
    )


@pytest.mark.parametrize("broken", ["cannot be read", "is in lights"])
def test_a_cmyk_picture_whose_inks_pillow_does_not_find_is_as_the_codec_makes_it(
    monkeypatch, broken
):
    """The profile is of no use then."""
    data = cyan_print(icc=ink_profile())
    if broken == "cannot be read":
        monkeypatch.setattr(Image, "open", fails(OSError("no")))
    else:
        monkeypatch.setattr(Image, "open", lambda _: Image.new("RGB", (96, 64)))
    blue, _, red = coloured(data)[10, 10].tolist()
    assert blue > red + 60
