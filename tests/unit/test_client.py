"""The client of the control socket: half an answer, or none, is never an answer."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import threading
import time
from types import SimpleNamespace

import pytest

from dedupd import __version__
from dedupd.errors import ExitCode, UserError
from dedupd.faces import client, questions

STUCK_S = 60.0  # ends what hangs; it says nothing about speed
ANSWER = {"answer": "done", "version": __version__, "note": "read again"}


@pytest.fixture
def listening(tmp_path):
    """Return a socket that listens, and whose queue of clients has one place."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(STUCK_S)
        one.bind(str(tmp_path / "c.sock"))
        one.listen(0)
        yield one


def answers(listening, data):
    """Send these bytes to whoever asks next, and hang up."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as asked:
        asked.readline()
        connection.sendall(data)


def told(listening, data):
    """Return what a client makes of these bytes."""
    server = threading.Thread(target=answers, args=(listening, data), daemon=True)
    server.start()
    try:
        return client.request(listening.getsockname(), questions.reload(), STUCK_S)
    finally:
        server.join(STUCK_S)


def test_a_whole_answer_is_returned_as_it_is(listening):
    """However the daemon cut it into writes."""
    assert told(listening, json.dumps(ANSWER).encode() + b"\n") == ANSWER


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the daemon hung up without an answer"),
        (json.dumps(ANSWER).encode()[:-1], "the daemon hung up without an answer"),
        (json.dumps(ANSWER).encode(), "the daemon hung up without an answer"),
        (b"220 mail.example.org ESMTP\n", "what came back is no answer of dedupd"),
        (b"\xff\xfe\n", "what came back is no answer of dedupd"),
        (b'"answer"\n', "what came back is no answer of dedupd"),
        (b'{"imported": true}\n', "what came back is no answer of dedupd"),
    ],
)
def test_what_is_no_whole_answer_is_a_failure(listening, data, why):
    """A daemon that died while it spoke, or somebody else on that socket: nothing is imported."""
    with pytest.raises(UserError) as caught:
        told(listening, data)
    assert (caught.value.exit_code, caught.value.why) == (ExitCode.FAILED, why)
    assert caught.value.what == f"cannot ask the daemon at {listening.getsockname()}"


def test_patience_that_is_used_up_asks_nothing(listening):
    """A command that may wait no longer says so; a busy daemon doesn't hold it up."""
    with pytest.raises(UserError, match="cannot ask") as caught:
        client.request(listening.getsockname(), questions.reload(), 0.0)
    assert caught.value.why == "the daemon did not answer within 0.0 s"


@pytest.fixture
def crowd(listening):
    """Fill the queue of clients; return how many there are now."""
    with contextlib.ExitStack() as stack:
        codes = [0]
        while codes[-1] == 0:
            one = stack.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            codes.append(one.connect_ex(listening.getsockname()))
        assert codes[-1] == errno.EAGAIN
        yield len(codes) - 2


def test_a_daemon_with_a_full_queue_is_asked_again_until_there_is_room(
    listening, crowd, monkeypatch
):
    """Many clients at once are no failure of any of them."""

    def serve():
        for _ in range(crowd):
            listening.accept()[0].close()
        answers(listening, json.dumps(ANSWER).encode() + b"\n")

    def sleep(seconds):
        paused.append(seconds)
        if len(paused) == 1:
            server.start()

    paused, server = [], threading.Thread(target=serve, daemon=True)
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    assert client.request(listening.getsockname(), questions.reload(), STUCK_S) == ANSWER
    assert set(paused) == {client.BUSY_RETRY_S}
    server.join(STUCK_S)


def test_an_address_that_is_none_is_told_in_the_systems_words(tmp_path):
    """It has no number of an error, and is neither a missing daemon nor a missing right."""
    address = str(tmp_path / ("x" * 200))
    with pytest.raises(UserError) as caught:
        client.request(address, questions.reload(), STUCK_S)
    assert type(caught.value) is UserError
    assert caught.value.why == "AF_UNIX path too long"


def test_a_connection_that_breaks_is_told_in_the_systems_words(listening, monkeypatch):
    """The daemon may have died while the question was put."""

    def broken(*_):
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    monkeypatch.setattr(client, "_connect", broken)
    with pytest.raises(UserError) as caught:
        client.request(listening.getsockname(), questions.reload(), STUCK_S)
    assert (caught.value.exit_code, caught.value.why) == (
        ExitCode.FAILED,
        "Connection reset by peer",
    )
