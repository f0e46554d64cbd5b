"""What `dedupd doctor` makes of facts: each check both ways, none of them looking at anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dedupd.doctor import decoding, keeping, rooted, running, system, watching
from dedupd.doctor.finding import Level
from dedupd.doctor.keeping import Aside, StateFacts, StatePlace
from dedupd.doctor.rooted import Presence, RootFacts, Survey
from dedupd.doctor.running import DaemonFacts, SocketState, UnitFacts
from dedupd.doctor.system import Installed, Library
from dedupd.doctor.watching import Use
from dedupd.model import Role, Root

ME, OTHER = 1000, 1001
LIB = Root("h", b"/pics", Role.HAYSTACK)
CARD = Root("n", b"/card", Role.NEEDLES)
THERE = RootFacts(
    LIB, "/c.yaml:3: haystack", Presence.THERE, kind="ext4", backend="inotify", survey=Survey(5, 9)
)
STATE = StateFacts(Path("/s"), StatePlace.FOLDER, True, ME, "anna", 0o700, ME, "ext4", 10**9)
DAEMON = DaemonFacts(b"/s/control.sock", SocketState.LISTENS, 7, ME, ME, "anna")
UNIT = UnitFacts(True, b"/u/dedupd.service", True, True, True, b"/bin/dedupd")
SOME = Library("some", "some", (1, 5), (2,), "pictures")

PROBLEM, NOTE, OK = Level.PROBLEM, Level.NOTE, Level.OK


@pytest.mark.parametrize(
    ("use", "limit", "level", "said"),
    [
        (Use(100, 0), 1000, OK, "100 folders to watch"),
        (Use(1, 0), 1000, OK, "1 folder to watch"),
        (Use(1000, 1), 1000, PROBLEM, "too few"),
        (Use(500, 400), 1000, NOTE, "400 in use by other programs"),
        (Use(100, 0, most=True), 1000, NOTE, "at least 100 folders"),
        (Use(2000, 0, most=True), 1000, PROBLEM, "too few"),
        (Use(100, 0), None, NOTE, "not known"),
    ],
)
def test_watches_are_compared_with_the_limit(use, limit, level, said):
    """Also where not all folders were counted, and where the limit can't be read."""
    found = watching.check_watches(use, limit)
    assert (found.level, found.code) == (level, "watching.watches")
    assert said in found.what


def test_a_raised_limit_holds_twice_what_is_needed():
    """It is a command to type, and never lowers a usual limit."""
    assert "max_user_watches=524288" in watching.check_watches(Use(200_000, 0), 8192).fix
    assert "max_user_watches=65536" in watching.check_watches(Use(9000, 0), 8192).fix
    assert "sudo sysctl -p" in watching.check_watches(Use(9000, 0), 8192).fix


@pytest.mark.parametrize(("roots", "level"), [(3, OK), (128, NOTE), (129, PROBLEM)])
def test_listeners_are_compared_with_the_limit(roots, level):
    """One for each root."""
    found = watching.check_instances(Use(roots, 0), 128)
    assert (found.level, found.code) == (level, "watching.instances")
    assert ("max_user_instances=" in found.fix) == (level is not OK)


@pytest.mark.parametrize(
    ("facts", "level", "said"),
    [
        (THERE, OK, "haystack /pics: is there (ext4)"),
        (replace(THERE, read_only=True, removable=True), OK, "(ext4, read-only, removable)"),
        (replace(THERE, presence=Presence.MISSING), PROBLEM, "the haystack root /pics isn't there"),
        (replace(THERE, root=CARD, presence=Presence.MISSING), NOTE, "needle root /card"),
        (replace(THERE, presence=Presence.NO_FOLDER), PROBLEM, "can't be used"),
        (replace(THERE, presence=Presence.FORBIDDEN), PROBLEM, "can't be used"),
        (replace(THERE, presence=Presence.SILENT), PROBLEM, "can't be used"),
        (replace(THERE, presence=Presence.BROKEN, error="bad"), PROBLEM, "can't be used"),
        (replace(THERE, expected_mount=b"/pics"), PROBLEM, "is not mounted"),
    ],
)
def test_a_root_is_there_or_it_is_said_what_is_instead(facts, level, said):
    """An unplugged needle root is no fault; a library that is away is."""
    found = rooted.check_presence(facts)
    assert found.level is level
    assert said in found.what
    assert bool(found.fix) == (level is not OK)


def test_a_disk_of_fstab_is_to_be_mounted():
    """Its empty mount point looks like an empty root."""
    found = rooted.check_presence(replace(THERE, expected_mount=b"/mnt/my disk"))
    assert found.fix == "sudo mount '/mnt/my disk'"


@pytest.mark.parametrize(
    ("facts", "level", "said"),
    [
        (THERE, OK, "changes are heard at once"),
        (replace(THERE, hears_all=False, kind="nfs4"), PROBLEM, "in vain"),
        (replace(THERE, backend="poll", hears_all=False, kind="cifs"), NOTE, "every 10 min"),
        (replace(THERE, backend="poll"), NOTE, "every 10 min"),
        (replace(THERE, backend="none"), NOTE, "not watched"),
    ],
)
def test_it_is_said_how_changes_are_heard(facts, level, said):
    """A network share that is only listened to is deaf for what others change."""
    found = rooted.check_hearing(facts)
    assert found.level is level
    assert said in found.what


def test_an_option_of_a_root_is_changed_where_the_root_was_named():
    """At its line; on a command line there is none."""
    deaf = replace(THERE, hears_all=False, kind="nfs4")
    assert rooted.check_hearing(deaf).fix == "${EDITOR:-vi} +3 /c.yaml   # watch: auto"
    assert "+" not in rooted.check_hearing(replace(deaf, where="--haystack")).fix


def test_folders_and_files_that_can_t_be_read_are_named():
    """The first of each by its whole path, with what to type."""
    bad = Survey(5, 9, closed=2, closed_first=b"x y/z", refused=1, refused_first=b"f.jpg")
    folders, files = rooted.check_folders(THERE, bad), rooted.check_files(THERE, bad)
    assert (folders.level, folders.path) == (PROBLEM, b"/pics/x y/z")
    assert "2 folders can't be listed" in folders.what
    assert folders.fix.endswith("'/pics/x y/z'")
    assert (files.level, files.path) == (PROBLEM, b"/pics/f.jpg")
    assert rooted.check_folders(THERE, Survey(5, 9)).level is OK
    assert rooted.check_files(THERE, Survey(5, 9)).level is OK


def test_a_needle_folder_that_can_t_be_listed_is_never_imported():
    """In the library it only vouches for nothing."""
    bad = Survey(closed=1, closed_first=b"x")
    assert (
        "1 folder can't be listed, /pics first"
        in rooted.check_folders(THERE, Survey(closed=1)).what
    ), "the root itself"
    assert "never imported" in rooted.check_folders(replace(THERE, root=CARD), bad).why
    assert "vouch for nothing" in rooted.check_folders(THERE, bad).why


def test_notes_on_a_root_are_made_where_there_is_something_to_say():
    """Files of others, numbers that don't last, a walk that didn't end."""
    plain, odd = Survey(5, 9), Survey(5, 9, foreign=3, complete=False)
    assert rooted.check_owners(THERE, plain) is None
    assert "3 files of other owners" in rooted.check_owners(THERE, odd).what
    assert rooted.check_walk(THERE, plain) is None
    assert rooted.check_walk(THERE, odd).level is NOTE
    assert rooted.check_numbers(THERE) is None
    assert rooted.check_numbers(replace(THERE, kind="vfat", keeps_ino=False)).level is NOTE


@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({}, OK, "can be written"),
        ({"place": StatePlace.NOTHING}, OK, "will be made"),
        ({"place": StatePlace.NOTHING, "writable": False}, PROBLEM, "can't be made"),
        ({"writable": False}, PROBLEM, "can't be written"),
        ({"place": StatePlace.NO_FOLDER}, PROBLEM, "is no folder"),
        ({"place": StatePlace.UNSEEN}, PROBLEM, "can't be seen"),
    ],
)
def test_the_state_folder_can_be_used_or_not(changes, level, said):
    """Where it isn't there yet, what counts is whether it can be made."""
    found = keeping.check_folder(replace(STATE, **changes))
    assert found.level is level
    assert said in found.what
    assert bool(found.fix) == (level is PROBLEM)


def test_the_state_folder_is_its_owners_alone():
    """Of another user: the doctor speaks of the wrong rights.  Open to others: it is closed."""
    assert keeping.check_owner(STATE).level is OK
    other = keeping.check_owner(replace(STATE, uid=OTHER, owner="bert"))
    assert (other.level, other.fix) == (NOTE, "sudo -u bert dedupd doctor")
    for mode in (0o755, 0o710, 0o701):
        assert keeping.check_owner(replace(STATE, mode=mode)).fix == "chmod 700 /s"
    assert keeping.check_owner(replace(STATE, mode=0o750, for_group=True)).level is OK
    assert keeping.check_owner(replace(STATE, mode=0o770, for_group=True)).fix == "chmod 750 /s"
    assert keeping.check_owner(replace(STATE, place=StatePlace.NOTHING, mode=0o755)) is None


def test_there_must_be_room_for_the_store():
    """200 MB."""
    assert keeping.check_space(replace(STATE, free_bytes=200_000_000)).level is OK
    full = keeping.check_space(replace(STATE, free_bytes=199_999_999))
    assert full.level is PROBLEM
    assert full.fix.startswith("df -h /s")


def test_a_state_folder_on_a_network_is_refused():
    """Its locks aren't sure."""
    assert keeping.check_kind(STATE) is None
    assert keeping.check_kind(replace(STATE, kind="nfs4")).level is PROBLEM


def test_stores_that_were_set_aside_are_named_with_their_size():
    """Each with a line that removes it; decisions never with one."""
    assert keeping.check_stores(STATE) is None
    assert keeping.check_decisions(STATE) is None
    aside = (Aside(b"/s/store.bad-1", 1_500_000), Aside(b"/s/store.bad-2", 500_000))
    found = keeping.check_stores(replace(STATE, stores=aside))
    assert (found.level, found.what) == (NOTE, "2 stores set aside, 2.0 MB")
    assert found.fix == "rm -r /s/store.bad-1\nrm -r /s/store.bad-2"
    kept = keeping.check_decisions(replace(STATE, decisions=(Aside(b"/s/decisions.bad-1", 9),)))
    assert (kept.level, "rm" in kept.fix) == (NOTE, False)


@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({}, OK, "running (process 7)"),
        ({"state": SocketState.STALE}, NOTE, "process 7 holds"),
        ({"state": SocketState.FORBIDDEN}, NOTE, "is not known"),
        ({"state": SocketState.NOTHING, "holder": 0}, NOTE, "isn't running"),
    ],
)
def test_the_daemon_runs_or_not(changes, level, said):
    """Somebody who holds the state folder and doesn't listen may be a `check`."""
    found = running.check_daemon(replace(DAEMON, **changes))
    assert found.level is level
    assert said in found.what


@pytest.mark.parametrize(
    ("state", "holder", "said"),
    [
        (SocketState.LISTENS, 7, None),
        (SocketState.NOTHING, 0, None),
        (SocketState.STALE, 7, None),
        (SocketState.STALE, 0, "a dead daemon left /s/control.sock"),
        (SocketState.NO_SOCKET, 0, "is no socket"),
        (SocketState.FORBIDDEN, 7, "closed to us"),
    ],
)
def test_what_is_in_the_way_of_the_socket_is_said(state, holder, said):
    """A socket that a starting daemon is about to take is none of our business."""
    found = running.check_socket(replace(DAEMON, state=state, holder=holder))
    assert (found is None) == (said is None)
    assert found is None or (said in found.what and found.level is PROBLEM and found.fix)


def test_the_socket_s_folder_is_ours():
    """Root's will do; another user's, or one that all may write, won't where none listens yet."""
    quiet = replace(DAEMON, state=SocketState.NOTHING)
    assert running.check_socket_folder(quiet) is None
    assert running.check_socket_folder(replace(quiet, folder_uid=0)) is None
    assert running.check_socket_folder(replace(quiet, folder_uid=-1)) is None
    assert running.check_socket_folder(replace(DAEMON, folder_uid=OTHER)) is None
    foreign = running.check_socket_folder(replace(quiet, folder_uid=OTHER, folder_owner="bert"))
    assert (foreign.level, foreign.fix) == (PROBLEM, "sudo -u bert dedupd doctor")
    assert running.check_socket_folder(replace(quiet, folder_open=True)).fix == "chmod 700 /s"


def test_the_control_group_exists():
    """The daemon doesn't start without."""
    assert running.check_group(DAEMON) is None
    wrong = replace(DAEMON, group="pics", group_known=False)
    assert running.check_group(wrong).fix == "sudo groupadd pics"


@pytest.mark.parametrize(
    ("changes", "level", "typed"),
    [
        ({}, OK, ""),
        ({"systemd": False}, NOTE, ""),
        ({"unit": b""}, NOTE, "dedupd service install --user\nsystemctl --user daemon-reload"),
        ({"enabled": False}, NOTE, "systemctl --user enable"),
        (
            {"enabled": False, "of_user": False, "unit": b"/u/dedupd@.service"},
            NOTE,
            "sudo systemctl enable --now dedupd@$USER",
        ),
        ({"enabled": False, "of_user": False}, NOTE, "sudo systemctl enable --now dedupd"),
        ({"lingers": False}, NOTE, "loginctl enable-linger"),
        ({"lingers": False, "of_user": False}, OK, ""),
        ({"program_there": False}, PROBLEM, "systemctl --user edit --full dedupd"),
    ],
)
def test_it_is_said_what_starts_the_daemon(changes, level, typed):
    """And what is missing for that."""
    found = running.check_unit(replace(UNIT, **changes))
    assert found.level is level
    assert typed in found.fix
    assert found.level is not NOTE or "@$USER" in typed or "@" not in found.fix


@pytest.mark.parametrize(
    ("version", "level"), [((3, 10), PROBLEM), ((3, 11), OK), ((3, 14), OK), ((3, 15), NOTE)]
)
def test_python_is_one_that_was_tried(version, level):
    """3.11 to 3.14."""
    assert system.check_python(version).level is level


@pytest.mark.parametrize(
    ("found", "level", "said"),
    [
        (Installed("1.5"), OK, "some 1.5 (pictures)"),
        (Installed("1.10.2rc1"), OK, "some 1.10.2rc1"),
        (Installed("1.4.9"), PROBLEM, "some 1.4.9"),
        (Installed("2"), PROBLEM, "some 2"),
        (Installed("2.0"), PROBLEM, "some 2.0"),
        (Installed("", "no module"), PROBLEM, "some is missing"),
        (Installed("1.5", "libGL.so.1"), PROBLEM, "can't be loaded"),
        (Installed(""), OK, "some"),
    ],
)
def test_a_library_is_there_in_a_version_that_fits(found, level, said):
    """With what to type for the interpreter that we run in."""
    finding = system.check_library(SOME, found, "/my env/python")
    assert finding.level is level
    assert said in finding.what
    if level is PROBLEM:
        assert finding.fix.startswith("'/my env/python' -m pip install ")
        assert finding.fix.endswith(" 'some>=1.5,<2'")


def test_a_clock_that_can_t_be_right_is_told():
    """Before this program was made, or before what we wrote ourselves."""
    now_s = system.RELEASED_S + 1e6
    assert system.check_clock(now_s, None).level is OK
    assert system.check_clock(now_s, now_s + 60).level is OK
    assert system.check_clock(now_s, now_s + 3600).level is PROBLEM
    assert system.check_clock(0.0, None).fix == "timedatectl set-ntp true"


def test_libraries_that_couldn_t_be_tried_are_told_once():
    """With the program that shows where it ends."""
    assert system.check_probe("", "python") is None
    assert "dedupd.doctor.probe" in system.check_probe("signal 4", "python").fix


@pytest.mark.parametrize(
    ("failure", "level"), [("", OK), (None, NOTE), ("no AV1 decoder\x1b[31m", PROBLEM)]
)
def test_a_format_can_be_read_or_its_reader_is_to_be_installed(failure, level):
    """And what a library says can't reach the terminal raw."""
    heic = next(kind for kind in decoding.FORMATS if kind.key == "heic")
    found = decoding.check_format(heic, failure, "1.8", "pillow-heif>=1.8,<2", "python")
    assert (found.level, found.code) == (level, "pictures.heic")
    assert "\x1b" not in found.why
    assert ("pip install" in found.fix) == (level is PROBLEM)
