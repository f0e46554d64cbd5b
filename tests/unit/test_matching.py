from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import engine_disk as disk
from tests.unit.engine_disk import broken, flat, picture

from dedupd.model import (
    EvidenceKind,
    FileRecord,
    Kind,
    MatchLimits,
    PictureClass,
    Place,
    Role,
    Root,
    Stamp,
)
from dedupd.rules.catalog import Catalog
from dedupd.rules.matching import Errand, Judgement, Matcher
from dedupd.state.memory import MemoryStore

ROOTS = [Root(one, b"/" + one.encode(), Role.HAYSTACK) for one in ("h1", "h2")]
ROOTS.append(Root("n1", b"/n1", Role.NEEDLES))
CONTENTS = [picture(group, variant) for group in range(2) for variant in "abst"]
CONTENTS += [picture(0, "m"), broken(1), flat(1)]


class Bench:
    """A matcher over a catalogue and a store, and somebody who runs its errands."""

    def __init__(self) -> None:
        self.catalog, self.store = Catalog(ROOTS), MemoryStore()
        self.matcher = Matcher(self.catalog, self.store, MatchLimits(), {})
        self.contents: dict[bytes, bytes] = {}
        self.needles: set[bytes] = set()

    def put(self, root: str, path: bytes, content: bytes, read: bool = True) -> set[bytes]:
        """Put a file; return the needle contents that it may touch."""
        digest = disk.digest(content)
        stamp = Stamp(len(self.contents) + 1, len(content), 0, 0)
        record = FileRecord(stamp, kind=Kind.PICTURE, digest=digest if read else None)
        self.contents[digest] = content
        self.catalog.put(Place(root, path), record)
        if root == "n1":
            self.needles.add(digest)
        return self.matcher.learned(digest) if read else set()

    def decode(self, content: bytes) -> set[bytes]:
        """Learn the fingerprint of a content; return the needle contents that it may touch."""
        digest = disk.digest(content)
        self.store.put_fingerprint(digest, disk.fingerprint(content))
        return self.matcher.learned(digest)

    def run(self, errand: Errand) -> set[bytes]:
        """Have a worker look at these contents; return the needle contents that it may touch."""
        for digest in errand.digests:
            self.store.put_signature(digest, disk.signature(self.contents[digest]))
        if len(errand.digests) > 1:
            pair = [self.contents[digest] for digest in errand.digests]
            self.store.put_block_difference(*errand.digests, disk.block_difference(*pair))
        return set().union(*(self.matcher.learned(digest) for digest in errand.digests))

    def judge(self, content: bytes) -> Judgement:
        """Judge a needle content, after every errand that it asks for."""
        judgement = self.matcher.assess(disk.digest(content))
        for _ in range(20):
            if judgement.errand is None:
                return judgement
            self.run(judgement.errand)
            judgement = self.matcher.assess(disk.digest(content))
        raise AssertionError("errands without end")


def bench(library: list[bytes], needle: bytes) -> Bench:
    """Return a bench that knows everything but the signatures."""
    one = Bench()
    for number, content in enumerate(library):
        one.put("h1", b"%d" % number, content)
        one.decode(content)
    one.put("n1", b"x", needle)
    one.decode(needle)
    return one


def test_equal_bytes_settle_it_before_anything_is_decoded():
    """With the first place on a root that is there."""
    one = Bench()
    one.put("h1", b"b", picture(1, "a"))
    one.put("h1", b"a", picture(1, "a"))
    one.put("h2", b"c", picture(1, "a"))
    one.put("n1", b"x", picture(1, "a"))
    found = one.judge(picture(1, "a")).assessment
    assert (found.cls, found.evidence.kind) == (PictureClass.MATCHED, EvidenceKind.BYTES)
    assert found.witness == Place("h1", b"a")
    one.matcher.away = frozenset({"h1"})
    assert one.judge(picture(1, "a")).assessment.witness == Place("h2", b"c")


def test_a_library_file_of_equal_size_that_nobody_read_may_hold_the_same_bytes():
    """Until it is read nothing is said of the needle, and nothing decoded for it."""
    one = Bench()
    one.put("h1", b"a", picture(2, "a", 60), read=False)
    one.put("n1", b"x", picture(1, "a", 60))
    assert one.judge(picture(1, "a", 60)).assessment.reason == "bytes"
    one.put("h1", b"a", picture(2, "a", 60))
    assert one.judge(picture(1, "a", 60)).assessment.reason == "fingerprint"


def test_a_known_copy_vouches_whatever_else_is_still_unread():
    """Order of arrival: an unread file of the needle's size doesn't take a match back."""
    one = bench([picture(1, "a")], picture(1, "b", 60))
    assert one.judge(picture(1, "b", 60)).assessment.cls is PictureClass.MATCHED
    one.put("h1", b"new", picture(3, "a", 60), read=False)
    assert one.judge(picture(1, "b", 60)).assessment.cls is PictureClass.MATCHED


@pytest.mark.parametrize(
    ("library", "needle", "cls", "reason"),
    [
        ([picture(1, "b")], picture(1, "a"), PictureClass.MATCHED, ""),
        ([picture(1, "a")], picture(1, "s"), PictureClass.MATCHED, ""),
        ([picture(1, "s")], picture(1, "a"), PictureClass.POSSIBLE, "smaller"),
        ([picture(1, "t")], picture(1, "a"), PictureClass.POSSIBLE, "similar"),
        ([picture(1, "s"), picture(1, "t")], picture(1, "a"), PictureClass.POSSIBLE, "smaller"),
        ([picture(1, "t"), picture(1, "b")], picture(1, "a"), PictureClass.MATCHED, ""),
        ([picture(2, "a")], picture(1, "a"), PictureClass.UNMATCHED, "no-match"),
        ([], broken(1), PictureClass.UNREADABLE, "truncated"),
        ([flat(2)], flat(1), PictureClass.UNMATCHED, "featureless"),
    ],
)
def test_the_class_of_a_needle(library, needle, cls, reason):
    """One `same` settles it, a vetoed one comes before a mere resemblance."""
    found = bench(library, needle).judge(needle).assessment
    assert (found.cls, found.reason) == (cls, reason)
    assert found.asks is (
        cls in (PictureClass.POSSIBLE, PictureClass.UNMATCHED) and not needle.startswith(b"flat")
    )


def test_who_asks_is_known_as_long_as_it_is_a_needle():
    """A needle without a match would like to see more of the library."""
    one = bench([], picture(1, "a"))
    one.judge(picture(1, "a"))
    assert one.matcher.asking == {disk.digest(picture(1, "a"))}
    one.catalog.drop(Place("n1", b"x"))
    one.matcher.assess(disk.digest(picture(1, "a")))
    assert one.matcher.asking == set()


def test_a_library_file_that_goes_takes_its_match_with_it():
    """Those whom it vouched for are named, to be judged again."""
    one = bench([picture(1, "b")], picture(1, "a"))
    one.judge(picture(1, "a"))
    one.catalog.drop(Place("h1", b"0"))
    assert one.matcher.learned(disk.digest(picture(1, "b"))) == {disk.digest(picture(1, "a"))}
    assert one.judge(picture(1, "a")).assessment.cls is PictureClass.UNMATCHED


def test_an_errand_asks_for_what_is_lacking_only():
    """One signature where one is known, both files where blocks are to be compared."""
    ours, theirs = disk.digest(picture(1, "a")), disk.digest(picture(1, "s"))
    one = bench([picture(1, "s")], picture(1, "a"))
    assert one.matcher.assess(ours).errand == Errand(ours, theirs)
    one.store.put_signature(theirs, disk.signature(picture(1, "s")))
    assert one.matcher.assess(ours).errand == Errand(ours, None)
    one.store.put_signature(ours, disk.signature(picture(1, "a")))
    assert one.matcher.assess(ours).errand is None
    assert Errand(None, theirs).digests == (theirs,)


def _events(library, needles):
    """Return everything that happens: files come, contents are read, fingerprints arrive."""
    files = [("h1", b"h%d" % n, c) for n, c in enumerate(library)]
    files += [("n1", b"n%d" % n, c) for n, c in enumerate(needles)]
    return [("put", *one) for one in files] + [("decode", *one) for one in files]


@given(
    st.lists(st.sampled_from(CONTENTS), max_size=5),
    st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=4),
    st.integers(0, 1000),
)
def test_no_order_of_arrival_changes_a_class(library, needles, seed):
    """Judging only whom each change names gives the same as judging all at the end."""
    outcomes = []
    for dice in (random.Random(seed), random.Random(seed + 1)):
        one, events = Bench(), _events(library, needles)
        dice.shuffle(events)
        kept: dict[bytes, Judgement] = {}
        for what, root, path, content in events:
            touched = one.put(root, path, content) if what == "put" else one.decode(content)
            while touched:
                digest = touched.pop()
                kept[digest] = one.matcher.assess(digest)
                if (errand := kept[digest].errand) is not None and dice.random() < 0.7:
                    touched |= one.run(errand) | {digest}
        final = {}
        for digest in one.needles:
            judged = kept[digest]
            while judged.errand is not None:
                one.run(judged.errand)
                judged = one.matcher.assess(digest)
            assert judged.assessment.cls is one.judge(one.contents[digest]).assessment.cls
            final[digest] = judged.assessment.cls, judged.assessment.reason
        outcomes.append(final)
    assert outcomes[0] == outcomes[1]
