"""The standing of every needle folder: which claims hold, which are due, and what was said.

A folder is publicly imported only while an `Imported` is held for its present version.  Claims
are looked into for the topmost folder that looks imported, so one walk serves a whole tree.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import replace

from dedupd.claim import Case, Imported, Refusal, Ruling, judge
from dedupd.engine.cases import Cases
from dedupd.engine.claims import AT_ONCE, Claim, Judged, Retry
from dedupd.engine.files import Files
from dedupd.engine.outbox import Outbox
from dedupd.engine.roots import Roots
from dedupd.engine.said import Said, SaidBook
from dedupd.engine.votes import Votes
from dedupd.messages import LookAt, LookTree, TreeLooked, WitnessesLooked
from dedupd.model import FolderState, Place, RootState, Unreadable
from dedupd.reports import COUNT_NAMES, Event
from dedupd.rules.tally import CONTESTABLE, Cause, Node, lineage
from dedupd.rules.verdicts import Conditions, looks_imported, settled_state, state_of
from dedupd.text import rfc3339, shown

RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
NOT_KNOWN_YET = ("bytes", "fingerprint", "comparison", "not-looked-at", "being-written")
TAKEN_BACK = {FolderState.PENDING, FolderState.INCOMPLETE, FolderState.REVIEW}


class Standing:
    """Claims and last words.  Belongs to the engine."""

    def __init__(
        self,
        files: Files,
        roots: Roots,
        cases: Cases,
        said: SaidBook,
        outbox: Outbox,
        others_block: bool,
    ) -> None:
        self._files, self._roots, self._cases, self.said = files, roots, cases, said
        self._tally, self._out = files.tally, outbox
        self._others_block = others_block
        self._held: dict[Place, Imported] = {}
        self._looked_at: dict[Place, str] = {}
        self._wanted: set[Place] = set()
        self._claims: dict[int, Claim] = {}
        self._last: dict[Place, FolderState] = {}  # of folders with pictures, when settled
        self._retries: dict[Place, Retry] = {}  # by the folder that was looked at
        self.ready = False
        self.votes = Votes(files, roots)
        self._waiting: set[Place] = set()  # folders that wait for forgotten votes
        self._culprits: dict[str, frozenset[Place]] = {}  # of the last look, by needle root
        self._numbers = 0

    @property
    def busy(self) -> bool:
        """Is a claim wanted or under way, other than those that are refused again and again?"""
        under_way = {claim.case.folder for claim in self._claims.values()}
        return any(not self._retry(folder).stubborn for folder in self._wanted | under_way)

    @property
    def stubborn(self) -> dict[Place, str]:
        """Return the folders that look imported and whose claims are always refused, and why."""
        return {
            folder: one.why
            for folder, one in self._retries.items()
            if one.stubborn and self.looks_imported(folder)
        }

    def next_due_s(self) -> float | None:
        """Return when a claim that had to wait may be looked into, None if none waits."""
        due = [self._retry(folder).not_before_s for folder in self._wanted]
        return max(min(due), self._out.now.s) if due and not self._claims else None

    def conditions(self, folder: Place) -> Conditions:
        """Return what the state of a folder depends on beside its own numbers."""
        desk = self._roots.desks[folder.root]
        return Conditions(
            root=desk.state,
            listed=desk.listed,
            away=self._files.matcher.away,
            unread=self._roots.unread(),
            others_block=self._others_block,
            claimed=self.holds(folder),
            votes_open=self._may_be_contested(folder),
        )

    def _may_be_contested(self, folder: Place) -> bool:
        """May a needle that nobody has looked at claim what a picture of this folder has?"""
        node = self._tally.node(folder)
        if node is None or not node.tree[CONTESTABLE]:
            return False
        return self.votes.may_come(self.said.get(folder).imported, self.ready)

    def holds(self, folder: Place) -> bool:
        """Is there a claim for the folder's present version?"""
        held, node = self._held.get(folder), self._tally.node(folder)
        return held is not None and node is not None and held.version == node.version

    def state(self, folder: Place) -> FolderState:
        """Return the public state of a folder that is known."""
        node = self._tally.node(folder)
        return state_of(node, self.conditions(folder)) if node else FolderState.PENDING

    def last_state(self, folder: Place) -> FolderState:
        """Return the state that the folder had, or would have, with every root online."""
        node, said = self._tally.node(folder), self.said.get(folder).imported
        online = replace(
            self.conditions(folder), root=RootState.ONLINE, listed=True, away=(), claimed=said
        )
        return settled_state(node, online) if node else FolderState.PENDING

    def looked_at(self, folder: Place) -> str | None:
        """Return when a held claim was looked into, RFC 3339."""
        return self._looked_at.get(folder) if self.holds(folder) else None

    def consider(self, folder: Place) -> None:
        """Something about the folder changed: want a claim, or take the last one back."""
        node = self._tally.node(folder)
        if node is None or not self._roots.desks[folder.root].listed:
            return
        conditions = self.conditions(folder)
        self._note(folder, node, conditions)
        if looks_imported(node, conditions):
            if not self.holds(folder):
                self._wanted.add(folder)
            return
        self._let_go(folder)
        self._wanted.discard(folder)
        if conditions.votes_open and looks_imported(node, replace(conditions, votes_open=False)):
            self._waiting.update([folder] if self.votes.are_forgotten() else [])
            return  # nothing was found against it
        state = state_of(node, conditions)
        if state is not FolderState.PENDING:
            self._retries.pop(folder, None)  # once that is mended, a look may find it good
        if not self.said.get(folder).imported:
            return
        if state is FolderState.PENDING and not self.ready:
            return  # nothing was found against it yet: the first scan is still under way
        if state in TAKEN_BACK:
            self._reopen(folder)
        elif state is FolderState.EMPTY:
            self.removed(folder)

    def _note(self, folder: Place, node: Node, conditions: Conditions) -> None:
        """Remember the state, for the day when the folder is deleted file by file."""
        state = state_of(node, conditions)
        if node.tree["pictures"] and state is not FolderState.PENDING:
            self._last[folder] = state

    def recheck(self, root: str) -> None:
        """A root was swept: look into every standing claim that it has a part in again."""
        for folder in list(self._held):
            node = self._tally.node(folder)
            if folder.root == root or (node is not None and node.rests_on[root]):
                self._wanted.add(folder)

    def doubt(self, root: str) -> None:
        """A root came or went: what was proven with its help must be proven anew."""
        for folder in list(self._held):
            node = self._tally.node(folder)
            if folder.root == root or node is None or node.rests_on[root]:
                self._let_go(folder)

    def _let_go(self, folder: Place) -> None:
        self._held.pop(folder, None)
        self._looked_at.pop(folder, None)

    def removed(self, folder: Place) -> None:
        """A needle folder was deleted, or all its pictures: what owners do once it is imported."""
        node, said = self._tally.node(folder), self.said.get(folder)
        self._let_go(folder)
        self._retries.pop(folder, None)
        self._wanted.discard(folder)
        last = self._last.pop(folder, None)
        if node is None or not (said.imported or last or node.tree["pictures"]):
            return
        state = FolderState.IMPORTED if said.imported else last or self.last_state(folder)
        name, path = "folder.removed", self._roots.path(folder)
        event_id = _event_id(name, path, said.contents, said.times) if said.imported else ""
        self._out.tell(Event(name, path, (("last_state", state.value),), id=event_id))
        if said.imported:
            self.said.reopen(folder)

    def shut(self, folder: Place, why: Unreadable) -> None:
        """A needle folder can't be listed any more: what was said of it is taken back."""
        node = self._tally.node(folder)
        self._let_go(folder)
        self._wanted.discard(folder)
        if node is not None and self.said.get(folder).imported:
            node.cause = Cause(why.reason, folder, folder)
            self._reopen(folder)

    def hinted(self, place: Place) -> None:
        """Something may have changed while claims are looked into."""
        for claim in self._claims.values():
            folder = claim.case.folder
            below = place.root == folder.root and folder in lineage(place)
            if below or place in claim.concerns:
                claim.disturbed = True

    def _follow_votes(self) -> None:
        """Consider again what waited until every forgotten needle was looked at."""
        if self.ready:
            self.votes.counted()
        while self._waiting and not self.votes.are_forgotten():
            self.consider(self._waiting.pop())

    def launch(self) -> None:
        """Look into what is wanted: one claim a root, of the topmost folders first."""
        self._follow_votes()
        busy = {claim.case.folder.root for claim in self._claims.values() if claim.inquiry is None}
        due = [one for one in self._wanted if one.root not in busy and self._is_due(one)]
        for folder in sorted(due, key=lambda one: (len(one.path), one.path)):
            if not self.looks_imported(folder):
                self._wanted.discard(folder)
            elif folder.root not in busy:
                busy.add(folder.root)
                top = self._topmost(folder)
                self.look(top if self._is_due(top) else folder, None)

    def look(self, folder: Place, inquiry: int | None) -> None:
        """Send somebody to look at the tree of `folder` and at its witnesses."""
        case = self._cases.build(folder, self._ready_version, self._out.now.s)
        self._numbers += 1
        concerns = frozenset(above for place in case.witnesses for above in lineage(place))
        claim = Claim(case, inquiry, concerns=concerns)
        self._claims[self._numbers] = claim
        self._wanted -= {Place(folder.root, path) for path in case.claimed}
        by_root: dict[str, list[bytes]] = {}
        for place in case.witnesses:
            by_root.setdefault(place.root, []).append(place.path)
        identity = case.identities[folder.root]
        self._out.do(LookTree(folder.root, folder.path, identity, self._numbers))
        for root, paths in by_root.items():
            self._out.do(LookAt(root, tuple(sorted(paths)), case.identities[root], self._numbers))

    def answered(self, look: TreeLooked | WitnessesLooked) -> Judged | None:
        """Take in a look; return the outcome when it was the claim's last."""
        claim = self._claims.get(look.number)
        if claim is None:
            return None
        if isinstance(look, TreeLooked):
            claim.tree = look
        else:
            claim.witnesses[look.root] = look
        if not claim.complete or claim.tree is None:
            return None
        del self._claims[look.number]
        ruling = judge(claim.case, claim.tree, claim.witnesses)
        self._apply(claim, ruling)
        return Judged(claim, ruling)

    def _apply(self, claim: Claim, ruling: Ruling) -> None:
        """Hold what was proven, drop what was refuted, and look again at what differed."""
        proven = {one.folder: one for one in ruling.imported} if not claim.disturbed else {}
        for path in claim.case.claimed:
            folder = Place(claim.case.folder.root, path)
            imported, node = proven.get(folder), self._tally.node(folder)
            if node is not None and imported is not None and self._still_holds(imported):
                self._retries.pop(folder, None)
                self._hold(folder, node, imported)
            else:
                self._let_go(folder)
                self._tally.changed.add(folder)
        root = claim.case.folder.root
        before = self._culprits.get(root, frozenset())
        self._culprits[root] = frozenset(refusal.culprit for refusal in ruling.refusals)
        if not ruling.refusals:
            self._retries.pop(claim.case.folder, None)
        elif claim.inquiry is None:  # a question may be about one picture of a bad folder
            self._put_off(claim.case, ruling.refusals)
        for refusal in ruling.refusals:
            self._look_again(claim.case, refusal, refusal.culprit in before)

    def _still_holds(self, imported: Imported) -> bool:
        """Did nothing happen to the folder, or to a root that it rests on, since the look?"""
        return self._ready_version(imported.folder) == imported.version

    def _retry(self, folder: Place) -> Retry:
        return self._retries.get(folder, AT_ONCE)

    def _is_due(self, folder: Place) -> bool:
        return self._retry(folder).not_before_s <= self._out.now.s

    def _put_off(self, case: Case, refusals: Iterable[Refusal]) -> None:
        """Not to be asked again at once, and ever later for what is refused again and again."""
        now_s, against = self._out.now.s, [one for one in refusals if one.reason != "early"]
        if against:
            times, first = self._retry(case.folder).times + 1, against[0]
            wait_s = min(RETRY_S * 2 ** (times - 1), LONGEST_RETRY_S)
            why = f"{first.reason} {shown(self._roots.path(first.culprit))}"
            self._retries[case.folder] = Retry(times, now_s + wait_s, why)
        else:
            seen = [case.files[one.path].seen.since_s for one in refusals]
            seen += [one.since_s for one in case.witnesses.values()]
            quiet_at_s = max(seen, default=now_s) + case.quiet_s
            self._retries[case.folder] = Retry(0, max(now_s + RETRY_S, quiet_at_s), "")

    def _hold(self, folder: Place, node: Node, imported: Imported) -> None:
        """Say it, if it isn't what we said already."""
        self._held[folder], self._looked_at[folder] = imported, rfc3339(self._out.now.wall_s)
        said, contents = self.said.last(folder), self._cases.contents(folder)
        if said.imported:
            if said.contents != contents:
                self.said.set(folder, replace(said, contents=contents))
            return
        new = Said(True, said.times + 1, contents, rfc3339(self._out.now.wall_s))
        name, path = "folder.imported", self._roots.path(folder)
        facts: tuple[tuple[str, object], ...] = (
            ("counts", {name: node.tree[name] for name in COUNT_NAMES if node.tree[name]}),
            ("evidence", {kind.value: number for kind, number in imported.evidence.items()}),
            ("contents", contents),
            ("times", new.times),
        )
        self._out.tell(Event(name, path, facts, id=_event_id(name, path, contents, new.times)))
        self.said.set(folder, new)

    def _reopen(self, folder: Place) -> None:
        """Take back what was said, and name the path that caused it."""
        said, path, name = self.said.get(folder), self._roots.path(folder), "folder.reopened"
        cause = self._tally.cause(folder) or Cause("others-missing", folder, folder)
        facts: list[tuple[str, object]] = [
            ("reason", "changed" if cause.reason in NOT_KNOWN_YET else cause.reason),
            ("cause", self._roots.path(cause.place)),
            ("times", said.times),
        ]
        event_id = _event_id(name, path, said.contents, said.times)
        self._out.tell(Event(name, path, tuple(facts), id=event_id))
        self.said.reopen(folder)

    def _look_again(self, case: Case, refusal: Refusal, again: bool) -> None:
        """Whatever spoke against a claim is a hint.

        Args:
            again: It spoke against the last claim too: a hint told nothing, a listing will.
        """
        if refusal.reason == "early":
            return  # time will tell
        if refusal.reason == "same-file":
            expected = case.files[refusal.path]
            if expected.witness is not None:
                self._files.bar(refusal.culprit, expected.seen.stamp, expected.witness)
        elif refusal.reason == "root":
            for one in case.identities:
                self._roots.desks[one].checked_at_s = float("-inf")
        elif again:
            self._roots.sweep(Place(refusal.culprit.root, refusal.culprit.folder))
        else:
            self._roots.hint(refusal.culprit)

    def looks_imported(self, folder: Place) -> bool:
        """Is a claim all that is missing?"""
        return self._ready_version(folder) is not None

    def _ready_version(self, folder: Place) -> int | None:
        node = self._tally.node(folder)
        ready = node is not None and looks_imported(node, self.conditions(folder))
        return node.version if node is not None and ready else None

    def _topmost(self, folder: Place) -> Place:
        """Return the highest folder above that looks imported without a gap."""
        top = folder
        for above in itertools.islice(lineage(folder), 1, None):
            if self._ready_version(above) is None:
                break
            top = above
        return top


def _event_id(name: str, path: bytes, contents: str, times: int) -> str:
    text = b"\0".join([name.encode(), path, contents.encode(), str(times).encode()])
    return hashlib.sha256(text).hexdigest()[:32]
