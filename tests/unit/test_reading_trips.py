"""An errand whose files turn out to hold something else ends, and gives everything back."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import picture
from tests.unit.engine_world import world_with

from dedupd.messages import Read


@pytest.mark.parametrize("changed", ["n1", "h1"])
def test_a_file_that_holds_the_other_ones_bytes_behind_its_stamp_ends_the_errand(changed):
    """As where a file system keeps neither inode nor ctime: both reads bring the same digest."""
    library, needle = picture(1, "a"), picture(1, "b")
    world = world_with({b"a.jpg": library}, {})
    do = world._do

    def swap(doing: str) -> None:
        for job in world._edge_jobs:
            if isinstance(job, Read) and job.errand:
                path, content = (b"card/x.jpg", library) if changed == "n1" else (b"a.jpg", needle)
                world.disk.volume(changed).names[path].content = content
        do(doing)

    world._do = swap
    world.disk.write("n1", b"card/x.jpg", needle)
    world.happened()
    world.rest()
    assert world.violations == []
