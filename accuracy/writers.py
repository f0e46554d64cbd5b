"""Pixels to files and back: the formats that copies come in, EXIF, and colour profiles."""

from __future__ import annotations

import functools
import io
import struct

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from accuracy.scalers import Pixels

pillow_heif.register_heif_opener()

TAKEN_AT, SUBSECONDS, ORIENTATION, DESCRIPTION = 0x9003, 0x9291, 0x0112, 0x010E
_EXIF_FOLDER = 0x8769
_METADATA_MARKERS, _SCAN_MARKER = (0xE1, 0xED, 0xFE), 0xDA

# Display-P3: red, green, blue in CIE XYZ under D50, and the sRGB curve, as ICC profiles hold them.
_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
_D50 = (0.96420, 1.0, 0.82491)
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


ALONE = {"x265:pools": "none", "x265:frame-threads": "1"}
"""The HEIC writer's threads spin for each other: on busy cores it took seconds a picture."""


def read(data: bytes) -> Pixels:
    """Return the upright pixels of a picture file, as sRGB: programs that copy see to colour.

    Raises:
        ValueError: It can't be decoded.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            shown = _as_srgb(ImageOps.exif_transpose(image), image.info.get("icc_profile"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"Pillow can't decode it: {error}") from error
    return np.ascontiguousarray(np.asarray(shown, np.uint8)[:, :, ::-1])


def _as_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    rgb = image.convert("RGB")
    if not profile or image.mode not in ("RGB", "RGBA"):
        return rgb
    try:
        theirs, ours = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(rgb, theirs, ours, _INTENT)
    except (OSError, ImageCms.PyCMSError):
        return rgb  # everybody ignores a profile that can't be read
    return shown or rgb


def jpeg(picture: Pixels, quality: int, *options: int) -> bytes:
    """Return a JPEG, 4:2:0 unless the options (pairs of OpenCV's) say otherwise."""
    made, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality, *options])
    assert made
    return bytes(data)


def png(picture: Pixels) -> bytes:
    """Return a PNG of 8 bits a channel."""
    made, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert made
    return bytes(data)


def stored_for(picture: NDArray[np.uint8], orientation: int) -> Pixels:
    """Return the pixels that a camera stores, so that this EXIF orientation shows them upright."""
    undone = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: np.swapaxes(p, 0, 1),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(np.swapaxes(p, 0, 1), 2),
        8: lambda p: np.rot90(p, -1),
    }
    return np.ascontiguousarray(undone[orientation](picture))


def by_pillow(picture: Pixels, format_: str, **options: object) -> bytes:
    """Return a file that Pillow writes: "WEBP", "AVIF", "HEIF", "JPEG", ..."""
    out = io.BytesIO()
    if format_ == "HEIF":
        options["enc_params"] = ALONE
    Image.fromarray(picture[:, :, ::-1]).save(out, format_, **options)
    return out.getvalue()


def exif(
    *, taken_at: str = "", subseconds: str = "", orientation: int = 1, title: str = ""
) -> bytes:
    """Return an EXIF block, as a JPEG's APP1 segment holds it."""
    block = Image.Exif()
    block[ORIENTATION] = orientation
    if title:
        block[DESCRIPTION] = title
    inner = {TAKEN_AT: taken_at, SUBSECONDS: subseconds}
    block.get_ifd(_EXIF_FOLDER).update({tag: value for tag, value in inner.items() if value})
    return b"Exif\0\0" + block.tobytes().removeprefix(b"Exif\0\0")


def with_segment(data: bytes, body: bytes, marker: int = 0xE1) -> bytes:
    """Return a JPEG with one more segment, right after its first marker."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]


def without_metadata(data: bytes) -> bytes:
    """Return a JPEG without EXIF, XMP, IPTC and comments, its coded picture untouched."""
    kept, at = [data[:2]], 2
    while data[at + 1] != _SCAN_MARKER:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] not in _METADATA_MARKERS:
            kept.append(data[at:end])
        at = end
    return b"".join(kept) + data[at:]


def in_display_p3(picture: Pixels, quality: int) -> bytes:
    """Return the sRGB picture as a phone would store it: in Display-P3, its profile inside."""
    rgb = Image.fromarray(picture[:, :, ::-1])
    wide = ImageCms.applyTransform(rgb, _to_p3())
    assert wide is not None
    pixels: NDArray[np.uint8] = np.asarray(wide, np.uint8)[:, :, ::-1]
    return by_pillow(pixels, "JPEG", quality=quality, icc_profile=p3_profile())


@functools.cache
def _to_p3() -> ImageCms.ImageCmsTransform:
    profiles = ImageCms.createProfile("sRGB"), io.BytesIO(p3_profile())
    return ImageCms.buildTransform(*profiles, "RGB", "RGB", _INTENT)


@functools.cache
def p3_profile() -> bytes:
    """Return an ICC profile of Display-P3, version 4.

    Source: ICC.1:2010, parts 7 to 10.
    """
    curve = b"para\0\0\0\0\0\3\0\0" + b"".join(map(_fixed, _SRGB_CURVE))
    tags = {
        b"desc": _words("Display P3"),
        b"cprt": _words("None"),
        b"wtpt": _xyz(_D50),
        **{name: _xyz(value) for name, value in zip((b"rXYZ", b"gXYZ", b"bXYZ"), _P3, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    at, table, bodies = 128 + 4 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        table += name + struct.pack(">II", at + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    date = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    head = bytes(8) + b"\4\0\0\0mntrRGB XYZ " + date + b"acsp" + bytes(28)
    head += b"".join(map(_fixed, _D50)) + bytes(48)
    whole = head + struct.pack(">I", len(tags)) + table + bodies
    return struct.pack(">I", len(whole)) + whole[4:]


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, value))


def _words(text: str) -> bytes:
    coded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(coded), 28) + coded
