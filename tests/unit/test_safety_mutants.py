"""Every safety rule is needed: with any one of them taken out, a scenario shows a wrong word.

Each mutant is patched into this process and must be caught by its scenario, which without the
mutant shows nothing.  A rule whose mutant isn't caught is one that no test holds in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.engine_disk import Volume, broken, picture
from tests.unit.engine_oracle import Known, truth
from tests.unit.engine_world import QUIET_S, World, roots_of, world_with

from dedupd import claim
from dedupd.engine.cases import Cases
from dedupd.engine.roots import Roots
from dedupd.engine.standing import Standing
from dedupd.model import EntryType, FolderState, PictureClass, Role, RootState
from dedupd.rules import verdicts, verify

LIBRARY = {b"a.jpg": picture(1, "a")}
ONE = {b"card/x.jpg": picture(1, "a")}
Patch = pytest.MonkeyPatch


def violations(world: World) -> list[str]:
    """Return what was said to be imported and isn't, now and before."""
    true = truth(world.disk, world.roots, Known(world._book())).folders
    good = {place for place, one in true.items() if one.state is FolderState.IMPORTED}
    said = [one.path for one in world.engine.report().folders if one.state is FolderState.IMPORTED]
    wrong = [repr(path) for path in said if world.engine.roots.place(path) not in good]
    return [*world.violations, *wrong]


# Scenarios: each leaves a world whose watchers may have missed something, and an open claim.


def a_needle_that_changed_unheard() -> World:
    """The file of a claim holds other bytes."""
    world = world_with(LIBRARY, ONE)
    world.deaf = True
    world.disk.change("n1", b"card/x.jpg", picture(7, "a"))
    return asked(world)


def a_witness_that_changed_unheard() -> World:
    """The library's copy holds other bytes."""
    world = world_with(LIBRARY, ONE)
    world.deaf = True
    world.disk.change("h1", b"a.jpg", picture(7, "a"))
    return asked(world)


def a_witness_that_went_unheard() -> World:
    """The library's copy is gone."""
    world = world_with(LIBRARY, ONE)
    world.deaf = True
    world.disk.remove("h1", b"a.jpg")
    return asked(world)


def a_needle_that_came_unheard() -> World:
    """One more picture lies in the folder."""
    world = world_with(LIBRARY, ONE)
    world.deaf = True
    world.disk.write("n1", b"card/new.jpg", picture(7, "a"))
    return asked(world)


def a_folder_that_was_shut_unheard() -> World:
    """Nobody can say what is in it."""
    world = world_with(LIBRARY, {**ONE, b"card/sub/x.jpg": picture(1, "a")})
    world.deaf = True
    world.disk.remove("n1", b"card/sub/x.jpg")
    world.happened()
    world.catch_up()
    world.disk.write("n1", b"card/sub/y.jpg", picture(7, "a"))
    world.disk.shut("n1", b"card/sub", True)
    return asked(world)


def a_library_that_was_unplugged_unheard() -> World:
    """The root of the witness leads nowhere."""
    world = world_with({}, ONE)
    world.disk.write("h2", b"a.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    world.deaf = True
    world.disk.mount("h2", None)
    return asked(world)


def a_needle_that_is_its_own_witness() -> World:
    """The library shows the needles through a second mount."""
    needles = Volume(1, 1, 3)
    world = World(
        roots_of(h3=Role.HAYSTACK, n1=Role.NEEDLES),
        {"h3": Volume(1, 77, 3, needles.names, needles.folders), "n1": needles},
    )
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    if world.state(b"card") is FolderState.IMPORTED:
        world.violations.append("a file vouched for itself")
    return world


def a_needle_that_was_seen_once() -> World:
    """A file came a moment ago, and may still be changing."""
    world = World()
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    begun_s = world.now_s
    while world.act():
        pass
    if world.words(b"card") and world.now_s - begun_s < QUIET_S:
        world.violations.append("it was called imported at first sight")
    return world


def a_picture_that_nobody_looked_at() -> World:
    """A second picture is being written."""
    world = world_with(LIBRARY, ONE)
    world.disk.write("n1", b"card/y.jpg", picture(7, "a"))
    world.disk.change("n1", b"card/y.jpg", picture(8, "a"), writer=True)
    return at_rest(world)


def a_picture_that_is_missing() -> World:
    """It is not in the library."""
    world = world_with(LIBRARY, ONE)
    world.disk.write("n1", b"card/y.jpg", picture(8, "a"))
    return at_rest(world)


def a_picture_that_only_looks_alike() -> World:
    """A person must decide."""
    return world_with(LIBRARY, {b"card/x.jpg": picture(1, "t")})


def a_picture_that_is_broken() -> World:
    """Nobody can say what it shows."""
    world = world_with(LIBRARY, ONE)
    world.disk.write("n1", b"card/y.jpg", broken(1))
    return at_rest(world)


def a_link_among_the_needles() -> World:
    """Nobody can say what it leads to."""
    world = world_with(LIBRARY, ONE)
    world.disk.write("n1", b"card/y.jpg", b"", EntryType.LINK)
    return at_rest(world)


def a_picture_that_is_excluded() -> World:
    """It lies in the folder, and nobody reads it."""
    return world_with(LIBRARY, {**ONE, b"card/skip/y.jpg": picture(7, "a")})


def a_folder_without_pictures() -> World:
    """There is nothing to be imported."""
    world = world_with(LIBRARY, ONE)
    world.disk.make_folder("n1", b"nothing")
    return at_rest(world)


def a_library_that_is_away() -> World:
    """What it vouched for can't be looked at."""
    world = world_with({}, ONE)
    world.disk.write("h2", b"a.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    world.disk.mount("h2", None)
    for _ in range(3):
        world.pass_time(11.0)
        while world.act():
            pass
    return world


def a_library_that_lost_everything() -> World:
    """Ten files went at once; perhaps it is another disk.  The needle's witness seems to stay."""
    world = world_with({}, ONE)
    for number in range(10):
        world.disk.write("h2", b"%d.jpg" % number, picture(1 + number, "a"))
    world.happened()
    world.rest()
    world.deaf = True
    world.disk.volume("h2").names.clear()
    world.catch_up()
    if world.engine.roots.desks["h2"].state is not RootState.SUSPICIOUS:
        world.violations.append("a library lost everything, and nobody wondered")
    return world


def a_needle_root_that_came_back() -> World:
    """It was away, and meanwhile the library lost the witness, which nobody heard of."""
    world = world_with(LIBRARY, ONE)
    volume = world.disk.mount("n1", None)
    world.catch_up()
    world.deaf = True
    world.disk.remove("h1", b"a.jpg")
    world.happened()
    world.disk.mount("n1", volume)
    for _ in range(200):
        if not world.act():
            world.pass_time(1.0)
        if world.state(b"card") is FolderState.IMPORTED:
            world.violations.append("it was called imported before it was looked at again")
    return world


def asked(world: World) -> World:
    """Have every folder claimed anew while nobody has heard of what happened."""
    world.happened()
    standing = world.engine._standing
    standing.doubt("n1")
    for folder in list(world.engine._tally.folders()):
        world.engine._consider(folder)
    world.rest()
    return world


def at_rest(world: World) -> World:
    """Let everybody hear of it."""
    world.happened()
    world.rest()
    return world


# Mutants: what each takes out


def no_file_faults(patch: Patch) -> None:
    """The claim doesn't compare files with what was believed of them."""
    patch.setattr(claim, "_file_faults", lambda case, present, vouching: iter(()))


def no_stamps(patch: Patch) -> None:
    """Needles aren't compared by stamp."""
    patch.setattr(claim, "_file_faults", _without(claim._file_faults, "changed"))


def no_witness_stamps(patch: Patch) -> None:
    """Witnesses aren't compared by stamp."""
    patch.setattr(claim, "_file_faults", _without(claim._file_faults, "witness-changed"))


def no_witness_looks(patch: Patch) -> None:
    """A witness that was not seen vouches."""
    patch.setattr(claim, "_file_faults", _without(claim._file_faults, "witness-gone"))


def no_new_files(patch: Patch) -> None:
    """What the engine doesn't know is overlooked."""
    patch.setattr(claim, "_listing_faults", _without(claim._listing_faults, "new"))


def no_unlistable(patch: Patch) -> None:
    """A folder that can't be listed is overlooked."""
    patch.setattr(claim, "_listing_faults", _without(claim._listing_faults, "unlistable"))


def no_identities(patch: Patch) -> None:
    """Any root will do, and what can't be seen there is believed."""
    patch.setattr(claim, "_roots_are_the_same", lambda case, tree, witnesses: True)
    no_witness_looks(patch)


def no_same_file(patch: Patch) -> None:
    """A file may be its own witness."""
    patch.setattr(claim, "_may_be_one_name", lambda needle, sight: False)


def no_second_sight(patch: Patch) -> None:
    """One look is enough."""
    patch.setattr(claim, "_seen_twice", lambda case, seen: True)


def passes(*classes: PictureClass) -> Callable[[Patch], None]:
    """Have pictures of these classes pass as matched."""

    def mutate(patch: Patch) -> None:
        real = verdicts.picture_share
        good = verdicts.Share(("pictures", "matched"))
        patch.setattr(
            verdicts, "picture_share", lambda one: good if one.cls in classes else real(one)
        )
        _believe_everything(patch)

    mutate.__name__ = "passes " + " ".join(one.value for one in classes)
    return mutate


def excluded_passes(patch: Patch) -> None:
    """Excluded pictures don't block."""
    patch.setattr(verdicts, "excluded_share", lambda picture: verdicts.Share(("excluded",)))


def empty_passes(patch: Patch) -> None:
    """A folder without pictures is imported."""
    real = verdicts.settled_state

    def state(node, conditions):
        found = real(node, conditions)
        return FolderState.IMPORTED if found is FolderState.EMPTY else found

    patch.setattr(verdicts, "settled_state", state)
    patch.setattr(Standing, "holds", lambda self, folder: True)


def nothing_is_away(patch: Patch) -> None:
    """What rests on a root that is away is held."""
    patch.setattr(Roots, "away", lambda self: frozenset())
    patch.setattr(Standing, "doubt", lambda self, root: None)


def nothing_is_suspicious(patch: Patch) -> None:
    """Every loss is believed."""
    patch.setattr("dedupd.engine.roots.is_suspicious", lambda known, left: False)


def nothing_is_doubted(patch: Patch) -> None:
    """What was proven before a root went is held when it comes back."""
    patch.setattr(Standing, "doubt", lambda self, root: None)


def everything_is_the_same(patch: Patch) -> None:
    """No limit decides between two pictures that a hash brought together."""
    patch.setattr(verify, "_broken_limit", lambda *_: "")
    patch.setattr(verify, "_broken_blocks", lambda *_: "")


def _without(real, reason: str):
    def faults(*args):
        return (one for one in real(*args) if one.reason != reason)

    return faults


def _believe_everything(patch: Patch) -> None:
    """Have the claim ask for no witness where none is known."""
    real = Cases._expected

    def expected(self, place, record):
        found = real(self, place, record)
        return replace(found, picture=found.witness is not None)

    patch.setattr(Cases, "_expected", expected)


CAUGHT = [
    (no_stamps, a_needle_that_changed_unheard),
    (no_witness_stamps, a_witness_that_changed_unheard),
    (no_witness_looks, a_witness_that_went_unheard),
    (no_file_faults, a_witness_that_went_unheard),
    (no_new_files, a_needle_that_came_unheard),
    (no_unlistable, a_folder_that_was_shut_unheard),
    (no_identities, a_library_that_was_unplugged_unheard),
    (no_same_file, a_needle_that_is_its_own_witness),
    (no_second_sight, a_needle_that_was_seen_once),
    (passes(PictureClass.PENDING), a_picture_that_nobody_looked_at),
    (passes(PictureClass.UNMATCHED), a_picture_that_is_missing),
    (passes(PictureClass.POSSIBLE), a_picture_that_only_looks_alike),
    (passes(PictureClass.UNREADABLE), a_picture_that_is_broken),
    (passes(PictureClass.UNREADABLE), a_link_among_the_needles),
    (excluded_passes, a_picture_that_is_excluded),
    (empty_passes, a_folder_without_pictures),
    (nothing_is_away, a_library_that_is_away),
    (nothing_is_suspicious, a_library_that_lost_everything),
    (nothing_is_doubted, a_needle_root_that_came_back),
    (everything_is_the_same, a_picture_that_only_looks_alike),
]


def _names(pair: object) -> str:
    return getattr(pair, "__name__", "")


@pytest.mark.parametrize(("mutant", "scenario"), CAUGHT, ids=_names)
def test_every_safety_rule_is_needed(mutant, scenario, monkeypatch):
    """The scenario is told right with the rule, and wrong without it."""
    assert violations(scenario()) == []
    mutant(monkeypatch)
    assert violations(scenario()) != []
