"""Makes the containers of pictures: segments, chunks and tags around a picture that stays the same.

All files are generated; what cameras and phones write was read in the formats' specifications.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image
from tests.unit.picture_samples import (
    Picture,
    encoded,
    exif,
    jpeg,
    png_chunk,
    sample,
    small_photo,
    tiff_file,
    with_exif,
    with_png_chunk,
)

from dedupd.pictures.opencv import cv2

FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(1, 250)) * 40

STEREO, LARGE_PREVIEW, UNDEFINED = 0x020002, 0x010002, 0x000000
_PRIMARY = 0x030000

DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7142))
_D50 = (0.9642, 1.0, 0.8249)


def with_segment(jpeg_bytes: bytes, marker: int, body: bytes) -> bytes:
    """Return a JPEG with a segment put in behind its start marker."""
    return jpeg_bytes[:2] + segment(marker, body) + jpeg_bytes[2:]


def segment(marker: int, body: bytes) -> bytes:
    """Return one segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def profile(
    colorants: tuple[tuple[float, ...], ...] = DISPLAY_P3, gamma: float = 0, space: bytes = b"RGB "
) -> bytes:
    """Return a colour profile: sRGB's tone curve, or a plain gamma; `space` may be GRAY."""
    curve = struct.pack(">4sIIH2x", b"curv", 0, 1, round(gamma * 256)) if gamma else _srgb_curve()
    tags = {b"wtpt": _xyz(_D50), b"desc": _text(), b"cprt": _text()}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, colorants), strict=True))
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    at, table = 132 + 12 * len(tags), b""
    for name, body in tags.items():
        table += name + struct.pack(">II", at, len(body))
        at += len(body)
    head = struct.pack(">I4sI4s4s4s12x4s", at, b"", 0x04300000, b"mntr", space, b"XYZ ", b"acsp")
    head = (head + bytes(28) + _fixed(_D50)).ljust(128, b"\0")
    return head + struct.pack(">I", len(tags)) + table + b"".join(tags.values())


def _srgb_curve() -> bytes:
    numbers = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed(numbers)


def _fixed(numbers: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _xyz(numbers: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(numbers)


def _text() -> bytes:
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", 2, 28) + b"\0x\0\0"


def with_profile(data: bytes, icc: bytes) -> bytes:
    """Return a JPEG or PNG with a colour profile."""
    if data.startswith(b"\x89"):
        return with_png_chunk(data, b"iCCP", b"name\0\0" + zlib.compress(icc))
    return with_segment(data, 0xE2, b"ICC_PROFILE\0\x01\x01" + icc)


def in_display_p3(picture: Picture) -> Picture:
    """Return the numbers that show the colours of an sRGB picture under the P3 profile."""
    to_p3 = np.linalg.inv(np.array(DISPLAY_P3).T) @ np.array(SRGB).T
    rgb = picture[:, :, ::-1].astype(float) / 255
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    moved = np.clip(linear @ to_p3.T, 0, 1)
    curved = np.where(moved > 0.0031308, 1.055 * moved ** (1 / 2.4) - 0.055, moved * 12.92)
    return np.ascontiguousarray(np.rint(curved * 255).astype(np.uint8)[:, :, ::-1])


def xmp(properties: str = "", inner: str = "") -> bytes:
    """Return an XMP packet with properties as attributes, and others as elements."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description rdf:about="" '
        f"{properties}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def with_xmp(jpeg_bytes: bytes, packet: bytes) -> bytes:
    """Return a JPEG with an XMP segment."""
    return with_segment(jpeg_bytes, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)


def iptc(day: str, time: str) -> bytes:
    """Return IPTC records of a creation date and time."""
    texts = ((5, b"a title"), (55, day.encode()), (60, time.encode()))
    return b"".join(struct.pack(">BBBH", 0x1C, 2, n, len(t)) + t for n, t in texts)


def resources(records: bytes) -> bytes:
    """Return Photoshop's resources with IPTC records among them."""
    other = b"8BIM" + struct.pack(">H", 0x03ED) + b"\x03abc" + struct.pack(">I", 3) + b"xyz\0"
    padding = b"\0" * (len(records) % 2)
    head = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(records))
    return other + head + records + padding


def multi_picture(kind: int, second: bytes, first: bytes | None = None) -> bytes:
    """Return a JPEG whose index lists a second one, of `kind`, behind it."""
    primary = jpeg() if first is None else first
    index_at = 2 + 4 + 4  # behind the start marker, the segment's head and its prefix
    length = len(_index(kind, 0, 0))
    second_at = len(primary) + 4 + 4 + length
    index = _index(kind, len(second), second_at - index_at)
    return with_segment(primary, 0xE2, b"MPF\0" + index) + second


def _index(kind: int, size_bytes: int, offset: int) -> bytes:
    first = struct.pack("<IIIHH", kind if kind == STEREO else _PRIMARY, 0, 0, 0, 0)
    entries = first + struct.pack("<IIIHH", kind, size_bytes, offset, 0, 0)
    at = 8 + 2 + 3 * 12 + 4
    tags = [
        (0xB000, 7, 4, b"0100"),
        (0xB001, 4, 1, struct.pack("<I", 2)),
        (0xB002, 7, len(entries), struct.pack("<I", at)),
    ]
    return tiff_file(tags) + entries


def gain_map(full_size: bool = False) -> bytes:
    """Return a gain map: a small grey JPEG, or a full-size one that says what it is."""
    if not full_size:
        return jpeg(small_photo(75, 50))
    return with_xmp(jpeg(255 - small_photo()), xmp('hdrgm:Version="1.0" hdrgm:GainMapMax="2.1"'))


def ultra_hdr(map_jpeg: bytes) -> bytes:
    """Return a JPEG whose XMP, and no index, says that a gain map follows."""
    directory = (
        '<Container:Directory><rdf:Seq><rdf:li><Container:Item Item:Semantic="Primary"/></rdf:li>'
        f'<rdf:li><Container:Item Item:Semantic="GainMap" Item:Length="{len(map_jpeg)}"/></rdf:li>'
        "</rdf:Seq></Container:Directory>"
    )
    return with_xmp(jpeg(), xmp('hdrgm:Version="1.0"', directory)) + map_jpeg


def tiff_with_tag(tag: int, type_: int, count: int, value: bytes) -> bytes:
    """Return a TIFF with one tag more, or another one instead of it."""
    data = sample("tiff")
    (at,) = struct.unpack_from("<I", data, 4)
    (known,) = struct.unpack_from("<H", data, at)
    layout = struct.Struct("<HHI4s")
    entries = [layout.unpack_from(data, at + 2 + 12 * i) for i in range(known)]
    if len(value) > len(b"self"):
        data, value = data + value, struct.pack("<I", len(data))
    entries = [entry for entry in entries if entry[0] != tag]
    entries.append((tag, type_, count, value.ljust(4, b"\0")))
    packed = b"".join(layout.pack(*entry) for entry in sorted(entries))
    directory = struct.pack("<H", len(entries)) + packed + bytes(4)
    return data[:4] + struct.pack("<I", len(data)) + data[8:] + directory


def webp_file(**options: object) -> bytes:
    """Return a lossy WebP; `options` are Pillow's: `exif`, `xmp`, `icc_profile`, `lossless`."""
    data = io.BytesIO()
    Image.fromarray(small_photo()[:, :, ::-1]).save(data, "WEBP", **{"quality": 80, **options})
    return data.getvalue()


def tiff_pages(kind: int) -> bytes:
    """Return a TIFF of two pages, the second of this kind (tag 254)."""
    pages = [Image.fromarray(page[:, :, ::-1]) for page in (small_photo(), small_photo(75, 50))]
    pages[1].encoderinfo = {"tiffinfo": {254: kind}}
    data = io.BytesIO()
    pages[0].save(data, "TIFF", save_all=True, append_images=pages[1:])
    return data.getvalue()


def oriented(content_type: str, stored: Picture, orientation: int) -> bytes:
    """Return stored pixels with an orientation, in a format that can say it."""
    if content_type == "jpeg":
        return with_exif(jpeg(stored, quality=97), exif(orientation))
    if content_type == "png":
        return with_png_chunk(encoded(stored, ".png"), b"eXIf", exif(orientation))
    picture, data = Image.fromarray(np.ascontiguousarray(stored[:, :, ::-1])), io.BytesIO()
    if content_type == "webp":
        picture.save(data, "WEBP", lossless=True, exif=b"Exif\0\0" + exif(orientation))
    else:
        picture.save(data, "TIFF", compression="tiff_lzw", tiffinfo={0x0112: orientation})
    return data.getvalue()


@cache
def odd_files() -> dict[str, bytes]:
    """Return one file for every parser of a container."""
    time = "2021:07:08 09:10:11"
    packet = xmp('xmp:CreateDate="2021-07-08T09:10:11"')
    webp = io.BytesIO()
    picture = Image.fromarray(small_photo()[:, :, ::-1])
    picture.save(webp, "WEBP", exif=exif(6, time), xmp=packet, icc_profile=profile())
    texts = b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(packet)
    return {
        "profile": with_profile(jpeg(), profile()),
        "profile png": with_profile(sample("png"), profile()),
        "webp": webp.getvalue(),
        "exif": with_exif(jpeg(progressive=True), exif(6, time, "12")),
        "xmp": with_xmp(jpeg(), packet),
        "xmp png": with_png_chunk(sample("png"), b"iTXt", texts),
        "iptc": with_segment(
            jpeg(), 0xED, b"Photoshop 3.0\0" + resources(iptc("20210708", "091011"))
        ),
        "stereo": multi_picture(STEREO, jpeg(255 - small_photo())),
        "gain map": multi_picture(UNDEFINED, gain_map()),
        "ultra hdr": ultra_hdr(gain_map()),
        "film": jpeg() + FILM,
        "tiff pages": tiff_pages(1),
        "tiff": oriented("tiff", small_photo(), 6),
        "optimised": encoded(small_photo(), ".jpg", cv2.IMWRITE_JPEG_OPTIMIZE, 1),
        "alpha": encoded(np.dstack([small_photo(), small_photo()[:, :, 0]]), ".png"),
        "chunk": with_png_chunk(sample("png"), b"gAMA", struct.pack(">I", 45455)),
        "bare": b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""),
    }
