"""`find` and `duplicates`: what is asked, how far it is, and what is said to be left open."""

from __future__ import annotations

import io
import json
import os
from types import SimpleNamespace

import pytest
from tests.unit.picture_samples import jpeg, photo

from dedupd.asks import AskNear, ContentsReply, Known, MatchLine, NearReply
from dedupd.cli import duplicates, main, searching
from dedupd.cli import find as find_command
from dedupd.cli.searching import Counter
from dedupd.disk.folders import stamp_of
from dedupd.errors import ExitCode
from dedupd.faces import client, questions
from dedupd.faces.protocol import question_of, reply_fields
from dedupd.model import EvidenceKind, Role, Stamp, Unreadable
from dedupd.pictures.pools.inline import InlinePool
from dedupd.searching import find as finding
from dedupd.searching.duplicates import Copy, Duplicates, Group
from dedupd.searching.reader import Reader


class Stream(io.StringIO):
    """Standard error, on a terminal or not."""

    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


@pytest.fixture
def clock(monkeypatch):
    """Return the time that the counter goes by."""
    now_s = [100.0]
    monkeypatch.setattr(searching, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    return now_s


def test_a_counter_is_drawn_over_itself_and_no_faster_than_one_can_look(clock):
    """At the first count at once, and in the end nothing of it is left."""
    stream = Stream(True)
    counter = Counter(stream)
    for at_s, done in ((100.0, 1), (100.1, 2), (100.3, 1234)):
        clock[0] = at_s
        counter.show("read", done, 2000)
    drawn = "\r\x1b[K1 of 2,000 read\r\x1b[K1,234 of 2,000 read"
    assert stream.getvalue() == drawn
    counter.clear()
    counter.clear()
    assert stream.getvalue() == drawn + "\r\x1b[K"


def test_a_counter_leaves_a_pipe_alone(clock):
    """Standard error is for words there, also in the end."""
    stream = Stream(False)
    counter = Counter(stream)
    counter.show("read", 1, 2000)
    counter.clear()
    assert stream.getvalue() == ""


def known(path, role=Role.HAYSTACK):
    """Return a file that is there, as the daemon lists it before it was read."""
    return Known(os.fsencode(path), role, stamp_of(os.lstat(path), True), None)


class Library:
    """A folder of library pictures beside one that is looked for, and a daemon that lists them."""

    def __init__(self, folder):
        (folder / "lib").mkdir()
        self.folder, self.asked, self.near = folder, [], NearReply((), 0)
        self.image = self.put("image.jpg", jpeg())

    def put(self, name, data):
        """Write a file."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def answer(self, places, question, timeout_s):
        """Answer like `client.request_any`; the files come one by one."""
        self.asked.append(question)
        ask = question_of(json.dumps(question).encode("ascii"))
        if isinstance(ask, AskNear):
            return reply_fields(self.near)
        files = sorted(map(known, (self.folder / "lib").iterdir()), key=lambda one: one.path)
        after = [one for one in files if one.path > ask.after]
        return reply_fields(ContentsReply(tuple(after[:1]), len(after) > 1))


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Return a library that is looked at in this process."""
    made = Library(tmp_path)
    monkeypatch.setattr(client, "request_any", made.answer)
    for command in (find_command, duplicates):
        monkeypatch.setattr(command, "reader_of", lambda config: Reader(InlinePool(), 1 << 24))
    return made


def test_all_files_of_the_library_are_asked_for_portion_by_portion(library, capsys):
    """Each portion begins behind the last path of the one before; each file is listed once."""
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        library.put(f"lib/{name}", jpeg())
    words = ["find", str(library.image), "--algorithm", "dhash", "--json"]
    assert main.main(words) == ExitCode.NOT_IMPORTED
    found = json.loads(capsys.readouterr().out)["matches"]
    assert [os.path.basename(one["path"]) for one in found] == ["a.jpg", "b.jpg", "c.jpg"]
    behind = [b"", *(os.fsencode(library.folder / "lib" / name) for name in ("a.jpg", "b.jpg"))]
    assert library.asked == [questions.contents("haystack", one) for one in behind]


def test_find_by_a_hash_says_how_many_it_could_not_read(library, capsys):
    """They are in no line of the list, and may be the ones."""
    library.put("lib/coffee.jpg", jpeg(photo("coffee.png")))
    library.put("lib/broken.jpg", b"no picture")
    words = ["find", str(library.image), "--algorithm", "dhash"]
    assert main.main(words) == ExitCode.NOT_IMPORTED
    out, err = capsys.readouterr()
    assert [line.endswith("/coffee.jpg") for line in out.splitlines()] == [True]
    assert err == "dedupd: 1 library picture could not be read\n"
    main.main([*words, "--json"])
    assert json.loads(capsys.readouterr().out)["unread"] == 1


def test_find_by_a_hash_needs_a_picture_that_has_one(library, capsys):
    """A text has none: three lines, whatever is in the library."""
    note = library.put("note.txt", b"a note")
    library.put("lib/a.jpg", jpeg())
    assert main.main(["find", str(note), "--algorithm", "dhash"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 3)
    assert f"can't look for {note}" in err


@pytest.mark.parametrize(("most", "unread"), [(1, 0), (9, 3)])
def test_find_says_what_it_did_not_compare_and_what_nobody_read(
    library, capsys, monkeypatch, most, unread
):
    """Each alone, on standard error: the answer stands, but it may not be all of it."""
    monkeypatch.setattr(finding, "MOST_COMPARED", most)
    paths = [library.put(f"lib/{name}.jpg", jpeg(photo("coffee.png"))) for name in "abc"]
    near = tuple(MatchLine(known(path), None, "not-compared") for path in paths)
    library.near = NearReply(near, unread)
    assert main.main(["find", str(library.image)]) == ExitCode.NOT_IMPORTED
    left = "dedupd: 2 more library pictures that may resemble it not compared\n"
    later = "dedupd: 3 library files not read yet: it may be among them\n"
    assert capsys.readouterr().err == (later if unread else left)


def group(names, **more):
    """Return a group of files of 10 bytes each that look the same."""
    stamp = Stamp(1, 10, 0, 0)
    copies = (Copy(Known(name, Role.HAYSTACK, stamp, bytes(32))) for name in names)
    return Group(EvidenceKind.SAME, tuple(copies), **more)


LEFT_OUT = ((b"/l/x\n.jpg", Unreadable("changed", "look again first")),)
FOUND = Duplicates((group([b"/l/a", b"/l/b"], kept_apart=1),), 2, LEFT_OUT)


@pytest.fixture
def found(library, monkeypatch):
    """Let a search find what can't be in one group, and a file that changed."""
    search = SimpleNamespace(run=lambda: FOUND)
    monkeypatch.setattr(duplicates, "Duplicating", lambda *given, **more: search)


@pytest.mark.usefixtures("found")
def test_duplicates_tell_which_equal_pictures_are_in_no_common_group(capsys):
    """In their group, and in the sum; what was left out goes to standard error, escaped."""
    assert main.main(["duplicates"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    head, *_, apart, empty, total, kept = out.splitlines()
    assert head.startswith("2 files: the same picture")
    assert apart == "  1 pair with pictures elsewhere, which don't equal all of these"
    assert (empty, total) == ("", "1 group, 2 files, 10 bytes wasted")
    assert kept == "2 pairs of equal pictures kept apart: not all of their group are equal"
    assert err == "dedupd: left out: /l/x\\n.jpg: it changed since dedupd read it\n"


@pytest.mark.usefixtures("found")
def test_duplicates_in_json_are_groups_and_nothing_else(capsys):
    """The sum and what was left out are beside them."""
    assert main.main(["duplicates", "--json"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert [json.loads(line)["kept_apart"] for line in out.splitlines()] == [1]
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "1 group, 2 files, 10 bytes wasted",
        "2 pairs of equal pictures kept apart",
        "dedupd",
    ]
