"""Files that would hang, kill, fool or fill a careless program: each ends in a class."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
import zlib

import pytest
from tests.system.commands import Site, dedupd, fill, need, picture, running, wait_for

pytestmark = pytest.mark.timeout(120)

FORGED = (
    b'x.jpg\n{"time": "2030-01-01T00:00:00.000Z", "seq": 999, "event": "folder.imported"}\n.jpg'
)
ESCAPES = b"\x1b]0;owned\x07\x1b[2J\r\x7f\xc2\x9b31m\xe2\x80\xae.jpg"
CONTROL = {chr(number) for number in (*range(32), *range(127, 160))} - {"\n"}


def huge_jpeg():
    """Return a JPEG whose header says 65,500 x 65,500."""
    size = struct.pack(">BHHB", 8, 65500, 65500, 3) + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    frame = b"\xff\xc0" + struct.pack(">H", 2 + len(size)) + size
    scan = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00" + bytes(100)
    return b"\xff\xd8" + frame + scan + b"\xff\xd9"


def huge_png():
    """Return a PNG whose header says 65,500 x 65,500."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 65500, 65500, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(bytes(999)))
        + chunk(b"IEND", b"")
    )


def plant(folder):
    """Put one of each into `folder`; return the class and reason that each must have."""
    (folder / "huge.jpg").write_bytes(huge_jpeg())
    (folder / "huge.png").write_bytes(huge_png())
    (folder / "empty.jpg").touch()
    (folder / "note.jpg").write_text("this is no picture")
    os.mkfifo(folder / "fifo.jpg")
    (folder / "link.jpg").symlink_to(folder.parent.parent / "lib" / "1.jpg")
    (folder / "loop").symlink_to(folder)
    (folder / "self.jpg").symlink_to("self.jpg")
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.getcwd()
        os.chdir(folder)
        bound.bind("socket.jpg")
        os.chdir(here)
    for name in (FORGED, ESCAPES):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(picture(50 + len(name)))
    return {
        b"huge.jpg": ("unreadable", "too-large"),
        b"huge.png": ("unreadable", "too-large"),
        b"empty.jpg": ("unreadable", None),
        b"note.jpg": ("unreadable", None),
        b"fifo.jpg": ("unreadable", "special"),
        b"socket.jpg": ("unreadable", "special"),
        b"link.jpg": ("unreadable", "link"),
        b"loop": ("unreadable", "link"),
        b"self.jpg": ("unreadable", "link"),
        FORGED: ("unmatched", None),
        ESCAPES: ("unmatched", None),
    }


@pytest.fixture
def site(tmp_path):
    """Return a site with a library of three pictures and a card with one of them."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2, 3])
    fill(site.needles / "card", [1])
    return site


def classes(done):
    """Return class and reason by name, of lines that `missing --json` printed."""
    found = [json.loads(line) for line in done.lines]
    return {
        os.path.basename(os.fsencode(one["path"])): (one["class"], one["reason"]) for one in found
    }


def test_each_file_ends_in_a_class_with_a_reason_and_none_hangs(site):
    """Within seconds; never imported; no control character comes to a terminal."""
    card = site.needles / "card"
    expected = plant(card)
    (card / "nothing").touch()
    began_s = time.monotonic()
    done = site.ask("check", "--json", "--list", "unreadable")
    assert done.code == 1
    assert time.monotonic() - began_s < 20
    found = {**classes(done), **classes(site.ask("check", "--json", "--list", "unmatched"))}
    assert set(found) == set(expected)
    for name, (cls, reason) in expected.items():
        assert found[name][0] == cls, name
        assert found[name][1] == (reason or found[name][1]), name
        assert found[name][1], name
    for words in (["check"], ["check", "--list", "unmatched"], ["missing"]):
        told = site.ask(*words)
        assert not CONTROL & set((told.out + told.err).decode())
        assert "\u202e" not in told.out.decode()
        assert len([line for line in told.lines if line.startswith('{"time"')]) == 0


def test_the_daemon_classes_what_comes_and_its_log_is_not_forged(site):
    """One event a line, valid JSON; standard error without a control character; still alive."""
    card = site.needles / "card"
    with running(site) as daemon:
        site.wait_states({"needles/card": "imported"})
        expected = plant(card)
        wait_for("all looked at", lambda: _looked_at(site) == 1 + len(expected))
        assert site.states()["needles/card"] == "incomplete"
        site.wait_event("folder.reopened", card)
        assert site.ask("status", card).code == 1
        assert daemon.stop()[0] == 0
    lines = (site.state / "events.jsonl").read_bytes().splitlines()
    logged = [json.loads(line) for line in lines]
    assert [one["seq"] for one in logged] == list(range(1, len(lines) + 1))
    assert not [one for one in logged if one["time"].startswith("2030")]
    forged = os.path.join(os.fsencode(card), FORGED).decode()
    assert [one["event"] for one in logged if one.get("path") == forged] == ["picture.unmatched"]
    for text in (daemon.log.read_bytes(), site.ask("events").out, *lines):
        assert not CONTROL & set(text.decode())


def _looked_at(site):
    """Return how many pictures of the card have a class that is not pending."""
    card = site.folders()["needles/card"]
    return card["pictures"] - card["pending"]


def test_a_file_that_vanishes_while_it_is_looked_at_is_no_crash(site):
    """It comes and goes many times; what is there at the end decides."""
    card = site.needles / "card"
    with running(site) as daemon:
        site.wait_states({"needles/card": "imported"})
        for _ in range(200):
            (card / "blink.jpg").write_bytes(picture(9))
            (card / "blink.jpg").rename(card / "blonk.jpg")
            (card / "blonk.jpg").unlink()
        (site.lib / "1.jpg").unlink()
        (site.lib / "1.jpg").write_bytes(picture(1))
        assert site.ask("status", "--wait", card).code == 0
        assert site.folders()["needles/card"]["pictures"] == 1
        assert daemon.stop()[0] == 0
        assert b"Traceback" not in daemon.log.read_bytes()


def test_a_folder_named_like_a_picture_is_a_folder(site):
    """Its files count, it doesn't."""
    fill(site.needles / "card" / "album.jpg", [2])
    report = site.ask("check", "--json")
    states = {os.path.relpath(one["path"], site.needles): one for one in report.json["folders"]}
    assert report.code == 0
    assert states["card"]["pictures"] == 2
    assert states["card/album.jpg"]["state"] == "imported"


def test_a_tree_of_200_levels_is_walked_to_its_end(site):
    """One missing picture at the bottom keeps every folder above it from being imported."""
    deep = site.needles / "deep"
    deep.mkdir()
    fd = os.open(deep, os.O_RDONLY)
    for level in range(200):
        os.mkdir(f"level {level} of a long way down", dir_fd=fd)
        below = os.open(f"level {level} of a long way down", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    file = os.open("last.jpg", os.O_WRONLY | os.O_CREAT, dir_fd=fd)
    os.write(file, picture(77))
    os.close(file)
    os.close(fd)
    done = site.ask("check", "--json")
    folders = done.json["folders"]
    assert len(folders) == 203
    states = {one["path"]: one["state"] for one in folders}
    assert states.pop(str(site.needles / "card")) == "imported"
    assert set(states.values()) == {"incomplete"}


def test_what_may_not_be_read_is_unreadable(site):
    """A file, and a folder that can't be listed; never imported; root's power is left at home."""
    card = site.needles / "card"
    (card / "2.jpg").write_bytes(picture(2))
    fill(card / "closed", [3])
    without = []
    if os.geteuid() == 0:
        without = [need("setpriv"), "--bounding-set=-all", "--inh-caps=-all"]
    if without and not without[0]:
        pytest.skip("setpriv is missing (package util-linux)")
    with running(site, before=without):
        site.wait_states({"needles/card": "imported"})
        (card / "2.jpg").chmod(0)
        (card / "closed").chmod(0)
        try:
            site.ask("rescan")
            site.wait_states({"needles/card": "incomplete"})
            wait_for("two", lambda: site.folders()["needles/card"]["unreadable"] == 2)
            found = classes(site.ask("missing", "--json", "--class", "unreadable"))
            assert {name: cls for name, (cls, _) in found.items()} == {
                b"2.jpg": "unreadable",
                b"closed": "unreadable",
            }
            assert site.ask("status", card).code == 1
        finally:
            (card / "closed").chmod(0o700)
        (card / "2.jpg").chmod(0o600)
        site.ask("rescan")
        site.wait_states({"needles/card": "imported"})


def test_a_library_full_of_them_vouches_for_nothing(site):
    """Links, special files and damaged ones in the library match nobody, not even by name."""
    damaged = picture(4)[:2000]
    (site.lib / "4.jpg").write_bytes(damaged)
    (site.lib / "5.jpg").symlink_to(site.needles / "card" / "5.jpg")
    os.mkfifo(site.lib / "6.jpg")
    fill(site.needles / "card", [4, 5, 6])
    done = site.ask("check", "--list", "unmatched")
    assert [os.path.basename(path) for path in done.lines] == ["4.jpg", "5.jpg", "6.jpg"]
    (site.needles / "card" / "4.jpg").write_bytes(damaged)
    own = classes(site.ask("check", "--json", "--list", "matched"))
    assert set(own) <= {b"1.jpg", b"4.jpg"}


def test_control_characters_never_reach_a_terminal_by_an_error(site):
    """The three lines stay three lines."""
    for words in (["status"], ["missing"], ["rescan"], ["accept"], ["hash"]):
        done = dedupd(*words, os.path.join(os.fsencode(site.needles), ESCAPES + b"\n:"))
        assert done.code in (2, 3, 4)
        assert len(done.complaints) == 3
        assert not CONTROL & set(done.err.decode())
