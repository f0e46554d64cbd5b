"""The systemd unit of one configuration: what is put in, and how it is written."""

from __future__ import annotations

import pytest

from dedupd import unit
from dedupd.unit import Service, may_come_later, mount_unit, rendered, words

USER = """# how to install
# it by hand

[Unit]
Description=dedupd: which of %i's folders
# A daemon that falls over

[Service]
ExecStart=%h/.local/bin/dedupd run
User=%i
StateDirectory=dedupd/%i
RuntimeDirectory=dedupd/%i
RuntimeDirectoryMode=0700
PrivateNetwork=yes

[Install]
WantedBy=default.target
"""
PLAIN = Service(["/usr/bin/dedupd"], "/home/anna/c.yaml")


def lines(**more):
    """Return the lines of a unit."""
    given = {"program": PLAIN.program, "config": PLAIN.config, **more}
    return rendered(USER, Service(**given)).splitlines()


def test_a_users_own_unit_starts_this_dedupd_with_this_file():
    """Everything else stays; how to install it by hand is of no use any more."""
    said = lines()
    assert "ExecStart=/usr/bin/dedupd run --config /home/anna/c.yaml" in said
    assert "# it by hand" not in said
    assert said[0].startswith("# Written by `dedupd service install`")
    assert said[-1] == "WantedBy=default.target"
    assert not [one for one in said if one.startswith("After=")]


def test_a_system_unit_runs_as_the_owner():
    """With folders of its own."""
    said = lines(owner="anna")
    assert {"User=anna", "StateDirectory=dedupd", "RuntimeDirectory=dedupd"} <= set(said)
    assert "RuntimeDirectoryMode=0700" in said
    assert "Description=dedupd: which of anna's folders" in said
    assert not [one for one in said if "%i" in one]


def test_what_may_come_later_is_waited_for_and_not_required():
    """One name for each, in [Unit]."""
    said = lines(mounts=[b"/media/anna/USB stick", b"/mnt/nas", b"/mnt/nas"])
    (after,) = [one for one in said if one.startswith("After=")]
    assert after == r"After=media-anna-USB\x20stick.mount mnt-nas.mount"
    assert said.index(after) < said.index("[Service]")
    assert not [one for one in said if "Requires" in one]


def test_a_system_unit_may_write_its_state_and_listen_where_it_is_told_to():
    """Last, so that it wins; a user's own unit may do both already."""
    said = lines(owner="anna", state="/srv/a b", listens=True)
    assert 'ReadWritePaths="/srv/a b"' in said
    assert said.index("PrivateNetwork=no") > said.index("PrivateNetwork=yes")
    assert said.index("PrivateNetwork=no") < said.index("[Install]")
    assert "IPAddressAllow=localhost" in said
    assert "PrivateNetwork=no" not in lines(state="/srv/a b", listens=True)


@pytest.mark.parametrize(
    ("path", "kind", "point", "found"),
    [
        (b"/home/anna/Pictures", "ext4", b"/", []),
        (b"/home/anna/Pictures", "ext4", b"/home", []),
        (b"/home/anna/nas", "fuse.sshfs", b"/home/anna/nas", [b"/home/anna/nas"]),
        (b"/srv/photos/old", "nfs4", b"/srv/photos", [b"/srv/photos"]),
        (b"/media/anna/USB/DCIM", "vfat", b"/media/anna/USB", [b"/media/anna/USB"]),
        (b"/media/usb", "ext4", b"/", [b"/media/usb"]),
        (b"/mnt/a/b", "overlay", b"/", [b"/mnt/a", b"/mnt/a/b"]),
    ],
)
def test_network_and_removable_file_systems_may_come_later(path, kind, point, found):
    """Also one that isn't there now."""
    assert may_come_later(path, kind, point) == found


@pytest.mark.parametrize(
    ("point", "name"),
    [
        (b"/", "-.mount"),
        (b"/mnt/nas/", "mnt-nas.mount"),
        (b"/media/a-b", r"media-a\x2db.mount"),
        (b"/.snapshots", r"\x2esnapshots.mount"),
        ("/media/Fotos für".encode(), r"media-Fotos\x20f\xc3\xbcr.mount"),
        (b"/m/.x", "m-.x.mount"),
    ],
)
def test_mount_points_are_named_as_systemd_names_them(point, name):
    """What `systemd-escape --path --suffix=mount` prints."""
    assert mount_unit(point) == name


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/usr/bin/dedupd", "/usr/bin/dedupd"),
        ("/a b", '"/a b"'),
        ("/100%", "/100%%"),
        ("/$HOME", "/$$HOME"),
        ('/a"b\\c', '"/a\\"b\\\\c"'),
        ("/a\nb;c", '"/a\\x0ab;c"'),
        ("", '""'),
    ],
)
def test_nothing_in_a_command_is_expanded(word, written):
    """Spaces, quotes, percent signs, dollars, line ends."""
    assert words([word]) == written


def test_the_units_that_come_with_dedupd_have_what_is_changed_in_them():
    """Both, in the package, so that an installed dedupd has them."""
    from importlib.resources import files

    for name in ("dedupd.service", "dedupd@.service"):
        text = (files("dedupd") / "units" / name).read_text(encoding="utf-8")
        owner = "anna" if "@" in name else ""
        made = unit.rendered(text, Service(["/x y"], "/c", [b"/mnt/x"], owner, "/s", listens=True))
        assert 'ExecStart="/x y" run --config /c' in made
        assert "%i" not in made
        assert "After=mnt-x.mount" in made
