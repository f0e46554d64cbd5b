"""What is said where the page can't listen."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from dedupd.errors import UserError
from dedupd.faces.web import server


def no_networks(*_: object) -> None:
    """Be refused as under a unit with `RestrictAddressFamilies=AF_UNIX`."""
    raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))


@pytest.mark.parametrize(
    ("groups", "unit"),
    [
        ("1:cpu:/\n0::/system.slice/dedupd.service\n", "dedupd.service"),
        (
            "0::/system.slice/system-dedupd.slice/dedupd@anna.service\n",
            "dedupd@anna.service",
        ),
        ("0::/user.slice/session-1.scope\n", "dedupd"),
    ],
)
def test_a_unit_without_networks_is_named(monkeypatch, tmp_path, groups, unit):
    """Who typed `dedupd service install` has another one than who copied the instance's."""
    (tmp_path / "cgroup").write_text(groups)
    monkeypatch.setattr(server, "OWN_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(socket, "socket", no_networks)
    with pytest.raises(UserError) as refused:
        server.listening_at("127.0.0.1", 0)
    assert refused.value.fix.startswith(f"systemctl edit {unit} ")


def test_a_port_that_is_taken_is_said():
    """By whomever."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError) as refused:
            server.listening_at("127.0.0.1", port)
    assert f"127.0.0.1:{port}" in refused.value.what
    assert "another port" in refused.value.fix
