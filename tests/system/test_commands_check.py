"""`dedupd check`: one look without a daemon, and beside one."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from tests.system.commands import (
    PROGRAM,
    WAIT_S,
    Site,
    dedupd,
    environment,
    fill,
    picture,
    running,
    wait_for,
)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def site(tmp_path):
    """Return a site with a folder of copies, and one with a picture that the library lacks."""
    site = Site(tmp_path)
    fill(site.lib, range(1, 30))
    fill(site.needles / "copies", [1, 2, 3])
    fill(site.needles / "card", [4, 100])
    return site


def test_folders_that_still_need_work_come_last(site):
    """Exit code 1; the imported folder isn't among them."""
    done = site.ask("check")
    assert done.code == 1
    work = [line for line in done.lines if str(site.needles) in line]
    assert any(str(site.needles / "card") in line for line in work[-2:])
    assert "incomplete" in done.out.decode()
    assert "1 not in the library" in done.out.decode()


def test_everything_imported_is_exit_code_0(site):
    """Also where nothing is left of a folder."""
    (site.needles / "card" / "100.jpg").unlink()
    assert site.ask("check").code == 0
    (site.needles / "bare").mkdir()
    assert site.ask("check").code == 0
    (site.needles / "bare" / "new.jpg").write_bytes(picture(200))
    assert site.ask("check").code == 1


def test_a_library_or_needles_that_are_not_there_are_never_imported(site):
    """Missing roots: exit code 1, and said; but a library that nothing rests on may be away."""
    site.configure("haystack: [gone]\nneedles: [needles/copies]\n")
    lost = site.ask("check", "--json")
    assert (lost.code, lost.json["state"]) == (1, "degraded")
    site.configure("haystack: [lib]\nneedles: [needles/copies, gone]\n")
    lost = site.ask("check")
    assert (lost.code, f"{site.folder}/gone" in lost.out.decode()) == (1, True)
    site.configure("haystack: [lib, gone]\nneedles: [needles/copies]\n")
    assert site.ask("check").code == 0


def test_nothing_is_decoded_that_no_needle_asks_for(site):
    """Byte copies need no decoding, however large the library is; one stranger asks for all."""
    site.configure("haystack: [lib]\nneedles: [needles/copies]\n")
    done = site.ask("check", "--json")
    assert (done.code, done.json["queue"]["hashed"]) == (0, 0)
    site.configure("haystack: [lib]\nneedles: [needles]\n")
    asked = site.ask("check", "--json")
    assert (asked.code, asked.json["queue"]["hashed"]) == (1, 30)


def test_fingerprints_are_kept_between_looks(site):
    """In the cache folder, or where --state says; a second look decodes nothing."""
    words = ["check", "--haystack", site.lib, "--needles", site.needles, "--json"]
    cache, state = site.folder / "cache", site.folder / "mine"
    assert dedupd(*words, XDG_CACHE_HOME=str(cache)).json["queue"]["hashed"] > 0
    assert dedupd(*words, XDG_CACHE_HOME=str(cache)).json["queue"]["hashed"] == 0
    assert len(list((cache / "dedupd").iterdir())) == 1
    assert dedupd(*words, "--state", state).json["queue"]["hashed"] > 0
    assert dedupd("missing", "--state", state).lines == [f"{site.needles}/card/100.jpg"]


def test_the_pictures_of_a_class_can_be_listed(site):
    """One a line, or exact names ended by NUL; the exit code stays that of the look."""
    odd = os.path.join(os.fsencode(site.needles), b"a\nb\xff.jpg")
    with open(odd, "wb") as file:
        file.write(picture(300))
    listed = site.ask("check", "--list", "unmatched")
    assert listed.code == 1
    assert listed.lines == [f"{site.needles}/a\\nb\\udcff.jpg", f"{site.needles}/card/100.jpg"]
    exact = site.ask("check", "--list", "unmatched", "-0")
    assert exact.out == odd + b"\0" + os.fsencode(site.needles / "card" / "100.jpg") + b"\0"
    assert len(site.ask("check", "--list", "matched").lines) == 4


def test_beside_a_running_daemon_of_the_same_state_that_one_is_asked(site):
    """The same report and exit code, by its configuration or by its state and roots."""
    with running(site) as daemon:
        site.wait_states({"needles/copies": "imported"})
        beside = site.ask("check")
        assert beside.code == 1
        assert f"{site.needles}/card" in beside.out.decode()
        roots = ["--haystack", site.lib, "--needles", site.needles, "--state", site.state]
        assert dedupd("check", *roots, "--list", "unmatched").lines == [
            f"{site.needles}/card/100.jpg"
        ]
        (site.needles / "card" / "100.jpg").unlink()
        assert site.ask("check").code == 0
        other = ["--haystack", site.needles, "--needles", site.lib, "--state", site.state]
        refused = dedupd("check", *other)
        assert (refused.code, refused.out, len(refused.complaints)) == (4, b"", 3)
        assert daemon.process.poll() is None


def test_interrupted_it_exits_with_130(site):
    """Ctrl-C on the terminal reaches its children, too; no traceback, and the store is sound."""
    fill(site.lib, range(1000, 1150))
    fill(site.needles / "more", range(2000, 2050))
    command = [*PROGRAM, "check", "--config", str(site.config)]
    process = subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_for("a store", (site.state / "meta.json").exists)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert site.ask("check").code == 1


def test_the_articles_script_never_says_imported(site):
    """--article prints the folders still to check, and isn't an option of `run`."""
    done = site.ask("check", "--article")
    assert (done.code, b"imported" in done.out) == (1, False)
    assert site.ask("run", "--article").code == 2


def test_nothing_is_written_below_the_roots(site):
    """Neither a state folder inside one is accepted, nor does a look change a thing."""
    before = sorted((path, path.stat().st_mtime_ns) for path in site.folder.rglob("*"))
    inside = ["--haystack", site.lib, "--needles", site.needles, "--state", site.lib / "state"]
    assert dedupd("check", *inside).code == 2
    assert dedupd("check", *inside[:-1], site.folder / "state").code == 1
    after = sorted((path, path.stat().st_mtime_ns) for path in site.folder.rglob("*"))
    assert [one for one in after if site.state not in (one[0], *one[0].parents)] == before
