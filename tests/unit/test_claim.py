from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.claim import Case, Expected, Imported, Seen, judge
from dedupd.messages import Sight, TreeLooked, WitnessesLooked
from dedupd.model import EntryType, EvidenceKind, Identity, Place, Stamp

NEEDLES = Identity(1, 2, 3, "ext4", "uuid-1")
LIBRARY = Identity(9, 2, 4, "ext4", "uuid-2")
BEGUN_S, QUIET_S = 100.0, 2.0
LONG_AGO_S = BEGUN_S - QUIET_S
PATHS = (b"a/x", b"a/b/y", b"a/b/z", b"c/w")
FOLDERS = (b"", b"a", b"a/b", b"c")


def witness_of(path: bytes) -> Place:
    """Return where in the library the witness of a needle is."""
    return Place("h1", b"lib/" + path.replace(b"/", b"-"))


def stamp(number: int) -> Stamp:
    """Return a stamp of its own."""
    return Stamp(number, 100, number, number)


STAMPS = {path: stamp(10 + number) for number, path in enumerate(PATHS)}
WITNESS_STAMPS = {witness_of(path): stamp(50 + number) for number, path in enumerate(PATHS)}


def sight(path: bytes, seen: Stamp, device: int = 1, mount_id: int = 3, links: int = 1) -> Sight:
    """Return what a look shows of a file."""
    return Sight(path, EntryType.FILE, seen, device, links, mount_id, (device, len(path)))


def folder_sight(path: bytes) -> Sight:
    """Return what a look shows of a folder."""
    return Sight(path, EntryType.FOLDER, stamp(1), 1, 2, 3, (1, 0))


CASE = Case(
    folder=Place("n1", b""),
    claimed=dict.fromkeys(FOLDERS, 7),
    known_folders=frozenset(FOLDERS),
    files={
        path: Expected(
            Seen(STAMPS[path], LONG_AGO_S),
            EntryType.FILE,
            witness=witness_of(path),
            evidence=EvidenceKind.BYTES,
        )
        for path in PATHS
    },
    witnesses={place: Seen(one, LONG_AGO_S) for place, one in WITNESS_STAMPS.items()},
    identities={"n1": NEEDLES, "h1": LIBRARY},
    begun_s=BEGUN_S,
    quiet_s=QUIET_S,
)
TREE = TreeLooked(
    "n1",
    1,
    NEEDLES,
    (
        *(folder_sight(path) for path in FOLDERS if path),
        *(sight(path, STAMPS[path]) for path in PATHS),
    ),
    (),
)
SEEN = WitnessesLooked(
    "h1", 1, LIBRARY, tuple(sight(place.path, one, 9, 4) for place, one in WITNESS_STAMPS.items())
)


def ruled(case: Case = CASE, tree: TreeLooked = TREE, seen: WitnessesLooked | None = SEEN):
    """Return the imported folders, and the reasons against the others."""
    ruling = judge(case, tree, {"h1": seen} if seen is not None else {})
    folders = {one.folder.path for one in ruling.imported}
    return folders, {(one.path, one.reason) for one in ruling.refusals}


def expecting(path: bytes, **changes: object) -> Case:
    """Return the case with one file expected otherwise."""
    return replace(CASE, files={**CASE.files, path: replace(CASE.files[path], **changes)})


def showing(path: bytes, **changes: object) -> TreeLooked:
    """Return the look with one sight changed."""
    return replace(
        TREE, sights=tuple(replace(s, **changes) if s.path == path else s for s in TREE.sights)
    )


def vouching(needle: bytes, **changes: object) -> WitnessesLooked:
    """Return the look at the witnesses with the witness of `needle` changed."""
    place = witness_of(needle)
    return replace(
        SEEN,
        sights=tuple(replace(s, **changes) if s.path == place.path else s for s in SEEN.sights),
    )


def without(path: bytes) -> TreeLooked:
    """Return the look without one sight."""
    return replace(TREE, sights=tuple(s for s in TREE.sights if s.path != path))


def with_more(*more: Sight) -> TreeLooked:
    """Return the look with further sights."""
    return replace(TREE, sights=(*TREE.sights, *more))


def test_a_case_that_the_disk_confirms_is_imported():
    """Every claimed folder, with its version and the evidence in its tree."""
    ruling = judge(CASE, TREE, {"h1": SEEN})
    assert {one.folder.path for one in ruling.imported} == set(FOLDERS)
    assert ruling.refusals == ()
    by_path = {one.folder.path: one for one in ruling.imported}
    assert {path: one.evidence[EvidenceKind.BYTES] for path, one in by_path.items()} == {
        b"": 4, b"a": 3, b"a/b": 2, b"c": 1,
    }  # fmt: skip
    assert {one.version for one in ruling.imported} == {7}


FILE = b"a/b/y"
CHANGED = stamp(99)
HARDLINK = {"device": 1, "stamp": WITNESS_STAMPS[witness_of(FILE)]}
REFUSED = [
    ("new", CASE, with_more(sight(b"a/b/new", stamp(77))), SEEN, b"a/b/new"),
    ("new", CASE, with_more(folder_sight(b"a/b/new")), SEEN, b"a/b/new"),
    ("new", CASE, showing(FILE, type=EntryType.FOLDER), SEEN, FILE),
    ("gone", CASE, without(FILE), SEEN, FILE),
    ("changed", CASE, showing(FILE, stamp=CHANGED), SEEN, FILE),
    ("changed", CASE, showing(FILE, type=EntryType.LINK), SEEN, FILE),
    ("unlistable", CASE, replace(TREE, problems=((b"a/b", "Permission denied"),)), SEEN, b"a/b"),
    ("early", expecting(FILE, seen=Seen(STAMPS[FILE], LONG_AGO_S + 0.1)), TREE, SEEN, FILE),
    ("unmatched", expecting(FILE, witness=None, evidence=None), TREE, SEEN, FILE),
    ("witness-changed", CASE, TREE, vouching(FILE, stamp=CHANGED), FILE),
    ("witness-gone", CASE, TREE, vouching(FILE, type=EntryType.LINK), FILE),
    ("witness-gone", CASE, TREE, vouching(FILE, path=b"elsewhere"), FILE),
    (
        "early",
        replace(
            CASE, witnesses={**CASE.witnesses, witness_of(FILE): Seen(stamp(51), LONG_AGO_S + 1)}
        ),
        TREE,
        SEEN,
        FILE,
    ),
]


@pytest.mark.parametrize(("reason", "case", "tree", "seen", "path"), REFUSED)
def test_each_difference_is_refused_with_its_reason(reason, case, tree, seen, path):
    """It spoils every folder above it and no other."""
    folders, refusals = ruled(case, tree, seen)
    assert (path, reason) in refusals
    assert folders == {b"c"}


def one_inode(links: int, mount_id: int, folder: tuple[int, int] = (1, 77)) -> tuple:
    """Return case, tree and witnesses where the witness has the needle's inode and device."""
    shared, place = stamp(42), witness_of(FILE)
    case = expecting(FILE, seen=Seen(shared, LONG_AGO_S))
    case = replace(case, witnesses={**case.witnesses, place: Seen(shared, LONG_AGO_S)})
    seen = vouching(FILE, stamp=shared, device=1, mount_id=mount_id, links=links, folder=folder)
    return case, showing(FILE, stamp=shared, links=links), seen


def test_another_name_of_the_same_file_vouches():
    """A hard link on the same mount."""
    folders, refusals = ruled(*one_inode(links=2, mount_id=3))
    assert folders == set(FOLDERS)
    assert refusals == set()


@pytest.mark.parametrize(("links", "mount_id"), [(1, 3), (1, 4), (2, 4)])
def test_the_same_name_seen_in_another_way_does_not_vouch(links, mount_id):
    """One name only, or another mount: a bind mount shows one name twice."""
    folders, refusals = ruled(*one_inode(links, mount_id))
    assert refusals == {(FILE, "same-file")}
    assert folders == {b"c"}


def test_the_same_name_in_the_same_folder_does_not_vouch():
    """Whatever its link count: a root may lead into another one."""
    shared, place = stamp(42), Place("h1", b"elsewhere/y")
    case = expecting(FILE, seen=Seen(shared, LONG_AGO_S), witness=place)
    case = replace(case, witnesses={**case.witnesses, place: Seen(shared, LONG_AGO_S)})
    twin = replace(sight(place.path, shared, 1, 3, links=2), folder=(1, 5))
    tree = showing(FILE, stamp=shared, links=2, folder=(1, 5))
    folders, refusals = ruled(case, tree, replace(SEEN, sights=(*SEEN.sights, twin)))
    assert refusals == {(FILE, "same-file")}
    assert folders == {b"c"}


@pytest.mark.parametrize(("mount_id", "vouches"), [(3, True), (4, False)])
def test_without_inode_numbers_another_mount_of_the_device_does_not_vouch(mount_id, vouches):
    """It may show the needle itself; on one mount two paths are two files."""
    bare = Stamp(0, 100, 5, 0)
    case = expecting(FILE, seen=Seen(bare, LONG_AGO_S))
    case = replace(case, witnesses={**case.witnesses, witness_of(FILE): Seen(bare, LONG_AGO_S)})
    seen = vouching(FILE, stamp=bare, device=1, mount_id=mount_id)
    folders, _ = ruled(case, showing(FILE, stamp=bare), seen)
    assert (b"a" in folders) is vouches


@pytest.mark.parametrize(
    ("tree", "seen"),
    [
        (replace(TREE, identity=None), SEEN),
        (replace(TREE, identity=replace(NEEDLES, mount_id=8)), SEEN),
        (replace(TREE, root="n2"), SEEN),
        (TREE, replace(SEEN, identity=None)),
        (TREE, replace(SEEN, identity=replace(LIBRARY, device=8))),
        (TREE, None),
    ],
)
def test_another_root_proves_nothing(tree, seen):
    """Needles or library, before or after the look: every folder is refused."""
    folders, refusals = ruled(CASE, tree, seen)
    assert folders == set()
    assert {reason for _, reason in refusals} == {"root"}


def test_a_root_whose_identity_nobody_expected_proves_nothing():
    """The engine had none for it when the look began."""
    assert ruled(replace(CASE, identities={"n1": NEEDLES}))[0] == set()


def test_a_folder_without_pictures_is_never_imported():
    """Not even if somebody claims it."""
    plain = Expected(Seen(stamp(70), LONG_AGO_S), EntryType.FILE, picture=False)
    case = replace(
        CASE,
        claimed={**CASE.claimed, b"d": 1},
        known_folders=CASE.known_folders | {b"d"},
        files={**CASE.files, b"d/n.txt": plain},
    )
    tree = with_more(folder_sight(b"d"), sight(b"d/n.txt", stamp(70)))
    assert ruled(case, tree) == (set(FOLDERS), set())


@pytest.mark.parametrize("shown", [stamp(70), stamp(71)])
def test_what_is_hidden_by_its_name_must_be_known_and_may_change(shown):
    """It never counts for what it holds."""
    hidden = Expected(Seen(stamp(70), LONG_AGO_S), EntryType.FILE, picture=False, hidden=True)
    case = replace(CASE, files={**CASE.files, b"a/Thumbs.db": hidden})
    assert ruled(case, with_more(sight(b"a/Thumbs.db", shown))) == (set(FOLDERS), set())
    assert ruled(CASE, with_more(sight(b"a/Thumbs.db", shown)))[0] == {b"a/b", b"c"}


def test_nobody_else_can_say_imported():
    """The proof needs a key that only `judge` holds."""
    for key in (None, object(), True):
        with pytest.raises(TypeError):
            Imported(Place("n1", b""), 1, {EvidenceKind.BYTES: 1}, key)


def _differences(path: bytes) -> list[tuple]:
    """Return every single thing that can be otherwise at one needle or its witness."""
    lacking = replace(SEEN, sights=tuple(s for s in SEEN.sights if s.path != witness_of(path).path))
    return [
        (CASE, without(path), SEEN),
        (CASE, showing(path, stamp=CHANGED), SEEN),
        (CASE, showing(path, type=EntryType.SPECIAL), SEEN),
        (CASE, replace(TREE, problems=((path.rpartition(b"/")[0], "io"),)), SEEN),
        (CASE, with_more(sight(path + b"2", stamp(88))), SEEN),
        (CASE, TREE, lacking),
        (CASE, TREE, vouching(path, stamp=CHANGED)),
        (expecting(path, witness=None, evidence=None), TREE, SEEN),
        (expecting(path, seen=Seen(STAMPS[path], BEGUN_S)), TREE, SEEN),
    ]


@given(st.sets(st.tuples(st.sampled_from(PATHS), st.integers(0, 8)), min_size=1, max_size=1))
def test_any_single_difference_spoils_the_folders_above_it_and_no_other(where):
    """At any file of the tree, in any way."""
    [(path, number)] = where
    folders, _ = ruled(*_differences(path)[number])
    above = {folder for folder in FOLDERS if not folder or path.startswith(folder + b"/")}
    assert folders == set(FOLDERS) - above
