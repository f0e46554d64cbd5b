"""`dedupd missing`: one path a line, for scripts that must not lose a name."""

from __future__ import annotations

import os

import pytest
from tests.system.commands import Site, dedupd, fill, picture, running

pytestmark = pytest.mark.timeout(120)

ODD = b"two\nlines \\ \xff \x1b[31m.jpg"
ALL = "pending,dismissed,matched,unreadable,possible,unmatched"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a site that was looked at: missing, to review, unreadable, and a clean folder.

    No test changes what is in its roots.
    """
    site = Site(tmp_path_factory.mktemp("site"))
    fill(site.lib, [1])
    (site.lib / "small.jpg").write_bytes(picture(2, width_px=120))
    card = site.needles / "card"
    fill(card, [1, 3, 4])
    (card / "2.jpg").write_bytes(picture(2, width_px=400))
    (card / "copy of 3.jpg").write_bytes(picture(3))
    (card / "broken.jpg").write_bytes(b"no picture")
    (card / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(400))
    with open(os.path.join(os.fsencode(card), ODD), "wb") as file:
        file.write(picture(5))
    fill(site.needles / "clean", [1])
    (site.needles / "bare").mkdir()
    assert site.ask("check").code == 1
    return site


def below(folder, names):
    """Return whole paths."""
    return [f"{folder}/{name}" for name in names]


def test_the_unmatched_pictures_are_listed_by_path(site):
    """One a line, safe to look at; the rest is named on standard error; exit code 1."""
    done = site.ask("missing")
    shown = "two\\nlines \\ \\udcff \\x1b[31m.jpg"
    names = ["3.jpg", "4.jpg", "copy of 3.jpg", shown]
    assert (done.code, done.lines) == (1, below(site.needles / "card", names))
    assert "also: 1 to review, 1 unreadable; 1 video not in the library" in done.complaints
    assert "no daemon is running; this is as of 20" in done.complaints[0]


def test_exact_names_end_with_nul(site):
    """-0 prints the bytes that the names are made of."""
    done = site.ask("missing", "-0")
    paths = done.out.split(b"\0")
    assert paths.pop() == b""
    assert os.path.join(os.fsencode(site.needles / "card"), ODD) in paths
    assert all(os.path.exists(path) for path in paths)
    assert len(paths) == 4


def test_classes_can_be_chosen(site):
    """Several at once; what is listed isn't named as left out."""
    done = site.ask("missing", "--class", "possible,unreadable")
    assert done.lines == below(site.needles / "card", ["2.jpg", "broken.jpg"])
    assert "also: 4 not in the library; 1 video not in the library" in done.complaints
    everything = site.ask("missing", "--class", ALL)
    assert len(everything.lines) == 8
    wrong = site.ask("missing", "--class", "unmached")
    assert (wrong.code, wrong.out) == (2, b"")
    assert "did you mean 'unmatched'?" in wrong.err.decode()


def test_equal_pictures_are_listed_once_if_wanted(site):
    """--distinct keeps one of each set of the same content."""
    done = site.ask("missing", "--distinct")
    assert len(done.lines) == 3
    assert sum(path.endswith("3.jpg") for path in done.lines) == 1


def test_folders_narrow_the_list_and_the_exit_code(site):
    """0 only where every folder that was asked about is imported or empty."""
    clean, card, bare = (str(site.needles / name) for name in ("clean", "card", "bare"))
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        done = site.ask("missing", clean)
        assert (done.code, done.out, done.err) == (0, b"", b"")
        assert site.ask("missing", clean, bare).code == 0
        assert site.ask("missing", clean, card).code == 1
        assert len(site.ask("missing", card, card).lines) == 4
        relative = dedupd("missing", "clean", "--config", site.config, cwd=site.needles)
        assert relative.code == 0
    assert len(site.ask("missing", card).lines) == 4
    left = site.ask("missing", clean)  # nothing, and an exit code of 1: it says why
    assert (left.code, left.out) == (1, b"")
    assert "nobody looked at the disk just now" in left.complaints[-1]


def test_a_folder_that_is_none_is_refused(site):
    """Below no needle root, or not there: three lines, exit code 2."""
    for path in (site.lib, site.folder, site.needles / "gone", site.needles / "card" / "3.jpg"):
        done = site.ask("missing", path)
        assert (done.code, done.out) == (2, b""), path
        assert len(done.complaints) in (3, 4)


def test_without_daemon_and_store_there_is_nothing_to_read(site, tmp_path):
    """Exit code 4 and what to type; a store alone, by --state, is enough."""
    stored = dedupd("missing", "--state", site.state)
    assert (stored.code, len(stored.lines)) == (1, 4)
    nothing = dedupd("missing", "--state", tmp_path / "nowhere")
    assert (nothing.code, nothing.out, len(nothing.complaints)) == (4, b"", 3)
    assert "dedupd check" in nothing.complaints[2]
    assert not (tmp_path / "nowhere").exists()
