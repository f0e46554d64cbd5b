"""`check`, `run`, `hash`, and `missing` without a daemon: what they make of what they get."""

from __future__ import annotations

import argparse
import io
import json
import os
from pathlib import Path

import pytest
from tests.unit.reports import folder, report

from dedupd import article, looking
from dedupd.asks import AskPictures, Done, PictureLine, PicturesReply, Refused
from dedupd.cli import hash as hash_command
from dedupd.cli import main, offline, progress, run
from dedupd.errors import DaemonNotRunning, ExitCode, StoreInUse
from dedupd.faces import client, questions
from dedupd.faces.protocol import reply_fields, report_fields
from dedupd.model import FolderState, PerceptualHash, PictureClass, Role, RootState
from dedupd.reports import Counts, FolderReport, Queue, RootReport

TOTALS = Counts(unmatched=1)


class Session:
    """What the service gives back; remembers what it was asked."""

    def __init__(self, report, reply=None, age="2026-11-01T08:00:00.000Z"):
        self.age = age
        self.report, self.reply, self.asked, self.closed = report, reply, [], False

    def ask(self, ask):
        self.asked.append(ask)
        return self.reply

    def close(self):
        self.closed = True


class Service:
    """What stands below the commands; a test sets what it does."""

    def __init__(self, monkeypatch):
        self._patch = monkeypatch.setattr

    def does(self, module, name, action):
        """Let the function `name` that `module` calls be `action`."""
        self._patch(module, name, action)

    def finds(self, session):
        """Let a look find this."""
        self._patch(looking, "check", lambda config, show: session)


@pytest.fixture
def service(monkeypatch):
    """Return what stands below the commands."""
    return Service(monkeypatch)


@pytest.fixture
def roots(tmp_path):
    """Return a haystack and a needle folder, and the options that name them."""
    for name in ("lib", "card"):
        (tmp_path / name).mkdir()
    return ["--haystack", str(tmp_path / "lib"), "--needles", str(tmp_path / "card")]


def found(roots, state, **counts):
    """Return a report of those two roots, the needle root in this state."""
    lib, card = os.fsencode(roots[1]), os.fsencode(roots[3])
    both = (
        RootReport(Role.HAYSTACK, lib, RootState.ONLINE, "none", 9, 0, None),
        RootReport(Role.NEEDLES, card, RootState.ONLINE, "none", 1, 0, None),
    )
    whole = FolderReport(card, card, state, "2026-11-22T10:20:30.123Z", Counts(**counts), Counts())
    return report(whole, roots=both)


@pytest.mark.parametrize("state", FolderState)
def test_check_is_0_only_when_everything_is_imported_or_empty(service, roots, capsys, state):
    """And the store is given free in any case."""
    session = Session(found(roots, state))
    service.finds(session)
    done = state in (FolderState.IMPORTED, FolderState.EMPTY)
    assert main.main(["check", *roots]) == (0 if done else 1)
    assert session.closed
    assert (roots[3] in capsys.readouterr().out.split("\n\n")[-1]) is not done


def test_check_without_a_report_on_its_root_is_not_imported(service, roots):
    """What nobody spoke of is unknown, and unknown is never imported."""
    service.finds(Session(report(folder(b"", FolderState.IMPORTED))))
    assert main.main(["check", *roots]) == 1


def test_check_keeps_what_it_learnt_in_the_cache(service, roots):
    """In a folder of these roots, whatever their order; `--state` beats it."""
    states = []

    def check(config, show):
        states.append(config.state)
        return Session(found(roots, FolderState.EMPTY))

    service.does(looking, "check", check)
    main.main(["check", *roots])
    main.main(["check", *roots[2:], *roots[:2]])
    main.main(["check", *roots, "--state", str(Path(roots[1]).parent / "s")])
    assert states[0] == states[1]
    assert states[0].parent == Path(os.environ["XDG_CACHE_HOME"], "dedupd")
    assert states[2].name == "s"


def test_check_json_is_the_contracts_object(service, roots, capsys):
    """The same as `status --json`."""
    whole = found(roots, FolderState.IMPORTED, videos_missing=2)
    service.finds(Session(whole))
    main.main(["check", *roots, "--json"])
    assert json.loads(capsys.readouterr().out) == report_fields(whole)


def test_check_list_prints_that_class_only(service, roots, capfdbinary):
    """With `-0` the exact bytes; the exit code stays that of the whole check."""
    line = PictureLine(b"/n/a\n\xff", b"/n", PictureClass.UNMATCHED, "")
    session = Session(found(roots, FolderState.INCOMPLETE), PicturesReply((line,), TOTALS, False))
    service.finds(session)
    assert main.main(["check", *roots, "--list", "unmatched", "-0"]) == 1
    assert capfdbinary.readouterr().out == b"/n/a\n\xff\0"
    assert session.asked == [AskPictures((), (PictureClass.UNMATCHED,))]


@pytest.fixture
def busy(service, monkeypatch):
    """Return what makes the state busy, and sets what the daemon that holds it answers."""

    def in_use(config, show):
        raise StoreInUse("the state folder is in use", "pid 7")

    service.does(looking, "check", in_use)

    def answers(whole):
        def request_any(places, question, timeout_s):
            if isinstance(whole, Exception):
                raise whole
            if question["ask"] == "wait":
                return reply_fields(Done())
            return {"report": report_fields(whole)}

        monkeypatch.setattr(client, "request_any", request_any)

    return answers


def test_check_beside_a_daemon_of_the_same_state_asks_that_one(busy, roots, tmp_path):
    """It waits first, and the verdict is on the roots that were asked about."""
    state = ["--state", str(tmp_path / "s")]
    busy(found(roots, FolderState.IMPORTED))
    assert main.main(["check", *roots, *state]) == 0
    busy(found(roots, FolderState.REVIEW))
    assert main.main(["check", *roots, *state]) == 1


def test_check_takes_no_answer_of_a_daemon_with_other_roots(busy, roots, tmp_path, capsys):
    """Neither another library's nor another card's verdict is ours; nor is silence."""
    state = ["--state", str(tmp_path / "s")]
    other_lib = [roots[0], str(tmp_path / "x"), *roots[2:]]
    other_card = [*roots[:3], str(tmp_path / "x")]
    for answer in (
        found(other_lib, FolderState.IMPORTED),
        found(other_card, FolderState.IMPORTED),
        DaemonNotRunning("what", "why"),
    ):
        busy(answer)
        assert main.main(["check", *roots, *state]) == ExitCode.FAILED
        assert "in use" in capsys.readouterr().err


def test_the_articles_script_never_says_imported(service, roots, capsys):
    """Not in words and not by exit code 0, even if nothing is left to check."""
    result = article.ArticleReport((), cleared=(b"/n/\x1b",), unread=((b"/n/x", "eh"),))
    service.does(article, "check", lambda config, algorithm: result)
    assert main.main(["check", *roots, "--article"]) == 1
    out, err = capsys.readouterr()
    assert "imported" not in out + err
    assert "/n/x: eh" in err
    assert main.main(["check", *roots, "--article", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["cleared"] == [{"path": "/n/\x1b"}]


def test_the_articles_script_tells_which_folders_it_cleared_without_evidence(
    service, roots, capsys
):
    """How many pictures are of one colour, and each folder that nothing else cleared."""
    folders = (b"/n/\x1b", b"/n/b")
    result = article.ArticleReport((), folders, (), (b"/n/b/1", b"/l/1"), folders[:1])
    service.does(article, "check", lambda config, algorithm: result)
    assert main.main(["check", *roots, "--article"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "dedupd: no evidence, they hash like a single colour: 2 pictures",
        "dedupd: cleared by such pictures alone: /n/\\x1b",
    ]
    main.main(["check", *roots, "--article", "--json"])
    fields = json.loads(capsys.readouterr().out)
    assert fields["no_evidence"] == [{"path": "/n/b/1"}, {"path": "/l/1"}]
    assert fields["cleared_without_evidence"] == [{"path": "/n/\x1b"}]


def test_the_articles_script_takes_another_hash_of_the_table(service, roots, capsys):
    """Its own without the option; a wrong name is answered with all and with the nearest."""
    asked = []

    def check(config, algorithm):
        asked.append(algorithm)
        return article.ArticleReport((), (), ())

    service.does(article, "check", check)
    main.main(["check", *roots, "--article"])
    main.main(["check", *roots, "--article", "--algorithm", "dhash16"])
    assert asked == ["dhash-article", "dhash16"]
    assert main.main(["check", *roots, "--article", "--algorithm", "dhash-color"]) == 2
    why = capsys.readouterr().err
    assert all(name in why for name in ("average", "did you mean dhash-colour?"))
    assert len(asked) == 2


def test_algorithm_without_article_is_refused(service, roots, capsys):
    """Nothing is looked at: dedupd's own way has no choice of hashes."""
    assert main.main(["check", *roots, "--algorithm", "dhash16"]) == 2
    assert "--algorithm goes with --article" in capsys.readouterr().err


def test_run_hands_the_service_a_way_to_read_the_configuration_again(service, roots):
    """And something to show reports with only if it was asked for."""
    calls = []

    def run_daemon(config, load, show):
        calls.append((config, load(), show))
        return ExitCode.DONE

    service.does(run, "run_daemon", run_daemon)
    assert main.main(["run", *roots]) == 0
    assert main.main(["run", *roots, "--live"]) == 0
    (config, again, nothing), (_, _, show) = calls
    assert config == again
    assert nothing is None
    show(report(folder(b"", FolderState.INCOMPLETE)))


def test_missing_without_a_daemon_says_how_old_its_answer_is(service, roots, tmp_path, capsys):
    """The store that `check` left is enough, with its state folder alone."""
    line = PictureLine(b"/n/a", b"/n", PictureClass.UNMATCHED, "")
    session = Session(None, PicturesReply((line,), TOTALS, imported=False))
    service.does(offline, "stored", lambda config: session)
    assert main.main(["missing", "--state", str(tmp_path), "/n"]) == 1
    out, err = capsys.readouterr()
    assert out == "/n/a\n"
    assert "no daemon is running; this is as of 2026-11-01 08:00:00 UTC" in err
    assert session.asked == [AskPictures((b"/n",), (PictureClass.UNMATCHED,))]
    assert session.closed


def test_missing_from_a_store_that_was_never_in_step_says_so(service, tmp_path, capsys):
    """There is no time to name."""
    session = Session(None, PicturesReply((), TOTALS, imported=False), age="")
    service.does(offline, "stored", lambda config: session)
    assert main.main(["missing", "--state", str(tmp_path)]) == 1
    assert "this is from a look that did not come to its end" in capsys.readouterr().err


def test_missing_without_a_daemon_can_be_refused(service, tmp_path):
    """A folder below no root is a wrong command line here, too."""
    refused = Session(None, Refused("no", "below no root", usage=True))
    service.does(offline, "stored", lambda config: refused)
    assert main.main(["missing", "--state", str(tmp_path), "/n"]) == ExitCode.USAGE


def test_no_store_is_asked_for_what_only_a_running_daemon_does(service, tmp_path):
    """No command does so: it would be a mistake in here, and no answer of the store's."""
    session = Session(None, Done("the configuration is read again"))
    service.does(offline, "stored", lambda config: session)
    stored = offline.Stored(argparse.Namespace(config=None, state=str(tmp_path)))
    with pytest.raises(TypeError, match="running daemon"):
        stored.answer(questions.reload())
    assert session.asked == []


def test_hash_prints_hexadecimal(service, capsys):
    """One algorithm a line; JSON says how long each is."""
    found = {"dhash": PerceptualHash("dhash", 64, 5)}
    service.does(hash_command, "hashes", lambda path, names: found)
    main.main(["hash", "x.jpg"])
    assert capsys.readouterr().out == "dhash           0000000000000005\n"
    main.main(["hash", "x.jpg", "--json"])
    dhash = {"bits": 64, "value": "0000000000000005", "evidence": True}
    assert json.loads(capsys.readouterr().out) == {"path": "x.jpg", "hashes": {"dhash": dhash}}


def test_hash_says_where_a_hash_is_no_evidence(service, capsys):
    """Every picture of one colour has the same; pHash has two such values."""
    found = {
        "dhash": PerceptualHash("dhash", 64, 0),
        "phash": PerceptualHash("phash", 64, 1 << 63),
        "average": PerceptualHash("average", 64, 1 << 63),
    }
    service.does(hash_command, "hashes", lambda path, names: found)
    main.main(["hash", "x.jpg"])
    noted = ["no evidence" in line for line in capsys.readouterr().out.splitlines()]
    assert noted == [True, True, False]
    main.main(["hash", "x.jpg", "--json"])
    shown = json.loads(capsys.readouterr().out)["hashes"]
    assert [one["evidence"] for one in shown.values()] == [False, False, True]


def test_progress_without_a_terminal_is_a_line_each_five_seconds():
    """With rate and remaining time where they are known."""
    now_s, stream = [0.0], io.StringIO()
    lines = progress.Lines(stream, clock=lambda: now_s[0])
    for at_s in (0.0, 4.9, 5.0, 6.0, 9.9, 10.0):
        now_s[0] = at_s
        lines.show(report(queue=Queue(30, 1200, 4.0, 7.5 if at_s > 5 else None)))
    assert stream.getvalue().splitlines() == [
        "dedupd: 1,200 read, 30 files left, 4.0 a second",
        "dedupd: 1,200 read, 30 files left, 4.0 a second, about 8 s",
    ]


def test_progress_names_no_rate_before_there_is_one():
    """Nothing was read yet, or nothing lately: "0.0 a second" would say that it hangs."""
    assert progress.left(Queue(30, 0)) == "30 files left"
    assert progress.left(Queue(1, 0, 0.0, 90.0)) == "1 file left, about 2 min"


class Terminal(io.StringIO):
    """A terminal of 80 columns that can show ASCII only."""

    def isatty(self):
        return True

    def fileno(self):
        raise OSError


def test_progress_on_a_terminal_is_a_bar_that_goes_away():
    """It leaves no line behind, so that what follows begins on a clean one."""
    stream = Terminal()
    with progress.shown(stream) as show:
        show(report(queue=Queue(600, 600, 4.0, 150.0)))
        show(report(queue=Queue(599, 601)))  # too early to be looked at
    drawn = stream.getvalue()
    wanted = "##########----------  600 of 1,200 files, 600 files left, 4.0 a second, about 2 min"
    assert drawn == f"\r\x1b[K{wanted[:79]}\r\x1b[K"
    assert len(wanted) > 79


def test_progress_before_anything_is_known_counts_what_was_listed():
    """A first look at a large disk lists for a while."""
    stream = Terminal()
    with progress.shown(stream) as show:
        show(report(folder(b"", FolderState.PENDING)))
    assert "--------------------  listing: 13,407 pictures" in stream.getvalue()


def test_progress_that_nobody_looks_at_is_not_shown():
    """Nothing without a terminal; who asks for more words gets lines."""
    stream = io.StringIO()
    with progress.shown(stream) as show:
        show(report(queue=Queue(30, 1200, 4.0, 7.5)))
    assert stream.getvalue() == ""
    with progress.shown(stream, verbose=True) as show:
        assert show.__self__.__class__ is progress.Lines
