"""`check --article` against the article's own method, written anew here with OpenCV alone.

The method: hash every picture exactly (read, grey, 9 x 8, left to right), and clear a folder at
its first picture that has a twin in the library.  The script named folders by the last part of
their paths; here they are named whole, as dedupd does.

Source: A. Rosebrock, "Image hashing with OpenCV and Python", PyImageSearch, 2017.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.system.commands import Site
from tests.system.pictures import as_png, foreign, ours, resaved, resized
from tests.unit.picture_samples import encoded

pytestmark = pytest.mark.timeout(120)

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMED_LIKE_PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")


def articles_hash(image, side=8):
    """Return the article's dhash of a decoded picture."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (side + 1, side))
    brighter = small[:, 1:] > small[:, :-1]
    return sum(2**place for place, bit in enumerate(brighter.flatten()) if bit)


def average_hash(image):
    """Return which of 8 x 8 area means are above their own."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    cells = cv2.resize(grey, (8, 8), interpolation=cv2.INTER_AREA)
    return tuple((cells > cells.mean()).flatten())


def articles_folders(library, needles, hashed=articles_hash):
    """Return the folders that the article's script leaves to be checked by hand."""
    known = {hashed(image) for _, image in readable(library)}
    found = [(path.parent, hashed(image)) for path, image in readable(needles)]
    cleared = {folder for folder, value in found if value in known}
    return sorted({folder for folder, _ in found} - cleared)


def readable(root):
    """Yield every file that is named like a picture and that OpenCV reads."""
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in NAMED_LIKE_PICTURES:
            image = cv2.imread(str(path))
            if image is not None:
                yield path, image


def check(site, *options):
    """Return what the command prints: folders to check, and its words on standard error."""
    done = site.ask("check", "--article", *options)
    assert done.code == 1  # it never says that all is imported
    return [Path(os.fsdecode(line)) for line in done.out.splitlines()], done.complaints


@pytest.fixture
def site(tmp_path):
    """Return a site with resizes, re-saves, other formats and missing pictures, all whole."""
    site = Site(tmp_path)
    pictures = ours(150)
    for number, data in enumerate(pictures[:100]):
        (site.lib / f"{number}.jpg").write_bytes(data)
    for number in range(120):
        # Two folders of the same name in different places, and pictures in one of each kind.
        folder = site.needles / f"{number // 6}" / "DCIM"
        folder.mkdir(parents=True, exist_ok=True)
        put_variant(folder, number, pictures[(number * 7) % 150])
    for number, data in enumerate(foreign(4)):
        (site.needles / f"elsewhere {number}.JPG").write_bytes(data)
    return site


def put_variant(folder, number, data):
    """Write the picture in one of six ways; every folder gets one way only."""
    way = number // 6 % 6
    changed = (
        lambda: data,
        lambda: resaved(data),
        lambda: resized(data, 0.75),
        lambda: resized(data, 0.5),
        lambda: resized(data, 1.5),
        lambda: as_png(data),
    )[way]()
    (folder / f"{number}{'.png' if way == 5 else '.jpg'}").write_bytes(changed)


def test_both_leave_the_same_folders(site):
    """Folder for folder, by whole path, on a set of undamaged pictures; some are left, not all."""
    expected = articles_folders(site.lib, site.needles)
    found, complaints = check(site)
    assert found == expected
    assert complaints == []
    folders = [path for path in site.needles.rglob("*") if path.is_dir()]
    assert 2 <= len(expected) < len(folders) / 2


def test_both_leave_the_same_folders_of_the_examples(site):
    """The photographs that come with dedupd, laid out like the article's."""
    for name, place in (("library", site.lib), ("old-backups", site.needles)):
        shutil.rmtree(place)
        shutil.copytree(EXAMPLES / name, place)
    expected = articles_folders(site.lib, site.needles)
    found, complaints = check(site)
    assert (found, complaints) == (expected, [])
    assert site.needles / "Canon SD card 2" not in found  # one picture of it has a twin
    assert site.needles / "USB stick (blue)" not in found


def test_a_cut_file_that_the_article_accepts_is_named(site):
    """A copy without its end clears its folder there; here it clears nothing and is named."""
    cut = site.needles / "cut" / "card" / "cut\n.jpg"
    cut.parent.mkdir(parents=True)
    # The last rows are lost: too few to change a hash of 8 x 9 cells.
    whole = ours(150)[3]
    cut.write_bytes(whole[: len(whole) * 99 // 100])
    expected = articles_folders(site.lib, site.needles)
    found, complaints = check(site)
    assert cut.parent not in expected
    assert sorted({*expected, cut.parent}) == found
    assert len(complaints) == 1
    assert str(cut).replace("\n", "\\n") in complaints[0]
    assert site.ask("check", "--article", "--json").json["unread"][0]["path"] == str(cut)


def test_what_cannot_be_read_at_all_is_left_by_both(site):
    """Neither is cleared by it, not by its like in the library; dedupd names both files."""
    text = site.needles / "text" / "text.jpg"
    text.parent.mkdir()
    for path in (site.lib / "text.jpg", text):
        path.write_text("this is no picture")
    expected = articles_folders(site.lib, site.needles)
    found, complaints = check(site)
    assert sorted({*expected, text.parent}) == found
    assert len(complaints) == 2
    assert str(text) in complaints[1]


def one_colour(level):
    """Return a grey PNG, the same all over."""
    return encoded(np.full((60, 80, 3), level, np.uint8), ".png")


def test_a_folder_cleared_by_pictures_of_one_colour_alone_is_told(tmp_path):
    """A black frame is any white page's twin there, and so here; but we say that it proves nothing.

    A folder that another twin cleared isn't named.
    """
    site = Site(tmp_path)
    first, second = ours(2)
    (site.lib / "page.png").write_bytes(one_colour(255))
    (site.lib / "first.jpg").write_bytes(first)
    (site.needles / "blank").mkdir()
    (site.needles / "blank" / "black.png").write_bytes(one_colour(0))
    (site.needles / "blank" / "second.jpg").write_bytes(second)
    (site.needles / "both").mkdir()
    (site.needles / "both" / "black.png").write_bytes(one_colour(7))
    (site.needles / "both" / "first.jpg").write_bytes(first)
    found, complaints = check(site)
    assert found == articles_folders(site.lib, site.needles) == []
    assert complaints == [
        "dedupd: no evidence, they hash like a single colour: 3 pictures",
        f"dedupd: cleared by such pictures alone: {site.needles / 'blank'}",
    ]


def test_another_hash_of_the_table_can_be_tried(tmp_path):
    """The folders that the article's method leaves with that hash; other ones than with its own."""
    site = Site(tmp_path)
    for number, data in enumerate(ours(24)):
        (site.lib / f"{number}.jpg").write_bytes(data)
        (site.needles / f"half {number}").mkdir()
        (site.needles / f"half {number}" / "a.jpg").write_bytes(resized(data, 0.5))
    expected = articles_folders(site.lib, site.needles, average_hash)
    found, _ = check(site, "--algorithm", "average")
    assert found == expected
    assert found != articles_folders(site.lib, site.needles)
    assert 0 < len(found) < 24
