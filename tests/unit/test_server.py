"""The control socket: who may ask what, and that no client can hold up another."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import stat
import struct
import threading
import time
from types import SimpleNamespace

import pytest
from tests.unit.reports import EVERY_STATE, report

from dedupd import __version__
from dedupd.asks import AskPath, AskWait, Done, PathReply, Refused
from dedupd.errors import DaemonNotRunning, ExitCode, StoreInUse, UsageError, UserError
from dedupd.faces import client, questions, server
from dedupd.faces.server import MAX_CLIENTS, MAX_REQUEST_BYTES, MAX_WAITERS, ControlServer

PATIENCE_S = 0.3
STUCK_S = 60.0  # ends what hangs; it says nothing about speed


class Engine:
    """Answers like one; `wait` takes until it is let go."""

    def __init__(self):
        self.asked = []
        self.go_on = threading.Event()
        self.waiting = threading.Semaphore(0)

    def ask(self, ask):
        self.asked.append(ask)
        if isinstance(ask, AskWait):
            self.waiting.release()
            self.go_on.wait(STUCK_S)
            return Done("waited")
        if ask == AskPath(b"/refuse"):
            return Refused("no", "it is below no root", "dedupd status", usage=True)
        if ask == AskPath(b"/user-error"):
            raise UserError("what", "why", "fix")
        if ask == AskPath(b"/bug"):
            raise ZeroDivisionError("oh")
        return PathReply(imported=True, folder=EVERY_STATE[1], picture=None, why="")


@pytest.fixture
def engine():
    """Return an engine that lets go of every waiter in the end."""
    engine = Engine()
    yield engine
    engine.go_on.set()


@pytest.fixture
def control(tmp_path, engine):
    """Return a running server."""
    running = ControlServer(
        tmp_path / "run" / "c.sock",
        None,
        engine.ask,
        lambda: report(*EVERY_STATE),
        lambda: Done("read again"),
        patience_s=PATIENCE_S,
    )
    running.start()
    yield running
    engine.go_on.set()
    running.stop()


def connect(control):
    """Return a raw connection."""
    raw = socket.socket(socket.AF_UNIX)
    raw.settimeout(STUCK_S)
    raw.connect(control.address)
    return raw


def lines(raw):
    """Return everything that comes until the server hangs up, as answers."""
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := raw.recv(1 << 16):
            got += chunk
    return [json.loads(line) for line in got.splitlines()]


def test_status_is_the_contracts_report(control):
    """The client gets the whole object, with the daemon's version."""
    answer = client.request(control.address, questions.status(), STUCK_S)
    assert answer["version"] == __version__
    assert answer["report"]["totals"]["folders"] == len(EVERY_STATE)


def test_a_path_goes_to_the_engine_byte_for_byte(control, engine):
    """Also one that isn't valid UTF-8."""
    answer = client.request(control.address, questions.path(b"/a\xff\nb"), STUCK_S)
    assert answer["imported"] is True
    assert engine.asked == [AskPath(b"/a\xff\nb")]


def test_reload_and_wait_are_answered(control, engine):
    """`wait` may take as long as it takes, longer than a client's patience."""
    assert client.request(control.address, questions.reload(), STUCK_S)["note"] == "read again"
    threading.Timer(PATIENCE_S * 2, engine.go_on.set).start()
    assert client.request(control.address, questions.wait(), None)["note"] == "waited"


@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        (b"/refuse", UsageError, ExitCode.USAGE),
        (b"/user-error", UserError, ExitCode.FAILED),
        (b"/bug", client.DaemonBug, ExitCode.BUG),
    ],
)
def test_what_goes_wrong_is_an_answer_with_its_exit_code(control, caplog, path, kind, code):
    """A bug leaves its traceback in the log, and the server goes on."""
    with caplog.at_level(logging.ERROR), pytest.raises(kind) as caught:
        client.request(control.address, questions.path(path), 5)
    assert caught.value.exit_code is code
    assert ("ZeroDivisionError" in caplog.text) is (path == b"/bug")
    assert client.request(control.address, questions.status(), STUCK_S)


def test_garbage_is_answered_and_the_next_request_too(control):
    """One connection may ask several times, also in one write."""
    with connect(control) as raw:
        raw.sendall(b"nonsense\n" + json.dumps(questions.status()).encode() + b"\n\n")
        raw.shutdown(socket.SHUT_WR)
        answers = lines(raw)
    assert [a["answer"] for a in answers] == ["refused", "report", "refused"]


@pytest.mark.parametrize("ended", [b"\n", b""])
def test_a_request_that_is_too_long_is_refused(control, ended):
    """It is not read to its end."""
    with connect(control) as raw:
        with contextlib.suppress(BrokenPipeError):
            raw.sendall(b"x" * (MAX_REQUEST_BYTES + 1) + ended)
        (answer,) = lines(raw)
    assert "too long" in answer["what"]


def test_a_half_request_is_dropped(control):
    """Its sender gets no answer, and nothing is asked."""
    with connect(control) as raw:
        raw.sendall(b'{"v": 1, "ask"')
        raw.shutdown(socket.SHUT_WR)
        assert lines(raw) == []


def test_mute_clients_are_dropped_and_hold_up_nobody(control):
    """As many as there are slots: the next one still gets its answer."""
    mute = [connect(control) for _ in range(MAX_CLIENTS)]
    try:
        assert client.request(control.address, questions.status(), STUCK_S)
        assert [lines(raw) for raw in mute] == [[]] * MAX_CLIENTS
    finally:
        for raw in mute:
            raw.close()


def test_a_mute_client_gives_way_to_one_that_asks(tmp_path, engine):
    """Long before its own time is up; a place that nobody wants is left to it."""
    where = tmp_path / "run" / "c.sock"
    patient = ControlServer(where, None, engine.ask, report, lambda: Done(""), patience_s=60.0)
    patient.start()
    try:
        mute = [connect(patient) for _ in range(MAX_CLIENTS)]
        began_s = time.monotonic()
        assert client.request(patient.address, questions.status(), 50.0)["answer"] == "report"
        assert time.monotonic() - began_s < 30
        assert len([raw for raw in mute if raw not in _readable(raw)]) == MAX_CLIENTS - 1
        for raw in mute:
            raw.close()
    finally:
        patient.stop()


def test_a_client_that_trickles_is_dropped(control):
    """The patience is for the whole request, not for each byte."""
    with connect(control) as raw:
        started_s = time.monotonic()
        with contextlib.suppress(BrokenPipeError):
            while time.monotonic() - started_s < STUCK_S:
                raw.sendall(b" ")
                if raw in _readable(raw):
                    break
        assert lines(raw) == []
        assert time.monotonic() - started_s < STUCK_S


def _readable(raw):
    import select

    return select.select([raw], [], [], 0.02)[0]


def test_a_client_that_never_reads_is_dropped(control, monkeypatch, engine):
    """A large answer fills the socket's buffer, and then the patience ends."""
    many = report(*EVERY_STATE * 3000)
    monkeypatch.setattr(control, "_report", lambda: many)
    with connect(control) as raw:
        raw.sendall(json.dumps(questions.status()).encode() + b"\n")
        deadline_s = time.monotonic() + STUCK_S
        while control._clients and time.monotonic() < deadline_s:
            threading.Event().wait(0.02)
        assert not control._clients


def test_waiting_clients_leave_room_for_status(control, engine):
    """Only half of the slots may wait for a sweep."""
    raws = [connect(control) for _ in range(MAX_WAITERS)]
    for raw in raws:
        raw.sendall(json.dumps(questions.wait()).encode() + b"\n")
    for _ in raws:
        assert engine.waiting.acquire(timeout=STUCK_S)
    with pytest.raises(UserError, match="refuses"):
        client.request(control.address, questions.wait(), STUCK_S)
    assert client.request(control.address, questions.status(), STUCK_S)
    for raw in raws:
        raw.close()


@pytest.mark.parametrize(
    ("question", "allowed"),
    [
        (questions.status(), True),
        (questions.path(b"/x"), True),
        (questions.pictures([], ["unmatched"]), True),
        (questions.accept(b"/x"), False),
        (questions.rescan(None), False),
        (questions.wait(), False),
        (questions.reload(), False),
    ],
    ids=lambda value: value["ask"] if isinstance(value, dict) else "",
)
def test_the_group_may_read_but_not_decide(control, engine, monkeypatch, question, allowed):
    """Only the daemon's own user and root may."""
    monkeypatch.setattr(server, "_peer_uid", lambda _: 54321)
    engine.go_on.set()
    if allowed:
        assert client.request(control.address, question, STUCK_S)
    else:
        with pytest.raises(UserError, match="refuses"):
            client.request(control.address, question, STUCK_S)
        assert not engine.asked


def test_the_socket_is_nobody_elses(control):
    """Its folder is closed before it listens."""
    assert stat.S_IMODE(os.stat(control.address).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(control.address)).st_mode) == 0o700


def test_the_group_gets_in_where_there_is_one(tmp_path, engine):
    """Folder 0750, socket 0660."""
    import grp

    name = grp.getgrgid(os.getgid()).gr_name
    address = tmp_path / "run" / "c.sock"
    running = ControlServer(address, name, engine.ask, report, Done)
    running.start()
    assert stat.S_IMODE(os.stat(address).st_mode) == 0o660
    assert stat.S_IMODE(os.stat(address.parent).st_mode) == 0o750
    running.stop()


def test_stop_removes_the_socket_and_frees_the_address(control):
    """Twice does no harm; afterwards the daemon isn't running."""
    control.stop()
    control.stop()
    assert not os.path.exists(control.address)
    with pytest.raises(DaemonNotRunning) as caught:
        client.request(control.address, questions.status(), STUCK_S)
    assert caught.value.exit_code is ExitCode.NOT_RUNNING
    assert "systemctl --user start dedupd" in caught.value.fix


def test_stop_does_not_wait_for_clients(control, engine):
    """Mute ones and waiting ones are hung up on."""
    raws = [connect(control) for _ in range(3)]
    raws[0].sendall(json.dumps(questions.wait()).encode() + b"\n")
    assert engine.waiting.acquire(timeout=STUCK_S)
    started_s = time.monotonic()
    control.stop()
    assert time.monotonic() - started_s < STUCK_S / 2
    assert [lines(raw) for raw in raws] == [[], [], []]
    for raw in raws:
        raw.close()


def again(control, engine):
    """Return a second server for the same address."""
    return ControlServer(control.address, None, engine.ask, report, Done, patience_s=PATIENCE_S)


def test_a_dead_daemons_socket_is_replaced(tmp_path, engine):
    """`kill -9` leaves the file."""
    address = tmp_path / "c.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(address))
    running = ControlServer(address, None, engine.ask, report, Done)
    running.start()
    assert client.request(str(address), questions.reload(), STUCK_S)
    running.stop()


def test_a_living_daemons_socket_is_not_replaced(control, engine):
    """The second one says so, and the first goes on."""
    with pytest.raises(StoreInUse):
        again(control, engine).start()
    assert client.request(control.address, questions.status(), STUCK_S)


def test_something_that_is_no_socket_is_left_alone(tmp_path, engine):
    """It may be anybody's file."""
    (tmp_path / "c.sock").write_text("precious")
    with pytest.raises(UserError, match=r"c\.sock"):
        ControlServer(tmp_path / "c.sock", None, engine.ask, report, Done).start()
    assert (tmp_path / "c.sock").read_text() == "precious"


def test_a_folder_that_anybody_may_write_is_refused(tmp_path, engine):
    """Another user could put their own socket there."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(UserError, match="may not be in"):
        ControlServer(tmp_path / "open" / "c.sock", None, engine.ask, report, Done).start()


def test_an_address_that_is_too_long_is_a_user_error(tmp_path, engine):
    """It comes from the configuration."""
    with pytest.raises(UserError, match="cannot open the control socket"):
        ControlServer(tmp_path / ("x" * 150), None, engine.ask, report, Done).start()


def test_another_version_is_warned_of(control, monkeypatch, capsys):
    """The answer is used all the same."""
    monkeypatch.setattr(client, "__version__", "9.9")
    assert client.request(control.address, questions.status(), STUCK_S)
    assert "the daemon is version" in capsys.readouterr().err


def test_no_answer_in_time_is_said(control):
    """A daemon that hangs doesn't hang its client."""
    with pytest.raises(UserError, match="cannot ask"):
        client.request(control.address, questions.wait(), 0.1)


def test_an_impostor_is_not_believed(control, monkeypatch):
    """A verdict counts only from our own daemon, root's, or the owner of the folder."""
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    # The client's name alone: the module itself is what this process hears of its next test with.
    strange = SimpleNamespace(calcsize=struct.calcsize, unpack=lambda *_: (1, 4711, 4711))
    monkeypatch.setattr(client, "struct", strange)
    with pytest.raises(UserError) as caught:
        client.request(control.address, questions.status(), STUCK_S)
    assert "another user" in caught.value.why


@pytest.mark.parametrize(
    ("uid", "folder_uid", "shared", "believed"),
    [
        (1000, 7, True, True),
        (0, 7, True, True),
        (7, 7, False, True),
        (7, 7, True, False),
        (7, 0, False, False),
    ],
)
def test_a_listener_is_believed_by_whose_it_is(uid, folder_uid, shared, believed):
    """We are 1000: ourselves, root, and who owns a folder that not just anybody could make."""
    assert client.believable(uid, 1000, folder_uid, shared=shared) is believed


def test_a_socket_we_may_not_open_is_no_missing_daemon(monkeypatch):
    """It says whom to ask."""

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(client, "_connect", refuse)
    with pytest.raises(UserError) as caught:
        client.request("/run/x.sock", questions.status(), STUCK_S)
    assert caught.value.exit_code is ExitCode.FAILED
    assert "control.group" in caught.value.fix
