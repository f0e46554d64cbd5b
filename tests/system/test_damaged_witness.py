"""A damaged library file vouches for nothing but its own bytes: whole needles stay missing.

Each case has a picture and a needle folder of its own.  A control of every format shows that such
a needle is matched where the library's file is whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from tests.system.commands import Site, running, wait_for
from tests.system.pictures import Picture, foreign, ours, pixels, resized, surely_the_same
from tests.unit.container_samples import with_xmp, xmp
from tests.unit.heif_samples import heic
from tests.unit.picture_samples import JPEG_END, encoded, jpeg
from tests.unit.raw_samples import RAW_SIZE_PX, dng

pytestmark = pytest.mark.timeout(120)

PAGE_BYTES, SECTOR_BYTES = 4096, 512
WHOLE = "whole"
RAW_BYTES = 2 * RAW_SIZE_PX[0] * RAW_SIZE_PX[1]

FORMATS: dict[str, Callable[[Picture], bytes]] = {
    "jpg": lambda picture: jpeg(picture, quality=92),
    "progressive.jpg": lambda picture: jpeg(picture, quality=92, progressive=True),
    "png": lambda picture: encoded(picture, ".png"),
    "webp": lambda picture: encoded(picture, ".webp", cv2.IMWRITE_WEBP_QUALITY, 95),
    "tiff": lambda picture: encoded(picture, ".tiff"),
    "bmp": lambda picture: encoded(picture, ".bmp"),
    "jp2": lambda picture: encoded(picture, ".jp2"),
    "avif": lambda picture: encoded(picture, ".avif", cv2.IMWRITE_AVIF_QUALITY, 90),
    "heic": lambda picture: heic(picture, quality=90),
}


def cut(whole: bytes, _: bytes) -> bytes:
    """Return the first half."""
    return whole[: len(whole) // 2]


def cut_late(whole: bytes, _: bytes) -> bytes:
    """Return all but the last hundredth."""
    return whole[: len(whole) * 99 // 100]


def ended(whole: bytes, _: bytes) -> bytes:
    """Return the first half with a JPEG's end marker glued on."""
    return whole[: len(whole) // 2] + JPEG_END


def ended_late(whole: bytes, _: bytes) -> bytes:
    """Return nearly all of it with an end marker: a progressive JPEG shows no gap at all."""
    return whole[: len(whole) * 97 // 100] + JPEG_END


def zero_tail(whole: bytes, _: bytes) -> bytes:
    """Return a file that was allocated, and written by two thirds."""
    return whole[: len(whole) * 2 // 3].ljust(len(whole), b"\0")


def hole(whole: bytes, _: bytes) -> bytes:
    """Return the file with a page of zeros, where a page of a disk begins."""
    at = len(whole) // 2 // PAGE_BYTES * PAGE_BYTES
    return whole[:at] + bytes(PAGE_BYTES) + whole[at + PAGE_BYTES :]


def spliced(whole: bytes, other: bytes) -> bytes:
    """Return the first half, and then what follows there in another file."""
    at = len(whole) // 2 // SECTOR_BYTES * SECTOR_BYTES
    return whole[:at] + other[at:]


DAMAGES = {"cut": cut, "cut late": cut_late, "ended": ended, "hole": hole, "spliced": spliced}
DAMAGES |= {"ended late": ended_late, "zero tail": zero_tail}
CASES = [(suffix, damage) for suffix in FORMATS for damage in (WHOLE, *DAMAGES)]


def smaller(data: bytes) -> bytes:
    """Return the picture at three quarters of its size: no loss of the larger one shows in it."""
    return resized(data, 0.75)


def scenes(count: int) -> list[bytes]:
    """Return pictures that stay within the limits when they are made smaller."""
    sure = [one for one in ours(2 * count) if surely_the_same(one, smaller)]
    assert len(sure) >= count
    return sure[:count]


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Return class and reason of each needle, and the state of its folder, by the folder's name."""
    site = Site(tmp_path_factory.mktemp("witness"))
    other = {suffix: save(pixels(foreign(1)[0])) for suffix, save in FORMATS.items()}
    for (suffix, damage), scene in zip(CASES, scenes(len(CASES)), strict=True):
        whole = FORMATS[suffix](pixels(scene))
        change = DAMAGES.get(damage)
        library = change(whole, other[suffix]) if change else whole
        assert change is None or library != whole
        put(site, f"{damage}.{suffix}", library, "needle.jpg", smaller(scene))
    return looked_at(site)


def put(site: Site, library: str, witness: bytes, needle: str, data: bytes) -> None:
    """Put one picture into the library, and one into a needle folder of the library's name."""
    (site.lib / library).write_bytes(witness)
    (site.needles / library).mkdir()
    (site.needles / library / needle).write_bytes(data)


def looked_at(site: Site) -> dict[str, tuple[str, str, str]]:
    """Check the site; return class, reason and the folder's state by the folder's name."""
    report = site.ask("check", "--json").json
    states = {Path(one["path"]).name: one["state"] for one in report["folders"]}
    every = "matched,possible,unmatched,unreadable"
    listed = map(json.loads, site.ask("missing", "--json", "--class", every).lines)
    return {
        folder: (one["class"], one["reason"] or "", states[folder])
        for one in listed
        for folder in [Path(one["path"]).parent.name]
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_whole_library_file_vouches(classes, suffix):
    """Or the cases below would prove nothing."""
    assert classes[f"{WHOLE}.{suffix}"] == ("matched", "", "imported")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_damaged_library_file_never_vouches(classes, suffix, damage):
    """The whole needle is missing, or for a person to decide; its folder is not imported."""
    cls, _, state = classes[f"{damage}.{suffix}"]
    assert cls in ("unmatched", "possible")
    assert state in ("incomplete", "review")


def spliced_sensor(raw: bytes) -> bytes:
    """Return a RAW file whose tags and preview are whole, and half of whose sensor isn't."""
    half = RAW_BYTES // 2
    return raw[:-half] + raw[-RAW_BYTES:-half]


def ultra_hdr(picture: bytes) -> bytes:
    """Return the picture with a gain map behind it, which its XMP announces."""
    small = jpeg(cv2.resize(pixels(picture), (120, 90)))
    item = f'<Container:Item Item:Semantic="GainMap" Item:Length="{len(small)}"/>'
    return with_xmp(picture, xmp('hdrgm:Version="1.0"', f"<rdf:li>{item}</rdf:li>")) + small


def test_what_a_good_preview_hides_is_seen(tmp_path):
    """The sensor's data of a RAW; the gain map behind a picture."""
    site = Site(tmp_path)
    raw, other_tag, bright = dng(), dng(make="Another"), ultra_hdr(ours(1)[0])
    put(site, "sound.dng", other_tag, "needle.dng", raw)
    put(site, "map.jpg", bright[:-200], "needle.jpg", bright)
    assert looked_at(site) == {
        "sound.dng": ("matched", "", "imported"),
        "map.jpg": ("unmatched", "no-match", "incomplete"),
    }
    (site.lib / "sound.dng").write_bytes(spliced_sensor(other_tag))
    assert looked_at(site)["sound.dng"] == ("possible", "similar", "review")


@pytest.fixture(scope="module")
def damaged_needles(tmp_path_factory):
    """Return what becomes of damaged needles: alone, or with their bytes in the library."""
    site = Site(tmp_path_factory.mktemp("needle"))
    scenes, other = ours(2 * len(DAMAGES)), jpeg(pixels(foreign(1)[0]), quality=92)
    for number, (name, damage) in enumerate(DAMAGES.items()):
        for where, scene in (
            ("library whole", scenes[2 * number]),
            ("kept", scenes[2 * number + 1]),
        ):
            broken = damage(scene, other)
            put(site, f"{name}, {where}.jpg", scene, "needle.jpg", broken)
            if where == "kept":
                (site.lib / f"{name}, {where}, broken.jpg").write_bytes(broken)
    return looked_at(site)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_needle_is_unreadable_though_the_library_has_it_whole(damaged_needles, damage):
    """What it once showed can't be told from it."""
    cls, reason, state = damaged_needles[f"{damage}, library whole.jpg"]
    assert (cls, state) == ("unreadable", "incomplete")
    assert reason in ("damaged", "truncated")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_needle_is_matched_by_its_own_bytes(damaged_needles, damage):
    """Whoever deletes it loses nothing."""
    assert damaged_needles[f"{damage}, kept.jpg"] == ("matched", "", "imported")


@pytest.mark.parametrize("damage", ["ended", "hole"])
def test_a_folder_is_reopened_when_its_witness_is_damaged(tmp_path, damage):
    """And imported again once the library's file is whole again."""
    site = Site(tmp_path)
    (scene,) = scenes(1)
    witness, card = site.lib / "a.jpg", site.needles / "card"
    whole = jpeg(pixels(scene), quality=92, progressive=damage == "ended")
    witness.write_bytes(whole)
    card.mkdir()
    (card / "a.jpg").write_bytes(smaller(scene))
    with running(site):
        site.wait_event("folder.imported", card)
        witness.write_bytes(DAMAGES[damage](whole, b""))
        site.wait_event("folder.reopened", card)
        wait_for(
            "the folder is not imported", lambda: site.states()["needles/card"] == "incomplete"
        )
        witness.write_bytes(whole)
        site.wait_event("folder.imported", card, times=2)
