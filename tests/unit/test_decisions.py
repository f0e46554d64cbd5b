"""The book of decisions: the latest about the same contents rules, and an undo brings back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.decision import Decision, DecisionKind
from dedupd.rules.decisions import DecisionBook

A, B, C = (bytes([number]) * 32 for number in range(3))
SAME, DIFFERENT, DISMISS = DecisionKind.SAME, DecisionKind.DIFFERENT, DecisionKind.DISMISS


def decision(number, kind, first, second=None, batch=None):
    """Return a decision whose id and time tell its number."""
    return Decision(f"d{number}", batch or f"b{number}", f"t{number:03}", kind, first, second)


def book_of(*decisions):
    """Return a book in which these were taken."""
    book = DecisionBook()
    for one in decisions:
        book.take(one)
    return book


def test_same_holds_both_ways_and_no_further():
    """A is B and B is C says nothing of A and C."""
    book = book_of(decision(1, SAME, A, B), decision(2, SAME, C, B))
    assert (book.same_as(A), book.same_as(B), book.same_as(C)) == ({B}, {A, C}, {B})
    assert book.same_as(b"?" * 32) == set()


def test_different_holds_both_ways():
    """And never of equal contents, whatever the book says."""
    book = book_of(decision(1, DIFFERENT, B, A), decision(2, DIFFERENT, C, C))
    assert book.differ(A, B)
    assert book.differ(B, A)
    assert not book.differ(A, C)
    assert not book.differ(C, C)


def test_a_later_decision_replaces_and_its_undo_brings_back():
    """Same, then different about the same pair in the other order."""
    book = book_of(decision(1, SAME, A, B), decision(2, DIFFERENT, B, A))
    assert (book.same_as(A), book.differ(A, B)) == (set(), True)
    assert [in_force for _, in_force in book.all()] == [False, True]
    assert [one.id for one in book.undo("d2")] == ["d2"]
    assert (book.same_as(A), book.differ(A, B)) == ({B}, False)
    assert [in_force for _, in_force in book.all()] == [True, False]


def test_undoing_what_was_replaced_changes_nothing_in_force():
    """The later one still rules, and nothing comes back when it goes."""
    book = book_of(decision(1, SAME, A, B), decision(2, DIFFERENT, A, B))
    book.undo("d1")
    assert book.differ(A, B)
    book.undo("d2")
    assert (book.same_as(A), book.differ(A, B), book.about(A)) == (set(), False, [])


def test_a_batch_is_undone_together_and_once():
    """What was undone of it before is not told again."""
    taken = [decision(n, DISMISS, one, batch="many") for n, one in enumerate((A, B, C))]
    book = book_of(*taken)
    assert book.undo("d1") == [taken[1]]
    assert book.last() == "many"
    assert book.undo("many") == [taken[0], taken[2]]
    assert (book.undo("many"), book.undo("d1"), book.undo("?"), book.last()) == ([], [], [], None)
    assert not any(map(book.dismissed, (A, B, C)))


def test_a_batch_may_have_the_id_of_its_first_decision():
    """Then that id means the batch, so that undoing the last batch undoes all of it."""
    book = book_of(decision(1, DISMISS, A, batch="d1"), decision(2, DISMISS, B, batch="d1"))
    assert [one.id for one in book.undo(book.last())] == ["d1", "d2"]


def test_a_dismissal_is_about_one_content():
    """It doesn't touch what was said of pairs."""
    pair, gone = decision(1, SAME, A, B), decision(2, DISMISS, A)
    book = book_of(pair, gone)
    assert book.dismissed(A)
    assert not book.dismissed(B)
    assert (list(book.dismissals()), book.about(A), book.about(B)) == ([gone], [pair, gone], [pair])


def test_in_doubt_nothing_passes_but_equal_contents():
    """What was lost may have undone any of them, or have called any two different."""
    book = book_of(decision(1, SAME, A, B), decision(2, DISMISS, A))
    book.doubtful = True
    assert (book.dismissed(A), book.same_as(A)) == (False, set())
    assert (book.differ(A, B), book.differ(B, C), book.differ(C, C)) == (True, True, False)
    book.doubtful = False
    assert (book.dismissed(A), book.same_as(A)) == (True, {B})
    assert (book.differ(A, B), book.differ(B, C)) == (False, False)


def test_what_can_be_undone_is_told_before_it_is():
    """The disk must have the undo first."""
    book = book_of(decision(1, DISMISS, A, batch="b"), decision(2, DISMISS, B, batch="b"))
    assert [one.id for one in book.undoable("b")] == ["d1", "d2"]
    assert book.undoable("b") == book.undo("b")
    assert (book.undoable("b"), book.undoable("d1"), book.undoable("?")) == ([], [], [])


@pytest.mark.parametrize("wrong", [decision(1, SAME, A), decision(1, DISMISS, A, B)])
def test_the_number_of_contents_must_fit(wrong):
    """A pair for same and different, one for a dismissal; nothing is taken otherwise."""
    book = DecisionBook()
    with pytest.raises(ValueError, match="is about"):
        book.take(wrong)
    assert book.all() == []


def test_an_id_is_given_once():
    """A second decision of that id would vanish from `undo`."""
    book = book_of(decision(1, DISMISS, A))
    with pytest.raises(ValueError, match="d1"):
        book.take(decision(1, DISMISS, B))
    assert not book.dismissed(B)


DIGESTS = st.sampled_from((A, B, C))
DECIDED = st.one_of(
    st.tuples(st.just(DISMISS), DIGESTS, st.none()),
    st.tuples(st.sampled_from((SAME, DIFFERENT)), DIGESTS, DIGESTS),
)
DEEDS = st.lists(
    st.one_of(
        st.tuples(DECIDED, st.integers(0, 3)),  # decided, in that batch
        st.one_of(
            st.integers(0, 12).map("d{}".format),
            st.integers(0, 3).map("b{}".format),
            st.just(""),
        ),
    ),
    max_size=12,
)


class Oracle:
    """The plainest book: a list, replayed for each question."""

    def __init__(self):
        self.standing, self.taken = [], []

    def take(self, one):
        self.standing.append(one)
        self.taken.append(one)

    def undo(self, name):
        undone = [one for one in self.standing if name in (one.id, one.batch)]
        self.standing = [one for one in self.standing if one not in undone]
        return undone

    def ruling(self, *digests):
        about = [one for one in self.standing if self.subject(one) == sorted(digests)]
        return about[-1] if about else None

    def subject(self, one):
        return sorted([one.first] if one.second is None else [one.first, one.second])

    def in_force(self, one):
        return self.ruling(*self.subject(one)) == one


def done(deeds):
    """Return a book and an oracle after the same deeds."""
    book, oracle = DecisionBook(), Oracle()
    for number, deed in enumerate(deeds):
        if isinstance(deed, str):
            name = deed or (book.last() or "none")
            assert book.undo(name) == oracle.undo(name)
        else:
            (kind, first, second), batch = deed
            one = decision(number, kind, first, second, f"b{batch}")
            book.take(one)
            oracle.take(one)
    return book, oracle


@given(DEEDS)
def test_the_book_says_what_a_replay_says(deeds):
    """After any deeds, for every content and pair."""
    book, oracle = done(deeds)
    assert book.last() == (oracle.standing[-1].batch if oracle.standing else None)
    assert book.all() == [(one, oracle.in_force(one)) for one in oracle.taken]
    rules = [one for one in oracle.taken if oracle.in_force(one)]
    assert list(book.dismissals()) == [one for one in rules if one.kind is DISMISS]
    for a in (A, B, C):
        assert book.dismissed(a) == (oracle.ruling(a) is not None)
        assert book.about(a) == [one for one in rules if a in (one.first, one.second)]
        for b in {A, B, C} - {a}:
            ruling = oracle.ruling(a, b)
            kind = ruling.kind if ruling else None
            assert (b in book.same_as(a), book.differ(a, b)) == (kind is SAME, kind is DIFFERENT)


@given(DEEDS)
def test_undoing_everything_leaves_nothing_in_force(deeds):
    """Batch by batch, the latest first, as `dedupd undo` does again and again."""
    book, _ = done(deeds)
    while (batch := book.last()) is not None:
        assert book.undo(batch)
    assert not any(in_force for _, in_force in book.all())
    assert not any(book.about(one) or book.same_as(one) for one in (A, B, C))


EDITED_A, EDITED_B = (bytes([number]) * 32 for number in range(10, 12))
CODINGS = {A: b"a", EDITED_A: b"a", B: b"b", EDITED_B: b"b", C: b"c"}
CONTENTS = tuple(CODINGS)


def telling(book, codings):
    """Return the book, which is told these coded pictures from now on."""
    book.coding = codings.get
    return book


@pytest.mark.parametrize("remembered", [True, False], ids=["by the line", "by the store"])
@pytest.mark.parametrize(
    "pair", [(A, B), (EDITED_A, B), (A, EDITED_B), (EDITED_B, EDITED_A)], ids=str
)
def test_different_holds_when_metadata_are_edited(remembered, pair):
    """On either side or both, also where what was decided about is long gone; until undone."""
    book = DecisionBook()
    book.take(decision(1, DIFFERENT, A, B), *((b"a", b"b") if remembered else ()))
    edited = {EDITED_A: b"a", EDITED_B: b"b", C: b"c"}
    telling(book, edited if remembered else CODINGS)
    assert book.differ(*pair)
    assert not any(book.differ(one, C) for one in (*pair, A, B))
    assert not book.differ(A, EDITED_A)
    assert [one.id for one in book.about(pair[0])] == ["d1"]
    book.undo("d1")
    assert not book.differ(*pair)
    assert book.about(pair[0]) == []


def test_what_was_called_different_is_asked_about_once_and_again_when_it_was_seen():
    """Of many that are gone nobody ever tells; asking for all of them each time takes long."""
    asked, codings = [], {EDITED_A: b"a", B: b"b"}
    book = DecisionBook()
    book.take(decision(1, DIFFERENT, A, B))
    book.coding = lambda digest: asked.append(digest) or codings.get(digest)
    for _ in range(3):
        assert not book.differ(EDITED_A, B)
    assert asked.count(A) == 1
    codings[A] = b"a"
    book.seen(A)
    assert book.differ(EDITED_A, B)


def test_what_lets_a_picture_pass_holds_for_those_very_contents():
    """Nobody has seen the edited file, and something may have been done to it."""
    book = telling(DecisionBook(), CODINGS)
    book.take(decision(1, SAME, A, B), b"a", b"b")
    book.take(decision(2, DISMISS, C), b"c")
    assert book.same_as(EDITED_A) == set()
    assert book.same_as(A) == {B}
    assert not book.dismissed(EDITED_B)


@pytest.mark.parametrize("known", [CODINGS, {}], ids=["by the store", "by the lines alone"])
def test_the_latest_word_about_two_pictures_rules(known):
    """Same about the edited file replaces different about the pair; a later different rules it."""
    book = telling(DecisionBook(), known)
    book.take(decision(1, DIFFERENT, A, B), b"a", b"b")
    book.take(decision(2, SAME, A, EDITED_B), b"a", b"b")
    assert (book.differ(A, EDITED_B), book.same_as(A), book.differ(A, B)) == (
        False,
        {EDITED_B},
        True,
    )
    book.take(decision(3, DIFFERENT, EDITED_A, B), b"a", b"b")
    assert (book.differ(A, EDITED_B), book.same_as(A)) == (True, set())
    book.undo("d3")
    assert (book.differ(A, EDITED_B), book.same_as(A)) == (False, {EDITED_B})


def test_contents_without_a_coded_picture_have_nothing_in_common():
    """Many formats don't give it; an unknown one is not equal to another unknown one."""
    book = telling(DecisionBook(), dict.fromkeys(CONTENTS, b""))
    book.take(decision(1, DIFFERENT, A, B))
    assert book.differ(A, B)
    assert not book.differ(A, EDITED_B)
    assert not book.differ(A, C)


PAIRED = st.tuples(
    st.sampled_from((SAME, DIFFERENT)), st.sampled_from(CONTENTS), st.sampled_from(CONTENTS)
).filter(lambda one: one[1] != one[2])
LINES = st.lists(
    st.one_of(st.tuples(PAIRED, st.booleans()), st.integers(0, 6).map("d{}".format)), max_size=7
)


@given(lines=LINES, looked_at=st.permutations(CONTENTS), now=st.data())
def test_when_a_coded_picture_becomes_known_changes_nothing(lines, looked_at, now):
    """By the line, before it or long after, asked meanwhile or not: in the end all is one."""
    seen = {}
    early, late = telling(DecisionBook(), CODINGS), telling(DecisionBook(), seen)
    waiting = list(looked_at)
    for number, line in enumerate(lines):
        if waiting and now.draw(st.booleans()):
            content = waiting.pop()
            seen[content] = CODINGS[content]
            late.seen(content)
        if isinstance(line, str):
            early.undo(line)
            late.undo(line)
            continue
        (kind, first, second), known = line
        early.take(decision(number, kind, first, second))
        coded = (CODINGS[first], CODINGS[second]) if known else ()
        late.take(decision(number, kind, first, second), *coded)
        late.differ(first, now.draw(st.sampled_from(CONTENTS)))
    seen.update(CODINGS)
    for content in waiting:
        late.seen(content)
    for a in CONTENTS:
        assert early.same_as(a) == late.same_as(a)
        assert early.about(a) == late.about(a)
        for b in CONTENTS:
            assert early.differ(a, b) == late.differ(a, b) == differs(lines, a, b)


def differs(lines, a, b):
    """Say the same of two contents as plainly as can be."""
    undone = {
        number
        for number, line in enumerate(lines)
        if any(f"d{number}" == name for name in lines[number + 1 :] if isinstance(name, str))
    }
    standing = [
        line[0]
        for number, line in enumerate(lines)
        if not isinstance(line, str) and number not in undone
    ]
    exact = {}
    for number, (kind, *two) in enumerate(standing):
        exact[frozenset(two)] = number, kind
    words = [exact[frozenset((a, b))]] if frozenset((a, b)) in exact else []
    for two, (number, kind) in exact.items():
        shown = sorted(CODINGS[one] for one in two)
        if kind is DIFFERENT and shown == sorted((CODINGS[a], CODINGS[b])):
            words.append((number, kind))
    return a != b and bool(words) and max(words, key=lambda word: word[0])[1] is DIFFERENT
