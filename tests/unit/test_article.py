"""The article's script: what can't be read whole is named, and clears no folder."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from tests.unit.one_look import Place
from tests.unit.picture_samples import jpeg, photo

from dedupd import article
from dedupd.pictures.pools.inline import InlinePool


class OneByOne(InlinePool):
    """Asked by one thread only: it borrows standard error."""

    workers = 0


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a library of one picture, and a copy of it in a needle folder."""
    monkeypatch.setattr(article, "make_pool", lambda config: OneByOne())
    place = Place(tmp_path)
    place.put("lib/a.jpg", jpeg())
    place.put("needles/card/a.jpg", jpeg())
    return place


def folders(place, *names):
    """Return the paths of these needle folders."""
    return tuple(bytes(place.needles / name) for name in names)


def test_a_folder_with_one_twin_in_the_library_is_cleared(place):
    """By the article's method; one without is left to be checked."""
    place.put("needles/other/b.jpg", jpeg(photo("coffee.png")))
    found = article.check(place.config())
    assert (found.cleared, found.to_check) == (folders(place, "card"), folders(place, "other"))
    assert found.unread == ()


def test_a_picture_over_the_limit_clears_nothing_and_is_named(place):
    """Here of the needles, there of the library: each would be the other's twin."""
    config = place.config()
    limits = replace(config.limits, file_bytes=len(jpeg()) - 1)
    found = article.check(replace(config, limits=limits))
    assert (found.cleared, found.to_check) == ((), folders(place, "card"))
    paths = [bytes(place.lib / "a.jpg"), bytes(place.needles / "card" / "a.jpg")]
    assert [path for path, _ in found.unread] == paths
    why = f"{len(jpeg())} bytes, the limit is {len(jpeg()) - 1}"
    assert {why_ for _, why_ in found.unread} == {why}


def test_a_picture_that_changes_while_it_is_read_clears_nothing_and_is_named(place, monkeypatch):
    """What it was and what it is are two pictures, and neither was seen whole."""
    really, card = article.read, place.needles / "card" / "a.jpg"

    def read(root_path, *more):
        if root_path == bytes(place.needles):
            os.utime(card, (1, 1))
        return really(root_path, *more)

    monkeypatch.setattr(article, "read", read)
    found = article.check(place.config())
    assert (found.cleared, found.to_check) == ((), folders(place, "card"))
    assert found.unread == ((bytes(card), "it changed while it was read"),)


def test_a_picture_that_cant_be_decoded_clears_nothing_and_is_named(place):
    """Not even where the library has the very same bytes."""
    for folder in ("lib", "needles/text"):
        place.put(f"{folder}/text.jpg", b"this is no picture")
    found = article.check(place.config())
    assert (found.cleared, found.to_check) == (folders(place, "card"), folders(place, "text"))
    assert [os.path.basename(path) for path, _ in found.unread] == [b"text.jpg"] * 2


def test_a_library_that_isnt_there_clears_nothing(place):
    """Its disk may be away: every folder is left to be checked."""
    place.lib.rename(place.folder / "away")
    found = article.check(place.config())
    assert (found.cleared, found.to_check) == ((), folders(place, "card"))
