"""What two ends must agree on, in words for the owner."""

from __future__ import annotations

from dedupd.pictures import versions
from dedupd.pictures.pools.terms import DECODERS, mismatch, ours


def test_our_terms_are_the_definitions_and_the_decoders():
    """Of the latter two releases may decode the same bytes otherwise."""
    mine = ours()
    assert mine["measures"] == str(versions.MEASURES)
    assert set(DECODERS) <= set(mine)
    assert all(mine.values())


def test_what_differs_is_named_with_both_versions():
    """Also what only one of them knows."""
    mine = {"dedupd": "1", "Pillow": "12", "rawpy": ""}
    assert mismatch(dict(mine), mine) == ""
    assert mismatch({**mine, "Pillow": "11"}, mine) == "Pillow 11 there and 12 here"
    assert mismatch({"dedupd": "1", "rawpy": ""}, mine) == "Pillow missing there and 12 here"
    assert mismatch({**mine, "later": "3"}, mine) == "later 3 there and missing here"
