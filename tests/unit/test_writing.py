"""A file that a command writes is whole, or it is what it was."""

from __future__ import annotations

import os

import pytest

from dedupd.cli.writing import write_whole
from dedupd.errors import UserError


def parts(error=None):
    yield b"one "
    if error is not None:
        raise error
    yield b"two"


def test_it_replaces_what_was_there(tmp_path):
    """With nothing left beside it."""
    target = tmp_path / "page.html"
    target.write_bytes(b"old")
    write_whole(os.fsencode(target), parts())
    assert target.read_bytes() == b"one two"
    assert os.listdir(tmp_path) == ["page.html"]


@pytest.mark.parametrize(
    ("error", "shown"),
    [(OSError(28, "No space left on device"), UserError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_half_a_page_is_never_seen(tmp_path, error, shown):
    """Whatever interrupts it."""
    target = tmp_path / "page.html"
    target.write_bytes(b"old")
    with pytest.raises(shown):
        write_whole(os.fsencode(target), parts(error))
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["page.html"]
