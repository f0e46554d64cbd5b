"""A start from the store: the same state as before, and each fingerprint read once."""

from __future__ import annotations

import gc
import itertools

import pytest
from tests.unit.engine_disk import digest, picture
from tests.unit.engine_world import World, world_with

from dedupd.engine import recalling
from dedupd.model import FolderState
from dedupd.state.memory import MemoryStore

LIBRARY = {b"%d.jpg" % number: picture(number, "a") for number in range(6)}


class Asked(MemoryStore):
    """A store that notes whose fingerprints it was asked for."""

    def __init__(self, other: MemoryStore) -> None:
        vars(self).update(vars(other))
        self.digests: list[bytes] = []

    def fingerprint(self, digest):
        """Note it."""
        self.digests.append(digest)
        return super().fingerprint(digest)


@pytest.fixture
def world():
    """Return a daemon at rest beside a card, one of whose pictures is a re-encoded copy."""
    needles = {b"card/0.jpg": picture(0, "a"), b"card/1.jpg": picture(1, "b")}
    return world_with(LIBRARY, needles)


def restart(world: World) -> Asked:
    """Begin a new run on the same store, up to its first look at the disk."""
    world.store = asked = Asked(world.store)
    world.start()
    return asked


def test_a_fingerprint_is_asked_for_while_it_is_at_hand(world):
    """A store of millions keeps few in memory: to come back to one means to read it again."""
    asked = restart(world)
    alone = {digest(content) for path, content in LIBRARY.items() if path > b"1.jpg"}
    runs = [one for one, _ in itertools.groupby(asked.digests) if one in alone]
    assert sorted(runs) == sorted(alone)


def test_a_restart_decodes_nothing_and_says_the_same(world):
    """What was imported is so again, once it was looked at."""
    assert world.state(b"card") is FolderState.IMPORTED
    restart(world)
    world.rest()
    assert (world.state(b"card"), sum(world.decoded.values())) == (FolderState.IMPORTED, 0)
    assert world.check() > 0


def test_a_library_picture_whose_looks_are_lost_is_read_again(world):
    """The fingerprint is made anew at the next start, and nothing else is."""
    lost = LIBRARY[b"5.jpg"]
    del world.store._fingerprints[digest(lost)]
    restart(world)
    world.rest()
    assert dict(world.decoded) == {digest(lost): 1}


def test_a_start_is_not_interrupted_by_the_search_for_garbage(world, monkeypatch):
    """Which goes on afterwards, whatever came of the start."""
    seen = []
    monkeypatch.setattr(recalling, "_plan", lambda *_: seen.append(gc.isenabled()))
    restart(world)
    assert (seen, gc.isenabled()) == ([False], True)
    with pytest.raises(ZeroDivisionError), recalling.uncollected():
        raise ZeroDivisionError
    assert gc.isenabled()
