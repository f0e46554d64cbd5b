from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dedupd.model import PictureClass, Place
from dedupd.reports import COUNT_NAMES
from dedupd.rules.tally import CONTESTABLE, Share, Tally, counts, lineage

CLASSES = [one.value for one in PictureClass]
SHARES = st.one_of(
    st.sampled_from(CLASSES).map(lambda name: Share(("pictures", name))),
    st.sampled_from(["h1", "h2"]).map(lambda root: Share(("pictures", "matched"), rests_on=root)),
    st.just(Share(("pictures", "matched", CONTESTABLE), rests_on="h1")),
    st.sampled_from([Share(("others",)), Share(("videos", "videos_missing")), Share(("ignored",))]),
)
PLACES = st.sampled_from([b"x", b"a/x", b"a/y", b"a/b/x", b"c/x"]).map(lambda p: Place("n1", p))
STEPS = st.lists(st.tuples(PLACES, st.none() | SHARES), max_size=40)


def told(steps) -> tuple[Tally, dict[Place, Share]]:
    """Return the tally after these steps, and the shares that are in it."""
    tally, shares = Tally(), {}
    for place, share in steps:
        tally.set(place, share)
        shares[place] = share
    return tally, {place: share for place, share in shares.items() if share is not None}


@given(STEPS)
def test_a_tree_counts_the_sum_of_the_folders_in_it(steps):
    """And a folder counts its own files, whatever came and went."""
    tally, shares = told(steps)
    for folder in tally.folders():
        own, tree, rests = Counter(), Counter(), Counter()
        for place, share in shares.items():
            if Place(place.root, place.folder) == folder:
                own.update(share.names)
            if folder in lineage(Place(place.root, place.folder)):
                tree.update(share.names)
                rests.update([share.rests_on] if share.rests_on else [])
        node = tally.node(folder)
        assert (+node.own, +node.tree, +node.rests_on) == (own, tree, rests)
        assert min([*node.own.values(), *node.tree.values(), *node.rests_on.values(), 0]) == 0


@given(STEPS)
def test_the_classes_add_up_to_the_pictures(steps):
    """In every folder, for its tree and for its own files."""
    tally, _ = told(steps)
    for folder in tally.folders():
        for numbers in (counts(tally.node(folder).own), counts(tally.node(folder).tree)):
            assert sum(getattr(numbers, name) for name in CLASSES) == numbers.pictures


@given(STEPS, PLACES)
def test_every_change_gives_the_folders_above_a_new_version(steps, place):
    """One that no folder ever had, also if the share is equal; the folders beside keep theirs."""
    tally, shares = told(steps)
    before = {folder: tally.node(folder).version for folder in tally.folders()}
    tally.changed.clear()
    tally.set(place, shares.get(place))
    above = set(lineage(Place(place.root, place.folder)))
    assert tally.changed >= above
    for folder in tally.folders():
        version = tally.node(folder).version
        if folder in above:
            assert version > max(before.values(), default=0)
        else:
            assert version == before[folder]


def test_a_folder_that_went_and_came_has_a_new_version():
    """A claim for the old one doesn't hold for the new one."""
    tally, folder = Tally(), Place("n1", b"a")
    tally.add_folder(folder)
    before = tally.node(folder).version
    tally.drop_folder(folder)
    assert tally.node(folder) is None
    tally.add_folder(folder)
    assert tally.node(folder).version > before


def test_the_last_cause_is_remembered():
    """Why a folder isn't imported, and which path is to blame."""
    tally, file, witness = Tally(), Place("n1", b"a/x"), Place("h1", b"y")
    tally.set(file, Share(("pictures", "unmatched"), blocks="no-match"), witness)
    cause = tally.node(Place("n1", b"")).cause
    assert (cause.reason, cause.place) == ("no-match", witness)
    tally.set(file, Share(("pictures", "matched")))
    assert tally.node(Place("n1", b"")).cause == cause


def test_a_library_file_counts_for_its_root_alone():
    """Nobody asks about a folder of the library."""
    tally, file = Tally(), Place("h1", b"a/b/x")
    tally.set_alone(file, Share(("pictures", "unreadable")))
    tally.set_alone(file, Share(("pictures",)))
    assert list(tally.folders()) == [Place("h1", b"")]
    assert +tally.node(Place("h1", b"")).tree == Counter(pictures=1)
    tally.set_alone(file, None)
    assert +tally.node(Place("h1", b"")).tree == Counter()


def test_the_contract_s_counts_are_all_there():
    """Each by its name, zero where there is none."""
    numbers = counts(Counter(pictures=2, matched=2, waiting=1))
    assert numbers.pictures == numbers.matched == 2
    assert {name for name in COUNT_NAMES if getattr(numbers, name)} == {"pictures", "matched"}
