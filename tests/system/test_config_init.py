"""`dedupd config init`: a first configuration, asked for or named, that can be used as it is."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from tests.system.commands import PROGRAM, WAIT_S, dedupd, environment


@pytest.fixture
def place(tmp_path):
    """Return a folder with a library, a Takeout in an old folder, and no configuration."""
    for name in ("lib/2019", "old/Takeout/Google Photos/Trip", "lib/old card"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def init(place, *words):
    """Run it where nobody can be asked."""
    return dedupd("config", "init", "--config", place / "c.yaml", *words)


def roots(place):
    """Return what a program reads from the file."""
    shown = dedupd("config", "show", "--json", "--config", place / "c.yaml")
    assert shown.code == 0, shown.err
    return [one["path"] for role in ("haystack", "needles") for one in shown.json[role]]


def test_named_folders_become_a_configuration_that_can_be_used(place):
    """An old folder inside the library is hidden from it; what isn't there yet is no mistake."""
    words = ("--haystack", place / "lib", "--needles", place / "old", place / "lib" / "old card")
    done = init(place, *words, place / "usb stick")
    assert done.code == 0, done.err
    assert b"it looks like a Google Takeout" in done.out
    assert b"service install --user" in done.out
    text = (place / "c.yaml").read_text()
    assert 'exclude: ["old card/**"]' in text
    assert "#watch:\n" in text
    paths = [f"{place}/{name}" for name in ("lib", "old", "lib/old card", "usb stick")]
    assert roots(place) == paths


def test_what_is_proposed_is_taken_with_yes(place):
    """The pictures, and not what a download leaves beside them."""
    done = init(place, "--haystack", place / "lib", "--needles", place / "old", "--yes")
    assert done.code == 0, done.err
    assert roots(place)[1] == f"{place}/old/Takeout/Google Photos"


def test_a_configuration_that_is_there_is_kept(place):
    """Unless it is to be replaced; then there is a copy of it."""
    words = ("--haystack", place / "lib", "--needles", place / "old")
    (place / "c.yaml").write_text("mine")
    refused = init(place, *words)
    assert (refused.code, (place / "c.yaml").read_text()) == (4, "mine")
    assert b"--force" in refused.err
    assert init(place, *words, "--force").code == 0
    assert (place / "c.yaml.bak").read_text() == "mine"
    assert roots(place)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, b"no terminal to ask"),
        (("--haystack", "lib", "--needles", "lib"), 2, b"not written"),
        (("--haystack", ".", "--needles", "old"), 4, b"where nothing is written"),
    ],
)
def test_what_cannot_be_used_is_not_written(place, words, code, said):
    """Three lines or more say why; nothing is left behind."""
    done = dedupd("config", "init", "--config", place / "c.yaml", *words, cwd=place)
    assert done.code == code
    assert said in done.err
    assert sorted(os.listdir(place)) == ["lib", "old"]


def test_somebody_at_a_terminal_is_asked(place):
    """Folder by folder, and whether what was recognised is meant."""
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "config", "init", "--config", str(place / "c.yaml")]
    with subprocess.Popen(
        command, env=environment(), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as asking:
        os.write(ours, f"{place}/lib\n\n{place}/old\ny\n\n".encode())
        said, _ = asking.communicate(timeout=WAIT_S)
    os.close(ours)
    os.close(theirs)
    assert asking.returncode == 0, said
    assert b"Where is your library?" in said
    assert roots(place) == [f"{place}/lib", f"{place}/old/Takeout/Google Photos"]
