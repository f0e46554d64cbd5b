"""HEIC: its main picture, what belongs to it, and whether all of it is there.

A HEIC may hold more than its picture: tiles, thumbnails, transparency, depth and gain maps are
parts of it; any further picture that is shown by itself, or a film, makes several frames.
Only `irot` and `imir` turn the picture; an orientation in its EXIF block repeats what they say
and is ignored.  Source: ISO/IEC 23008-12; ISO/IEC 23000-22 (MIAF).
"""

from __future__ import annotations

import struct

from dedupd.pictures.formats import hevc, nclx, trailing
from dedupd.pictures.formats.boxes import boxes
from dedupd.pictures.formats.coded import CodedDigest
from dedupd.pictures.formats.header import Header, HeaderError
from dedupd.pictures.formats.items import Item, Items, Span, item_bytes, read_items
from dedupd.pictures.formats.metadata import Metadata
from dedupd.pictures.formats.tags import Exif

_CODED = (b"hvc1", b"hev1")
_DERIVED = (b"grid", b"iden", b"iovl")
_METADATA = (b"Exif", b"mime", b"uri ")
_XMP = b"application/rdf+xml"
_TONE_MAPPED = b"tmap"  # the main picture once more, its gain map applied
_OUTER_BOXES = (b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"wide")
_FILM_BOX = b"mpvd"
_ALPHA = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
)
# By whether it is mirrored left to right first, then by quarter turns to the left.
_ORIENTATIONS = ((1, 8, 3, 6), (2, 5, 4, 7))


def read(data: memoryview) -> Header:
    """Return the header of a HEIC picture, collection or sequence."""
    items = read_items(data)
    damage = ""
    for item in coded_items(data, items):
        if item.kind not in _CODED:
            kind = item.kind.decode("ascii", "replace").strip()
            raise HeaderError("unsupported", f"a HEIC coded as {kind!r} can't be decoded")
        damage = damage or _find_break(data, item)
    # The check of its units finds any run of zeros, so none is looked for.
    return describe(data, items, damage, zero_run_bytes=0)


def coded_items(data: memoryview, items: Items) -> list[Item]:
    """Return the items that hold the coded main picture and its transparency, each once."""
    found: dict[int, Item] = {}
    waiting = [*reversed(_alphas(data, items)), items.primary]
    while waiting:
        item = waiting.pop()
        if item.id in found:
            continue
        found[item.id] = item
        parts = items.parts(item) if item.kind in _DERIVED else []
        if not parts and (item.kind in _DERIVED or not item.extents):
            raise HeaderError("damaged", "it does not say what its picture is made of")
        waiting += reversed(parts)
    return [item for item in found.values() if item.kind not in _DERIVED]


def describe(data: memoryview, items: Items, damage: str, zero_run_bytes: int) -> Header:
    """Return the header of the main picture of a HEIC or AVIF.

    Args:
        damage: What is wrong with the coded bytes; "" if nothing shows.
        zero_run_bytes: As in `Header`; looked for in the coded bytes only.
    """
    width_px, height_px, orientation = _geometry(data, items.primary)
    spans = tuple(span for item in coded_items(data, items) for span in item.extents)
    outside = _outside(data)
    several = _has_several(data, items)
    exif = _exif(data, items)
    icc, note = _colours(data, items)
    return Header(
        width_px,
        height_px,
        data=(min(span[0] for span in spans), max(span[1] for span in spans)),
        frames=2 if several else 1,
        alpha=bool(_alphas(data, items)),
        orientation=orientation,
        taken_at=exif.taken_at,
        camera=exif.camera,
        damage=damage,
        note=note,
        icc=icc,
        coded=b"" if several or damage else _digest(data, items, outside),
        trailing=_trailing(data, outside),
        zero_run_bytes=zero_run_bytes,
        zero_run_spans=spans,
    )


def _alphas(data: memoryview, items: Items) -> list[Item]:
    """Return the items that make the main picture, or a part of it, transparent."""
    ours = {items.primary.id, *(part.id for part in items.parts(items.primary))}
    sources = {
        one.source
        for one in items.references
        if one.kind == b"auxl" and ours.intersection(one.targets)
    }
    return [item for id_, item in items.by_id.items() if id_ in sources and _is_alpha(data, item)]


def _is_alpha(data: memoryview, item: Item) -> bool:
    kind = item.find(b"auxC")
    return kind is not None and bytes(data[kind.start + 4 : kind.end]).startswith(_ALPHA)


def _find_break(data: memoryview, item: Item) -> str:
    configuration = item.find(b"hvcC")
    if configuration is None:
        raise HeaderError("damaged", "it does not say how its picture is coded")
    size_bytes = hevc.length_bytes(data[configuration.start : configuration.end])
    return hevc.find_break(memoryview(item_bytes(data, item)), size_bytes)


def _geometry(data: memoryview, item: Item) -> tuple[int, int, int]:
    """Return width and height before it is turned, and how it is turned, as EXIF numbers it."""
    size = item.find(b"ispe")
    if size is None:
        raise HeaderError("damaged", "it does not say how large it is")
    width_px, height_px = struct.unpack_from(">II", data, size.start + 4)
    mirrored, quarters = 0, 0
    for one in item.properties:
        if one.name == b"clap":
            sides = struct.unpack_from(">IIII", data, one.start)
            width_px, height_px = sides[0] // max(sides[1], 1), sides[2] // max(sides[3], 1)
            if quarters % 2:
                width_px, height_px = height_px, width_px
        elif one.name == b"irot":
            quarters += data[one.start] & 3
        elif one.name == b"imir":
            upside_down = not data[one.start] & 1
            mirrored, quarters = 1 - mirrored, (2 if upside_down else 0) - quarters
    return width_px, height_px, _ORIENTATIONS[mirrored][quarters % 4]


def _has_several(data: memoryview, items: Items) -> bool:
    """Return whether it shows more than the main picture."""
    if any(name == b"moov" for name, _, _ in boxes(data, 0, len(data))):
        return True
    belongs = items.sources(b"thmb") | items.sources(b"auxl") | items.targets(b"dimg")
    return any(
        item.find(b"ispe") and not item.hidden and item.id not in belongs
        for item in items.by_id.values()
        if item is not items.primary and item.kind not in (*_METADATA, _TONE_MAPPED)
    )


def _exif(data: memoryview, items: Items) -> Exif:
    metadata = Metadata()
    for item in items.by_id.values():
        if item.kind == b"Exif":
            block = item_bytes(data, item)
            skipped = int.from_bytes(block[:4], "big")
            metadata.add_exif(memoryview(block)[4 + skipped :])
        elif item.mime == _XMP:
            metadata.add_xmp(memoryview(item_bytes(data, item)))
    return metadata.read()


def _colours(data: memoryview, items: Items) -> tuple[bytes, str]:
    """Return the colour profile, and a note on colours that none can express."""
    code_points = b""
    for item in (items.primary, *items.parts(items.primary)[:1]):
        for one in item.properties:
            content = bytes(data[one.start : one.end]) if one.name == b"colr" else b""
            if content[:4] in (b"prof", b"rICC"):
                return content[4:], ""
            if content[:4] == b"nclx":
                code_points = code_points or content[4:8]
    if not code_points:
        return b"", ""
    primaries, transfer = struct.unpack(">HH", code_points)
    high_range = nclx.is_high_range(transfer)
    note = "its high dynamic range is shown as it is coded" if high_range else ""
    return nclx.profile(primaries, transfer), note


def _outside(data: memoryview) -> list[tuple[bytes, Span]]:
    """Return the outer boxes that are no part of any picture."""
    found = boxes(data, 0, len(data))
    return [(name, (start, end)) for name, start, end in found if name not in _OUTER_BOXES]


def _trailing(data: memoryview, outside: list[tuple[bytes, Span]]) -> str:
    if any(name == _FILM_BOX for name, _ in outside):
        return "a film follows the picture in its file"
    words = (trailing.in_words(data[start:end]) for _, (start, end) in outside)
    return next((found for found in words if found), "")


def _digest(data: memoryview, items: Items, outside: list[tuple[bytes, Span]]) -> bytes:
    """Return the digest of all items but metadata and thumbnails, and of what else is there."""
    thumbnails = items.sources(b"thmb")
    kept = [
        item
        for item in items.by_id.values()
        if item.kind not in _METADATA and item.id not in thumbnails
    ]
    number = {item.id: index for index, item in enumerate(kept)}
    digest = CodedDigest(b"heif")
    digest.add(b"main", str(number.get(items.primary.id)).encode())
    for item in kept:
        digest.add(item.kind)
        for one in item.properties:
            digest.add(one.name, data[one.start : one.end])
        digest.add(b"data", item_bytes(data, item))
    for reference in items.references:
        if reference.source in number:
            ids = (reference.source, *reference.targets)
            digest.add(reference.kind, repr([number.get(id_, -1) for id_ in ids]).encode())
    for name, (start, end) in outside:
        if content := trailing.content(data[start:end]):
            digest.add(name, content)
    return digest.digest()
