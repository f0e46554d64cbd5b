"""Events in the systemd journal: every field whole, and no word lost without it."""

from __future__ import annotations

import base64
import json
import socket
import struct
from pathlib import Path

import pytest

from dedupd import journal
from dedupd.config_schema import Config, LogConfig
from dedupd.journal import Journal
from dedupd.journald import Journald, datagram, fields
from dedupd.reports import Event

ODD = b"/needles/a\xff\nMESSAGE=lie"
EVENT = {
    "time": "t",
    "seq": 7,
    "id": "x",
    "event": "folder.reopened",
    "path": "lossy",
    "path_b64": base64.b64encode(ODD).decode(),
    "reason": "changed",
    "counts": {"pictures": 3},
}


@pytest.fixture
def listening(tmp_path):
    """Return a journal's socket, and where it is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "journal"))
        one.settimeout(20)
        yield one, str(tmp_path / "journal")


def parsed(data):
    """Return the fields of a datagram as the journal reads them."""
    found = {}
    while data:
        name, _, rest = data.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
            data = rest
        else:
            (length,) = struct.unpack_from("<Q", rest)
            value, data = rest[8 : 8 + length], rest[8 + length + 1 :]
        found[name.decode()] = value
    return found


def test_every_fact_is_a_field():
    """The path exact, whatever is in it: it is no line of its own."""
    assert parsed(datagram(fields("was imported", EVENT))) == {
        "MESSAGE": b"was imported",
        "PRIORITY": b"4",
        "SYSLOG_IDENTIFIER": b"dedupd",
        "DEDUPD_PATH": ODD,
        "DEDUPD_SEQ": b"7",
        "DEDUPD_ID": b"x",
        "DEDUPD_EVENT": b"folder.reopened",
        "DEDUPD_REASON": b"changed",
        "DEDUPD_COUNTS": b'{"pictures": 3}',
    }


def test_good_news_is_no_warning():
    """Alarms look at the priority."""
    assert ("PRIORITY", b"6") in fields("", {**EVENT, "event": "folder.imported"})


def test_where_there_is_no_journal_it_says_so(tmp_path):
    """Then the line goes to standard error."""
    one = Journald(str(tmp_path / "nobody"))
    assert not one.send("", EVENT)
    one.close()


@pytest.mark.parametrize("there", [True, False])
def test_the_journal_of_a_daemon_uses_it(tmp_path, listening, monkeypatch, capfd, there):
    """With `log.format: journal`; never both, never neither."""
    ear, address = listening
    where = address if there else address + " gone"
    monkeypatch.setattr(journal, "Journald", lambda: Journald(where))
    log = LogConfig(format="journal", events=Path(tmp_path / "events.jsonl"))
    told = []
    one = Journal(Config(haystack=(), needles=(), state=tmp_path, log=log), told.append)
    one.write([Event("folder.imported", ODD)], True)
    one.close()
    assert ("folder.imported" in capfd.readouterr().err) is not there
    if there:
        assert parsed(ear.recv(1 << 16))["DEDUPD_PATH"] == ODD
    assert [json.loads(line)["event"] for line in told] == ["folder.imported"]


def test_what_was_in_the_log_before_is_told_to_nobody(tmp_path):
    """A replay after a crash runs no hook."""
    told = []
    config = Config(haystack=(), needles=(), state=tmp_path)
    for _ in range(2):
        one = Journal(config, told.append, quiet=True)
        one.write([Event("folder.imported", b"/x", id="once")], True)
        one.close()
    assert len(told) == 1
