from __future__ import annotations

import collections

import pytest
from accuracy import writers
from accuracy.household import MIX, folders, held, lacking, tiles, worse
from accuracy.judge import Judge
from accuracy.photos import Photo, own
from accuracy.rows import Kind, judged
from accuracy.scalers import area, by_factor
from accuracy.trials import Outcome

from dedupd.model import EvidenceKind, PictureClass


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    """Two photographs of different scenes."""
    paths = [path for path in own() if path.name in ("rocket.jpg", "coffee.png")]
    return [Photo(path.name, path.name, path.read_bytes()) for path in paths]


def test_the_judge_speaks_as_the_daemon_does(photos):
    """Bytes, a copy, a smaller library, a stranger: each as the contract says."""
    first, second = (photo.data for photo in photos)
    picture = photos[0].pixels()
    fine, small = writers.jpeg(picture, 90), writers.jpeg(by_factor(picture, 0.75, area), 90)
    judge = Judge()
    original, other, resaved, reduced = judge.learn([first, second, fine, small])
    of = judge.classes([original], [original, other])
    assert of[original].evidence.kind is EvidenceKind.BYTES
    assert of[other].cls is PictureClass.UNMATCHED
    assert judge.classes([original], [resaved])[resaved].evidence.kind is EvidenceKind.SAME
    assert judge.classes([reduced], [original])[original].cls is PictureClass.POSSIBLE


def test_a_row_tells_how_far_apart_two_pictures_are(photos):
    """A lossless copy is not, whatever is decided."""
    photo = photos[0]
    kind = Kind("copies", "PNG", "PNG", photo.name, photo.scene, "small")
    row = judged(Judge(), kind, writers.png(photo.pixels()), photo.data)
    assert row.matched
    assert row.seen
    assert row.apart[:2] == (0, 0)
    assert row.rivals["article"]


def test_every_second_folder_lacks_one_picture(photos):
    """Of three kinds in turn, so that each spoils as many."""
    scenes = [held(photo) for photo in tiles(photos)]
    spoilt = [lacking(photos[0]), worse(photos[1])]
    made = list(folders(scenes, spoilt, size=3, count=12, seed=1))
    assert sum(MIX.values()) == pytest.approx(1.0)
    assert [sum(not item.held for item in items) for items in made] == [0, 1] * 6
    kinds = collections.Counter(item.kind for items in made for item in items if not item.held)
    assert set(kinds.values()) == {2}


def test_an_outcome_counts_what_is_called_imported_wrongly(photos):
    """A folder that is called so and isn't, and the looks that a person must take."""
    (scene,) = (held(photos[0]),)
    good, bad = scene.needles["byte copy"], scene.needles["burst frame not imported"]
    outcome = Outcome()
    outcome.add([good, bad], [PictureClass.MATCHED, PictureClass.MATCHED])
    outcome.add([good, good], [PictureClass.MATCHED, PictureClass.POSSIBLE])
    assert (outcome.called, outcome.truly, outcome.held, outcome.found) == (1, 0, 1, 0)
    assert (outcome.looks, outcome.of) == (1, 3)
