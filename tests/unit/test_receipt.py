"""The receipt: a text for `sha256sum -c`, and never a better verdict than the look gave."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

import pytest
from tests.unit.engine_disk import other, picture
from tests.unit.engine_world import World, world_with
from tests.unit.reports import EVERY_STATE, folder

from dedupd.asks import AskReceipt, Known, PathReply, ReceiptLine, ReceiptReply
from dedupd.cli.receipt import receipt_head
from dedupd.engine import answers
from dedupd.engine.cases import Cases
from dedupd.faces.outputs.receipt import checksum_line, render
from dedupd.faces.protocol import folder_fields, reply_fields
from dedupd.likeness import MatchLimits
from dedupd.model import Evidence, EvidenceKind, FolderState, Role, Stamp

STAMP = Stamp(1, 2, 3, 4)
NEEDLE = Known(b"/n/a", Role.NEEDLES, STAMP, b"\1" * 32)
WITNESS = Known(b"/l/a", Role.HAYSTACK, STAMP, b"\1" * 32)
EXACT = ReceiptLine(NEEDLE, "matched", "", Evidence(EvidenceKind.BYTES), WITNESS)
NOTE = ReceiptLine(Known(b"/n/note", Role.NEEDLES, STAMP, None), "", "", None, None)
DONE = folder(b"card", FolderState.IMPORTED, pictures=1, matched=1)


def looked(imported=True, report=DONE, why=""):
    """Return the answer of a fresh look."""
    return reply_fields(PathReply(imported=imported, folder=report, picture=None, why=why))


def portion(*lines, report=DONE):
    """Return one answer about the files of the folder."""
    return reply_fields(ReceiptReply(report, lines, MatchLimits(), more=False))


def test_a_confirmed_folder_is_imported():
    """The look, the state and every file of it agree."""
    head = receipt_head(looked(), [portion(EXACT, NOTE)], "")
    assert (head["imported"], head["why"]) == (True, "")
    assert head["limits"]["luma"] == MatchLimits().luma


def beside(sha256=b"\1", role=Role.HAYSTACK, kind=EvidenceKind.BYTES):
    """Return a needle with equal bytes as evidence, and that file as its witness."""
    witness = Known(b"/l/a", role, STAMP, sha256 * 32)
    return ReceiptLine(NEEDLE, "matched", "", Evidence(kind), witness)


DOUBTS = {
    "the look found something": (looked(imported=False, why="gone: /l/a"), [portion(EXACT)]),
    "the look is about a picture": (looked(report=None), [portion(EXACT)]),
    "a portion came later": (looked(), [portion(EXACT), portion(report=EVERY_STATE[3])]),
    "a file is to review": (looked(), [portion(ReceiptLine(NEEDLE, "possible", "x", None, None))]),
    "a file is missing": (looked(), [portion(ReceiptLine(NEEDLE, "unmatched", "", None, None))]),
    "a file is pending": (looked(), [portion(ReceiptLine(NEEDLE, "pending", "", None, None))]),
    "a picture came": (looked(), [portion(EXACT, EXACT)]),
    "a picture went": (looked(), [portion(NOTE)]),
    "nothing is told": (looked(), [portion()]),
    "a witness is missing": (looked(), [portion(ReceiptLine(NEEDLE, "matched", "", None, None))]),
    "the witness has other bytes": (looked(), [portion(beside(sha256=b"\2"))]),
    "the other name has other bytes": (
        looked(),
        [portion(beside(sha256=b"\2", kind=EvidenceKind.HARDLINK))],
    ),
    "the witness is a needle": (looked(), [portion(beside(role=Role.NEEDLES))]),
    "only a truthy word": ({**looked(), "imported": "yes"}, [portion(EXACT)]),
}


@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS)
def test_every_doubt_takes_the_verdict_back(doubt):
    """Also where the folder still says that it is imported; the text then doesn't say so."""
    head = receipt_head(*doubt, "")
    assert head["imported"] is False
    assert head["why"]
    text = b"\n".join(render(head, doubt[1][-1]["lines"])).decode()
    assert "state: imported" not in text
    assert "every witness" not in text


def test_without_a_daemon_it_says_how_old_it_is():
    """It can't be confirmed then."""
    head = receipt_head(looked(imported=False, why="offline"), [portion(EXACT)], "as of today")
    assert (head["imported"], head["freshness"]) == (False, "no daemon was running: as of today")


def test_imported_never_comes_without_what_would_be_lost():
    """Videos and other files, in the same line."""
    films = EVERY_STATE[2]
    head = receipt_head(looked(), [portion(EXACT)], "") | {"folder": folder_fields(films)}
    text = b"\n".join(render(head, [])).decode()
    assert "# state: imported, and 12 videos and 1 other file not in the library" in text


def test_each_path_has_one_checksum_line_and_each_file_its_facts():
    """Two needles may rest on one witness; what was never read has no checksum."""
    other = Known(b"/n/b", Role.NEEDLES, STAMP, b"\1" * 32)
    lines = portion(EXACT, ReceiptLine(other, "matched", "", EXACT.evidence, WITNESS), NOTE)
    text = list(render(receipt_head(looked(), [lines], ""), lines["lines"]))
    sums = [line for line in text if not line.startswith(b"#")]
    assert [line.partition(b"  ")[2] for line in sums] == [b"/n/a", b"/l/a", b"/n/b"]
    facts = [json.loads(line[3:]) for line in text if line.startswith(b"#: ")]
    assert [one.get("path") for one in facts] == [None, "/n/a", "/n/b", "/n/note"]
    assert facts[1]["witness"]["path"] == "/l/a"
    assert not any(b"\n" in line for line in text)


def test_what_merely_comes_nearest_is_no_witness():
    """It is named, but it vouches for nothing and isn't summed."""
    lines = portion(ReceiptLine(NEEDLE, "possible", "smaller", EXACT.evidence, WITNESS))["lines"]
    assert (lines[0]["witness"], lines[0]["nearest"]["path"]) == (None, "/l/a")
    head = receipt_head(looked(imported=False, why="review"), [portion()], "")
    assert not any(line.endswith(b"/l/a") for line in render(head, lines))


ODD = (
    b"plain.jpg", b"two\nlines", b"back\\slash", b"cr\r", b"\r\n", b"c\rr", b" sp ace ", b"\\",
    b"\xff\xfe", b"*star", b"#hash", b"-rf", b"\\n", b"caf\xc3\xa9", b"\x1b[31m",
)  # fmt: skip


def test_coreutils_read_every_name(tmp_path):
    """Line ends, backslashes, carriage returns, bytes that are no UTF-8."""
    lines = [b"# a comment", b'#: {"a": 1}']
    for name in ODD:
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb") as file:
            file.write(name)
        lines.append(checksum_line(hashlib.sha256(name).hexdigest(), path))
    receipt = tmp_path / "receipt.sha256"
    receipt.write_bytes(b"\n".join(lines) + b"\n")
    command = ["sha256sum", "--check", "--strict", str(receipt)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b": OK") == len(ODD)
    (tmp_path / "plain.jpg").write_bytes(b"other")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def told(world: World, after: bytes = b"") -> list[tuple[bytes, str, bytes]]:
    """Return path, evidence and witness of each file of the receipt."""
    reply = world.replies[world.ask(AskReceipt(b"/n1/card", after))]
    assert isinstance(reply, ReceiptReply)
    return [
        (
            line.known.path,
            line.evidence.kind.value if line.evidence else "",
            line.witness.path if line.witness else b"",
        )
        for line in reply.lines
    ]


def linked() -> World:
    """Return a world at rest whose needle files are other names of library files."""
    world = world_with({b"a.jpg": picture(1, "a"), b"a.txt": other(1)}, {})
    world.disk.link("h1", b"a.jpg", "n1", b"card/x.jpg")
    world.disk.link("h1", b"a.txt", "n1", b"card/x.txt")
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED
    return world


def test_a_receipt_says_what_the_claim_stands_on():
    """Another name of the very same file is no second file, and the event said so too."""
    world = linked()
    assert told(world) == [
        (b"/n1/card/x.jpg", "hardlink", b"/h1/a.jpg"),
        (b"/n1/card/x.txt", "", b"/h1/a.txt"),
    ]
    [event] = [
        one for one in world.log if one.name == "folder.imported" and one.path[-4:] == b"card"
    ]
    assert dict(event.facts)["evidence"] == {"hardlink": 1}


def test_a_receipt_follows_what_the_claim_stands_on():
    """A second file in the library is a better witness, and is what a claim looks at."""
    world = linked()
    assert told(world)[0][1] == "hardlink"
    world.disk.write("h1", b"z.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    assert told(world)[0] == (b"/n1/card/x.jpg", "bytes", b"/h1/z.jpg")


def test_a_long_receipt_follows_it_from_portion_to_portion(monkeypatch):
    """The library changes while it is made; `receipt_head` then sees whether all fits together."""
    monkeypatch.setattr(answers, "PORTION", 1)
    world = linked()
    assert told(world) == [(b"/n1/card/x.jpg", "hardlink", b"/h1/a.jpg")]
    world.disk.write("h1", b"z.txt", other(1))
    world.happened()
    world.rest()
    assert told(world, after=b"/n1/card/x.jpg") == [(b"/n1/card/x.txt", "", b"/h1/z.txt")]


def test_a_long_receipt_rests_on_one_case_while_nothing_changes(monkeypatch):
    """A folder of thousands of pictures isn't gone through once a portion; a new receipt is."""
    built, really = [], Cases.build
    monkeypatch.setattr(answers, "PORTION", 1)
    monkeypatch.setattr(Cases, "build", lambda *given: built.append(1) or really(*given))
    world = linked()
    built.clear()
    for _ in range(2):
        assert told(world) == [(b"/n1/card/x.jpg", "hardlink", b"/h1/a.jpg")]
        assert told(world, after=b"/n1/card/x.jpg") == [(b"/n1/card/x.txt", "", b"/h1/a.txt")]
    assert len(built) == 2
