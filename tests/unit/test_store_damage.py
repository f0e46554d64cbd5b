"""A damaged store: all of it or nothing, and always a store."""

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dedupd import state, wire
from dedupd.errors import StoreInUse
from dedupd.model import FileRecord, Place, Signature, Stamp
from dedupd.state import StoreDamaged, StoreFull, StoreReadOnly, keys, store
from dedupd.state.store import open_store, set_aside

COMMITS = 60
IN_TABLES = 30  # commits that are in a table when the database is opened for damage


@pytest.fixture(autouse=True)
def _memory_is_enough(monkeypatch):
    """Hundreds of stores are opened here, and no power is cut: their syncs would cost minutes."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def record(number):
    """Return a record that tells which commit it came from."""
    return FileRecord(Stamp(number, number, 0, 0))


def put(opened, first, last):
    """Make commits `first` to `last` - 1: two files and a signature each."""
    for number in range(first, last):
        for letter in (b"a", b"b"):
            opened.put_file(Place("r", b"%04d/%s" % (number, letter)), record(number))
        noise = random.Random(number).randbytes(4096)
        opened.put_signature(b"%032d" % number, Signature(noise, noise[:512]))
        opened.commit()


def commits(opened):
    """Return how many commits are there; fails if one is there by half, or one is missing."""
    found = [(path, known.stamp.ino) for path, known in opened.files("r")]
    count = len(found) // 2
    expected = [(b"%04d/%s" % (n, letter), n) for n in range(count) for letter in (b"a", b"b")]
    assert found == expected
    assert all(opened.signature(b"%032d" % number) for number in range(count))
    return count


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A state folder whose database has tables and a log, closed."""
    folder = tmp_path_factory.mktemp("whole")
    for first, last in ((0, IN_TABLES // 2), (IN_TABLES // 2, IN_TABLES), (IN_TABLES, COMMITS)):
        opened, _ = open_store(folder)
        put(opened, first, last)
        opened.close()
    return folder


def reopened(folder):
    """Return what is left after damage: reason, commits; and prove that the store works."""
    opened, reason = open_store(folder)
    count = commits(opened)
    opened.put_meta("works", {})
    opened.commit(sync=True)
    opened.close()
    again, later_reason = open_store(folder)
    assert again.meta("works") == {}
    assert later_reason is None
    again.close()
    return reason, count


def copied(whole, tmp_path):
    """Return a copy of the state folder to damage."""
    return Path(shutil.copytree(whole, tmp_path / "state"))


def files_of(folder):
    """Return the files of a database whose loss would matter, by kind."""
    names = sorted(path.name for path in (folder / "store").iterdir())
    return [name for name in names if not name.startswith("LO")]


def test_the_damaged_database_has_every_kind_of_file(whole):
    """The tests below mean something only with tables, a log, a manifest and CURRENT."""
    kinds = {name.split("-")[0].split(".")[-1] for name in files_of(whole)}
    assert kinds == {"ldb", "log", "MANIFEST", "CURRENT"}


def test_nothing_damaged_nothing_lost(whole, tmp_path):
    """A whole store opens with everything and without a reason."""
    assert reopened(copied(whole, tmp_path)) == (None, COMMITS)


def test_a_lost_file_gives_an_empty_store_with_a_reason(whole, tmp_path):
    """Each file of the database, and meta.json, deleted in turn."""
    for number, name in enumerate([*files_of(whole), "../meta.json"]):
        folder = copied(whole, tmp_path / str(number))
        (folder / "store" / name).unlink()
        reason, count = reopened(folder)
        assert count == 0, name
        assert "set aside as store.bad-" in reason


def test_a_lost_database_gives_an_empty_store_with_a_reason(whole, tmp_path):
    """A database that is gone isn't taken for a first start."""
    folder = copied(whole, tmp_path)
    shutil.rmtree(folder / "store")
    assert reopened(folder) == ("the database is gone", 0)


def damaged(data, how, rng):
    """Return `data` cut, with one bit flipped, or with up to 4 KiB of zeros in it."""
    at = rng.randrange(len(data))
    if how == "cut":
        return data[:at]
    if how == "flip":
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    middle = data[at : at + 4096]
    return data[:at] + bytes(len(middle)) + data[at + 4096 :]


@pytest.mark.parametrize("how", ["cut", "flip", "zero"])
def test_damage_never_gives_half_a_store(whole, tmp_path, how):
    """
    All or nothing; of the log alone the end may be missing, as after a power cut.

    Not seen here: a loss at the log's end looks like commits that were never synced.
    """
    rng = random.Random(how)
    names = files_of(whole)
    for number in range(60):
        name = names[number % len(names)]
        data = (whole / "store" / name).read_bytes()
        folder = copied(whole, tmp_path / str(number))
        changed = damaged(data, how, rng)
        (folder / "store" / name).write_bytes(changed)
        reason, count = reopened(folder)
        if reason is not None:
            assert count == 0
        elif name.endswith(".log"):
            assert IN_TABLES <= count <= COMMITS
        else:
            assert count == COMMITS
        if how == "flip" and name.endswith((".log", ".ldb")) and reason is None:
            assert count == COMMITS
        shutil.rmtree(folder)


def test_every_block_of_every_table_is_read(whole, tmp_path):
    """
    One bad bit in each KiB of each table, the last block too, which plyvel's own iterator skips.

    Only bits that nothing depends on (a footer's padding) may stay unseen.
    """
    for name in (name for name in files_of(whole) if name.endswith(".ldb")):
        data = (whole / "store" / name).read_bytes()
        for at in range(0, len(data), 1024):
            folder = copied(whole, tmp_path / f"{name}-{at}")
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            (folder / "store" / name).write_bytes(changed)
            opened, reason = open_store(folder)
            opened.close()
            assert reason, (name, at)
            shutil.rmtree(folder)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff", b'{"format": 2}', b'{"format": 1, "generation": "x"}']
)
def test_meta_json_must_fit(whole, tmp_path, text):
    """A torn meta.json, another format or another generation is no store of ours."""
    folder = copied(whole, tmp_path)
    (folder / "meta.json").write_bytes(text)
    reason, count = reopened(folder)
    assert "meta.json" in reason
    assert count == 0


def test_a_value_that_passes_leveldb_but_not_the_seal_is_found(whole, tmp_path):
    """The CRC of a value is checked when the store is opened, not only LevelDB's."""
    folder = copied(whole, tmp_path)
    database = store.plyvel.DB(str(folder / "store"))
    key = keys.file(Place("r", b"0003/a"))
    database.put(key, database.get(key)[:-1] + b"\x55")
    database.close()
    reason, count = reopened(folder)
    assert "CRC" in reason
    assert count == 0


def test_damage_met_later_is_told(tmp_path):
    """A value that goes bad while the store is open raises `StoreDamaged`, from get and scan."""
    opened, _ = open_store(tmp_path)
    for key in (keys.file(Place("r", b"a")), keys.signature(b"a" * 32, 1), keys.meta("x")):
        opened._pending[key] = wire.seal(b"\x09from the future")
    for read in (lambda: list(opened.files("r")), lambda: opened.signature(b"a" * 32)):
        with pytest.raises(StoreDamaged):
            read()
    with pytest.raises(StoreDamaged):
        opened.meta("x")
    opened.close()


def test_a_table_lost_under_an_open_store_is_told(whole, tmp_path):
    """LevelDB notices a damaged table only when it reads it; then we say so."""
    folder = copied(whole, tmp_path)
    opened, _ = open_store(folder)
    for table in (folder / "store").glob("*.ldb"):
        table.write_bytes(bytes(table.stat().st_size))
    with pytest.raises(StoreDamaged):
        list(opened.files("r"))
    opened.close()
    reason, count = reopened(folder)
    assert count == 0
    assert reason


def test_set_aside_keeps_the_old_database_under_a_new_name(whole, tmp_path):
    """Setting aside twice within a second gives two names, and the state is told each time."""
    folder = copied(whole, tmp_path)
    names = set()
    for _ in range(3):
        names.add(set_aside(folder))
        assert reopened(folder) == ("the database is gone", 0)
    assert len(names) == 3
    assert all((bad / "CURRENT").exists() for bad in names)
    shutil.rmtree(folder / "store")
    assert set_aside(folder) is None


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_store_damage import put
from dedupd.state.store import open_store
opened, _ = open_store(Path(sys.argv[1]))
for number in range(int(sys.argv[3]), 100_000):
    put(opened, number, number + 1)
    print(number, flush=True)
"""


def test_kill_9_costs_no_commit(tmp_path):
    """Whatever was committed when the process is killed is there afterwards, whole."""
    done = 0
    for lines in (1, 40, 400):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, Path(__file__).parent, str(done)],
            stdout=subprocess.PIPE,
        )
        with writer:
            for _ in range(lines):
                done = int(writer.stdout.readline()) + 1
            writer.send_signal(signal.SIGKILL)
            done = max([done, *(int(line) + 1 for line in writer.stdout.read().split())])
        opened, reason = open_store(tmp_path)
        count = commits(opened)
        opened.close()
        assert reason is None
        # One commit may have been made whose number wasn't printed any more.
        assert done <= count <= done + 1
        done = count


def test_a_batch_that_breaks_half_way_writes_nothing(tmp_path):
    """An error among the values of a batch leaves none of the earlier ones in the database."""
    opened, _ = open_store(tmp_path)
    with pytest.raises(TypeError):
        opened._database.write({keys.meta("a"): wire.seal(b"{}"), keys.meta("b"): "text"}, False)
    assert opened.meta("a") is None
    opened.close()


class FullDatabase:
    """A database that has nothing, and refuses every write but those allowed."""

    def __init__(self, failure):
        self.failure, self.writes = failure, 0

    def get(self, key):
        return None

    def write(self, values, sync):
        self.writes += 1
        raise self.failure

    def close(self):
        pass


def test_after_a_failed_write_nothing_is_written_any_more():
    """What stands behind a torn record would be damage, so the store must be opened again."""
    full = FullDatabase(StoreFull("no", "no space"))
    opened = store.LevelStore(full, state.Versions())
    opened.put_file(Place("r", b"a"), record(1))
    for _ in range(2):
        with pytest.raises(StoreFull):
            opened.commit()
    assert full.writes == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (b"IO error: /s/store/000005.log: No space left on device", StoreFull),
        (b"IO error: /s/store/000005.log: Disk quota exceeded", StoreFull),
        (b"IO error: /s/store/000005.log: Read-only file system", StoreReadOnly),
        (b"IO error: lock /s/store/LOCK: Resource temporarily unavailable", StoreInUse),
        (b"IO error: /s/store/000005.log: Input/output error", type(None)),
        (b"Corruption: bad block", type(None)),
    ],
)
def test_a_full_disk_is_no_damage(words, expected):
    """Only what is no fault of the disk's space or our rights makes a store be set aside."""
    assert type(store._refusal(store.plyvel.IOError(words), Path("/s/store"))) is expected


def test_a_store_held_by_another_program_is_not_set_aside(tmp_path):
    """LevelDB's lock says that somebody uses the files: we leave them alone."""
    open_store(tmp_path)[0].close()
    code = (
        "import sys; from dedupd.state.store import plyvel\n"
        "held = plyvel.DB(sys.argv[1]); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "store"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StoreInUse, match="cannot open"):
            open_store(tmp_path)
        holder.communicate(b"\n")
    opened, reason = open_store(tmp_path)
    opened.close()
    assert reason is None


def test_a_store_is_opened_once_in_a_process(tmp_path):
    """A second open would lose LevelDB's lock, so it is refused before LevelDB sees it."""
    opened, _ = open_store(tmp_path)
    with pytest.raises(RuntimeError, match="open in this process"):
        open_store(tmp_path / "." / "")
    opened.close()
    open_store(tmp_path)[0].close()


def test_the_state_folder_is_for_its_owner_only(tmp_path):
    """The state folder and the database say nothing to other users."""
    folder = tmp_path / "deep" / "state"
    open_store(folder)[0].close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "store").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "meta.json").stat().st_mode) == 0o600
    assert json.loads((folder / "meta.json").read_text())["format"] == 1
