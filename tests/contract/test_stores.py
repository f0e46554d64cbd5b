"""What every `Store` promises, held by the one on disk and by the fake alike."""

import dataclasses
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupd.likeness import NOT_MEASURABLE, Measures
from dedupd.model import (
    VIEWS,
    EntryType,
    FileRecord,
    Fingerprint,
    Kind,
    Place,
    Signature,
    Stamp,
    Unreadable,
)
from dedupd.state import Versions, keys
from dedupd.state.memory import MemoryStore
from dedupd.state.store import open_store

MEMBERS = ("level", "memory")
A, B = b"a" * 32, b"b" * 32
RECORD = FileRecord(Stamp(5, 6, 7, 8), kind=Kind.PICTURE, digest=A)
PICTURE = Fingerprint(
    40, 30, 99, bytes(range(256)), "jpeg", coded=B, turned=(1, 2, 3, 4, 5, 6, 7), coding_error=2.5
)
SIGNATURE = Signature(b"\1" * 4096, b"\2" * 512)
MEASURES = Measures(3.25, 1.5, 0.875)

PARTS = st.binary(min_size=1, max_size=3).filter(lambda part: not {0, ord("/")} & set(part))
ODD_PARTS = st.sampled_from([b"a", b"a b", b"a-b", b"a\x01", b"a.jpg", b"\xff", b"\n", b"B"])
paths = st.lists(PARTS | ODD_PARTS, min_size=1, max_size=4).map(b"/".join) | st.just(b"")


@pytest.fixture(params=MEMBERS)
def store(request, tmp_path):
    """One store of each kind, empty."""
    opened = open_store(tmp_path)[0] if request.param == "level" else MemoryStore()
    yield opened
    opened.close()


def walked(tree):
    """Return the paths of `tree` (nested dictionaries; None is a file) as a walk meets them."""
    files = sorted(name for name, below in tree.items() if below is None)
    folders = sorted(name for name, below in tree.items() if below is not None)
    below = [name + b"/" + path for name in folders for path in walked(tree[name])]
    return files + below


def tree_of(files):
    """Return nested dictionaries for `files`; one whose path is also a folder is left out."""
    tree = {}
    for path in sorted(files, key=lambda path: -path.count(b"/")):
        *folders, name = path.split(b"/")
        folder = tree
        for part in folders:
            folder = folder.setdefault(part, {})
        folder.setdefault(name, None)
    return tree


@given(files=st.lists(paths.filter(bool), max_size=30))
def test_keys_sort_as_a_walk_meets_the_files(files):
    """Files of a folder by name, then its subfolders by name, whatever bytes the names have."""
    order = walked(tree_of(files))
    assert sorted(order, key=keys.walk_key) == order


@given(path=paths)
def test_a_key_gives_its_path_back(path):
    """No path is lost or changed by being a key."""
    assert keys.walk_path(keys.walk_key(path)) == path


@pytest.mark.parametrize("path", [b"/", b"a/", b"/a", b"a//b", b"a\0b", b"\0"])
def test_what_is_no_path_inside_a_root_gets_no_key(store, path):
    """A path that could be taken for another one is refused."""
    with pytest.raises(ValueError, match="no path"):
        store.put_file(Place("r", path), RECORD)


@pytest.mark.parametrize("root", ["", "a/b", "a\0"])
def test_what_is_no_root_id_gets_no_key(store, root):
    """The files of one root can never come among those of another."""
    with pytest.raises(ValueError, match="no id"):
        store.put_file(Place(root, b"a"), RECORD)
    with pytest.raises(ValueError, match="no id"):
        store.files(root)


@pytest.mark.parametrize("digest", [b"", b"a" * 31, b"a" * 33])
def test_what_is_no_digest_gets_no_key(store, digest):
    """Contents are named by 32 bytes, nothing else."""
    calls = (
        store.fingerprint,
        store.signature,
        lambda digest: store.measures(digest, A),
        lambda digest: store.measures(A, digest),
        lambda digest: store.put_measures(digest, A, VIEWS[0], MEASURES),
        lambda digest: store.put_measures(A, digest, VIEWS[0], MEASURES),
    )
    for call in calls:
        with pytest.raises(ValueError, match="digest"):
            call(digest)


@settings(max_examples=30)
@pytest.mark.parametrize("member", MEMBERS)
@given(
    files=st.dictionaries(paths, st.integers(0, 9), max_size=12),
    dropped=st.lists(paths, max_size=3),
    committed=st.integers(0, 12),
)
def test_files_come_in_walk_order_committed_or_not(member, files, dropped, committed):
    """`files` gives what was put and not dropped, in walk order, at any point of a batch."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))[0] if member == "level" else MemoryStore()
        for number, (path, size) in enumerate(files.items()):
            store.put_file(Place("r", path), FileRecord(Stamp(1, size + 100, 0, 0)))
            store.put_file(Place("r", path), FileRecord(Stamp(1, size, 0, 0)))
            store.put_file(Place("r2", path), RECORD)
            if number == committed:
                store.commit()
        for path in [*list(files)[:2], *dropped]:
            store.drop_file(Place("r", path))
        left = set(files) - set(list(files)[:2]) - set(dropped)
        expected = [(path, files[path]) for path in sorted(left, key=keys.walk_key)]
        for _ in range(2):
            found = [(path, record.stamp.size_bytes) for path, record in store.files("r")]
            assert found == expected
            store.commit(sync=True)
        store.close()


def test_a_record_forgets_what_belongs_to_one_run(store):
    """A record comes back as one of an earlier run: seen long ago, and settled."""
    record = dataclasses.replace(
        RECORD,
        type=EntryType.LINK,
        problem=Unreadable("link", "odd"),
        seen_at_s=12.5,
        settled=False,
    )
    store.put_file(Place("r", b"a"), record)
    ((_, kept),) = store.files("r")
    assert kept == dataclasses.replace(record, seen_at_s=float("-inf"), settled=True)


def test_an_iterator_shows_the_moment_it_was_made(store):
    """Puts and commits after the call don't change what an iterator gives."""
    store.put_file(Place("r", b"b"), RECORD)
    files = store.files("r")
    store.put_file(Place("r", b"a"), RECORD)
    store.drop_file(Place("r", b"b"))
    store.commit()
    assert [path for path, _ in files] == [b"b"]


def test_fingerprints_are_kept_by_digest(store):
    """A fingerprint, or why there is none, comes back; nothing comes back for other contents."""
    store.put_fingerprint(B, Unreadable("truncated"))
    store.commit()
    store.put_fingerprint(A, PICTURE)
    assert store.fingerprint(A) == PICTURE
    assert store.fingerprint(B) == Unreadable("truncated")
    assert store.fingerprint(b"c" * 32) is None
    assert list(store.fingerprints()) == [(A, PICTURE), (B, Unreadable("truncated"))]


def test_signatures_are_kept_by_digest(store):
    """A signature, or why there is none, comes back."""
    store.put_signature(A, SIGNATURE)
    store.put_signature(B, Unreadable("killed"))
    store.commit()
    assert store.signature(A) == SIGNATURE
    assert store.signature(B) == Unreadable("killed")
    assert store.signature(b"c" * 32) is None


def test_measures_are_kept_by_needle_haystack_and_view(store):
    """What a needle has lost beside a library picture says nothing about the other way round."""
    for number, view in enumerate(VIEWS[1:]):
        store.put_measures(A, B, view, Measures(number, None, 1.0))
    store.put_measures(A, A, VIEWS[0], NOT_MEASURABLE)
    assert store.measures(A, B) is None
    store.commit()
    store.put_measures(A, B, VIEWS[0], MEASURES)
    assert store.measures(A, B) == store.measures(A, B, VIEWS[0]) == MEASURES
    found = [store.measures(A, B, view) for view in VIEWS[1:]]
    assert found == [Measures(number, None, 1.0) for number in range(7)]
    assert store.measures(A, A) == NOT_MEASURABLE
    assert [store.measures(B, A, view) for view in VIEWS] == [None] * 8


def test_small_facts_are_kept_by_name(store):
    """A fact comes back by its name, and with the others whose names begin alike."""
    store.put_meta("root/é", {"volume": "x", "ino": 2**63, "sample": [["a", 1]]})
    store.put_meta("root/b", {})
    store.put_meta("seq", {"last": 1})
    store.commit()
    store.put_meta("seq", {"last": 2})
    assert store.meta("root/é") == {"volume": "x", "ino": 2**63, "sample": [["a", 1]]}
    assert store.meta("seq") == {"last": 2}
    assert store.meta("root") is None
    assert [name for name, _ in store.metas("root/")] == ["root/b", "root/é"]
    store.drop_meta("root/b")
    store.drop_meta("never there")
    assert store.meta("root/b") is None
    assert [name for name, _ in store.metas("")] == ["root/é", "seq"]


def test_what_was_kept_is_no_longer_the_callers(store):
    """Changing an object after it was put, or as it came back, changes nothing in the store."""
    fact = {"list": [1]}
    store.put_meta("x", fact)
    fact["list"].append(2)
    store.meta("x")["list"].append(3)
    assert store.meta("x") == {"list": [1]}


def test_a_commit_lasts_and_what_follows_it_does_not(tmp_path):
    """Closing and opening gives everything committed, and nothing else."""
    store, reason = open_store(tmp_path)
    assert reason is None
    store.put_file(Place("r", b"a"), RECORD)
    store.put_signature(A, SIGNATURE)
    store.put_measures(A, B, VIEWS[5], MEASURES)
    store.commit(sync=True)
    store.put_file(Place("r", b"b"), RECORD)
    store.close()
    store, reason = open_store(tmp_path)
    assert reason is None
    assert list(store.files("r")) == [(b"a", RECORD)]
    assert store.signature(A) == SIGNATURE
    assert store.measures(A, B, VIEWS[5]) == MEASURES
    store.close()


def test_results_of_another_version_are_not_seen(tmp_path):
    """A changed algorithm never meets what an earlier one made."""
    for versions, known in ((Versions(1, 1, 1), False), (Versions(2, 2, 2), True)):
        store, _ = open_store(tmp_path, versions)
        assert store.fingerprint(A) is None
        assert list(store.fingerprints()) == []
        assert store.signature(A) is None
        assert store.measures(A, B) is None
        if not known:
            store.put_fingerprint(A, PICTURE)
            store.put_signature(A, SIGNATURE)
            store.put_measures(A, B, VIEWS[0], MEASURES)
            store.commit()
        store.close()


@pytest.mark.parametrize(
    ("versions", "seen"),
    [
        (Versions(fingerprint=2), (None, SIGNATURE, MEASURES)),
        (Versions(signature=2), (PICTURE, None, MEASURES)),
        (Versions(measures=2), (PICTURE, SIGNATURE, None)),
        (Versions(measures=11), (PICTURE, SIGNATURE, None)),
    ],
)
def test_each_algorithm_has_a_version_of_its_own(tmp_path, versions, seen):
    """A change of one costs only what that one made."""
    store, _ = open_store(tmp_path)
    store.put_fingerprint(A, PICTURE)
    store.put_signature(A, SIGNATURE)
    store.put_measures(A, B, VIEWS[1], MEASURES)
    store.commit()
    store.close()
    store, _ = open_store(tmp_path, versions)
    assert (store.fingerprint(A), store.signature(A), store.measures(A, B, VIEWS[1])) == seen
    store.close()


def test_a_child_may_not_use_the_store(tmp_path, monkeypatch):
    """A forked child would share the database's files with its parent, so it is stopped."""
    store, _ = open_store(tmp_path)
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        for use in (store.commit, lambda: store.meta("x"), lambda: store.files("r")):
            with pytest.raises(RuntimeError, match="child"):
                use()
    store.close()
