"""`dedupd status`, `rescan` and `hash`, and what every command has in common."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from tests.system.commands import (
    WAIT_S,
    Site,
    beside,
    dedupd,
    dedupd_inside,
    fill,
    picture,
    running,
    wait_for,
)

import dedupd as program

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def site(tmp_path):
    """Return a site with a folder in the library and one that isn't."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    fill(site.needles / "clean", [1])
    fill(site.needles / "card", [2])
    (site.needles / "clean" / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(400))
    return site


def test_folders_that_need_work_come_first(site):
    """Roots, folders, and "and 1 video not in the library" beside every imported."""
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        done = site.ask("status")
    assert done.code == 0
    text = done.out.decode()
    assert "\x1b" not in text
    assert text.index(f"{site.needles}/card") < text.index(f"{site.needles}/clean")
    assert str(site.lib) in text
    after = text[text.index(f"{site.needles}/clean") :]
    assert "1 video not in the library" in after


def test_status_of_a_path_is_0_only_if_it_is_imported(site):
    """A folder, a picture; 2 for what is no needle; relative names and links count from here."""
    clean, card = site.needles / "clean", site.needles / "card"
    (site.folder / "link").symlink_to(clean)
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        codes = {
            clean: 0, clean / "1.jpg": 0, card: 1, card / "2.jpg": 1, site.needles: 1,
            site.folder / "link": 0, site.lib: 2, site.folder: 2, clean / "gone": 2,
        }  # fmt: skip
        for path, code in codes.items():
            done = site.ask("status", path)
            assert done.code == code, (path, done)
            assert len(done.complaints) == (3 if code == 2 else 0)
        relative = dedupd("status", "clean/../clean/", "--config", site.config, cwd=site.needles)
        assert relative.code == 0
        assert "1 video not in the library" in relative.out.decode()


def test_wait_lets_every_earlier_change_arrive(site):
    """What was done before the call is in its answer."""
    with running(site):
        (site.lib / "2.jpg").write_bytes(picture(2))
        assert site.ask("status", "--wait", site.needles).code == 0
        (site.lib / "2.jpg").unlink()
        waited = site.ask("status", "--wait", "--json").json
        assert {one["path"]: one["state"] for one in waited["folders"]} == {
            str(site.needles): "incomplete",
            str(site.needles / "card"): "incomplete",
            str(site.needles / "clean"): "imported",
        }


def test_watch_keeps_the_report_on_the_screen(site):
    """Where that is no terminal: printed when a state changes; Ctrl-C is exit code 130."""
    output = site.folder / "watched.txt"
    words = ("status", "--watch", "--config", site.config)
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        with beside(*words, out=output) as watching:
            wait_for("a report", lambda: output.read_bytes().count(b"ready") == 1)
            (site.lib / "2.jpg").write_bytes(picture(2))
            wait_for("all imported", lambda: b"3 of 3 folders imported" in output.read_bytes())
            watching.send_signal(signal.SIGINT)
            assert watching.wait(timeout=WAIT_S) == 130
    assert b"Traceback" not in output.read_bytes()


def test_rescan_looks_again_where_nothing_else_would(site):
    """A root that nobody watches: all roots, one, or one file; what is no needle is refused."""
    site.configure("haystack: [lib]\nneedles: [{path: needles, watch: none}]\n")
    with running(site):
        for number, path in enumerate((None, site.needles, site.needles / "5.jpg"), start=3):
            fill(site.needles, [number])
            assert site.ask("rescan", *([path] if path else [])).code == 0
            wait_for("seen", lambda n=number: site.folders()["needles"]["pictures"] == n)
        refused = site.ask("rescan", site.folder)
        assert (refused.code, len(refused.complaints)) == (2, 3)
        assert [root["watch"] for root in site.report()["roots"]] == ["inotify", "none"]


def test_a_polled_root_is_walked_again_and_again(site):
    """What comes and what goes is seen without an event; polling is not degraded."""
    polled = "{path: needles, watch: poll, poll_every: 0.3s}"
    site.configure(f"haystack: [lib]\nneedles: [{polled}]\n")
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        (site.needles / "clean" / "1.jpg").unlink()
        site.wait_event("folder.removed", site.needles / "clean")
        fill(site.needles / "new", [1])
        site.wait_states({"needles/new": "imported"})
        report = site.report()
        assert (report["state"], report["roots"][1]["watch"]) == ("ready", "poll")


def test_hash_prints_perceptual_hashes(tmp_path):
    """By name, in hexadecimal; the same content has the same ones; JSON says how many bits."""
    (first, second) = fill(tmp_path, [1, 2])
    done = dedupd("hash", first)
    assert done.code == 0
    assert all(re.fullmatch(r"\S+ +[0-9a-f]{16,}", line) for line in done.lines)
    assert dedupd_inside("hash", second).out != done.out
    (tmp_path / "again").write_bytes(picture(1))
    assert dedupd_inside("hash", tmp_path / "again").out == done.out
    one = dedupd_inside("hash", first, "--algorithm", "dhash-article", "--json").json
    assert one["path"] == str(first)
    assert list(one["hashes"]) == ["dhash-article"]
    assert one["hashes"]["dhash-article"]["bits"] == 64
    assert one["hashes"]["dhash-article"]["value"] in done.out.decode()


def test_hash_of_what_is_no_picture_is_refused(tmp_path):
    """Three lines, 4; a FIFO isn't waited for; an unknown algorithm is 2."""
    (text,) = fill(tmp_path, [1])
    text.write_text("no picture")
    os.mkfifo(tmp_path / "fifo.jpg")
    for path in (text, tmp_path, tmp_path / "gone.jpg", tmp_path / "fifo.jpg"):
        done = dedupd_inside("hash", path)
        assert (done.code, done.out, len(done.complaints)) == (4, b"", 3), path
    wrong = dedupd_inside("hash", text, "--algorithm", "dhash-artikle")
    assert wrong.code == 2
    assert b"dhash-article" in wrong.err


def test_version_and_help_are_on_standard_output():
    """Exit code 0; every command is named."""
    version = dedupd("--version")
    assert (version.code, version.lines) == (0, [f"dedupd {program.__version__}"])
    listed = dedupd("--help")
    assert listed.code == 0
    for command in ("run", "check", "status", "missing", "events", "rescan", "reload", "accept"):
        assert f"  {command} " in listed.out.decode()


@pytest.mark.parametrize("folder", [".", "very-long-name-" * 6], ids=["short", "long"])
def test_the_daemon_is_found_by_every_name(tmp_path, folder):
    """By configuration, $DEDUPD_CONFIG, state folder, socket; also where no socket's name fits."""
    (tmp_path / "at" / folder).mkdir(parents=True)
    site = Site(tmp_path / "at" / folder)
    with running(site):
        assert dedupd("status", "--state", site.state).code == 0
        assert dedupd("status", DEDUPD_CONFIG=str(site.config)).code == 0
        said = site.ask("status", "-v")
        (socket,) = re.findall(r"/\S+\.sock", said.err.decode())
        assert dedupd("status", "--socket", socket).code == 0
        assert (Path(socket).parent == site.state) is (folder == ".")
        assert dedupd("status").code == 3
