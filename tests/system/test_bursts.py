"""The next frame of a burst is a picture of its own: the library having one frame isn't enough.

The frames of the quiet burst hold no noise and are saved without loss, so pixels can't tell one
from the next; those of the noisy one differ by what the sensor adds.
"""

from __future__ import annotations

from pathlib import PurePath

import cv2
import numpy as np
import pytest
from tests.system.commands import Site, running, wait_for
from tests.system.pictures import ours, pixels
from tests.unit.picture_samples import encoded, exif, jpeg, with_exif, with_png_chunk

pytestmark = pytest.mark.timeout(180)

SIZE_PX = 720, 540
CHANGED_SHARE = 0.02
SENSOR_NOISE_LEVELS = 2.0
SCENES = 4
CODINGS = {
    "q95": (".jpg", cv2.IMWRITE_JPEG_QUALITY, 95),
    "q85": (".jpg", cv2.IMWRITE_JPEG_QUALITY, 85),
    "q70": (".jpg", cv2.IMWRITE_JPEG_QUALITY, 70),
}
"""How the next frames of noisy bursts are saved, each of `SCENES` scenes of its own."""
TAKEN_AT, FRACTION = "2026:11:22 09:30:00", "25"
FIRST, NEXT = 0, (1, 2)
SETTLED = ("imported", "review")
CONTESTED = ("possible", "contested")


def scene(number):
    """Return a picture without noise that is like no other number's."""
    large = cv2.resize(pixels(ours(24)[number]), SIZE_PX, interpolation=cv2.INTER_CUBIC)
    return cv2.GaussianBlur(large, (5, 5), 0)


def quiet(frame, number=0):
    """Return a frame of a burst as a PNG: every 50th pixel, or so, is a level brighter."""
    there = np.random.default_rng(frame).random(SIZE_PX[::-1]) < CHANGED_SHARE
    step = np.repeat(there[:, :, None], 3, axis=2).astype(np.uint8)
    return encoded(cv2.add(scene(number), step), ".png")


def noisy(frame, number):
    """Return a frame of a burst with the noise of a sensor."""
    noise = np.random.default_rng(frame).normal(0, SENSOR_NOISE_LEVELS, (*SIZE_PX[::-1], 3))
    return np.clip(scene(number) + noise, 0, 255).astype(np.uint8)


def put(path, data):
    """Write a file, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def told(site):
    """Return class and evidence or reason of each needle, by folder and name."""
    lines = site.ask("receipt", site.needles, "--json").json["lines"]
    return {
        str(PurePath(one["path"]).relative_to(site.needles)): (
            one["class"],
            one["evidence"] if one["class"] == "matched" else one["reason"],
        )
        for one in lines
    }


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Look once at a quiet burst, noisy frames and timed copies.

    Return what each needle was told to be, and the state of each folder, by what is below the root.
    """
    site = Site(tmp_path_factory.mktemp("bursts"))
    put(site.lib / "quiet.png", quiet(FIRST))
    for frame in (FIRST, *NEXT):
        put(site.needles / "quiet" / f"{frame}.png", quiet(frame))
    scenes = iter(range(1, 24))
    for coding, (suffix, *options) in CODINGS.items():
        for number in range(SCENES):
            scene_number = next(scenes)
            put(site.lib / f"{coding} {number}.jpg", jpeg(noisy(0, scene_number), 95))
            data = encoded(noisy(1, scene_number), suffix, *options)
            put(site.needles / coding / str(number) / f"next{suffix}", data)
    for folder, fraction in (("timed", FRACTION), ("second", "")):
        block = exif(taken_at=TAKEN_AT, fraction=fraction)
        _put_copies(site, folder, next(scenes), block)
        next(scenes)
    done = site.ask("check", "--json")
    assert done.code == 1, done.err
    folders = done.json["folders"]
    states = {str(PurePath(one["path"]).relative_to(site.needles)): one["state"] for one in folders}
    return told(site), states


def _put_copies(site, folder, number, block):
    """Put a frame into the library; its byte copy, and one of almost its pixels, into the needles.

    And of another frame its byte copy and two re-saves, which nothing but their pixels vouch for.
    """
    first, near = (with_png_chunk(quiet(frame, number), b"eXIf", block) for frame in (0, 1))
    put(site.lib / f"{folder}.png", first)
    put(site.needles / folder / "copy.png", first)
    put(site.needles / folder / "near.png", near)
    other = with_exif(jpeg(noisy(0, number + 1), 95), block)
    put(site.lib / f"{folder}.jpg", other)
    put(site.needles / folder / "resaves" / "copy.jpg", other)
    resaved = with_exif(jpeg(pixels(other), 85), exif(taken_at=TAKEN_AT))
    put(site.needles / folder / "resaves" / "resaved.jpg", resaved)
    converted = with_png_chunk(encoded(pixels(other), ".png"), b"eXIf", block)
    put(site.needles / folder / "resaves" / "converted.png", converted)


def test_the_next_frames_are_for_a_person_to_decide(checked):
    """The library's frame claims its own bytes, so what only looks like it has no vote."""
    found, states = checked
    assert found["quiet/0.png"] == ("matched", "bytes")
    assert [found[f"quiet/{frame}.png"] for frame in NEXT] == [CONTESTED] * 2
    assert states["quiet"] == "review"


@pytest.mark.parametrize("coding", CODINGS)
def test_another_moments_noise_is_no_match(checked, coding):
    """Even where nobody else claims the library's frame.

    Stronger codings, and those that tell nothing of themselves, take the noise away: see
    docs/accuracy.md.
    """
    found, states = checked
    told_here = [told_ for path, told_ in found.items() if path.startswith(f"{coding}/")]
    assert told_here == [("possible", "quality")] * SCENES
    assert states[coding] == "review"


def test_an_equal_capture_time_to_the_subsecond_needs_no_vote(checked):
    """What carries the time of the library's frame is matched beside its byte copy."""
    found, states = checked
    assert found["timed/copy.png"] == ("matched", "bytes")
    assert found["timed/near.png"] == ("matched", "same")
    assert states["timed"] == "imported"


def test_a_capture_time_in_whole_seconds_doesnt_do(checked):
    """A burst takes many pictures in a second."""
    found, states = checked
    assert found["second/copy.png"] == ("matched", "bytes")
    assert found["second/near.png"] == CONTESTED
    assert states["second"] == "review"


def test_what_was_made_of_the_library_s_frame_needs_no_vote(checked):
    """Its noise is the library's: no other frame has that, whatever the time says."""
    found, states = checked
    assert found["second/resaves/copy.jpg"] == ("matched", "bytes")
    assert found["second/resaves/resaved.jpg"] == ("matched", "same")
    assert found["second/resaves/converted.png"] == ("matched", "same")
    assert states["second/resaves"] == "imported"


@pytest.fixture
def site(tmp_path):
    """Return a site whose library has the first frame."""
    site = Site(tmp_path)
    put(site.lib / "first.png", quiet(FIRST))
    return site


@pytest.mark.parametrize("order", [(*NEXT, FIRST), (NEXT[0], FIRST, NEXT[1])], ids=str)
def test_frames_that_come_one_by_one_end_in_review(site, order):
    """A lone next frame may be believed until the copy of the first one comes, not after."""
    with running(site):
        for frame in order:
            folder = f"needles/{frame}"
            put(site.folder / folder / "picture.png", quiet(frame))
            wait_for(folder, lambda known=folder: site.states().get(known) in SETTLED)
        next_frames = {f"needles/{frame}": "review" for frame in NEXT}
        site.wait_states(next_frames)
        site.ask("status", "--wait")
        first = {f"needles/{FIRST}": "imported"}
        assert site.states() == {"needles": "review", **first, **next_frames}
        found = told(site)
    assert [found[f"{frame}/picture.png"] for frame in NEXT] == [CONTESTED] * 2


def test_frames_that_come_together_are_never_called_imported(site):
    """Not for a moment: their folder is first judged when all of them were seen."""
    ready, card = site.folder / "ready", site.needles / "card"
    for frame in (*NEXT, FIRST):
        put(ready / f"{frame}.png", quiet(frame))
    with running(site):
        ready.rename(card)
        site.wait_states({"needles/card": "review"})
        site.ask("status", "--wait")
        assert site.states() == {"needles": "review", "needles/card": "review"}
        assert site.events("folder.imported") == []
        assert told(site)["card/0.png"] == ("matched", "bytes")
