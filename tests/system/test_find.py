"""`dedupd find`: reverse image search in the library, for any file."""

from __future__ import annotations

import os

import pytest
from tests.system.commands import Site, dedupd, running
from tests.system.pictures import foreign, ours, resaved, resized

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a site whose library was decoded, because a needle is missing."""
    site = Site(tmp_path_factory.mktemp("site"))
    for number, data in enumerate(ours(4)):
        (site.lib / f"{number}.jpg").write_bytes(data)
    (site.needles / "missing.jpg").write_bytes(foreign(1)[0])
    assert site.ask("check").code == 1
    return site


@pytest.fixture
def image(tmp_path):
    """Return a function that writes a picture outside the roots."""

    def write(data):
        path = tmp_path / "some file.jpg"
        path.write_bytes(data)
        return path

    return write


def names(fields):
    """Return the names of the pictures found."""
    return [os.path.basename(match["path"]) for match in fields["matches"]]


def test_a_copy_is_found_wherever_it_comes_from(site, image):
    """By bytes or by looks: exit code 0."""
    same = site.ask("find", "--json", image(ours(4)[1]))
    assert (same.code, same.json["class"], same.json["evidence"]) == (0, "matched", "bytes")
    assert names(same.json) == ["1.jpg"]
    again = site.ask("find", "--json", image(resaved(ours(4)[2], 70)))
    assert (again.code, again.json["evidence"], names(again.json)) == (0, "same", ["2.jpg"])
    assert {"path", "evidence", "distance_bits", "score", "worse"} <= set(again.json["matches"][0])
    text = site.ask("find", image(resaved(ours(4)[2], 70)))
    assert text.lines[0].endswith("some file.jpg: in the library")
    assert "the same picture, saved again or resized" in text.out.decode()


def test_a_doubtful_copy_and_a_stranger_are_not_found(site, image):
    """Exit code 1; a doubtful one is shown with its reason."""
    large = site.ask("find", "--json", image(resized(ours(4)[3], 1.5)))
    assert (large.code, large.json["class"], large.json["reason"]) == (1, "possible", "smaller")
    stranger = site.ask("find", "--json", image(foreign(2)[1]))
    assert (stranger.code, stranger.json["class"], names(stranger.json)) == (1, "unmatched", [])


def test_a_library_file_that_changed_meanwhile_is_not_believed(site, image):
    """The store says that it has these bytes; the disk doesn't."""
    data = ours(4)[0]
    path = site.lib / "0.jpg"
    path.write_bytes(b"other")
    try:
        done = site.ask("find", image(data))
    finally:
        path.write_bytes(data)
    assert done.code == 1
    assert f"changed: {path}" in done.err.decode()


def test_a_hash_of_the_table_lists_by_distance(site, image):
    """Also without any evidence; a wrong name is a wrong command line."""
    near = image(resaved(ours(4)[2], 60))
    done = site.ask("find", near, "--algorithm", "dhash", "--json")
    assert (done.code, names(done.json)[0], len(names(done.json))) == (1, "2.jpg", 4)
    distances = [match["distance_bits"] for match in done.json["matches"]]
    assert distances == sorted(distances)
    assert site.ask("find", near, "--algorithm", "dhash").lines[0].endswith(f"{site.lib}/2.jpg")
    wrong = site.ask("find", near, "--algorithm", "dhahs")
    assert (wrong.code, "did you mean 'dhash'?" in wrong.err.decode()) == (2, True)


def test_a_daemon_answers_too(site, image):
    """The pictures are compared by the command, so the daemon is never held up."""
    with running(site):
        done = site.ask("find", image(resaved(ours(4)[1])))
    assert (done.code, done.err) == (0, b"")


def test_any_file_may_be_asked_about(site, tmp_path):
    """What can't be read as a picture is looked for by its bytes; what isn't there is said."""
    text = tmp_path / "note.txt"
    text.write_text("a note")
    done = site.ask("find", text)
    assert done.code == 1
    assert "only equal bytes were looked for" in done.out.decode()
    for path in (tmp_path / "gone.jpg", tmp_path):
        failed = site.ask("find", path)
        assert (failed.code, failed.out, len(failed.complaints)) == (4, b"", 3)
    assert dedupd("find", text, "--state", tmp_path / "nowhere").code == 4
