"""Room for large pictures: small ones need none, large ones wait, and nobody waits for ever."""

from __future__ import annotations

import threading

import pytest

from dedupd.pictures.pools.room import Closed, Room

PATIENCE_S = 60.0  # ends what hangs
SHORT_S = 0.05
MEGAPIXEL = 1_000_000


class Holder:
    """Somebody who wants room, in a thread of its own, and holds it until told otherwise."""

    def __init__(self, room: Room, pixels: int) -> None:
        self.has, self.refused, self._let_go = (threading.Event() for _ in range(3))
        self._room, self._pixels = room, pixels
        self._thread = threading.Thread(target=self._hold, daemon=True)
        self._thread.start()

    def _hold(self) -> None:
        try:
            with self._room.taken(self._pixels):
                self.has.set()
                self._let_go.wait(PATIENCE_S)
        except Closed:
            self.refused.set()

    def let_go(self) -> None:
        self._let_go.set()
        self._thread.join(PATIENCE_S)


@pytest.mark.parametrize(("workers", "free"), [(1, 48), (2, 24), (4, 12), (16, 8)])
def test_small_pictures_need_no_room(workers, free):
    """As many as there are workers, whatever else is decoded."""
    room = Room(workers)
    assert room.free_px == free * MEGAPIXEL
    with room.taken(200 * MEGAPIXEL):
        for _ in range(workers):
            with room.taken(room.free_px):
                pass


def test_two_of_the_largest_come_one_after_the_other():
    """Though each of them is larger than all the room there is."""
    room = Room(2)
    first = Holder(room, 196 * MEGAPIXEL)
    assert first.has.wait(PATIENCE_S)
    second = Holder(room, 196 * MEGAPIXEL)
    assert not second.has.wait(SHORT_S)
    first.let_go()
    assert second.has.wait(PATIENCE_S)
    second.let_go()


def test_as_many_as_fit_are_decoded_together():
    """Three of 50 megapixels; the fourth waits for any of them."""
    room = Room(4)
    three = [Holder(room, 50 * MEGAPIXEL) for _ in range(3)]
    assert all(one.has.wait(PATIENCE_S) for one in three)
    fourth = Holder(room, 50 * MEGAPIXEL)
    assert not fourth.has.wait(SHORT_S)
    three[1].let_go()
    assert fourth.has.wait(PATIENCE_S)
    for one in (three[0], three[2], fourth):
        one.let_go()


def test_room_is_given_back_after_an_error():
    """The worker was lost; the next picture finds the room empty."""
    room = Room(1)
    with pytest.raises(OSError, match="lost"), room.taken(200 * MEGAPIXEL):
        raise OSError("lost")
    with room.taken(200 * MEGAPIXEL):
        pass


def test_who_waits_when_the_pool_is_stopped_is_sent_away():
    """And so is whoever comes later; who has room keeps it."""
    room = Room(2)
    first, second = Holder(room, 100 * MEGAPIXEL), None
    assert first.has.wait(PATIENCE_S)
    second = Holder(room, 100 * MEGAPIXEL)
    assert not second.has.wait(SHORT_S)
    room.close()
    assert second.refused.wait(PATIENCE_S)
    with pytest.raises(Closed), room.taken(1):
        pass
    assert not first.refused.is_set()
    first.let_go()
