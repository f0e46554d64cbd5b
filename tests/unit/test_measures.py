"""What two full decodes tell side by side: views, blocks, error, and which one is coarser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.unit.picture_samples import PHOTOS, encoded, photo

from dedupd.likeness import MatchLimits, Measures
from dedupd.model import VIEWS, View
from dedupd.pictures.measures import (
    block_difference,
    block_means,
    luma,
    measure,
    seen,
    tint_difference,
    tints,
)
from dedupd.pictures.opencv import cv2
from dedupd.pictures.signature import signature
from dedupd.rules.verify import largest_difference, turned

Picture = np.ndarray

LIMITS = MatchLimits()
SIDES = st.integers(1, 40)
pictures = st.tuples(SIDES, SIDES).flatmap(lambda shape: arrays(np.uint8, shape))
pairs = st.tuples(SIDES, SIDES).flatmap(
    lambda shape: st.tuples(arrays(np.uint8, shape), arrays(np.uint8, shape))
)
every_photo = pytest.mark.parametrize("name", PHOTOS)
every_view = pytest.mark.parametrize("view", VIEWS)


def grey(name: str) -> Picture:
    return luma(photo(name))


def saved(name: str, quality: int) -> Picture:
    """Return the luma of a photograph that went through a JPEG."""
    data = encoded(photo(name), ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)
    return luma(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def scaled(values: Picture, factor: float, how: int = cv2.INTER_AREA) -> Picture:
    return cv2.resize(values, None, fx=factor, fy=factor, interpolation=how)


def enlarged(values: Picture, shape: tuple[int, int]) -> Picture:
    return cv2.resize(values, shape[::-1], interpolation=cv2.INTER_CUBIC)


def blurred(values: Picture, sigma_px: float) -> Picture:
    return cv2.GaussianBlur(values, (0, 0), sigma_px)


def tiled(picture: Picture, factor: int) -> Picture:
    return np.repeat(np.repeat(picture, factor, axis=0), factor, axis=1)


QUARTERS = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)


def really_turned(picture: Picture, view: View) -> Picture:
    """Return the picture as that view shows it, by another library than the one that is tested."""
    mirrored = cv2.flip(picture, 1) if view.mirrored else picture
    quarter = QUARTERS[view.quarters]
    return mirrored if quarter is None else cv2.rotate(mirrored, quarter)


@every_view
@given(picture=pictures)
def test_a_view_is_mirrored_first_and_then_turned_to_the_left(view, picture):
    """All eight of them, and of any shape."""
    assert np.array_equal(seen(picture, view), really_turned(picture, view))


def test_the_eight_views_are_eight():
    """No two show the same; the first is the picture itself."""
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert len({(v.shape, v.tobytes()) for v in (seen(picture, view) for view in VIEWS)}) == 8
    assert np.array_equal(seen(picture, VIEWS[0]), picture)


@every_view
def test_a_view_of_a_picture_keeps_its_colours(view):
    """Height and width are turned, the channels are not."""
    picture = photo("rocket.jpg")
    assert np.array_equal(seen(picture, view), really_turned(picture, view))


@every_view
@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png"])
def test_the_signature_of_a_view_is_the_view_of_the_signature(name, view):
    """The rules turn signatures, the workers turn pictures: both must mean the same view."""
    picture = photo(name)
    whole, cells = signature(seen(picture, view)), turned(signature(picture), view)
    assert largest_difference(whole.luma, cells.luma) <= 1
    assert largest_difference(whole.chroma, cells.chroma) <= 1


@every_view
@every_photo
def test_only_the_right_view_shows_the_same_picture(name, view):
    """Beside a really turned photograph its own view differs in nothing, the others clearly."""
    library = really_turned(grey(name), view)
    for other in VIEWS:
        measures = measure(seen(grey(name), other), library)
        if other == view:
            assert measures == Measures(blocks=0.0, error=0.0, detail=1.0)
        else:
            assert measures.blocks > 2 * LIMITS.blocks_resized


@given(blocks=arrays(np.uint8, (3, 5)), rest=st.tuples(st.integers(0, 7), st.integers(0, 7)))
def test_blocks_are_means_of_eight_by_eight_pixels_without_the_edges(blocks, rest):
    """What is left at the bottom and at the right fills no block and doesn't count."""
    picture = np.pad(tiled(blocks, 8), ((0, rest[0]), (0, rest[1])), constant_values=255)
    assert np.array_equal(block_means(picture), blocks)


@given(first=arrays(np.uint8, (4, 6)), second=arrays(np.uint8, (4, 6)))
def test_the_difference_is_the_largest_one_and_has_no_direction(first, second):
    """It is the same both ways, and 0 for equal blocks only."""
    expected = np.abs(first.astype(int) - second.astype(int)).max()
    assert block_difference(first, second) == block_difference(second, first) == expected


def test_blocks_of_other_sizes_are_refused():
    """The caller sees to equal grids."""
    with pytest.raises(ValueError, match="compared"):
        block_difference(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8))


def test_a_small_change_shows_in_its_block():
    """A patch of 8 x 8 pixels, lost in the 64 x 64 signature, stands out here."""
    picture = grey("chelsea.png")
    changed = picture.copy()
    changed[80:88, 120:128] = 255 - changed[80:88, 120:128]
    assert measure(picture, changed).blocks > LIMITS.blocks


@pytest.mark.parametrize("shape", [(1, 1), (7, 7), (7, 100), (100, 7)])
def test_pictures_without_a_single_block_differ(shape):
    """Where nothing was compared nothing is equal."""
    picture = np.full(shape, 9, np.uint8)
    assert measure(picture, picture).blocks == 255.0


@given(pair=pairs)
def test_blocks_and_error_have_no_direction_at_equal_sizes(pair):
    """Which of the two is the needle matters for detail alone."""
    there, back = measure(*pair), measure(*pair[::-1])
    assert (there.blocks, there.error) == (back.blocks, back.error)


@every_photo
@pytest.mark.parametrize("factor", [0.75, 0.5, 0.31])
def test_blocks_have_no_direction_at_unequal_sizes_and_there_is_no_error(name, factor):
    """They are those of the smaller picture, whoever has it."""
    large, small = grey(name), scaled(grey(name), factor)
    there, back = measure(large, small), measure(small, large)
    assert there.blocks == back.blocks <= LIMITS.blocks_resized
    assert there.error is back.error is None


def test_one_pixel_more_is_another_size():
    """So the two have no error in common, and get the limit of resized pictures."""
    picture = grey("coffee.png")
    assert measure(picture, picture[:-1]).error is None
    assert measure(picture, picture[:, 1:]).error is None


def test_equal_areas_of_other_shapes_have_no_error():
    """A picture and its quarter turn: equal in pixels, and never compared pixel by pixel."""
    picture = grey("coffee.png")
    assert measure(picture, np.ascontiguousarray(picture.T)).error is None


@given(pair=pairs)
def test_the_error_is_the_root_of_the_mean_square(pair):
    """Over all pixels, those of cut blocks too."""
    needle, haystack = (one.astype(np.float64) for one in pair)
    expected = float(np.sqrt(np.mean((needle - haystack) ** 2)))
    assert measure(*pair).error == pytest.approx(expected, abs=1e-9)


def test_the_error_of_a_large_picture_does_not_overflow():
    """24 megapixels that differ as much as they can."""
    black = np.zeros((4000, 6000), np.uint8)
    measures = measure(black, np.full_like(black, 255))
    assert measures == Measures(blocks=255.0, error=pytest.approx(255.0), detail=1.0)


@every_photo
@pytest.mark.parametrize("sigma_px", [1.0, 1.5, 3.0])
def test_a_blurred_library_copy_lacks_detail(name, sigma_px):
    """Of equal size, and often within every other limit."""
    assert measure(grey(name), blurred(grey(name), sigma_px)).detail < LIMITS.detail


@every_photo
@pytest.mark.parametrize("factor", [0.75, 0.5, 0.25])
@pytest.mark.parametrize("library_size", [1.0, 1.5, 2.0])
def test_a_library_copy_that_was_scaled_up_lacks_detail(name, factor, library_size):
    """To the needle's size or beyond: its pixels are many, and say little."""
    needle = grey(name)
    rows, columns = (round(side * library_size) for side in needle.shape)
    library = enlarged(scaled(needle, factor), (rows, columns))
    assert measure(needle, library).detail < LIMITS.detail


@every_photo
@pytest.mark.parametrize("factor", [0.75, 0.5, 0.25])
def test_a_needle_that_was_scaled_up_lacks_nothing(name, factor):
    """Beside the small original, all that it can show is there."""
    small = scaled(grey(name), factor)
    assert measure(enlarged(small, grey(name).shape), small).detail > 0.9


@every_photo
@pytest.mark.parametrize("factor", [0.75, 0.5, 0.25])
def test_a_plain_reduction_is_as_sharp_both_ways(name, factor):
    """Seen at the smaller size; that it has fewer pixels is said elsewhere."""
    large, small = grey(name), scaled(grey(name), factor)
    assert measure(large, small).detail == pytest.approx(1.0, abs=0.1)
    assert measure(small, large).detail == pytest.approx(1.0, abs=0.1)


@every_photo
def test_a_copy_of_quality_95_keeps_blocks_and_detail(name):
    """Whichever of the two is the library's."""
    original, copy = grey(name), saved(name, 95)
    there, back = measure(original, copy), measure(copy, original)
    assert there.blocks == back.blocks <= 2.0
    assert there.error == back.error < 2.0
    assert there.detail == pytest.approx(1.0, abs=0.1)
    assert back.detail == pytest.approx(1.0, abs=0.1)


@every_photo
@pytest.mark.parametrize("quality", [75, 50, 30])
def test_a_needle_that_was_compressed_is_as_sharp_as_the_library(name, quality):
    """The needle lost; the library's original has at least as much, and blocks within limits."""
    measures = measure(saved(name, quality), grey(name))
    assert measures.detail > 0.95
    assert measures.blocks <= LIMITS.blocks


@given(needle=st.integers(0, 255), haystack=pictures)
def test_a_flat_needle_has_no_detail_to_lose(needle, haystack):
    """A share of nothing would be no number."""
    assert measure(np.full((16, 16), needle, np.uint8), haystack).detail == 1.0


def test_detail_is_a_share_of_the_needles():
    """Half the contrast has half the edges, and twice as many the other way round."""
    strong = (np.indices((64, 64)).sum(axis=0) % 2 * 200).astype(np.uint8)
    assert measure(strong, strong // 2).detail == 0.5
    assert measure(strong // 2, strong).detail == 2.0


@pytest.mark.parametrize(
    ("needle", "haystack", "expected"),
    [
        ("chelsea.png", "coffee.png", Measures(204.0, None, 1.3440)),
        ("coffee.png", "chelsea.png", Measures(204.0, None, 0.7441)),
        ("astronaut.png", "coffee.png", Measures(240.0, None, 1.9095)),
    ],
)
def test_the_values_of_unequal_sizes_are_frozen(needle, haystack, expected):
    """Measures are kept in stores: a new definition needs a new version."""
    found = measure(grey(needle), grey(haystack))
    assert found.blocks == pytest.approx(expected.blocks, abs=1.0)
    assert found.error is None
    assert found.detail == pytest.approx(expected.detail, rel=0.01)


def test_the_values_of_equal_sizes_are_frozen():
    """The cat, beside itself in a mirror and beside a blurred copy."""
    cat = grey("chelsea.png")
    mirrored, soft = measure(cat, seen(cat, VIEWS[4])), measure(cat, blurred(cat, 1.0))
    assert (mirrored.blocks, soft.blocks) == pytest.approx((140.0, 4.0), abs=1.0)
    assert (mirrored.error, soft.error) == pytest.approx((45.65, 5.274), rel=0.01)
    assert (mirrored.detail, soft.detail) == pytest.approx((1.0, 0.2681), rel=0.01)


def test_the_blocks_are_frozen():
    """Of every ninth block, to rounding."""
    golden = [
        [131, 97, 109, 108, 118, 134, 38],
        [191, 117, 150, 93, 109, 105, 115],
        [70, 156, 117, 118, 143, 146, 173],
        [97, 121, 152, 118, 84, 172, 166],
        [65, 165, 140, 117, 120, 172, 164],
    ]
    blocks = block_means(grey("chelsea.png"))
    assert blocks.shape == (37, 56)
    assert np.abs(blocks[::9, ::9].astype(int) - golden).max() <= 1


def patched(bgr: Picture, size_px: int, levels: int) -> Picture:
    """Return the picture with a square of another red, and of the same brightness."""
    cells = cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb).astype(np.int16)
    cells[64 : 64 + size_px, 80 : 80 + size_px, 1] += levels
    return cv2.cvtColor(np.clip(cells, 0, 255).astype(np.uint8), cv2.COLOR_YCrCb2BGR)


def tint_of(first: Picture, second: Picture) -> float:
    smaller = min((first, second), key=lambda one: one.size)
    return tint_difference(tints(first), tints(second), smaller.shape[:2])


@pytest.mark.parametrize("size_px", [32, 48])
def test_another_colour_of_a_small_part_is_seen(size_px):
    """Though the brightness of every pixel is as it was, or nearly."""
    picture = np.full((300, 400, 3), 120, np.uint8)
    assert tint_of(picture, picture) == 0.0
    assert tint_of(picture, patched(picture, size_px, 20)) == pytest.approx(20, abs=2)
    larger = cv2.resize(picture, (800, 600), interpolation=cv2.INTER_AREA)
    assert tint_of(patched(picture, size_px, 20), larger) == pytest.approx(20, abs=2)


@pytest.mark.parametrize("name", ["coffee.png", "astronaut.png"])
@pytest.mark.parametrize("quality", [50, 90])
def test_the_tints_of_a_copy_are_the_originals(name, quality):
    """Compressed, and made smaller."""
    picture = photo(name)
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    for copy in (picture, half):
        data = cv2.imencode(".jpg", copy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        assert tint_of(picture, cv2.imdecode(data, cv2.IMREAD_COLOR)) <= LIMITS.tint


@pytest.mark.parametrize("view", VIEWS)
def test_tints_are_compared_in_the_view(view):
    """A turned copy has the tints of the picture turned."""
    picture = photo("coffee.png")
    ours, theirs = seen(tints(picture), view), tints(seen(picture, view))
    assert tint_difference(ours, theirs, seen(picture, view).shape[:2]) <= 1.0


def test_a_picture_of_a_few_pixels_has_one_tint():
    """However narrow."""
    narrow = np.full((3, 40, 3), 90, np.uint8)
    assert tint_of(narrow, narrow) == 0.0
