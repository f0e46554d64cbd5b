"""The owner's decisions in a running daemon: kept or refused, and losses told until they are known.

While a loss isn't acknowledged an undo or a `different` may be among what is lost, so only equal
bytes match (`book.doubtful`).
"""

from __future__ import annotations

import logging

import pytest

from dedupd.deciding import LOST, META, Keeper, book_of
from dedupd.decision import Decision, DecisionKind
from dedupd.messages import Record
from dedupd.state.decisionline import Lost, Undo
from dedupd.state.decisions import NAME
from dedupd.state.memory import MemoryStore

TIME = "2026-11-22T10:00:00.000Z"


def decided(number):
    """Return a decision that two contents are the same picture."""
    first, second = (b"%032d" % one for one in (number, number + 1))
    kind = DecisionKind.SAME
    return Decision(f"d{number}", f"b{number}", TIME, kind, first, second, b"/n/a", b"/h/a")


FIRST, SECOND, THIRD, FOURTH = (decided(number) for number in range(1, 5))


class Runs:
    """One state folder, its store, and a daemon's decisions on it, run after run."""

    def __init__(self, folder):
        self.folder, self.store, self.keepers = folder, MemoryStore(), []

    def start(self):
        """End the run before, and begin another one."""
        self.end()
        self.keepers.append(Keeper(self.folder, self.store))
        return self.keepers[-1]

    def end(self):
        """End the last run."""
        for keeper in self.keepers[-1:]:
            keeper.close()

    @property
    def file(self):
        """Where the decisions are."""
        return self.folder / NAME


@pytest.fixture
def runs(tmp_path):
    """Return a state folder in which three decisions were kept."""
    made = Runs(tmp_path)
    keeper = made.start()
    for number, one in enumerate((FIRST, SECOND, THIRD)):
        assert keeper.record(Record(number, 0.0, (one,))) == ""
    yield made
    made.end()


def in_force(keeper):
    """Return which decisions a daemon goes by."""
    return [one.id for one, holds in keeper.book.all() if holds]


def test_a_lost_line_decides_nothing_and_undoes_nothing():
    """Whatever its id: it only says that something is lost, and an undo is another line."""
    lost = Lost("d1", TIME, (2,), "")
    book = book_of([FIRST, lost, SECOND, Undo("d2", TIME)], [])
    assert [(one.id, holds) for one, holds in book.all()] == [("d1", True), ("d2", False)]
    assert not book.doubtful
    assert book_of([FIRST, lost], ["line 2 is lost"]).doubtful


def test_a_damaged_line_is_told_until_the_owner_knows_of_it(runs):
    """In every run; acknowledging it is a decision that is kept like others."""
    data = bytearray(runs.file.read_bytes())
    data[40] ^= 1
    runs.file.write_bytes(data)
    for _ in range(2):
        keeper = runs.start()
        (problem,) = keeper.problems
        assert (problem.code, problem.fix) == (LOST, "dedupd undo lost-4")
        assert problem.message.endswith("; meanwhile only equal bytes match")
        assert (keeper.book.doubtful, in_force(keeper)) == (True, ["d2", "d3"])
    assert keeper.record(Record(1, 0.0, loss="lost-4")) == ""
    for one in (keeper, runs.start()):
        assert (one.problems, one.book.doubtful) == ((), False)


def test_a_loss_that_never_was_cant_be_acknowledged(runs):
    """A name mistyped: nothing is written, not even what came with it."""
    keeper, before = runs.start(), runs.file.read_bytes()
    why = keeper.record(Record(1, 0.0, (FOURTH,), loss="lost-9"))
    assert why == "nothing of that name was lost: lost-9"
    assert runs.file.read_bytes() == before


def older(keeper):
    """Return what a run says about a file that is older than it was; all is in doubt then."""
    (problem,) = keeper.problems
    assert (problem.code, problem.fix, keeper.book.doubtful) == (
        LOST,
        "dedupd undo lost-file",
        True,
    )
    return problem.message.partition(":")[0]


def test_an_older_file_is_a_loss(runs):
    """Put back from a backup: however long it grows again, that doesn't make good for it."""
    runs.file.write_bytes(runs.file.read_bytes().splitlines(keepends=True)[0])
    keeper = runs.start()
    assert older(keeper) == "decisions.jsonl ends at line 1, and had 3 before"
    assert keeper.record(Record(1, 0.0, (FOURTH, decided(5), decided(6)))) == ""
    again = runs.start()
    assert older(again) == "decisions.jsonl ends at line 1, and had 3 before"
    assert in_force(again) == ["d1", "d4", "d5", "d6"]


def test_an_older_file_is_a_loss_no_more_once_the_owner_knows(runs):
    """What it holds then is what is counted from."""
    runs.file.write_bytes(b"")
    keeper = runs.start()
    assert older(keeper) == "decisions.jsonl ends at line 0, and had 3 before"
    assert keeper.record(Record(1, 0.0, loss="lost-file")) == ""
    assert runs.store.meta(META) == {"last_seq": 1}
    for one in (keeper, runs.start()):
        assert (one.problems, one.book.doubtful) == ((), False)


def test_a_decision_that_cant_be_kept_is_refused_with_the_reason(runs):
    """Nothing is in force that the next run would not know of."""
    keeper = runs.start()
    runs.file.unlink()
    why = keeper.record(Record(1, 0.0, (FOURTH,)))
    assert why.startswith(f"cannot keep decisions in {runs.file}: the file was removed")
    assert runs.store.meta(META) == {"last_seq": 3}


def test_a_loss_is_acknowledged_only_once_that_is_on_the_disk(runs):
    """A full disk leaves everything in doubt."""
    runs.file.write_bytes(b"")
    keeper = runs.start()
    runs.file.unlink()
    assert keeper.record(Record(1, 0.0, loss="lost-file")) != ""
    assert (len(keeper.problems), keeper.book.doubtful) == (1, True)


def test_what_a_crash_left_is_cut_off_and_said(runs, caplog):
    """Nobody was told of that decision; those before it are in force, and nothing is in doubt."""
    whole = runs.file.read_bytes()
    runs.file.write_bytes(whole + whole[:30])
    with caplog.at_level(logging.WARNING):
        keeper = runs.start()
    assert f"30 bytes that a crash left unfinished were cut off {NAME}" in caplog.text
    assert (in_force(keeper), keeper.problems) == (["d1", "d2", "d3"], ())
    assert runs.file.read_bytes() == whole
