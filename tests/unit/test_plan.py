from __future__ import annotations

from dataclasses import replace

import pytest

from dedupd.messages import Depth
from dedupd.model import EntryType, FileRecord, Kind, Role, Stamp, Unreadable
from dedupd.rules.backlog import Lane
from dedupd.rules.plan import Demand, next_look

STAMP = Stamp(1, 100, 2, 3)
NEW = FileRecord(STAMP)
SNIFFED = replace(NEW, kind=Kind.PICTURE)
READ = replace(SNIFFED, digest=bytes(32))
NEEDLE = Demand(Role.NEEDLES, True, False, True, False)
LIBRARY = replace(NEEDLE, role=Role.HAYSTACK)
BROKEN = Unreadable("io")


@pytest.mark.parametrize(
    ("record", "demand", "look"),
    [
        pytest.param(NEW, NEEDLE, (Depth.KEEP, Lane.NEEDLE), id="named like a picture"),
        pytest.param(
            NEW, replace(NEEDLE, named_picture=False), (Depth.SNIFF, Lane.NEEDLE), id="other name"
        ),
        pytest.param(
            NEW, replace(NEEDLE, shares_size=True), (Depth.DIGEST, Lane.BYTES), id="equal size"
        ),
        pytest.param(
            NEW, replace(LIBRARY, shares_size=True), (Depth.DIGEST, Lane.BYTES), id="in the library"
        ),
        pytest.param(NEW, LIBRARY, (Depth.KEEP, Lane.HAYSTACK), id="to fill the index"),
        pytest.param(NEW, replace(LIBRARY, wanted=False), None, id="nobody asks"),
        pytest.param(SNIFFED, NEEDLE, (Depth.KEEP, Lane.NEEDLE), id="content is a picture"),
        pytest.param(replace(NEW, kind=Kind.OTHER), NEEDLE, None, id="no picture, no equal size"),
        pytest.param(
            replace(NEW, kind=Kind.VIDEO),
            replace(NEEDLE, shares_size=True),
            (Depth.DIGEST, Lane.BYTES),
            id="a film of equal size",
        ),
        pytest.param(READ, NEEDLE, None, id="read, nothing more is wanted"),
        pytest.param(
            READ,
            replace(NEEDLE, fingerprint_missing=True),
            (Depth.KEEP, Lane.NEEDLE),
            id="read, and its looks are wanted",
        ),
        pytest.param(
            READ, replace(LIBRARY, fingerprint_missing=True, wanted=False), None, id="nobody asks"
        ),
        pytest.param(
            replace(READ, kind=Kind.OTHER),
            replace(NEEDLE, fingerprint_missing=True),
            None,
            id="no picture",
        ),
        pytest.param(replace(NEW, problem=BROKEN), NEEDLE, None, id="can't be read"),
        pytest.param(
            replace(READ, problem=BROKEN),
            replace(NEEDLE, fingerprint_missing=True),
            None,
            id="can't be read again",
        ),
        pytest.param(replace(NEW, settled=False), NEEDLE, None, id="being written"),
        pytest.param(replace(NEW, type=EntryType.LINK), NEEDLE, None, id="a link"),
        pytest.param(replace(NEW, type=EntryType.SPECIAL), NEEDLE, None, id="a FIFO"),
    ],
)
def test_how_deep_a_file_is_looked_into_next(record, demand, look):
    """Bytes first, nothing deeper than somebody wants, nothing that isn't a quiet file."""
    assert next_look(record, demand) == look
