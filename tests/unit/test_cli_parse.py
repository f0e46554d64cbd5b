"""Command lines: what is understood, what is said about what isn't, and the exit codes."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import sys
import types

import pytest
from tests.unit.reports import BUSY, ROOT, folder, report

from dedupd import __version__
from dedupd.asks import Done, PathReply, PictureLine, PicturesReply
from dedupd.cli import asking, main, missing, parsing, status
from dedupd.cli.screen import ENTER, LEAVE, Screen, cut, width_of
from dedupd.errors import DaemonNotRunning, ExitCode, UsageError, UserError
from dedupd.faces import address, client, pointer, questions
from dedupd.faces.outputs.look import Look
from dedupd.faces.protocol import picture_fields, reply_fields, report_fields
from dedupd.model import FolderState, PictureClass
from dedupd.reports import Counts

LIGHT = ("status", "missing", "rescan", "reload", "accept")


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize("before", [True, False])
def test_the_common_options_may_stand_before_or_after_the_command(name, before):
    """`dedupd --json status` is `dedupd status --json`."""
    root = ["/x"] if name == "accept" else []
    options = ["--config", "c.yaml", "--json", "--no-color", "-v"]
    line = [*options, name, *root] if before else [name, *options, *root]
    args = main.parse(line)
    assert (args.command, args.config, args.json, args.no_color, args.verbose) == (
        name,
        "c.yaml",
        True,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (["statsu"], "did you mean 'status'?"),
        (["status", "--wathc"], "did you mean '--watch'?"),
        (["missing", "--class=unmatchd"], "did you mean 'unmatched'?"),
        (["missing", "--distnct=3"], "did you mean '--distinct'?"),
        (["reload", "/x"], "there is no place for '/x'"),
        (["accept"], "ROOT"),
        (["missing", "--class", "fine"], "unmatched"),
        (["missing", "--state"], "expected one argument"),
        (["status", "--wat"], "did you mean"),
        ([], "COMMAND"),
        (["--conf", "x", "status"], "--conf"),
        (["--config"], "expected one argument"),
    ],
)
def test_a_wrong_command_line_says_what_may_have_been_meant(line, hint, capsys):
    """Three lines on standard error, exit code 2, nothing on standard output."""
    assert main.main(line) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 3
    assert hint in err
    assert "--help" in err


@pytest.mark.parametrize("name", LIGHT)
def test_the_help_of_a_command_fits_a_screen_and_has_an_example(name, capsys):
    """80 columns, 24 lines."""
    assert main.main([name, "--help"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert f"dedupd {name}" in lines[-1]


def test_help_names_every_command(capsys):
    """With its line of help."""
    assert main.main(["--help"]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in main.COMMANDS)
    assert all(text in shown for text in main.COMMANDS.values())


def test_the_version_is_printed(capsys):
    """`dedupd 0.1.0`."""
    assert main.main(["--version"]) == ExitCode.DONE
    assert capsys.readouterr().out == f"dedupd {__version__}\n"


@pytest.fixture
def command(monkeypatch):
    """Return a function that makes `reload` do something else."""

    def replace(action):
        fake = types.SimpleNamespace(EXAMPLE="x", add=lambda parser: None, run=action)
        monkeypatch.setitem(sys.modules, "dedupd.cli.reload", fake)

    return replace


def raises(error):
    """Return a command that fails with `error`."""

    def run(_):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("w", "y"), ExitCode.FAILED),
        (UsageError("w", "y"), ExitCode.USAGE),
        (DaemonNotRunning("w", "y"), ExitCode.NOT_RUNNING),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
        (RuntimeError("oh"), ExitCode.BUG),
    ],
)
def test_every_failure_has_its_exit_code(command, capsys, error, code):
    """Only a bug shows its traceback."""
    command(raises(error))
    assert main.main(["reload"]) == code
    assert ("Traceback" in capsys.readouterr().err) is (code is ExitCode.BUG)


def test_the_exit_code_of_the_command_is_ours(command):
    """1 is not an error: something isn't imported."""
    command(lambda _: ExitCode.NOT_IMPORTED)
    assert main.main(["reload"]) == 1


def test_an_absolute_path_has_its_links_resolved(tmp_path, monkeypatch):
    """As the daemon knows its roots; a link to a file is itself, though."""
    (tmp_path / "real" / "x").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "a.jpg").touch()
    (tmp_path / "real" / "l.jpg").symlink_to("a.jpg")
    monkeypatch.chdir(tmp_path)
    real = os.fsencode(tmp_path / "real")
    assert parsing.absolute("link/x/..") == real
    assert parsing.absolute("link/x/") == real + b"/x"
    assert parsing.absolute("link/l.jpg") == real + b"/l.jpg"
    assert parsing.absolute("link/gone/\udcff") == real + b"/gone/\xff"


@pytest.fixture
def daemon(monkeypatch):
    """Return a function that sets what the daemon answers, and the questions it got."""
    asked = []

    def answers(fields):
        def request_any(places, question, timeout_s):
            asked.append((list(places), question, timeout_s))
            if isinstance(fields, Exception):
                raise fields
            return fields

        monkeypatch.setattr(client, "request_any", request_any)
        return asked

    return answers


def line(name, cls=PictureClass.UNMATCHED):
    """Return one picture of a list."""
    return PictureLine(ROOT + b"/" + name, ROOT, cls, "")


def test_status_prints_the_report(daemon, capsys):
    """Text for people, the contract's object for programs."""
    daemon({"report": report_fields(BUSY)})
    assert main.main(["status"]) == ExitCode.DONE
    assert "incomplete" in capsys.readouterr().out
    assert main.main(["status", "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == report_fields(BUSY)


@pytest.mark.parametrize("imported", [True, False, None, "true", 1])
def test_status_of_a_path_is_0_only_for_a_plain_true(daemon, capsys, imported):
    """And a folder that this very look did not confirm is not called imported."""
    done = folder(b"card", FolderState.IMPORTED, pictures=2, matched=2, videos_missing=3)
    answer = reply_fields(PathReply(imported=True, folder=done, picture=None, why="a.jpg is gone"))
    asked = daemon({**answer, "version": "0.1.0", "imported": imported})
    code = main.main(["status", "x"])
    assert code == (ExitCode.DONE if imported is True else ExitCode.NOT_IMPORTED)
    shown = capsys.readouterr().out
    assert shown.startswith("imported" if imported is True else "unverified")
    assert "and 3 videos not in the library" in shown
    assert "a.jpg is gone" in shown
    _, question, timeout_s = asked[0]
    assert question == questions.path(os.fsencode(os.path.realpath("x")))
    assert timeout_s is None


def test_status_of_a_picture_shows_its_grounds(daemon, capsys):
    """Class, path, and where in the library."""
    picture = PictureLine(b"/n/a\x1b.jpg", b"/n", PictureClass.MATCHED, "", nearest=b"/h/a.jpg")
    daemon(reply_fields(PathReply(imported=True, folder=None, picture=picture, why="")))
    assert main.main(["status", "/n/a"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["matched     /n/a\\x1b.jpg", "            library: /h/a.jpg"]


def test_status_of_a_missing_picture_says_so_in_words(daemon, capsys):
    """Once, and not in the codes of the JSON; what else there is to say comes last."""
    picture = PictureLine(b"/n/a.jpg", b"/n", PictureClass.UNMATCHED, "no-match")
    for why, more in (("unmatched no-match", []), ("the library is away", ["the library is away"])):
        daemon(reply_fields(PathReply(imported=False, folder=None, picture=picture, why=why)))
        assert main.main(["status", "/n/a"]) == ExitCode.NOT_IMPORTED
        lines = capsys.readouterr().out.splitlines()
        told = ["unmatched   /n/a.jpg", "            nothing in the library looks like it"]
        assert lines == told + more


def test_wait_comes_before_status(daemon):
    """And may take for ever."""
    asked = daemon({"report": report_fields(BUSY), "note": ""})
    main.main(["status", "--wait"])
    assert [(q["ask"], t) for _, q, t in asked] == [("wait", None), ("status", asking.ANSWER_S)]


def test_missing_lists_safe_lines_and_says_what_it_left_out(daemon, capsys):
    """A name with a line end can't become two; standard error has the rest."""
    totals = Counts(unmatched=2, possible=3, unreadable=2, videos_missing=1)
    names = (line(b"a.jpg"), line(b"b\nc\xff.jpg"))
    daemon(reply_fields(PicturesReply(names, totals, imported=False)))
    assert main.main(["missing"]) == ExitCode.NOT_IMPORTED
    out, err = capsys.readouterr()
    assert out == "/home/me/old-backups/a.jpg\n/home/me/old-backups/b\\nc\\udcff.jpg\n"
    assert err == "also: 3 to review, 2 unreadable; 1 video not in the library\n"


def test_missing_0_writes_the_exact_bytes(daemon, capfdbinary):
    """For `xargs -0`."""
    names = (line(b"a.jpg"), line(b"b\nc\xff.jpg"))
    daemon(reply_fields(PicturesReply(names, Counts(), imported=False)))
    main.main(["missing", "-0"])
    assert capfdbinary.readouterr().out == b"".join(n.path + b"\0" for n in names)


def test_missing_json_is_one_object_a_line(daemon, capsys):
    """With the contract's keys."""
    daemon(reply_fields(PicturesReply((line(b"a"), line(b"b")), Counts(), imported=False)))
    main.main(["missing", "--json"])
    found = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert found == [picture_fields(line(b"a")), picture_fields(line(b"b"))]


@pytest.mark.parametrize("imported", [True, False, None, 1])
def test_missing_is_0_only_when_everything_asked_about_is_imported(daemon, imported):
    """An empty list alone proves nothing."""
    daemon({"lines": [], "totals": reply_fields(PicturesReply((), Counts(), True))["totals"],
            "imported": imported})  # fmt: skip
    assert main.main(["missing"]) == (0 if imported is True else 1)


def test_missing_asks_what_it_was_told(daemon):
    """Folders, classes and `--distinct`."""
    asked = daemon(reply_fields(PicturesReply((), Counts(), imported=True)))
    main.main(["missing", "--class", "possible,unreadable", "--distinct", "/n/a", "/n/b"])
    wanted = questions.pictures([b"/n/a", b"/n/b"], ["possible", "unreadable"], distinct=True)
    assert asked[0][1] == wanted


def test_missing_with_a_named_socket_reads_no_store(daemon, capsys):
    """That daemon was meant."""
    daemon(DaemonNotRunning("what", "why"))
    assert main.main(["missing", "--socket", "/x.sock"]) == ExitCode.NOT_RUNNING


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (["rescan"], questions.rescan(None)),
        (["rescan", "/n"], questions.rescan(b"/n")),
        (["accept", "/n"], questions.accept(b"/n")),
        (["reload"], questions.reload()),
    ],
)
def test_orders_are_put_and_their_note_is_shown(daemon, capsys, words, question):
    """Escaped, like everything that may hold a name."""
    asked = daemon(reply_fields(Done("under\x1b way")))
    assert main.main(words) == ExitCode.DONE
    assert asked[0][1] == question
    assert capsys.readouterr().out == "under\\x1b way\n"


def places(daemon, *words):
    """Return where the client looked for the daemon."""
    asked = daemon(reply_fields(Done()))
    main.main(["reload", *words])
    return asked[-1][0]


def test_the_daemon_is_looked_for_where_it_was_said_to_be(daemon, tmp_path):
    """`--socket`, else `--state`, else the configuration's pointer, else the usual places."""
    file = tmp_path / "my.yaml"
    file.touch()
    pointer.publish(file, "/pointed.sock")
    assert places(daemon, "--socket", "/s.sock", "--state", "/st") == ["/s.sock"]
    assert places(daemon, "--state", "/st") == ["/st/control.sock"]
    assert places(daemon, "--config", str(file)) == ["/pointed.sock"]
    assert places(daemon) == address.of_client()


def test_without_a_pointer_the_configuration_is_read(tmp_path, capsys):
    """And the error names the socket that it gives."""
    file = tmp_path / "my.yaml"
    file.write_text("haystack: [a]\nneedles: [b]\nstate: s\n")
    assert main.main(["reload", "--config", str(file)]) == ExitCode.NOT_RUNNING
    assert f"{tmp_path}/s/control.sock" in capsys.readouterr().err


def test_a_stale_pointer_is_followed_by_the_configuration(tmp_path, capsys):
    """The daemon may have moved its socket since."""
    file = tmp_path / "my.yaml"
    file.write_text("haystack: [a]\nneedles: [b]\nstate: s\n")
    pointer.publish(file, f"{tmp_path}/gone.sock")
    args = argparse.Namespace(config=str(file), socket=None, state=None, verbose=False)
    assert not asking.is_running(args)
    (tmp_path / "s").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/s/control.sock")
        listening.listen()
        assert asking.is_running(args)


class Terminal:
    """A terminal of 80 x 24 that remembers what was written."""

    def __init__(self, is_terminal):
        self.is_terminal, self.written = is_terminal, ""

    def isatty(self):
        return self.is_terminal

    def fileno(self):
        raise OSError

    def write(self, text):
        self.written += text

    def flush(self):
        pass


def test_a_terminal_is_redrawn_twice_a_second_and_never_scrolls():
    """Cut to its height, with a word on what is hidden."""
    now_s = [0.0]
    stream = Terminal(True)
    screen = Screen(stream, clock=lambda: now_s[0])
    many = [folder(b"%d" % n, FolderState.INCOMPLETE, unmatched=1) for n in range(50)]
    screen.draw(report_fields(report(*many)))
    assert stream.written.count("\n") <= 23
    assert "more lines: dedupd status" in stream.written
    before = stream.written
    screen.draw(report_fields(report(*many)))
    assert stream.written == before
    now_s[0] = 0.5
    screen.draw(report_fields(report(*many)))
    assert len(stream.written) > len(before)


def test_the_terminal_is_given_back_however_it_ends():
    """Its own screen, its cursor and its wrapping; once, and only if anything was drawn."""
    stream = Terminal(True)
    now_s = [0.0]
    with contextlib.suppress(KeyboardInterrupt), Screen(stream, clock=lambda: now_s[0]) as screen:
        for now_s[0] in (0.0, 1.0):
            screen.draw(report_fields(report(folder(b"", FolderState.EMPTY))))
        raise KeyboardInterrupt
    screen.close()
    assert stream.written.count(ENTER) == 1
    assert stream.written.startswith(ENTER)
    assert stream.written.endswith(LEAVE)
    assert stream.written.count(LEAVE) == 1
    undrawn = Terminal(True)
    with Screen(undrawn):
        pass
    assert undrawn.written == ""


LINES = ["sum", "imported  a", "    and 1 video", "imported  b"]


@pytest.mark.parametrize(
    ("height", "wanted"),
    [
        (4, LINES),
        (3, ["sum", "... 3 more lines: dedupd status"]),
        (2, ["sum", "... 3 more lines: dedupd status"]),
        (1, ["... 4 more lines: dedupd status"]),
    ],
)
def test_a_short_screen_says_how_much_it_leaves_out(height, wanted):
    """And never parts "imported" from what else would be lost, which is indented below it."""
    assert cut(LINES, height) == wanted


def test_what_to_type_stays_whole_below_the_report():
    """A long command takes two lines of the screen; where there is no room for it, it is left."""
    whole = report_fields(report(folder(b"", FolderState.EMPTY)))
    for footer, kept in (("x" * 100, True), ("x" * 80 * 23, False)):
        stream = Terminal(True)
        Screen(stream, footer=footer).draw(whole)
        assert (f"\x1b[?7h{footer}" in stream.written) is kept


@pytest.mark.parametrize(
    ("line", "width"),
    [("", 0), ("abc", 3), ("\x1b[31mabc\x1b[0m", 3), ("\u5199\u771f", 4), ("e\u0301", 1)],
)
def test_the_width_of_a_line_is_that_on_the_screen(line, width):
    """A line that fills its row is not cleared behind: that would take its last character."""
    assert width_of(line) == width
    stream = Terminal(True)
    footer = line + "." * (80 - width)
    Screen(stream, footer=footer).draw(report_fields(report(folder(b"", FolderState.EMPTY))))
    assert stream.written.endswith(f"{footer}\n\x1b[J")


def test_a_pipe_gets_the_report_when_ready_and_then_on_change():
    """Never more than once a second, and a change within it isn't lost."""
    now_s = [0.0]
    stream = Terminal(False)
    screen = Screen(stream, clock=lambda: now_s[0])

    def printed(state, folder_state, at_s):
        now_s[0], before = at_s, stream.written.count("dedupd 0.1.0")
        screen.draw(report_fields(report(folder(b"", folder_state), state=state)))
        return stream.written.count("dedupd 0.1.0") - before

    assert printed("scanning", FolderState.PENDING, 0.0) == 0
    assert printed("ready", FolderState.PENDING, 0.1) == 1
    assert printed("ready", FolderState.IMPORTED, 0.5) == 0
    assert printed("ready", FolderState.IMPORTED, 1.1) == 1
    assert printed("ready", FolderState.IMPORTED, 9.0) == 0
    assert printed("degraded", FolderState.REVIEW, 9.0) == 1


def test_the_folder_of_an_answer_fits_the_terminal():
    """The answer for a path is shown like the report."""
    done = folder(b"card", FolderState.IMPORTED, pictures=2, matched=2)
    answer = reply_fields(PathReply(imported=True, folder=done, picture=None, why=""))
    assert status.path_lines(answer, Look(80, 24)) == [
        "imported           2  /home/me/old-backups/card"
    ]
    assert missing.EXAMPLE
