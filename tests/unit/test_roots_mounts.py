"""The table of mounts, and the identity of a root."""

from __future__ import annotations

import os

import pytest

from dedupd.disk import mounts
from dedupd.disk.roots import identify, open_root, watch_kind
from dedupd.model import Identity

TABLE = rb"""
22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:41 /@home /home rw shared:1 master:2 - btrfs /dev/sda2 rw,subvolid=256,subvol=/@home
41 27 254:0 /srv/my\040photos /mnt/a\011b rw - ext4 /dev/vda rw
42 27 0:50 / /mnt/usb rw - autofs systemd-1 rw
43 42 8:17 / /mnt/usb rw - vfat /dev/sdb1 rw
44 27 0:60 / /mnt/nas rw - nfs4 nas:/export rw
45 27 0:61 / /mnt/empty rw - tmpfs  rw
"""


def identity(kind: str) -> Identity:
    return Identity(1, 2, 3, kind, "volume")


def test_a_line_of_the_table_is_a_mount():
    """Optional tags come and go; spaces and tabs are escaped; a source may be empty."""
    by_id = {mount.id: mount for mount in mounts.parse(TABLE)}
    assert by_id[40] == mounts.Mount(
        40, os.makedev(0, 41), b"/@home", b"/home", "btrfs", b"/dev/sda2"
    )
    assert (by_id[41].root, by_id[41].point) == (b"/srv/my photos", b"/mnt/a\tb")
    assert (by_id[45].kind, by_id[45].source) == ("tmpfs", b"")


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (b"/", 27),
        (b"/home", 40),
        (b"/home/anna/x", 40),
        (b"/homes", 27),
        (b"/mnt/usb/DCIM", 43),  # the later of two at one point is on top
        (b"/mnt/a\tb/c", 41),
    ],
)
def test_the_mount_of_a_path_is_the_deepest_and_topmost(path, number):
    """It need not exist: a root may come later."""
    assert mounts.mount_of(path, mounts.parse(TABLE)).id == number


def test_without_a_table_nothing_is_guessed():
    """An unknown file system is an error, never a default."""
    with pytest.raises(OSError, match="not in the mount table"):
        mounts.mount_of(b"/x", ())


def test_mounts_below_a_folder_are_those_inside_it():
    """Not the one that shows the folder, and not its neighbours."""
    table = mounts.parse(TABLE)
    assert [mount.id for mount in mounts.mounts_below(b"/mnt", table)] == [41, 42, 43, 44, 45]
    assert mounts.mounts_below(b"/home", table) == ()
    assert mounts.mounts_below(b"/mn", table) == ()


def test_the_table_of_now_knows_where_we_are(tmp_path):
    """Asked by path and by descriptor, the answer is one."""
    path = os.fsencode(tmp_path.resolve())
    fd = open_root(path)
    try:
        by_fd = mounts.mount_of_fd(fd)
        assert by_fd == mounts.mount_of(path, mounts.read())
        assert by_fd.id == mounts.mount_id(fd)
    finally:
        os.close(fd)


def test_a_file_system_is_known_by_the_uuid_of_its_device(tmp_path):
    """Where udev doesn't say, it isn't known."""
    by_uuid = os.fsencode(tmp_path)
    os.symlink("/dev/null", by_uuid + b"/1234-ABCD")
    null = mounts.Mount(1, 0, b"/", b"/x", "ext4", b"/dev/null")
    other = mounts.Mount(1, 0, b"/", b"/x", "ext4", b"/dev/zero")
    pool = mounts.Mount(1, 0, b"/", b"/x", "zfs", b"pool/photos")
    assert mounts.uuid_of(null, by_uuid) == "1234-ABCD"
    assert mounts.uuid_of(other, by_uuid) is None
    assert mounts.uuid_of(pool, by_uuid) is None
    assert mounts.uuid_of(null, by_uuid + b"/gone") is None


def test_a_folder_has_the_same_identity_by_every_name(tmp_path):
    """Two folders differ; one folder through a link doesn't."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "link").symlink_to("a")
    found = {}
    for name in ("a", "b", "link"):
        fd = open_root(os.fsencode(tmp_path / name))
        found[name] = identify(fd)
        os.close(fd)
    assert found["a"] == found["link"]
    assert found["a"].now != found["b"].now
    assert found["a"].volume == found["b"].volume
    assert found["a"].ino == (tmp_path / "a").stat().st_ino


@pytest.mark.parametrize("name", ["gone", "file"])
def test_only_a_folder_can_be_opened_as_a_root(name, tmp_path):
    """A root that is missing or a file is an error for the caller: offline."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"No such file|Not a directory"):
        open_root(os.fsencode(tmp_path / name))


@pytest.mark.parametrize(
    ("line", "keeps_ino", "volume"),
    [
        (b"8:1 / / rw - ext4 /dev/x rw", True, "ext4:/dev/x"),
        (b"8:1 / / rw - vfat /dev/x rw", False, "vfat:/dev/x"),
        (b"8:1 / / rw - fuse.sshfs h:/p rw", False, "fuse.sshfs:h:/p"),
        (b"8:1 / / rw - fuseblk /dev/x rw", False, "fuseblk:/dev/x"),
        (b"8:1 / / rw - ntfs3 /dev/x rw", False, "ntfs3:/dev/x"),
        (b"8:1 / / rw - cifs //h/p rw", False, "cifs://h/p"),
        (b"0:9 /@photos / rw - btrfs /dev/x rw", True, "btrfs:/dev/x:/@photos"),
    ],
)
def test_what_lasts_of_an_identity_depends_on_the_file_system(
    line, keeps_ino, volume, tmp_path, monkeypatch
):
    """Inodes last on some; every btrfs subvolume has the same one, so its name counts."""
    fd = open_root(os.fsencode(tmp_path))
    table = tmp_path / "mountinfo"
    table.write_bytes(b"%d 1 %b\n" % (mounts.mount_id(fd), line))
    monkeypatch.setattr(mounts, "_TABLE", str(table))
    found = identify(fd)
    os.close(fd)
    assert (found.keeps_ino, found.volume) == (keeps_ino, volume)


def test_an_unmounted_root_has_no_identity(tmp_path, monkeypatch):
    """Its mount is no longer in the table: the caller takes it for offline."""
    table = tmp_path / "mountinfo"
    table.write_bytes(b"999999 1 8:1 / / rw - ext4 /dev/x rw\n")
    monkeypatch.setattr(mounts, "_TABLE", str(table))
    fd = open_root(os.fsencode(tmp_path))
    with pytest.raises(OSError, match="not in the mount table"):
        identify(fd)
    os.close(fd)


@pytest.mark.parametrize(
    ("kind", "how"),
    [("ext4", "inotify"), ("btrfs", "inotify"), ("overlay", "inotify"), ("nfs4", "poll"),
     ("cifs", "poll"), ("fuse.sshfs", "poll"), ("vfat", "poll"), ("9p", "poll"), ("", "poll")],
)  # fmt: skip
def test_only_file_systems_that_tell_everything_are_listened_to(kind, how):
    """An unknown one is polled."""
    assert watch_kind(identity(kind)) == how
