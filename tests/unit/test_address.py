"""Where daemon and client look for the control socket: the same places, in the same order."""

from __future__ import annotations

import json
import os

import pytest

from dedupd import config
from dedupd.faces import address, pointer


@pytest.fixture
def runtime():
    """Return the user's folder for short-lived files."""
    return os.environ["XDG_RUNTIME_DIR"]


def test_the_configuration_decides_first(monkeypatch, tmp_path):
    """`control.socket` beats systemd's folder, which beats the state folder."""
    state = tmp_path / "state"
    assert address.of_daemon(None, state) == f"{state}/control.sock"
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/dedupd/me:/run/more")
    assert address.of_daemon(None, state) == "/run/dedupd/me/control.sock"
    assert address.of_daemon("/x/y.sock", state) == "/x/y.sock"


def test_a_long_state_folder_gets_a_short_address(tmp_path, runtime):
    """The kernel takes 107 bytes; the client finds the same name."""
    state = tmp_path / ("x" * 120)
    found = address.of_daemon(None, state)
    assert found.startswith(f"{runtime}/dedupd/") or found.startswith("/tmp/dedupd-")
    assert len(os.fsencode(found)) <= 100
    assert address.of_client(state)[0] == found
    assert address.of_daemon(None, tmp_path / ("y" * 120)) != found


@pytest.mark.parametrize("length", range(96, 108))
def test_no_address_is_longer_than_100_bytes(length):
    """At the limit and around it."""
    state = "/" + "s" * (length - 1 - len("/control.sock"))
    assert len(address.of_daemon(None, state)) <= 100
    assert (address.of_daemon(None, state) == f"{state}/control.sock") is (length <= 100)


def test_a_short_address_without_a_runtime_folder(monkeypatch):
    """A shell of cron has none: then a folder of our own in /tmp."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    monkeypatch.setattr(address, "is_ours", lambda _: False)
    found = address.of_daemon(None, "/" + "x" * 120)
    assert os.path.dirname(found) == f"/tmp/dedupd-{os.getuid()}"


def test_a_state_folder_by_another_name_is_the_same(tmp_path):
    """A link to the state folder leads to the same socket, also by the hashed name."""
    for name in ("short", "l" * 120):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name[:9]}-link").symlink_to(tmp_path / name)
        linked = address.of_client(tmp_path / f"{name[:9]}-link")
        assert linked == address.of_client(tmp_path / name)


def test_a_client_that_was_told_nothing_tries_the_services_too():
    """It has no `$RUNTIME_DIRECTORY`; the user's own daemon comes first."""
    places = address.of_client()
    assert places[0] == f"{address.default_state()}/control.sock"
    assert places[-1] == "/run/dedupd/control.sock"


def test_a_client_that_was_told_the_state_asks_no_other_daemon(tmp_path):
    """Another daemon's answer would be worse than none."""
    assert address.of_client(tmp_path) == [f"{tmp_path}/control.sock"]


@pytest.mark.parametrize("state", ["", "/var/lib/dedupd:/var/lib/x"])
@pytest.mark.parametrize("home", ["", "relative", "/somewhere"])
def test_the_defaults_are_those_of_the_configuration(monkeypatch, state, home):
    """They are written twice, because the configuration takes long to load."""
    monkeypatch.setenv("STATE_DIRECTORY", state)
    monkeypatch.setenv("XDG_STATE_HOME", home)
    assert address.default_state() == str(config.default_state())


@pytest.mark.parametrize("home", ["", "relative", "own"])
def test_the_file_is_looked_for_where_people_expect_it(monkeypatch, tmp_path, home):
    """`$DEDUPD_CONFIG`, even if it is gone; else the user's or the machine's where it exists."""
    folder = tmp_path / "own" if home == "own" else tmp_path / ".config"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder) if home == "own" else home)
    assert address.default_config() in (None, "/etc/dedupd/config.yaml")
    (folder / "dedupd").mkdir(parents=True)
    (folder / "dedupd" / "config.yaml").touch()
    assert address.default_config() == str(folder / "dedupd" / "config.yaml")
    monkeypatch.setenv("DEDUPD_CONFIG", "x.yaml")
    assert address.default_config() == "x.yaml"


def test_a_pointer_leads_from_the_configuration_to_its_socket(tmp_path, runtime):
    """By whatever name the file is called; and no longer once it is withdrawn."""
    file = tmp_path / "my.yaml"
    file.touch()
    (tmp_path / "link.yaml").symlink_to(file)
    path = pointer.publish(file, "/run/x/control.sock")
    assert path.startswith(f"{runtime}/dedupd/")
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
    assert pointer.socket_of(tmp_path / "link.yaml") == "/run/x/control.sock"
    assert pointer.socket_of(tmp_path / "other.yaml") is None
    pointer.withdraw(path)
    pointer.withdraw(path)
    assert pointer.socket_of(file) is None


def test_a_pointer_without_a_runtime_folder_is_in_the_state(monkeypatch, tmp_path):
    """Where the client looks as well."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    monkeypatch.setattr(address, "user_runtime_folders", list)
    path = pointer.publish(tmp_path / "my.yaml", "/x.sock")
    assert path.startswith(address.default_state())
    assert pointer.socket_of(tmp_path / "my.yaml") == "/x.sock"


def test_a_pointer_of_another_configuration_leads_nowhere(tmp_path, monkeypatch):
    """Two paths with one CRC cost time, not truth."""
    monkeypatch.setattr(pointer, "_name", lambda _: "00000000.json")
    pointer.publish(tmp_path / "a.yaml", "/a.sock")
    assert pointer.socket_of(tmp_path / "b.yaml") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"config": 7}', "\xff", '{"socket": "/x"}'])
def test_a_damaged_pointer_is_none(tmp_path, content):
    """It is only a hint."""
    path = pointer.publish(tmp_path / "a.yaml", "/a.sock")
    with open(path, "w", encoding="latin-1") as file:
        file.write(content)
    assert pointer.socket_of(tmp_path / "a.yaml") is None


def test_a_pointer_of_a_stranger_is_none(tmp_path, monkeypatch):
    """Only our own and root's are believed."""
    path = pointer.publish(tmp_path / "a.yaml", "/a.sock")
    with open(path, encoding="ascii") as file:
        assert json.load(file)["socket"] == "/a.sock"
    owner = os.stat(path).st_uid
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    monkeypatch.setattr(os, "fstat", lambda _: os.stat_result([0, 0, 0, 0, 54321, *[0] * 5]))
    assert pointer._read(path) == {}
    assert owner != 54321


def test_a_pointer_that_can_not_be_written_is_no_failure(tmp_path, monkeypatch):
    """The client then reads the configuration itself."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
    assert pointer.publish(tmp_path / "a.yaml", "/a.sock") == ""
    pointer.withdraw("")
