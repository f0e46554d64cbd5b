"""What vouches for a picture, and what leaves it to a person: one needle of each kind, by check.

Every needle has a picture of the library to itself, so none of them contests another one's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

import cv2
import numpy as np
import pytest
from tests.system.commands import Site
from tests.system.pictures import ours, pixels
from tests.system.planting import FILM
from tests.unit.heif_samples import heic
from tests.unit.picture_samples import encoded, exif, jpeg, with_alpha, with_exif

pytestmark = pytest.mark.timeout(180)

SIZE_PX = 720, 540
NOISE_LEVELS = 1.0
MOMENT, LATER = "2026:11:22 09:30:00", "2026:11:22 09:30:01"

BYTES, PIXELS, SAME = ("matched", "bytes"), ("matched", "pixels"), ("matched", "same")
TURNED = ("matched", "turned")

ACCEPTING = """\
haystack: [lib]
needles: [needles]
match:
  worse: {pixels: accept, quality: accept, metadata: accept, motion: accept}
  turned: matched
"""
ACCEPTED = {
    "smaller.jpg": SAME,
    "coarser.jpg": SAME,
    "stripped.jpg": SAME,
    "film.jpg": SAME,  # what trails a coded picture is part of it
    "quarter.jpg": TURNED,
}
"""What that configuration turns from possible into matched, and by which evidence."""

AS_STORED = {
    1: lambda one: one,
    2: np.fliplr,
    3: lambda one: np.rot90(one, 2),
    4: np.flipud,
    5: lambda one: np.transpose(one, (1, 0, 2)),
    6: np.rot90,
    7: lambda one: np.rot90(np.transpose(one, (1, 0, 2)), 2),
    8: lambda one: np.rot90(one, -1),
}
"""EXIF orientation -> how an upright picture is stored for it."""


@dataclass(frozen=True)
class Case:
    """A picture of the library, a needle, and what the needle must be told to be.

    `told` is class and evidence of what is matched, class and reason of everything else.
    """

    library: bytes
    needle: bytes
    told: tuple[str, str]


def shot(number):
    """Return a picture that is like no other number's, with the noise of a sensor."""
    large = cv2.resize(pixels(ours(40)[number]), SIZE_PX, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(number).normal(0, NOISE_LEVELS, large.shape)
    return np.clip(large + noise, 0, 255).astype(np.uint8)


def resaved(library, quality=85):
    """Return the library's JPEG saved anew."""
    return jpeg(pixels(library), quality)


def timed(file, taken_at=MOMENT):
    """Return a JPEG with a capture time."""
    return with_exif(file, exif(taken_at=taken_at))


def commented(file):
    """Return a JPEG with a comment."""
    return file[:2] + b"\xff\xfe\0\x0ba comment" + file[2:]


def scaled(picture, factor):
    """Return the picture in another size."""
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def oriented(library, orientation):
    """Return the library's JPEG saved anew, stored turned, with the flag that says how."""
    stored = np.ascontiguousarray(AS_STORED[orientation](pixels(library)))
    return with_exif(jpeg(stored, 85), exif(orientation))


def damaged(file):
    """Return a JPEG with a run of zeros in its middle, as a dying disk leaves it."""
    middle = len(file) // 2
    return file[:middle] + bytes(4096) + file[middle + 4096 :]


def kept_copies(shots):
    """Yield the needles that are in the library for sure, by name."""
    library = jpeg(next(shots), 92)
    yield "bytes.jpg", Case(library, library, BYTES)
    library = jpeg(next(shots), 92)
    yield "comment.jpg", Case(library, commented(library), PIXELS)
    library = timed(jpeg(next(shots), 92))
    yield "editor.jpg", Case(library, commented(library), PIXELS)
    library = jpeg(next(shots), 92)
    yield "resaved.jpg", Case(library, resaved(library), SAME)
    library = jpeg(next(shots), 92)
    yield "half.jpg", Case(library, jpeg(scaled(pixels(library), 0.5), 92), SAME)
    library = damaged(jpeg(next(shots), 92))
    yield "damaged twice.jpg", Case(library, library, BYTES)


def kept_in_other_formats(shots):
    """Yield the library's pictures in formats that it doesn't have them in."""
    for suffix in (".png", ".webp", ".tiff"):
        library = jpeg(next(shots), 92)
        yield f"format{suffix}", Case(library, encoded(pixels(library), suffix), SAME)
    library = jpeg(next(shots), 92)
    yield "format.heic", Case(library, heic(pixels(library)), SAME)


def kept_by_orientation(shots):
    """Yield re-saved copies that are stored in each of the eight ways."""
    for orientation in AS_STORED:
        library = jpeg(next(shots), 92)
        yield f"orientation {orientation}.jpg", Case(library, oriented(library, orientation), SAME)


def better_than_the_library(shots):
    """Yield needles that the library has a worse copy of."""
    needle = jpeg(next(shots), 92)
    library = jpeg(scaled(pixels(needle), 0.75), 92)
    yield "smaller.jpg", Case(library, needle, ("possible", "smaller"))
    needle = jpeg(next(shots), 95)
    yield "coarser.jpg", Case(resaved(needle, 30), needle, ("possible", "quality"))
    library = jpeg(next(shots), 92)
    yield "stripped.jpg", Case(library, timed(resaved(library)), ("possible", "metadata"))
    library = jpeg(next(shots), 92)
    yield "film.jpg", Case(library, library + FILM, ("possible", "motion"))


def for_a_person(shots):
    """Yield needles that look like the library's and may be something else."""
    library = timed(jpeg(next(shots), 92))
    retimed = timed(resaved(library), LATER)
    yield "retimed.jpg", Case(library, retimed, ("possible", "retimed"))
    library = jpeg(next(shots), 92)
    clear = encoded(with_alpha(pixels(library), hole=250), ".png")
    yield "transparent.png", Case(library, clear, ("possible", "transparent"))
    library = jpeg(next(shots), 92)
    quarter = jpeg(np.ascontiguousarray(np.rot90(pixels(library))), 85)
    yield "quarter.jpg", Case(library, quarter, ("possible", "turned"))
    # Nothing of it may reach white: what is cut off there is more than a change of tone.
    library = jpeg(cv2.convertScaleAbs(next(shots), alpha=0.9), 92)
    toned = jpeg(cv2.add(pixels(library), (12, 12, 12, 0)), 92)
    yield "toned.jpg", Case(library, toned, ("possible", "toned"))


def broken(shots):
    """Yield pairs of which one is no whole picture."""
    whole = jpeg(next(shots), 92)
    yield "cut in library.jpg", Case(whole[: len(whole) * 2 // 3], whole, ("unmatched", "no-match"))
    whole = jpeg(next(shots), 92)
    cut = whole[: len(whole) * 2 // 3]
    yield "cut.jpg", Case(whole, cut, ("unreadable", "truncated"))
    whole = jpeg(next(shots), 92)
    yield "damaged.jpg", Case(whole, damaged(whole), ("unreadable", "damaged"))


@pytest.fixture(scope="module")
def cases():
    """Return every needle by its name."""
    shots = map(shot, range(40))
    kinds = (
        kept_copies, kept_in_other_formats, kept_by_orientation,
        better_than_the_library, for_a_person, broken,
    )  # fmt: skip
    return {name: case for kind in kinds for name, case in kind(shots)}


@pytest.fixture(scope="module")
def site(tmp_path_factory, cases):
    """Return a site with a library file and a needle for each case."""
    site = Site(tmp_path_factory.mktemp("vetoes"))
    for name, case in cases.items():
        (site.lib / f"library's {name}").write_bytes(case.library)
        (site.needles / name).write_bytes(case.needle)
    return site


@pytest.fixture(scope="module")
def found(site):
    """Return the line of each needle in a receipt, made of a look with the defaults."""
    return looked(site)


def looked(site):
    """Look once; return what a receipt says of each needle, by name."""
    done = site.ask("check")
    assert done.code == 1, done.err
    lines = site.ask("receipt", site.needles, "--json").json["lines"]
    return {PurePath(line["path"]).name: line for line in lines}


def told(line):
    """Return class and evidence of what is matched, class and reason of everything else."""
    matched = line["class"] == "matched"
    return line["class"], line["evidence"] if matched else line["reason"]


def test_every_needle_is_told_as_what_it_is(cases, found):
    """Copies are matched by the evidence that they give; for the rest there is a reason."""
    expected = {name: case.told for name, case in cases.items()}
    assert {name: told(line) for name, line in found.items()} == expected


def test_each_is_told_beside_its_own_picture(cases, found):
    """The witness of a match is the library's copy of it, and what comes nearest is, too."""
    beside = {name: line["witness"] or line["nearest"] for name, line in found.items()}
    shown = {name: PurePath(one["path"]).name for name, one in beside.items() if one is not None}
    like_it = {name for name, case in cases.items() if case.told[0] in ("matched", "possible")}
    assert shown == {name: f"library's {name}" for name in like_it}


def test_what_the_owner_accepts_becomes_matched(site, cases, found):
    """Worse copies and turned ones; nothing else changes its class or its reason."""
    site.configure(ACCEPTING)
    accepted = {name: told(line) for name, line in looked(site).items()}
    before = {name: told(line) for name, line in found.items()}
    assert accepted == {**before, **ACCEPTED}
    assert ACCEPTED.keys() <= cases.keys()
