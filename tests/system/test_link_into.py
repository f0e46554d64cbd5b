"""`dedupd missing --link-into`: a tree of symbolic links, and nothing else."""

from __future__ import annotations

import os

import pytest
from tests.system.commands import Site, fill, picture, running

pytestmark = pytest.mark.timeout(120)

ODD = b"two\nlines \xff.jpg"


@pytest.fixture
def site(tmp_path):
    """Return a site with two needle roots of one name, looked at once."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    fill(site.needles / "card", [1, 2])
    with open(os.path.join(os.fsencode(site.needles / "card"), ODD), "wb") as file:
        file.write(picture(3))
    return site


def tree(folder):
    """Return the links of a folder with where they lead, by their paths in it."""
    found = {}
    for top, _, names in os.walk(os.fsencode(folder)):
        for name in names:
            path = os.path.join(top, name)
            found[os.path.relpath(path, os.fsencode(folder))] = os.readlink(path)
    return found


def test_the_missing_pictures_are_linked_in_their_folders(site):
    """Names are kept to the byte; the exit code is that of the list."""
    site.ask("check")
    done = site.ask("missing", "--link-into", site.folder / "links")
    assert (done.code, done.lines) == (1, [f"2 links in {site.folder}/links"])
    card = os.fsencode(site.needles / "card")
    assert tree(site.folder / "links") == {
        b"card/2.jpg": os.path.join(card, b"2.jpg"),
        b"card/" + ODD: os.path.join(card, ODD),
    }
    assert all(os.path.isfile(path) for path in tree(site.folder / "links").values())


def test_several_roots_are_kept_apart_by_their_names(site):
    """Also two of the same name; with a daemon as without."""
    fill(site.folder / "other" / "needles" / "card", [2, 4])
    site.configure("haystack: [lib]\nneedles: [needles, other/needles]\n")
    with running(site):
        done = site.ask("missing", "--link-into", site.folder / "links", "--json")
    assert (done.code, done.json["links"]) == (1, 4)
    assert set(tree(site.folder / "links")) == {
        b"needles/card/2.jpg",
        b"needles/card/" + ODD,
        b"needles (2)/card/2.jpg",
        b"needles (2)/card/4.jpg",
    }


def test_an_empty_folder_will_do_and_a_full_one_is_left_alone(site):
    """Whatever is in it."""
    site.ask("check")
    (site.folder / "empty").mkdir()
    assert site.ask("missing", "--link-into", site.folder / "empty").code == 1
    before = tree(site.folder / "empty")
    again = site.ask("missing", "--link-into", site.folder / "empty")
    assert (again.code, again.out, len(again.complaints) >= 3) == (2, b"", True)
    assert tree(site.folder / "empty") == before
    assert site.ask("missing", "--link-into", site.config).code == 2


def seen(site):
    """Return everything that is in the roots, and beside them."""
    roots = [sorted(os.walk(root)) for root in (site.lib, site.needles)]
    return sorted(os.listdir(site.folder)), roots


def test_nothing_is_ever_written_below_a_root(site):
    """By its own name, by a link, or above one; a root that holds links would change."""
    site.ask("check")
    os.symlink(site.lib, site.folder / "alias")
    before = seen(site)
    for target in ("lib/new", "lib", "needles/card/new", "alias/new", "."):
        done = site.ask("missing", "--link-into", site.folder / target)
        assert (done.code, done.out) == (2, b""), target
        assert "no links can be made" in done.complaints[1]
    assert seen(site) == before


def test_exact_names_are_for_lists(site):
    """-0 has no meaning here."""
    done = site.ask("missing", "-0", "--link-into", site.folder / "links")
    assert (done.code, (site.folder / "links").exists()) == (2, False)
