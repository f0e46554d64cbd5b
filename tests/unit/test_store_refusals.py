"""What the disk refuses the store: told as ours, set aside only where it is damage."""

from __future__ import annotations

import errno
import json
import os

import pytest

from dedupd import state, wire
from dedupd.errors import StoreInUse, UserError
from dedupd.model import Fingerprint
from dedupd.state import StoreDamaged, StoreFull, durable, level, lock, store
from dedupd.state.lock import StateLock
from dedupd.state.store import open_store

FULL = b"IO error: /s/store/000005.log: No space left on device"
BROKEN = b"IO error: /s/store/000005.log: Input/output error"


class Refusing:
    """A LevelDB whose every call fails with these words."""

    def __init__(self, words):
        self.error = store.plyvel.IOError(words)

    def get(self, _key, verify_checksums):
        raise self.error

    def write_batch(self, transaction, sync):
        raise self.error

    def close(self):
        pass


def set_aside(folder):
    return list(folder.glob("store.bad-*"))


def test_a_value_that_cannot_be_read_is_damage(tmp_path):
    """Whoever opened the store hears of it as such, in LevelDB's words."""
    opened = store._LevelDatabase(Refusing(BROKEN), tmp_path)
    with pytest.raises(StoreDamaged, match="Input/output error"):
        opened.get(b"x")


@pytest.mark.parametrize(("words", "kind"), [(FULL, StoreFull), (BROKEN, StoreDamaged)])
def test_a_write_that_fails_is_told_by_its_cause(tmp_path, words, kind):
    """A full disk can be mended; what else keeps a database from writing is damage."""
    opened = store._LevelDatabase(Refusing(words), tmp_path)
    with pytest.raises(kind):
        opened.write({b"x": b"y"}, True)


@pytest.mark.parametrize(("words", "kind"), [(FULL, StoreFull), (BROKEN, UserError)])
def test_a_store_that_cannot_be_begun_is_told_and_can_be_begun_later(
    tmp_path, monkeypatch, words, kind
):
    """Nothing is left that the next start would take for a database, and nothing is set aside."""
    refused = _raising(store.plyvel.IOError(words))
    with monkeypatch.context() as patched:
        patched.setattr(store, "_level_db", refused)
        with pytest.raises(kind) as told:
            open_store(tmp_path)
    assert told.value.fix
    opened, reason = open_store(tmp_path)
    opened.close()
    assert (reason, set_aside(tmp_path)) == (None, [])


def test_an_error_of_the_system_without_words_of_leveldb_is_a_users_error(tmp_path, monkeypatch):
    """The message names the folder, what the system said, and another folder as the cure."""
    monkeypatch.setattr(durable.os, "fsync", _no_device)
    with pytest.raises(UserError, match="cannot use the store") as told:
        open_store(tmp_path)
    assert "--state" in told.value.fix
    assert str(tmp_path / "store") in told.value.what


def _no_device(_fd):
    raise OSError("the device is gone")


def test_a_header_that_cannot_be_written_leaves_the_database_closed(tmp_path, monkeypatch):
    """Else its lock would keep the next try of this very process out."""
    with monkeypatch.context() as patched:
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        patched.setattr(durable, "write_whole", _raising(full))
        with pytest.raises(StoreFull):
            open_store(tmp_path)
    opened, _ = open_store(tmp_path)
    opened.put_meta("x", {"y": 1})
    opened.commit()
    opened.close()


def test_a_full_disk_while_opening_sets_nothing_aside(tmp_path, monkeypatch):
    """What is there is whole: it is opened again when there is space."""
    open_store(tmp_path)[0].close()
    with monkeypatch.context() as patched:
        patched.setattr(store.plyvel, "DB", _raising(store.plyvel.IOError(FULL)))
        with pytest.raises(StoreFull):
            open_store(tmp_path)
    assert set_aside(tmp_path) == []
    opened, reason = open_store(tmp_path)
    opened.close()
    assert reason is None


def _raising(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize("text", [b"[1]", b"7", b"no JSON"])
def test_a_small_fact_that_is_no_object_is_damage(tmp_path, text):
    """It is never read as a fact that isn't there."""
    opened, _ = open_store(tmp_path)
    opened._pending[state.keys.meta("x")] = wire.seal(text)
    with pytest.raises(StoreDamaged, match="small fact"):
        opened.meta("x")
    opened.close()


def test_as_many_fingerprints_as_are_kept_at_hand_are_never_mixed_up(tmp_path, monkeypatch):
    """The one that was asked for longest ago goes, and is read again when it is asked for."""
    monkeypatch.setattr(level, "RECENT_FINGERPRINTS", 2)
    opened, _ = open_store(tmp_path)
    known = {bytes([n]) * 32: Fingerprint(n + 1, 9, n, bytes(256), "jpeg") for n in range(5)}
    for digest, value in known.items():
        opened.put_fingerprint(digest, value)
    for _ in range(2):
        assert {digest: opened.fingerprint(digest) for digest in known} == known
        assert len(opened._recent) == 2
    opened.close()


def test_a_state_folder_without_rights_is_a_users_error(tmp_path, monkeypatch):
    """A read-only disk, or somebody else's folder; root may do all, so its word is replaced."""
    monkeypatch.setattr(lock.os, "access", lambda *_: False)
    with pytest.raises(UserError, match="cannot use the state folder") as told:
        StateLock.acquire(tmp_path)
    assert "may not write" in told.value.why


def test_a_lock_that_cannot_be_opened_is_a_users_error_and_no_rival(tmp_path):
    """A folder in its place: nobody else is using it, whatever the lock would say."""
    (tmp_path / "lock").mkdir()
    with pytest.raises(UserError) as told:
        StateLock.acquire(tmp_path)
    assert not isinstance(told.value, StoreInUse)
    assert "--state" in told.value.fix


def test_meta_json_says_the_format_that_the_database_says(tmp_path):
    """Both are written at once, so that neither fits a database of another time."""
    open_store(tmp_path)[0].close()
    told = json.loads((tmp_path / "meta.json").read_text())
    database = store.plyvel.DB(str(tmp_path / "store"))
    header = level.decode_json(wire.unseal(database.get(state.keys.HEADER)))
    database.close()
    assert header == told
