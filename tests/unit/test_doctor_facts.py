"""How `dedupd doctor` looks at this machine, and how it says what it found."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import subprocess
import threading
import time
import tomllib
from pathlib import Path

import pytest

from dedupd.config_schema import Config, ControlConfig
from dedupd.disk import mounts
from dedupd.doctor import kernel, libraries, probe, process, sight, storage, survey
from dedupd.doctor.bounded import Answer
from dedupd.doctor.decoding import FORMATS
from dedupd.doctor.keeping import StatePlace
from dedupd.doctor.libraries import Works
from dedupd.doctor.rooted import Presence
from dedupd.doctor.running import SocketState
from dedupd.doctor.samples import SAMPLES
from dedupd.doctor.system import LEVEL_DB, LIBRARIES
from dedupd.model import Role, Root
from dedupd.pictures.formats import READERS

PROJECT = Path(__file__).parents[2]
HOSTILE = b"a\n\x1b[31mb\xff'\\ \xe2\x80\xae$(x)"


def root_at(path: Path, **options) -> Root:
    return Root("n", os.fsencode(path), Role.NEEDLES, **options)


def walk(path: Path, hide=lambda _path, _type: False, **bounds):
    fd = os.open(path, os.O_RDONLY)
    try:
        return survey.survey(fd, hide, os.geteuid(), **bounds)
    finally:
        os.close(fd)


def test_a_walk_counts_folders_and_files(tmp_path):
    """The root itself is a folder; links aren't followed."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/1.jpg").touch()
    (tmp_path / "l").symlink_to(tmp_path)
    found = walk(tmp_path)
    assert (found.folders, found.files, found.complete) == (3, 1, True)
    assert (found.closed, found.refused, found.foreign) == (0, 0, 0)


def test_a_walk_ends_at_its_bounds(tmp_path):
    """By number or by time, and says so."""
    for number in range(5):
        (tmp_path / f"{number}").mkdir()
    assert not walk(tmp_path, most_entries=3).complete
    ticks = iter(range(100))
    late = walk(tmp_path, clock=lambda: float(next(ticks)), most_s=2.5)
    assert (late.complete, late.folders) == (False, 2)


@pytest.mark.parametrize("hidden", [False, True])
def test_what_can_t_be_read_is_counted_unless_it_is_hidden(tmp_path, monkeypatch, hidden):
    """Hidden folders are counted all the same: they are watched."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/x.jpg").touch()

    def stats_in(fd):
        names, _ = listed(fd)
        return names, PermissionError(13, "no") if names and names[0][0] == b"x.jpg" else None

    listed = survey.stats_in
    monkeypatch.setattr(survey, "stats_in", stats_in)
    monkeypatch.setattr(survey, "_readable", lambda *_: False)
    found = walk(tmp_path, lambda path, _: hidden and path == b"bad")
    assert (found.folders, found.files) == (2, 1)
    assert (found.closed, found.closed_first) == ((0, b"") if hidden else (1, b"bad"))
    assert (found.refused, found.refused_first) == ((0, b"") if hidden else (1, b"bad/x.jpg"))


@pytest.mark.parametrize(
    ("mode", "allowed", "refused"), [(0o644, False, 0), (0o200, True, 0), (0o200, False, 1)]
)
def test_the_system_is_asked_where_the_mode_says_no(tmp_path, monkeypatch, mode, allowed, refused):
    """It knows of groups, access lists and root."""
    (tmp_path / "x.jpg").touch()
    (tmp_path / "x.jpg").chmod(mode)
    monkeypatch.setattr(os, "access", lambda *_, **__: allowed)
    assert walk(tmp_path).refused == refused


def test_files_of_others_are_counted(tmp_path):
    """Where somebody else looks at ours."""
    (tmp_path / "x.jpg").touch(mode=0o644)
    fd = os.open(tmp_path, os.O_RDONLY)
    assert survey.survey(fd, lambda *_: False, os.geteuid() + 1).foreign == 1
    os.close(fd)


def test_a_root_that_is_there_is_looked_at_whole(tmp_path):
    """Which file system, how heard, what a walk saw."""
    (found,) = sight.facts_of([(root_at(tmp_path), "--needles")], ())
    assert found.presence is Presence.THERE
    assert found.kind
    assert found.backend in ("inotify", "poll")
    assert found.survey.folders == 1


@pytest.mark.parametrize(
    ("name", "presence"),
    [("gone", Presence.MISSING), ("file", Presence.NO_FOLDER), ("x" * 300, Presence.BROKEN)],
)
def test_a_root_that_isn_t_there_is_told_apart(tmp_path, name, presence):
    """Missing, no folder, or an error of the system."""
    (tmp_path / "file").touch()
    (found,) = sight.facts_of([(root_at(tmp_path / name), "--needles")], ())
    assert (found.presence, found.survey) == (presence, None)


def test_a_root_that_doesn_t_answer_holds_nothing_up(tmp_path, monkeypatch):
    """The others are looked at all the same."""
    released = threading.Event()
    real = sight.look

    def look(root, where, expected):
        if root.path.endswith(b"slow"):
            released.wait()
        return real(root, where, expected)

    monkeypatch.setattr(sight, "look", look)
    roots = [(root_at(tmp_path / "slow"), "--needles"), (root_at(tmp_path), "--needles")]
    silent, there = sight.facts_of(roots, (), answer_s=2.0)
    released.set()
    assert (silent.presence, there.presence) == (Presence.SILENT, Presence.THERE)


def test_an_answer_that_doesn_t_come_is_none():
    """And one that does is itself."""
    released = threading.Event()
    never = Answer(released.wait)
    assert Answer(lambda: 3).until(time.monotonic() + 60) == 3
    assert never.until(time.monotonic()) is None
    released.set()


def test_a_mount_point_of_fstab_without_its_disk_is_seen(tmp_path):
    """The deepest one that holds the root counts."""
    table = b"# x\nUUID=1 / ext4\nUUID=2 /mnt/my\\040disk ext4 noauto 0 0\nUUID=3 none swap\n"
    assert sight.fstab_points(table) == (b"/mnt/my disk",)
    point = os.fsencode(tmp_path)
    assert sight.look(root_at(tmp_path / "x"), "", [point]).expected_mount == point
    assert sight.look(root_at(tmp_path / "x"), "", [b"/", point + b"/x/y"]).expected_mount == b""
    assert sight.look(root_at(tmp_path), "", [b"/proc", point + b"x"]).expected_mount == b""
    assert sight.look(root_at(Path("/proc/sys")), "", [b"/proc"]).expected_mount == b""
    assert sight.look(root_at(Path("/proc/sys")), "", [b"/proc/sys"]).expected_mount == b"/proc/sys"


def test_a_mount_below_an_expected_point_is_good_enough(monkeypatch):
    """Something is mounted there, only deeper than the table says."""
    line = b"%d 1 8:1 / %s rw - ext4 /dev/sda1 rw\n"
    table = mounts.parse(line % (1, b"/") + line % (2, b"/mnt/usb"))
    monkeypatch.setattr(mounts, "read", lambda: table)
    assert sight.look(root_at(Path("/mnt/usb/x")), "", [b"/mnt"]).expected_mount == b""
    assert sight.look(root_at(Path("/mnt/other")), "", [b"/mnt"]).expected_mount == b"/mnt"


def test_limits_and_their_use_are_read_of_the_kernel(tmp_path):
    """Ours too."""
    assert kernel.inotify_limit("max_user_watches") > 0
    assert kernel.inotify_limit("none", tmp_path) is None
    libc = ctypes.CDLL(None)
    fd = libc.inotify_init()
    libc.inotify_add_watch(fd, os.fsencode(tmp_path), 0x100)
    found = kernel.inotify_use(os.geteuid(), set())
    os.close(fd)
    assert found[0] >= 1
    assert found[1] >= 1


def test_some_processes_are_left_out_of_the_use(tmp_path):
    """The daemon's own, and those of other users."""
    for number, watches in (("7", 2), ("8", 30)):
        (tmp_path / number / "fd").mkdir(parents=True)
        (tmp_path / number / "fdinfo").mkdir()
        (tmp_path / number / "fd/5").symlink_to("anon_inode:inotify")
        (tmp_path / number / "fd/6").symlink_to("/dev/null")
        (tmp_path / number / "fdinfo/5").write_text("pos: 0\n" + "inotify wd:1\n" * watches)
    (tmp_path / "self").mkdir()
    assert kernel.inotify_use(os.geteuid(), set(), tmp_path) == (2, 32)
    assert kernel.inotify_use(os.geteuid(), {8}, tmp_path) == (1, 2)
    assert kernel.inotify_use(os.geteuid() + 1, set(), tmp_path) == (0, 0)


def test_the_holder_of_a_lock_is_known_without_trying_it(tmp_path):
    """A lock that nobody holds has none, nor has a file that isn't there."""
    path = tmp_path / "lock"
    assert kernel.lock_holder(path) == 0
    with path.open("w") as file:
        assert kernel.lock_holder(path) == 0
        fcntl.flock(file, fcntl.LOCK_EX)
        assert kernel.lock_holder(path) == os.getpid()


def test_the_state_folder_is_looked_at(tmp_path):
    """With what was set aside in it, and nothing written."""
    state = tmp_path / "state"
    missing = storage.state_facts(state)
    assert (missing.place, missing.writable, missing.uid) == (StatePlace.NOTHING, True, -1)
    assert storage.latest_s(state) is None
    assert not state.exists()
    (state / "store.bad-1").mkdir(parents=True)
    (state / "store.bad-1/1.ldb").write_bytes(bytes(70))
    (state / "decisions.bad-1").write_bytes(bytes(5))
    found = storage.state_facts(state)
    assert (found.place, found.uid) == (StatePlace.FOLDER, os.geteuid())
    assert [one.size_bytes for one in (*found.stores, *found.decisions)] == [70, 5]
    assert storage.latest_s(state) > 0
    (tmp_path / "file").touch()
    assert storage.state_facts(tmp_path / "file").place is StatePlace.NO_FOLDER


def test_a_state_folder_out_of_sight_is_none_that_can_be_made(tmp_path, monkeypatch):
    """A folder above it can't be entered."""

    def stat_(path, *, follow_symlinks=True):
        if path == tmp_path / "closed/state":
            raise PermissionError(13, "no")
        return os.stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat_)
    assert storage.state_facts(tmp_path / "closed/state").place is StatePlace.UNSEEN
    assert storage.user_name(2**31 - 7) == ""


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (0, SocketState.LISTENS),
        (errno.EAGAIN, SocketState.LISTENS),
        (errno.EACCES, SocketState.FORBIDDEN),
        (errno.ECONNREFUSED, SocketState.STALE),
    ],
)
def test_a_socket_is_judged_by_how_it_takes_a_client(tmp_path, monkeypatch, failure, state):
    """One whose queue is full listens; one that is closed to us may."""
    with socket.socket(socket.AF_UNIX) as one:
        monkeypatch.chdir(tmp_path)
        one.bind("sock")
    monkeypatch.setattr(socket.socket, "connect_ex", lambda self, path: failure)
    assert process.socket_state("sock") is state


def test_the_daemon_is_looked_for_where_it_would_listen(tmp_path):
    """The configured socket alone, if there is one; and its group is looked up."""
    state = tmp_path / "state"
    plain = process.daemon_facts(Config((), (), state))
    assert (plain.socket, plain.state) == (bytes(state / "control.sock"), SocketState.NOTHING)
    assert (plain.folder_uid, plain.group_known) == (-1, True)
    control = ControlConfig(tmp_path / "c.sock", "no-such-group")
    named = process.daemon_facts(Config((), (), state, control=control))
    assert (named.socket, named.group_known) == (bytes(tmp_path / "c.sock"), False)
    assert named.folder_uid == os.geteuid()
    assert process.daemon_facts(Config((), (), Path("/var/lib/dedupd/x"))).holder == 0


def test_a_socket_s_place_is_told_apart(tmp_path, monkeypatch):
    """Nothing, a file, one that listens, one that nobody listens on any more."""
    monkeypatch.chdir(tmp_path)
    assert process.socket_state("none") is SocketState.NOTHING
    Path("file").touch()
    assert process.socket_state("file") is SocketState.NO_SOCKET
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        listener.listen()
        assert process.socket_state("sock") is SocketState.LISTENS
    assert process.socket_state("sock") is SocketState.STALE


def test_a_user_s_unit_is_found_with_what_it_starts(tmp_path, home):
    """Enabled by a link, lingering by a file of systemd's."""
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    none = process.unit_facts(tmp_path)
    assert (none.systemd, none.unit) == (True, b"")
    units = home / "config/systemd/user"
    (units / "default.target.wants").mkdir(parents=True)
    (units / "dedupd.service").write_text("[Service]\nExecStart=%h/bin/dedupd run\n")
    found = process.unit_facts(tmp_path)
    assert (found.of_user, found.enabled, found.program_there) == (True, False, False)
    assert found.program == os.fsencode(home / "bin/dedupd")
    (units / "default.target.wants/dedupd.service").symlink_to(units / "dedupd.service")
    (home / "bin").mkdir()
    (home / "bin/dedupd").touch(mode=0o755)
    found = process.unit_facts(tmp_path)
    assert (found.enabled, found.program_there, found.lingers) == (True, True, False)


@pytest.mark.parametrize(
    ("name", "enabled", "not_this"),
    [
        ("dedupd@.service", "dedupd@anna.service", "dedupd.service"),
        ("dedupd.service", "dedupd.service", "dedupd@anna.service"),
    ],
)
def test_a_system_unit_is_found(tmp_path, name, enabled, not_this):
    """It, or an instance of it, is linked where it is enabled."""
    units = tmp_path / "etc/systemd/system"
    (units / "multi-user.target.wants").mkdir(parents=True)
    (units / name).write_text("[Service]\nExecStart=/bin/sh run %i\n")
    (units / "multi-user.target.wants" / not_this).touch()
    found = process.unit_facts(tmp_path)
    assert (found.systemd, found.of_user, found.enabled) == (False, False, False)
    assert found.program_there
    assert os.path.basename(found.unit) == name.encode()
    (units / "multi-user.target.wants" / enabled).touch()
    assert process.unit_facts(tmp_path).enabled


def test_a_user_s_unit_is_looked_for_where_the_user_s_configuration_is(tmp_path, monkeypatch):
    """`dedupd service install --user` writes there."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other"))
    unit = tmp_path / "other/systemd/user/dedupd.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/bin/sh run\n")
    assert process.unit_facts(tmp_path).unit == os.fsencode(unit)


def test_the_table_of_libraries_is_that_of_the_project():
    """Names and versions, for this Python."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = {line.partition(";")[0] for line in project["dependencies"] if "plyvel" not in line}
    assert {one.wanted for one in LIBRARIES if one is not LEVEL_DB} == wanted
    assert any(line.startswith(LEVEL_DB.wanted + ";") for line in project["dependencies"])


def test_every_format_that_is_decoded_has_a_sample_that_is_read():
    """In the table of formats, in the documentation, and by the decoders themselves."""
    assert {kind.key for kind in FORMATS} == set(READERS) == set(SAMPLES)
    documented = (PROJECT / "docs/formats.md").read_text().casefold()
    assert all(kind.name.rpartition(" ")[2].casefold() in documented for kind in FORMATS)
    assert probe.format_failures(SAMPLES) == dict.fromkeys(SAMPLES, "")


def test_a_format_that_fails_says_why():
    """The sample of a broken decoder is one that it can't read."""
    failures = probe.format_failures({"png": SAMPLES["png"][:40], "jpeg": b""})
    assert all(failures.values())


def test_decoders_that_can_t_be_loaded_are_told_once(monkeypatch, capsys):
    """And not once for each format: no reader of a format is to blame."""

    def missing(samples):
        raise ImportError("No module named 'PIL'")

    monkeypatch.setattr(probe, "format_failures", missing)
    probe.main(["json"])
    done = subprocess.CompletedProcess([], 0, capsys.readouterr().out.encode(), b"")
    works = libraries._understood(done)
    assert (works.modules, works.formats) == ({"json": ""}, {})
    assert "PIL" in works.failure


def test_a_library_that_can_t_be_loaded_says_why():
    """Whatever it raises."""
    assert probe.load_failure("json") == ""
    assert "no_such_library" in probe.load_failure("no_such_library")


def test_a_child_tries_the_libraries():
    """In a process of its own, which may die of them."""
    works = libraries.probed(["json", "no_such_library"])
    assert works.failure == ""
    assert works.modules["json"] == ""
    assert works.modules["no_such_library"]
    assert works.formats == dict.fromkeys(SAMPLES, "")
    found = libraries.installed(LIBRARIES, works)
    assert found["numpy"].version
    assert libraries.probed([], patience_s=0.001).failure


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ((-4, b"", b""), "signal 4"),
        ((1, b"", b"x\nOops: no\n"), "Oops: no"),
        ((1, b"{}", b""), "1"),
    ],
)
def test_a_probe_that_dies_is_told(done, said):
    """By its signal, or its last words."""
    works = libraries._understood(subprocess.CompletedProcess([], *done))
    assert said in works.failure
    assert Works().failure == ""


def test_unlisted_folders_of_the_library_are_hidden(tmp_path):
    """What never vouches isn't complained about."""
    (tmp_path / ".Trash-1000").mkdir()
    root = Root("h", os.fsencode(tmp_path), Role.HAYSTACK, ignore=(".Trash*",))
    assert sight.walked(root).folders == 2
    assert sight.walked(root_at(tmp_path / "none")) is None
