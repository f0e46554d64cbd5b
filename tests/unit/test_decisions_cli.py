"""`same`, `different`, `dismiss`, `decisions`, `undo`: what is asked, printed and returned."""

from __future__ import annotations

import json
import os

import pytest

from dedupd.asks import DecidedReply, DecisionsReply
from dedupd.cli import asking, main
from dedupd.decision import Decision, DecisionKind
from dedupd.errors import DaemonNotRunning, ExitCode
from dedupd.faces import client, questions
from dedupd.faces.protocol import reply_fields
from dedupd.state.decisionline import Undo
from dedupd.state.decisions import NAME, DecisionFile

TIME = "2026-11-22T10:00:00.000Z"
DEED = ("same", "different", "dismiss", "undo")


def decided(number, kind=DecisionKind.SAME, batch="b1"):
    """Return a decision whose first picture has a hostile name."""
    second = None if kind is DecisionKind.DISMISS else b"%032d" % (number + 1)
    path = b"" if second is None else b"/h/%d.jpg" % number
    first = b"%032d" % number
    return Decision(
        f"d{number}", batch, TIME, kind, first, second, b"/n/%d\x1b\n.jpg" % number, path
    )


@pytest.fixture
def daemon(monkeypatch):
    """Return a function that sets what the daemon answers, and the questions it got."""
    asked = []

    def answers(reply):
        def request_any(places, question, timeout_s):
            asked.append((question, timeout_s))
            if isinstance(reply, Exception):
                raise reply
            return reply_fields(reply)

        monkeypatch.setattr(client, "request_any", request_any)
        return asked

    return answers


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (["same", "/n/a", "/h/b"], questions.decide("same", b"/n/a", b"/h/b")),
        (["different", "/n/a", "/h/b"], questions.decide("different", b"/n/a", b"/h/b")),
        (["dismiss", "/n/a"], questions.decide("dismiss", b"/n/a")),
        (["undo"], questions.undo("")),
        (["undo", "b7"], questions.undo("b7")),
        (["decisions"], questions.decisions()),
    ],
)
def test_what_is_asked(daemon, words, question):
    """One question, that the daemon answers from memory or a small write."""
    reply = DecisionsReply(()) if words == ["decisions"] else DecidedReply((decided(1),), True)
    asked = daemon(reply)
    assert main.main(words) == ExitCode.DONE
    assert asked == [(question, asking.ANSWER_S)]


@pytest.mark.parametrize("sure", [False, True])
def test_many_are_decided_only_with_yes(daemon, sure):
    """The daemon is told so, and may take its time."""
    asked = daemon(DecidedReply((decided(1),), sure, "b1"))
    yes = ["--yes"] if sure else []
    code = main.main(["same", "--possible", "/n", "--reason", "smaller, toned", *yes])
    assert code == (ExitCode.DONE if sure else ExitCode.NOT_IMPORTED)
    wanted = questions.decide_many("same", b"/n", "possible", ["smaller", "toned"], sure=sure)
    assert asked == [(wanted, None)]
    main.main(["dismiss", "--class", "unreadable", "/n", *yes])
    assert asked[1] == (questions.decide_many("dismiss", b"/n", "unreadable", sure=sure), None)


def test_a_decision_tells_how_to_take_it_back(daemon, capsys):
    """With its pictures, escaped."""
    daemon(DecidedReply((decided(1),), True, "b1"))
    main.main(["same", "/n/a", "/h/b"])
    assert capsys.readouterr().out.splitlines() == [
        "1 decision (same) decided:",
        "    /n/1\\x1b\\n.jpg",
        "        /h/1.jpg",
        "to take it back: dedupd undo b1",
    ]


def test_a_preview_counts_shows_ten_and_decides_nothing(daemon, capsys):
    """And says what to add."""
    daemon(DecidedReply(tuple(decided(n) for n in range(1212)), False))
    assert main.main(["same", "--possible", "/n"]) == ExitCode.NOT_IMPORTED
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1,212 decisions (same) would be decided:"
    assert [line for line in lines if "/h/" in line][-1] == "        /h/9.jpg"
    assert lines[-2:] == ["    and 1,202 more", "nothing was decided; add --yes"]


def test_only_a_plain_true_is_done(daemon, monkeypatch, capsys):
    """Whatever else the daemon says, nothing is called decided."""
    daemon(DecidedReply((decided(1),), True, "b1"))
    real = client.request_any
    monkeypatch.setattr(client, "request_any", lambda *a: {**real(*a), "done": "true"})
    for words in (["same", "/n/a", "/h/b"], ["undo"]):
        assert main.main(words) == ExitCode.NOT_IMPORTED
    assert "nothing was decided" in capsys.readouterr().out


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_nothing_to_decide_is_no_failure(daemon, capsys, yes):
    """With `--yes` or without."""
    daemon(DecidedReply((), False))
    assert main.main(["dismiss", "--class", "unreadable", "/n", *yes]) == ExitCode.DONE
    assert capsys.readouterr().out == "there is no such picture; nothing to decide\n"


def test_undo_prints_what_was_taken_back(daemon, capsys):
    """All of the batch."""
    gone = tuple(decided(n, DecisionKind.DISMISS) for n in range(2))
    daemon(DecidedReply(gone, True, "b1"))
    assert main.main(["undo"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [
        "2 decisions (dismiss) undone:",
        "    /n/0\\x1b\\n.jpg",
        "    /n/1\\x1b\\n.jpg",
    ]


@pytest.mark.parametrize("words", [["same", "a", "b"], ["dismiss", "a"], ["undo"]])
def test_json_is_one_object(daemon, capsys, words):
    """What was done, in which batch, and the decisions."""
    reply = DecidedReply((decided(1),), True, "b1")
    daemon(reply)
    main.main([*words, "--json"])
    whole = reply_fields(reply)
    del whole["answer"]
    assert json.loads(capsys.readouterr().out) == whole


def test_the_list_shows_what_is_in_force(daemon, capsys):
    """Id, kind, time, batch, pictures; one object a line for programs."""
    gone = decided(2, DecisionKind.DISMISS, batch="d2")
    reply = DecisionsReply(((decided(1), True), (gone, False)))
    daemon(reply)
    main.main(["decisions"])
    assert capsys.readouterr().out.splitlines() == [
        "d1  same  2026-11-22 10:00:00 UTC, in batch b1",
        "    /n/1\\x1b\\n.jpg",
        "    /h/1.jpg",
        "d2  dismiss  2026-11-22 10:00:00 UTC, no longer in force",
        "    /n/2\\x1b\\n.jpg",
    ]
    main.main(["decisions", "--json"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == reply_fields(reply)["decisions"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["same"], "two pictures are needed"),
        (["same", "/n/a"], "two pictures are needed"),
        (["same", "/n/a", "/h/b", "--yes"], "--possible"),
        (["same", "/n/a", "/h/b", "--reason", "smaller"], "--possible"),
        (["same", "/n/a", "--possible", "/n"], "goes without pictures"),
        (["same", "--possible", "/n", "--reason", "smaller,,toned"], "empty reason"),
        (["different", "/n/a"], "B"),
        (["dismiss"], "PICTURE"),
        (["dismiss", "/n/a", "--yes"], "--class"),
        (["dismiss", "/n", "--class", "matched"], "unreadable"),
        (["dismiss", "/n/a", "/n/b"], "no place for"),
        (["undo", "a", "b"], "no place for"),
    ],
)
def test_a_wrong_command_line_decides_nothing(daemon, capsys, words, hint):
    """Three lines, exit code 2, and the daemon isn't asked."""
    asked = daemon(DecidedReply((), True))
    assert main.main(words) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines()), asked) == ("", 3, [])
    assert hint in err


@pytest.mark.parametrize("name", DEED)
def test_deciding_needs_the_daemon(name, capsys):
    """Exit code 3, three lines."""
    paths = {"same": ["/a", "/b"], "different": ["/a", "/b"], "dismiss": ["/a"]}
    assert main.main([name, *paths.get(name, [])]) == ExitCode.NOT_RUNNING
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 3)
    assert "systemctl --user start dedupd" in err


@pytest.fixture
def state(tmp_path):
    """Return a state folder in which two things were decided in one batch, and undone."""
    file = DecisionFile.open(tmp_path).file
    file.append([decided(1)])
    file.append([decided(2, DecisionKind.DISMISS), Undo("b1", TIME)])
    file.close()
    return tmp_path


def test_without_a_daemon_the_file_is_listed_and_said_to_be(state, capsys):
    """Nothing is written; a named socket means that daemon, and no file."""
    before = sorted(os.listdir(state))
    assert main.main(["decisions", "--state", str(state), "--json"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    found = [json.loads(line) for line in out.splitlines()]
    assert [(one["id"], one["in_force"]) for one in found] == [("d1", False), ("d2", False)]
    assert err == f"dedupd: no daemon is running; this is what {state}/{NAME} holds\n"
    assert sorted(os.listdir(state)) == before
    assert main.main(["decisions", "--socket", "/x.sock"]) == ExitCode.NOT_RUNNING


def test_without_a_daemon_the_configuration_names_the_file(state, tmp_path_factory, capsys):
    """As for every command."""
    file = tmp_path_factory.mktemp("config") / "c.yaml"
    file.write_text(f"haystack: [a]\nneedles: [b]\nstate: {state}\n")
    assert main.main(["decisions", "--config", str(file)]) == ExitCode.DONE
    assert "d2  dismiss" in capsys.readouterr().out


def test_nothing_decided_yet(tmp_path, capsys):
    """A state folder without the file, and the usual place where there is none at all."""
    for words in (["--state", str(tmp_path)], []):
        assert main.main(["decisions", *words]) == ExitCode.DONE
        out, err = capsys.readouterr()
        assert out == ""
        assert "nothing was decided yet" in err


def test_a_loss_is_told_without_a_daemon_too(state, capsys):
    """And what is left is listed."""
    data = bytearray((state / NAME).read_bytes())
    data[40] ^= 1
    (state / NAME).write_bytes(data)
    assert main.main(["decisions", "--state", str(state)]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert "d2  dismiss" in out
    assert "line 1 of decisions.jsonl can't be read" in err


def test_a_daemon_that_refuses_is_heard(daemon, capsys):
    """Its three lines, not the file's list."""
    daemon(DaemonNotRunning("what", "why", "fix"))
    assert main.main(["decisions", "--socket", "/x"]) == ExitCode.NOT_RUNNING
    assert capsys.readouterr().err.startswith("dedupd: what")
