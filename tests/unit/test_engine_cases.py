"""The case of a claim says no more than what the engine has grounds for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dedupd.claim import judge
from dedupd.engine.cases import Cases
from dedupd.engine.desk import Desk
from dedupd.messages import Sight, TreeLooked
from dedupd.model import (
    Assessment,
    EntryType,
    Evidence,
    EvidenceKind,
    FileRecord,
    Identity,
    Kind,
    PictureClass,
    Place,
    Role,
    Root,
    Stamp,
)
from dedupd.rules.catalog import Catalog

NEEDLE, WITNESS = Place("n1", b"card/x.jpg"), Place("h1", b"a.jpg")
CARD = Place("n1", b"card")
NOW_S, QUIET_S = 100.0, 2.0
EQUAL = Evidence(EvidenceKind.BYTES)
MATCHED = PictureClass.MATCHED


class Known:
    """What the engine's `Files` know: one needle picture, and what vouches for it."""

    def __init__(self, assessment: Assessment, vouching: tuple[Place, ...] = ()) -> None:
        self.roots = {
            name: Root(name, b"/" + name.encode(), role)
            for name, role in (("n1", Role.NEEDLES), ("h1", Role.HAYSTACK))
        }
        self.catalog = Catalog(self.roots.values())
        self.catalog.put(NEEDLE, FileRecord(Stamp(1, 9, 5, 5), kind=Kind.PICTURE, digest=b"d" * 32))
        self.matcher = SimpleNamespace(away=set())
        self._assessment, self._vouching = assessment, set(vouching)

    def hidden(self, place, record):
        return False

    def assessment(self, place, record):
        return self._assessment

    def vouching(self, needle, digest):
        return self._vouching if digest is not None else set()


def case_of(known: Known):
    desks = {
        name: Desk(root, identity=Identity(1, number, 1, "ext4", "v"))
        for number, (name, root) in enumerate(known.roots.items())
    }
    return Cases(known, desks, QUIET_S).build(CARD, lambda place: 1, NOW_S)


def ruling_on(known: Known):
    """Rule on the case where the disk shows the needle just as it is known."""
    case = case_of(known)
    record = known.catalog.get(NEEDLE)
    sights = (
        Sight(b"card", EntryType.FOLDER, Stamp(2, 0, 5, 5), 1, 1, 1, (1, 1)),
        Sight(NEEDLE.path, EntryType.FILE, record.stamp, 1, 1, 1, (1, 2)),
    )
    tree = TreeLooked("n1", 1, case.identities["n1"], sights, ())
    return case, judge(case, tree, {})


@pytest.mark.parametrize(
    "assessment",
    [
        Assessment(MATCHED, evidence=EQUAL),
        Assessment(MATCHED, witness=WITNESS),
        Assessment(PictureClass.POSSIBLE, evidence=EQUAL, witness=WITNESS),
    ],
)
def test_a_match_without_its_grounds_vouches_for_nothing(assessment):
    """Neither a witness without evidence nor evidence without a witness makes it imported."""
    known = Known(assessment, (WITNESS,))
    known.catalog.put(WITNESS, FileRecord(Stamp(3, 9, 5, 5), digest=b"d" * 32))
    case, ruling = ruling_on(known)
    assert case.files[NEEDLE.path].witness is None
    assert ruling.imported == ()
    assert {one.reason for one in ruling.refusals} == {"unmatched"}


@pytest.mark.parametrize("away", [False, True])
def test_a_witness_that_nobody_can_look_at_is_none(away):
    """Its root is away, or nothing with its content is there any more."""
    known = Known(Assessment(MATCHED, evidence=EQUAL, witness=WITNESS), (WITNESS,) if away else ())
    known.catalog.put(WITNESS, FileRecord(Stamp(3, 9, 5, 5), digest=b"d" * 32))
    known.matcher.away = {"h1"} if away else set()
    case, ruling = ruling_on(known)
    assert (case.witnesses, ruling.imported) == ({}, ())
    assert {one.reason for one in ruling.refusals} == {"unmatched"}


def test_a_witness_that_nobody_knows_is_a_fault_of_ours():
    """It is never looked for with an empty stamp."""
    known = Known(Assessment(MATCHED, evidence=EQUAL, witness=WITNESS), (WITNESS,))
    known.vouching = lambda needle, digest: {WITNESS}
    with pytest.raises(LookupError, match="not in the catalogue"):
        case_of(known)


def test_a_witness_that_is_known_is_looked_for_as_it_was_seen():
    """With the very stamp, and since when it is so."""
    known = Known(Assessment(MATCHED, evidence=EQUAL, witness=WITNESS), (WITNESS,))
    known.catalog.put(WITNESS, FileRecord(Stamp(3, 9, 5, 5), digest=b"d" * 32, seen_at_s=7.0))
    seen = case_of(known).witnesses[WITNESS]
    assert (seen.stamp, seen.since_s) == (Stamp(3, 9, 5, 5), 7.0)
