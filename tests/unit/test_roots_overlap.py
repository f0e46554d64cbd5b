"""Roots that share a folder are found, by whatever names they are given."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.config_forms import PATTERN
from dedupd.disk import mounts
from dedupd.disk.overlap import exclude_line, overlaps
from dedupd.model import Role, Root
from dedupd.rules.patterns import excluded
from dedupd.strict_yaml import parse

PLAIN = rb"27 1 254:0 / / rw - ext4 /dev/vda rw"
NAMES = st.text(min_size=1, max_size=6).filter(
    lambda name: name not in {".", ".."} and not {"/", "\0"} & set(name)
)


@dataclass
class Setup:
    """Roots by their paths; messages come back as they are told."""

    haystack: list[str] = field(default_factory=list)
    needles: list[str] = field(default_factory=list)
    exclude: tuple[str, ...] = ()
    private: dict[str, str] = field(default_factory=dict)
    table: bytes = PLAIN

    def problems(self):
        roots = {
            role: [Root("id", os.fsencode(path), role, exclude=exclude) for path in paths]
            for role, paths, exclude in (
                (Role.HAYSTACK, self.haystack, self.exclude),
                (Role.NEEDLES, self.needles, ()),
            )
        }
        private = {name: Path(path) for name, path in self.private.items()}
        table = mounts.parse(self.table)
        return overlaps(roots[Role.HAYSTACK], roots[Role.NEEDLES], private, excluded, table)

    def messages(self) -> list[str]:
        return [problem.message for problem in self.problems()]


def test_folders_beside_each_other_are_fine(tmp_path):
    """Also where one name starts with the other."""
    (tmp_path / "a").mkdir()
    (tmp_path / "ab").mkdir()
    setup = Setup([f"{tmp_path}/a", "/gone"], [f"{tmp_path}/ab", "/gone2"], private={"s": "/s"})
    assert setup.messages() == []


def test_a_needle_root_inside_the_haystack_prints_the_line_to_add():
    """Hidden by exactly that line, it is fine."""
    setup = Setup(["/x/lib"], ["/y", "/x/lib/phone-dump"])
    (problem,) = setup.problems()
    assert (problem.role, problem.index, problem.path) == (
        Role.NEEDLES, 1, b"/x/lib/phone-dump",
    )  # fmt: skip
    assert problem.message == (
        "/x/lib/phone-dump lies inside the haystack root /x/lib; "
        'add to that root: exclude: ["phone-dump/**"]'
    )
    setup.exclude = ("phone-dump/**",)
    assert setup.messages() == []


@pytest.mark.parametrize("exclude", ["phone/**", "*.jpg", "phone-dump/x/**"])
def test_another_exclude_does_not_help(exclude):
    """It must hide the whole needle root."""
    assert Setup(["/x/lib"], ["/x/lib/phone-dump"], (exclude,)).messages() != []


@given(st.lists(NAMES, min_size=1, max_size=3).map("/".join))
def test_the_printed_line_works_for_every_name(path):
    """Stars, brackets, quotes, `~` and `!` in names mean themselves."""
    parsed = parse(exclude_line(os.fsencode(path)))
    assert parsed.problems == []
    assert isinstance(parsed.data, dict)
    (pattern,) = parsed.data["exclude"]
    assert PATTERN.read(pattern, Path("/")) == pattern
    assert excluded(os.fsencode(path), (pattern,))
    assert not excluded(os.fsencode(path) + b"x", (pattern,))


def test_a_haystack_root_inside_a_needle_root_is_refused():
    """Nothing can hide it there; the haystack root is to blame."""
    (problem,) = Setup(["/x/dump/lib"], ["/x/dump"], ("**",)).problems()
    assert (problem.role, problem.index) == (Role.HAYSTACK, 0)
    assert problem.message == "/x/dump/lib lies inside the needle root /x/dump"


def test_one_folder_in_both_roles_is_refused():
    """No exclude makes sense of it."""
    message = "/x is the same folder as the haystack root /x"
    assert Setup(["/x"], ["/x"], ("**",)).messages() == [message]


def test_roots_of_one_role_must_not_share_folders_either():
    """A folder would be counted twice, and vouch for itself in lists of duplicates."""
    assert Setup(["/x", "/x"], ["/n"]).messages() == [
        "/x is the same folder as the haystack root /x"
    ]
    assert Setup(["/l"], ["/x/y", "/x"]).messages() == ["/x/y lies inside the needle root /x"]


def test_every_overlap_is_found_at_once():
    """Each pair that clashes is told once."""
    assert len(Setup(["/a", "/a/b"], ["/a/c", "/d", "/d"]).problems()) == 3


def test_another_spelling_of_one_folder_is_found(tmp_path):
    """Where the kernel shows one inode for two names, such as letter case on a card."""
    lib, dump = tmp_path / "lib", tmp_path / "lib/dump"
    dump.mkdir(parents=True)
    (tmp_path / "LIB").symlink_to("lib")  # stands for a file system that ignores case
    setup = Setup([str(lib)], [f"{tmp_path}/LIB/dump"])
    assert "lies inside the haystack root" in setup.messages()[0]
    assert f", as {dump};" in setup.messages()[0]
    setup = Setup([str(lib)], [f"{tmp_path}/LIB"])
    assert "is the same folder" in setup.messages()[0]


@pytest.mark.parametrize(
    ("point", "shown", "needle", "message"),
    [
        ("/srv/pics", "/mnt/b", "/mnt/b", "is the same folder as"),
        ("/srv/pics/2020", "/mnt/b", "/mnt/b/may", 'exclude: ["2020/may/**"]'),
        ("/srv", "/mnt/b", "/mnt/b", "/srv/pics lies inside the needle root /mnt/b, as /mnt/b/pi"),
        ("/needles/n", "/srv/pics/x", "/needles", "/needles/n is also shown as /srv/pics/x, in"),
        ("/srv/other", "/mnt/b", "/mnt/b", None),
    ],
)
def test_a_bind_mount_hides_no_overlap(point, shown, needle, message):
    """The kernel tells which folder of the file system a mount shows."""
    table = PLAIN + f"\n30 27 254:0 {point} {shown} rw - ext4 /dev/vda rw".encode()
    found = Setup(["/srv/pics"], [needle], table=table).messages()
    assert len(found) == (message is not None)
    assert message is None or message in found[0]


def test_an_exclude_also_counts_for_what_a_mount_shows():
    """What the library shows of the needles by a mount may be hidden as well."""
    table = PLAIN + b"\n30 27 254:0 /needles /srv/pics/x rw - ext4 /dev/vda rw"
    assert Setup(["/srv/pics"], ["/needles"], ("x/**",), table=table).messages() == []


def test_two_mounts_of_one_share_are_found():
    """Over the network each mount has its own device number; the source says what it is."""
    table = PLAIN + (
        b"\n30 27 0:50 / /mnt/a rw - nfs4 nas:/export rw"
        b"\n31 27 0:51 / /mnt/b rw - nfs4 nas:/export/pics rw"
        b"\n32 27 0:52 / /mnt/c rw - nfs4 nas:/exports rw"
    )
    assert "lies inside" in Setup(["/mnt/a"], ["/mnt/b/2020"], table=table).messages()[0]
    assert Setup(["/mnt/a"], ["/mnt/c"], table=table).messages() == []


def test_a_fuse_mount_of_a_local_folder_is_found(tmp_path):
    """bindfs and the like name the folder that they show."""
    lib = tmp_path.resolve() / "lib"
    lib.mkdir()
    table = PLAIN + b"\n30 27 0:50 / /mnt/b rw - fuse.bindfs " + os.fsencode(lib) + b" rw"
    setup = Setup([str(lib)], ["/mnt/b/2020"], table=table)
    assert "lies inside" in setup.messages()[0]


@pytest.mark.parametrize(
    ("private", "message"),
    [
        ({"state folder": "/n/x"}, "the state folder /n/x lies inside /n, and dedupd never writes"),
        ({"state folder": "/n"}, "the state folder /n lies inside /n, and dedupd never writes"),
        ({"state folder": "/"}, "/h lies inside the state folder /, which dedupd writes"),
        ({"event log": "/h/e.jsonl"}, "the event log /h/e.jsonl lies inside /h, and dedupd never"),
        ({"control socket": "/mnt/b/s"}, "the control socket /mnt/b/s lies inside /h, and dedupd"),
    ],
)
def test_our_own_files_stay_out_of_the_roots(private, message):
    """Nothing is ever written below a root, by whatever name."""
    table = PLAIN + b"\n30 27 254:0 /h /mnt/b rw - ext4 /dev/vda rw"
    found = Setup(["/h"], ["/n"], private=private, table=table).messages()
    assert found
    assert found[0].startswith(message)


def test_what_lies_in_the_state_folder_is_told_once():
    """The event log is there unless the owner says otherwise."""
    private = {"state folder": "/n/s", "event log": "/n/s/events.jsonl"}
    assert len(Setup(["/h"], ["/n"], private=private).messages()) == 1


def test_an_event_log_beside_the_roots_is_fine():
    """Only what lies below a root is refused."""
    assert Setup(["/home/h"], ["/home/n"], private={"event log": "/home/e.jsonl"}).messages() == []
