"""`dedupd service install`: the unit of these folders, written whole, and what to type next."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from tests.system.commands import dedupd

CONFIG = "haystack: [lib]\nneedles: [needles, /media/anna/USB stick]\n"


@pytest.fixture
def config(tmp_path):
    """Return a configuration with a name that systemd would take apart."""
    for name in ("lib", "needles"):
        (tmp_path / name).mkdir()
    path = tmp_path / "100 % mine.yaml"
    path.write_text(CONFIG)
    return path


def install(config, *words, home=None):
    """Run the command with a home of its own."""
    folder = home or config.parent / "home"
    return dedupd("service", "install", "--config", config, *words, XDG_CONFIG_HOME=str(folder))


def test_a_users_own_unit_is_written_once(config):
    """Again it changes nothing; another unit there is kept unless --force says otherwise."""
    done = install(config, "--user")
    assert done.code == 0, done.err
    path = config.parent / "home" / "systemd" / "user" / "dedupd.service"
    text = path.read_text()
    assert f'run --config "{config.parent}/100 %% mine.yaml"' in text
    assert r"media-anna-USB\x20stick.mount" in text
    assert b"systemctl --user enable --now dedupd" in done.out
    assert b"is as it should be" in install(config, "--user").out
    path.write_text("mine")
    refused = install(config, "--user")
    assert (refused.code, path.read_text()) == (4, "mine")
    assert b"--force" in refused.err
    assert install(config, "--user", "--force").code == 0
    assert path.read_text() == text
    assert path.with_name("dedupd.service.bak").read_text() == "mine"


def test_nothing_is_written_below_a_root(config):
    """Where somebody's whole home is to be looked through, say."""
    refused = install(config, "--user", home=config.parent / "needles" / ".config")
    assert refused.code == 4
    assert b"below the root" in refused.err
    assert os.listdir(config.parent / "needles") == []


def test_a_wrong_configuration_gets_no_unit(config):
    """It would be started again and again."""
    config.write_text("haystack: [lib]\n")
    assert install(config, "--user").code == 2
    assert not (config.parent / "home").exists()


def test_nobody_is_no_owner(config):
    """The name is checked before root has to type anything."""
    refused = install(config, "--print", "--owner", "no-such-user")
    assert (refused.code, refused.err.count(b"\n")) == (2, 3)


@pytest.mark.parametrize("words", [("--user",), ("--owner", "root")])
def test_systemd_understands_what_is_written(config, words, tmp_path):
    """Every line of it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt install systemd)")
    unit = tmp_path / "dedupd.service"
    unit.write_bytes(install(config, "--print", *words).out)
    manager = "--user" if words == ("--user",) else "--system"
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", manager, "verify", unit],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )
    about = [line for line in done.stderr.splitlines() if "dedupd.service" in line]
    assert about == []
