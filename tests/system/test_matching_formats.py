"""One picture in many formats: what each needle is to a library of plain JPEGs, by `check`.

Every case has a picture of its own, because several copies of one size that claim one library
picture would be a question for a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import pytest
from accuracy.writers import stored_for
from tests.system.commands import Done, Fields, Site
from tests.system.pictures import ours, pixels, resized, surely_the_same
from tests.unit.container_samples import (
    FILM,
    in_display_p3,
    oriented,
    profile,
    with_profile,
    with_segment,
    with_xmp,
    xmp,
)
from tests.unit.heif_samples import heic
from tests.unit.picture_samples import encoded, exif, jpeg, with_exif, with_png_chunk
from tests.unit.raw_samples import RAW_SIZE_PX, TAKEN_AT, dng

pytestmark = pytest.mark.timeout(120)

BYTES, PIXELS, SAME = ("matched", "bytes", ""), ("matched", "pixels", ""), ("matched", "same", "")
RAW_ONLY, MOTION = ("possible", "same", "raw"), ("possible", "same", "motion")
COMMENT, TEXT = 0xFE, b"tEXt"

Change = Callable[[bytes], bytes]


def unchanged(data: bytes) -> bytes:
    """Return the library's JPEG."""
    return data


def as_(suffix: str, *options: int) -> Change:
    """Return a function that saves a JPEG in the format of that suffix."""
    return lambda data: encoded(pixels(data), suffix, *options)


def as_heic(data: bytes) -> bytes:
    """Return the picture as a HEIC, as a phone would write it."""
    return heic(pixels(data), quality=90)


def held(content_type: str, orientation: int, data: bytes) -> bytes:
    """Return the picture as a camera held that way stores it."""
    stored = stored_for(pixels(data), orientation)
    return oriented(content_type, stored, orientation)


def in_p3(data: bytes) -> bytes:
    """Return the picture at three quarters of its size, in a phone's colours."""
    wide = in_display_p3(pixels(resized(data, 0.75)))
    return with_profile(jpeg(wide, quality=92), profile())


def commented(data: bytes) -> bytes:
    """Return the very same coded picture with another comment in its file."""
    return with_segment(data, COMMENT, b"found in the cellar")


def with_map(data: bytes) -> bytes:
    """Return an Ultra HDR picture: the library's, with a gain map behind it."""
    small = jpeg(pixels(resized(data, 0.25)))
    item = f'<Container:Item Item:Semantic="GainMap" Item:Length="{len(small)}"/>'
    return with_xmp(data, xmp('hdrgm:Version="1.0"', f"<rdf:li>{item}</rdf:li>")) + small


def with_film(data: bytes) -> bytes:
    """Return a motion photo."""
    return data + FILM


def preview(data: bytes) -> bytes:
    """Return the JPEG that a camera puts into its RAW file, with its capture time."""
    shown = cv2.resize(pixels(data), RAW_SIZE_PX, interpolation=cv2.INTER_AREA)
    return with_exif(jpeg(shown, quality=95), exif(1, TAKEN_AT, "42"))


def raw(data: bytes) -> bytes:
    """Return a RAW file whose preview shows the picture."""
    return dng(preview=preview(data))


def texted_png(data: bytes) -> bytes:
    """Return a PNG with a text beside its picture."""
    return with_png_chunk(as_(".png")(data), TEXT, b"Title\0found in the cellar")


@dataclass(frozen=True)
class Case:
    """A needle made of a picture, the library's copy of it, and what the needle must be.

    Attributes:
        expected: Class, evidence and reason.
    """

    suffix: str
    needle: Change
    expected: tuple[str, str, str]
    library: Change = unchanged
    library_suffix: str = ".jpg"


TURNED = {
    f"{kind} held as {orientation}": Case(f".{kind}", partial(held, kind, orientation), SAME)
    for kind, ways in (("jpeg", range(1, 9)), ("png", (6,)), ("webp", (3,)), ("tiff", (5,)))
    for orientation in ways
}
CASES = TURNED | {
    "a byte copy": Case(".jpg", unchanged, BYTES),
    "JPEG saved anew": Case(".jpg", as_(".jpg", cv2.IMWRITE_JPEG_QUALITY, 80), SAME),
    "progressive": Case(".jpg", as_(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1), SAME),
    "PNG": Case(".png", as_(".png"), SAME),
    "WebP": Case(".webp", as_(".webp", cv2.IMWRITE_WEBP_QUALITY, 90), SAME),
    "lossless WebP": Case(".webp", as_(".webp", cv2.IMWRITE_WEBP_QUALITY, 101), SAME),
    "AVIF": Case(".avif", as_(".avif", cv2.IMWRITE_AVIF_QUALITY, 90), SAME),
    "HEIC": Case(".heic", as_heic, SAME),
    "TIFF": Case(".tif", as_(".tiff"), SAME),
    "JPEG 2000": Case(".jp2", as_(".jp2"), SAME),
    "BMP": Case(".bmp", as_(".bmp"), SAME),
    "a PNG whose suffix says JPEG": Case(".jpg", as_(".png"), SAME),
    "no suffix": Case("", as_(".png"), SAME),
    "Display-P3, smaller": Case(".jpg", in_p3, SAME),
    "another comment": Case(".jpg", commented, PIXELS),
    "another text in a PNG": Case(".png", texted_png, PIXELS, as_(".png"), ".png"),
    "RAW by bytes": Case(".dng", raw, BYTES, raw, ".dng"),
    "RAW beside its JPEG": Case(".dng", raw, RAW_ONLY, preview),
    "JPEG beside its RAW": Case(".jpg", preview, SAME, raw, ".dng"),
    "motion photo": Case(".jpg", with_film, MOTION),
    "motion photo by bytes": Case(".jpg", with_film, BYTES, with_film),
    "still of a motion photo": Case(".jpg", unchanged, SAME, with_film),
    "Ultra HDR": Case(".jpg", with_map, SAME),
    "Ultra HDR by bytes": Case(".jpg", with_map, BYTES, with_map),
    "plain beside Ultra HDR": Case(".jpg", unchanged, SAME, with_map),
}


def scenes(count: int) -> list[bytes]:
    """Return pictures that stay within the limits when they are made smaller."""
    sure = [one for one in ours(2 * count) if surely_the_same(one, lambda one: resized(one, 0.75))]
    assert len(sure) >= count
    return sure[:count]


def lines_of(done: Done) -> dict[str, Fields]:
    """Return the objects that a command printed, one a line, by their file's name."""
    return {Path(one["path"]).stem: one for one in map(json.loads, done.lines)}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a site with a needle and a library picture for each case, looked at once."""
    site = Site(tmp_path_factory.mktemp("formats"))
    for (name, case), scene in zip(CASES.items(), scenes(len(CASES)), strict=True):
        (site.lib / f"{name}{case.library_suffix}").write_bytes(case.library(scene))
        (site.needles / f"{name}{case.suffix}").write_bytes(case.needle(scene))
    checked = site.ask("check", "--json")
    assert checked.code == 1, checked.err
    assert checked.json["totals"]["pictures"] == len(CASES)
    return site


@pytest.fixture(scope="module")
def found(site):
    """Return what a receipt says of each needle, by case."""
    receipt = site.ask("receipt", "--json", site.needles).json
    return {Path(line["path"]).stem: line for line in receipt["lines"]}


@pytest.fixture(scope="module")
def nearest(site):
    """Return the library picture that is nearest to each needle to be reviewed, by case."""
    listed = lines_of(site.ask("missing", "--json", "--class", "possible"))
    return {name: line["nearest"] for name, line in listed.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_needle_is_what_its_content_says(found, nearest, name):
    """Class, evidence and reason; and the witness is the library's copy of that very picture."""
    line, case = found[name], CASES[name]
    assert (line["class"], line["evidence"] or "", line["reason"] or "") == case.expected
    witness = line["witness"] or nearest[name]
    assert Path(witness["path"]).name == f"{name}{case.library_suffix}"


@pytest.mark.parametrize(
    ("name", "worse"), [("RAW beside its JPEG", ["raw"]), ("motion photo", ["motion"])]
)
def test_what_a_person_must_decide_says_what_is_worse(site, name, worse):
    """By `explain`, in the order of what is gravest."""
    case = CASES[name]
    told = site.ask("explain", "--json", site.needles / f"{name}{case.suffix}").json
    assert told["matches"][0]["worse"] == worse
