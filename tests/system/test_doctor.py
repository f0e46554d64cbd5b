"""`dedupd doctor` for real: a good place, bad ones, and nothing written anywhere."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess

import pytest
from tests.system.commands import (
    PROGRAM,
    WAIT_S,
    Site,
    dedupd_inside,
    environment,
    fill,
    started,
    wait_for,
)

HOSTILE = "a\n\x1b[31mb\udcff'"
DROP_FROM_BOUNDING_SET = 24  # PR_CAPBSET_DROP
READS_ALL = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@pytest.fixture
def site(tmp_path):
    """Return a site with a picture on either side."""
    site = Site(tmp_path)
    fill(site.lib / "2024", [1])
    fill(site.needles / "card", [1, 2])
    return site


def findings(done, level="problem"):
    """Return the findings of `--json` of one level, by code."""
    found = {}
    for one in done.json["findings"]:
        if one["level"] == level:
            found.setdefault(one["code"], []).append(one)
    return found


def as_ordinary_user():
    """Let the program that is started read no more than its mode bits allow, root or not."""
    if os.geteuid() == 0:
        for capability in READS_ALL:
            ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)


def snapshot(folder):
    """Return everything below a folder, with its times."""
    seen = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        seen[path] = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return seen


def test_a_good_place_has_nothing_to_be_done_and_stays_as_it_is(site):
    """Exit code 0, every format read, a table of 80 columns, nothing written."""
    before = snapshot(site.folder)
    done = site.ask("doctor")
    assert (done.code, done.err) == (0, b"")
    assert done.lines[-1].startswith("nothing to be done")
    assert [line for line in done.lines if line.startswith("  problem")] == []
    assert max(len(line) for line in done.lines if "/" not in line) <= 80
    for name in ("JPEG", "WebP", "AVIF", "HEIC", "camera RAW"):
        assert any(line.startswith(f"  ok       {name} is read (") for line in done.lines)
    assert snapshot(site.folder) == before


def test_json_is_one_object(site):
    """As every answer of dedupd: schema, version, time; then the findings."""
    whole = site.ask_inside("doctor", "--json").json
    assert list(whole) == ["schema", "version", "time", "findings"]
    assert whole["schema"] == 1
    assert {tuple(one)[:6] for one in whole["findings"]} == {
        ("level", "code", "what", "why", "fix", "path")
    }
    assert {one["level"] for one in whole["findings"]} <= {"ok", "note", "problem"}


def test_a_library_that_is_away_is_something_to_do(site):
    """Exit code 1, and what to type; a needle root that is unplugged is only a note."""
    site.configure("haystack: [lib, gone]\nneedles: [needles, unplugged]\n")
    done = site.ask_inside("doctor", "--json")
    assert done.code == 1
    (found,) = findings(done)["roots.presence"]
    assert found["path"] == str(site.folder / "gone")
    assert found["fix"].startswith("ls -ld ")
    text = site.ask_inside("doctor")
    assert any(line.startswith("           type: ls -ld ") for line in text.lines)


def test_a_dead_daemon_s_socket_is_found_and_a_live_one_is_not_hurt(site):
    """While it runs all is well; after `kill -9` its socket is to be removed."""
    with started(site) as daemon:
        wait_for("the daemon", lambda: site.ask_inside("status").code == 0)
        done = site.ask_inside("doctor", "--json")
        assert (done.code, findings(done)) == (0, {})
        said = [one["what"] for one in done.json["findings"] if one["code"] == "daemon.running"]
        assert said == [f"the daemon is running (process {daemon.pid})"]
        assert site.ask_inside("status").code == 0
        daemon.stop(signal.SIGKILL)
    done = site.ask_inside("doctor", "--json")
    assert done.code == 1
    (found,) = findings(done)["daemon.socket"]
    subprocess.run(found["fix"], shell=True, check=True)
    assert site.ask_inside("doctor").code == 0


def test_what_was_set_aside_is_named_with_the_line_that_removes_it(site):
    """Typed as it stands, it does."""
    bad = site.state / "store.bad-20261122T000000Z"
    bad.mkdir(parents=True, mode=0o700)
    site.state.chmod(0o700)
    (bad / "000001.ldb").write_bytes(bytes(1234))
    done = site.ask_inside("doctor", "--json")
    (found,) = findings(done, "note")["state.set-aside"]
    assert (done.code, "1.2 kB" in found["what"]) == (0, True)
    subprocess.run(found["fix"], shell=True, check=True)
    assert not bad.exists()


def test_a_wrong_configuration_is_told_whole_and_the_rest_looked_at(site):
    """Exit code 2; each mistake with its line, and the roots that can be understood."""
    site.configure("haystack: [lib, lib]\nneedles: [needles]\nnonsense: 1\n")
    done = site.ask_inside("doctor", "--json")
    assert (done.code, done.err) == (2, b"")
    wrong = findings(done)["configuration.wrong"]
    assert ["same folder" in one["why"] or "unknown key" in one["why"] for one in wrong] == [
        True
    ] * 2
    assert [one["fix"].split()[1] for one in wrong] == ["+1", "+3"]
    assert any(one["code"] == "roots.folders" for one in done.json["findings"])
    assert not site.state.exists()


@pytest.mark.parametrize("text", ["[1, 2", "haystack: \xff", ""])
def test_a_configuration_that_says_nothing_leaves_the_machine(site, text):
    """Exit code 2, and the libraries are looked at all the same."""
    site.config.write_text(text, encoding="latin-1")
    done = site.ask_inside("doctor", "--json")
    assert done.code == 2
    codes = {one["code"] for one in done.json["findings"]}
    assert {"configuration.wrong", "system.python", "pictures.jpeg"} <= codes


def test_without_any_configuration_the_machine_is_looked_at(tmp_path):
    """That is no fault; a file that was named and isn't there is one."""
    done = dedupd_inside("doctor", "--json")
    assert done.code == 0
    assert done.json["findings"][0]["what"] == "no configuration was found"
    assert dedupd_inside("doctor", "--config", tmp_path / "none.yaml").code == 2


def test_roots_can_be_named_on_the_command_line(site):
    """As for `check`; options that don't go together are a wrong command line."""
    words = ("doctor", "--haystack", site.lib, "--needles", site.needles)
    assert dedupd_inside(*words, "--state", site.state).code == 0
    assert dedupd_inside(*words[:3]).code == 2
    overlap = dedupd_inside("doctor", "--json", "--haystack", site.lib, "--needles", site.lib)
    assert overlap.code == 2
    assert "same folder" in findings(overlap)["configuration.wrong"][0]["why"]
    assert dedupd_inside("doctor", "--state", site.state, "--config", site.config).code == 2
    assert dedupd_inside("doctor", "--state", site.state).code == 0


def test_hostile_names_are_said_safely_and_can_be_typed(site):
    """No raw control character gets out; the line to type is the exact path."""
    folder = site.folder / HOSTILE
    site.state.mkdir(mode=0o700)
    (site.state / f"store.bad-{HOSTILE}").mkdir()
    named = ("doctor", "--haystack", folder, "--needles", site.needles, "--state", site.state)
    done = dedupd_inside(*named)
    assert done.code == 1
    assert all(line.isprintable() for line in done.lines)
    assert all(ord(letter) < 127 for letter in json.dumps(dedupd_inside(*named, "--json").json))
    (found,) = findings(dedupd_inside(*named, "--json"), "note")["state.set-aside"]
    subprocess.run(["bash", "-c", found["fix"]], check=True)
    assert list(site.state.iterdir()) == []


def test_what_this_user_may_not_read_is_named(site):
    """A folder and a file, each by its path; the state folder that can't be written too."""
    closed, refused = site.needles / "closed", site.needles / "card" / "2.jpg"
    closed.mkdir(mode=0o000)
    refused.chmod(0o000)
    site.state.mkdir(mode=0o500)
    done = subprocess.run(
        [*PROGRAM, "doctor", "--json", "--config", site.config],
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=as_ordinary_user,
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    whole = {one["code"]: one for one in json.loads(done.stdout)["findings"]}
    assert whole["roots.folders"]["path"] == str(closed)
    assert whole["roots.files"]["path"] == str(refused)
    assert whole["state.folder"]["level"] == "problem"


def test_something_else_at_the_socket_s_place_is_named(site):
    """The daemon couldn't start."""
    site.state.mkdir(mode=0o700)
    (site.state / "control.sock").touch()
    (found,) = findings(site.ask_inside("doctor", "--json"))["daemon.socket"]
    assert "is no socket" in found["what"]
    (site.state / "control.sock").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site.state / "control.sock"))
    assert (
        "a dead daemon left"
        in findings(site.ask_inside("doctor", "--json"))["daemon.socket"][0]["what"]
    )
