"""`status PATH` is what people type before they delete: exit code 0 must be true at that moment.

Each test first sees it exit 0, so that what follows is no accident.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest
from tests.system.commands import WAIT_S, Site, running, wait_for
from tests.system.pictures import ours, resaved

pytestmark = pytest.mark.timeout(120)

DEAF = """\
haystack:
  - {path: lib, watch: none}
needles:
  - {path: needles, watch: none}
watch: {settle_quiet: 0.3s, sweep_every: 1h}
"""


@pytest.fixture
def site(tmp_path):
    """Return a site with twelve library pictures and a card of two of them, one saved anew."""
    site = Site(tmp_path)
    stock(site, 12)
    plant(site)
    return site


def stock(site, count):
    """Put pictures into the library."""
    for number, data in enumerate(ours(count)):
        (site.lib / f"{number}.jpg").write_bytes(data)


def plant(site):
    """Put copies of the library's pictures 0 and 1 into a folder two levels below the root."""
    card = site.needles / "top" / "card"
    card.mkdir(parents=True)
    (card / "0.jpg").write_bytes(ours(12)[0])
    (card / "1.jpg").write_bytes(resaved(ours(12)[1]))


def asked_about(site):
    """Return a picture, its folder, the folders above: none may be called imported."""
    card = site.needles / "top" / "card"
    return [card / "0.jpg", card, card.parent, site.needles]


def codes(site):
    """Return the exit codes of `status PATH` for each of them."""
    return [site.ask("status", path).code for path in asked_about(site)]


def is_fine(site):
    """Wait until the daemon has looked at everything, and see that it says so."""
    assert site.ask("status", "--wait").code == 0
    site.wait_states({"needles": "imported"})
    assert codes(site) == [0, 0, 0, 0]


@pytest.mark.parametrize(("config", "name"), [("", "0.jpg"), (DEAF, "1.jpg")])
def test_a_witness_deleted_a_moment_ago(site, config, name):
    """Also when the watcher missed it: the call itself looks at the disk."""
    if config:
        site.configure(config)
    with running(site):
        is_fine(site)
        (site.lib / name).unlink()
        picture = site.needles / "top" / "card" / name
        done = [site.ask("status", path).code for path in (picture, *asked_about(site)[1:])]
        assert done == [1, 1, 1, 1]


def test_a_watcher_that_misses_everything(site):
    """Without `status PATH` nothing is noticed; the call notices, and says which file it is."""
    site.configure(DEAF)
    with running(site):
        is_fine(site)
        (site.lib / "0.jpg").unlink()
        assert site.states()["needles"] == "imported"
        done = site.ask("status", site.needles / "top" / "card" / "0.jpg")
        assert (done.code, done.err) == (1, b"")
        assert str(site.lib / "0.jpg") in done.out.decode()
        event = site.wait_event("folder.reopened", site.needles)
        assert event["cause"] == str(site.lib / "0.jpg")


def test_a_witness_changed_a_moment_ago_that_the_watcher_missed(site):
    """Another content, the same size and the same times."""
    site.configure(DEAF)
    witness = site.lib / "0.jpg"
    with running(site):
        is_fine(site)
        times = witness.stat()
        with witness.open("r+b") as file:
            file.seek(3000)
            file.write(b"\0" * 500)
        os.utime(witness, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert codes(site) == [1, 1, 1, 1]


def test_a_needle_that_came_a_moment_ago_and_that_the_watcher_missed(site):
    """A picture that nobody has looked at yet is in no library; the one beside it still is."""
    site.configure(DEAF)
    newcomer = site.needles / "top" / "card" / "2.jpg"
    with running(site):
        is_fine(site)
        newcomer.write_bytes(ours(13)[12])
        assert site.ask("status", newcomer).code != 0
        assert codes(site)[1:] == [1, 1, 1]
        site.wait_states({"needles/top/card": "incomplete"})
        assert codes(site) == [0, 1, 1, 1]


@pytest.mark.parametrize("config", ["", DEAF])
def test_the_library_moved_away(site, config):
    """From the very next call on, and for as long as it is away; then it is all as before."""
    if config:
        site.configure(config)
    with running(site):
        is_fine(site)
        site.lib.rename(site.folder / "away")
        assert codes(site) == [1, 1, 1, 1]
        site.wait_roots({"lib": "offline"})
        assert codes(site) == [1, 1, 1, 1]
        assert site.states()["needles/top/card"] == "unverified"
        (site.folder / "away").rename(site.lib)
        is_fine(site)
        assert len(site.events("folder.imported", site.needles)) == 1
        assert site.events("folder.reopened") == []


def test_an_empty_folder_in_the_library_s_place(site):
    """What a mount point looks like when its disk is gone."""
    site.configure(DEAF)
    with running(site):
        is_fine(site)
        site.lib.rename(site.folder / "away")
        site.lib.mkdir()
        assert codes(site) == [1, 1, 1, 1]
        site.wait_roots({"lib": "offline"})
        assert codes(site) == [1, 1, 1, 1]


def test_a_copy_of_the_library_in_its_place(site):
    """Another folder is another folder, until it is known that it holds the same."""
    site.configure(DEAF)
    with running(site):
        is_fine(site)
        site.lib.rename(site.folder / "away")
        shutil.copytree(site.folder / "away", site.lib)
        (site.lib / "0.jpg").unlink()
        assert codes(site) == [1, 1, 1, 1]


def test_half_the_library_gone(tmp_path):
    """Suspicious: not even for pictures whose witnesses are still there."""
    site = Site(tmp_path)
    stock(site, 220)
    plant(site)
    with running(site):
        is_fine(site)
        for number in range(2, 130):
            (site.lib / f"{number}.jpg").unlink()
        site.wait_roots({"lib": "suspicious"})
        assert codes(site) == [1, 1, 1, 1]
        assert site.states()["needles"] == "unverified"
        assert site.ask("accept", site.lib).code == 0
        is_fine(site)


def test_half_the_library_gone_a_moment_ago(tmp_path):
    """With the witnesses among it, and before anybody could become suspicious."""
    site = Site(tmp_path)
    site.configure(DEAF)
    stock(site, 220)
    plant(site)
    with running(site):
        is_fine(site)
        for number in range(130):
            (site.lib / f"{number}.jpg").unlink()
        assert codes(site) == [1, 1, 1, 1]


def test_a_grandchild_is_missing(site):
    """The folders above it aren't imported, whatever is in themselves; those beside it are."""
    below = site.needles / "top" / "card" / "a" / "b"
    below.mkdir(parents=True)
    (below / "missing.jpg").write_bytes(ours(13)[12])
    beside = site.needles / "top" / "beside"
    beside.mkdir()
    (beside / "2.jpg").write_bytes(ours(12)[2])
    with running(site):
        site.wait_states({"needles": "incomplete", "needles/top/beside": "imported"})
        assert site.ask("status", "--wait").code == 0
        assert codes(site) == [0, 1, 1, 1]
        assert site.ask("status", below / "missing.jpg").code == 1
        assert site.ask("status", beside).code == 0
        assert site.ask("status", beside / "2.jpg").code == 0


def test_a_path_that_nobody_knows(site):
    """A folder outside of the roots, a name that isn't there, the library: never 0."""
    with running(site):
        is_fine(site)
        for path in (site.folder, site.needles / "nothing", site.lib, site.lib / "0.jpg"):
            done = site.ask("status", path)
            assert done.code == 2
            assert len(done.complaints) == 3


def may_mount():
    """Say whether this user may have a mount namespace."""
    try:
        return subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def with_a_mounted_library(site):
    """Run a daemon whose library is a file system of its own, seen by it alone.

    Yields a function that runs a command in the daemon's mount namespace.
    """
    source = site.folder / "source"
    site.lib.rename(source)
    site.lib.mkdir()
    mount = 'mount -t tmpfs library "$1" && cp -r "$2"/. "$1" && shift 2 && exec "$@"'
    before = ["unshare", "-m", "sh", "-c", mount, "mount", str(site.lib), str(source)]
    with running(site, before=before) as daemon:

        def inside(*words):
            command = ["nsenter", "-m", "-t", str(daemon.pid), *words]
            subprocess.run(command, check=True, capture_output=True, timeout=WAIT_S)

        yield inside


@pytest.mark.skipif(not may_mount(), reason="mounting needs root and unshare")
def test_the_library_unmounted(site):
    """The mount point is still there, empty; when the disk is back, all is as before."""
    with with_a_mounted_library(site) as inside:
        is_fine(site)
        inside("umount", str(site.lib))
        assert codes(site) == [1, 1, 1, 1]
        site.wait_roots({"lib": "offline"})
        assert codes(site) == [1, 1, 1, 1]
        wait_for("unverified", lambda: site.states()["needles"] == "unverified")
        assert site.events("folder.reopened") == []


@pytest.mark.skipif(not may_mount(), reason="mounting needs root and unshare")
def test_something_mounted_over_the_library(site):
    """The files are still there, but nobody can see them."""
    with with_a_mounted_library(site) as inside:
        is_fine(site)
        inside("mount", "-t", "tmpfs", "other", str(site.lib))
        assert codes(site) == [1, 1, 1, 1]
        inside("umount", str(site.lib))
        is_fine(site)
