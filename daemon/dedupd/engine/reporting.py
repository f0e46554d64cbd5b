"""The report: everything `status` shows, put together from the desks at one moment."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import dedupd
from dedupd.engine.desk import Desk
from dedupd.engine.listening import problems_of
from dedupd.engine.outbox import Outbox
from dedupd.engine.reading import Reading
from dedupd.engine.roots import Roots
from dedupd.engine.standing import Standing
from dedupd.model import FolderState, Place, Role, RootState
from dedupd.reports import COUNT_NAMES, Counts, FolderReport, Problem, Queue, Report, RootReport
from dedupd.rules.tally import Node, Tally, counts
from dedupd.text import rfc3339, shown

RATE_WINDOW_S = 30.0
BLIND_SHOWN = 5
STALE = {FolderState.OFFLINE, FolderState.UNVERIFIED}


class Reporting:
    """Maker of reports.  Belongs to the engine; changes nothing but its own measure of pace."""

    def __init__(
        self, roots: Roots, standing: Standing, tally: Tally, reading: Reading, outbox: Outbox
    ) -> None:
        self._roots, self._standing, self._tally = roots, standing, tally
        self._reading, self._out = reading, outbox
        self._pace: deque[tuple[float, int]] = deque()
        self.problems: tuple[Problem, ...] = ()  # of the service: store, sockets, options

    def report(self, state: str) -> Report:
        """Return the report of this moment, folders by path."""
        now = rfc3339(self._out.now.wall_s)
        folders = sorted(
            (self.folder(folder, now) for folder in self._tally.folders() if self._needle(folder)),
            key=lambda one: one.path,
        )
        return Report(
            version=dedupd.__version__,
            time=now,
            state=state,
            problems=(
                *self.problems,
                *self._root_problems(),
                *self._claim_problems(),
                *self._rest_problems(),
                *self._reading.again.silent.problems(),
            ),
            queue=self._queue(),
            roots=tuple(self._root(desk) for desk in self._roots.desks.values()),
            folders=tuple(folders),
            totals=self._totals(),
        )

    def sums(self) -> tuple[tuple[str, object], ...]:
        """Return the sums of this moment, as the log tells them at the end of a scan."""
        report = self.report("ready")
        counts = {name: getattr(report.totals, name) for name in COUNT_NAMES}
        library = sum(one.pictures for one in report.roots if one.role is Role.HAYSTACK)
        return ("library_pictures", library), ("hashed", report.queue.hashed), ("counts", counts)

    def folder(self, folder: Place, now: str) -> FolderReport:
        """Return the line of one needle folder."""
        node = self._tally.node(folder)
        state = self._standing.state(folder)
        desk = self._roots.desks[folder.root]
        stale = state in STALE
        seen = desk.in_step_as_of is not None
        said = self._standing.said.get(folder)
        tree, own = node.counts() if node else (Counts(), Counts())
        return FolderReport(
            path=self._roots.path(folder),
            root=desk.root.path,
            state=state,
            as_of=(desk.in_step_as_of if stale else self._standing.looked_at(folder)) or now,
            tree=tree,
            own=own,
            last_state=self._standing.last_state(folder) if stale and seen else None,
            imported_at=said.imported_at if said.imported else None,
        )

    def _needle(self, folder: Place) -> bool:
        return not self._roots.desks[folder.root].haystack

    def _totals(self) -> Counts:
        roots = (Place(desk.root.id, b"") for desk in self._roots.desks.values())
        nodes = (self._tally.node(place) for place in roots if self._needle(place))
        return sum_of(node for node in nodes if node is not None)

    def _root(self, desk: Desk) -> RootReport:
        node = self._tally.node(Place(desk.root.id, b""))
        numbers: Counter[str] = node.tree if node else Counter()
        return RootReport(
            role=desk.root.role,
            path=desk.root.path,
            state=desk.state,
            watch=desk.backend,
            pictures=numbers["pictures"],
            unreadable=numbers["unreadable"],
            in_step_as_of=desk.in_step_as_of,
        )

    def _root_problems(self) -> list[Problem]:
        found = []
        for desk in self._roots.desks.values():
            path, name = desk.root.path, shown(desk.root.path)
            found += [*self._blind(desk), *problems_of(desk)]
            if desk.state is RootState.SUSPICIOUS:
                message = f"{desk.detail}; nothing is concluded from that"
                fix = f"dedupd accept {name}   # if that is right"
                found.append(Problem("root.suspicious", path, message, fix))
            elif desk.state is RootState.OFFLINE and desk.detail == "replaced":
                message = "another folder is in its place; nothing is concluded from that"
                fix = f"dedupd accept {name}   # if that is right"
                found.append(Problem("root.replaced", path, message, fix))
            elif desk.state is RootState.OFFLINE and desk.detail:
                fix = "connect or mount it, or mend what is said; a daemon looks every 10 s"
                found.append(Problem("root.offline", path, desk.detail, fix))
            elif desk.watch_note:
                message = f"changes are found by walking it, not by events: {desk.watch_note}"
                found.append(Problem("watch.poll", path, message, "dedupd rescan   # to look now"))
        return found

    def _blind(self, desk: Desk) -> list[Problem]:
        """Return the library folders that vouch for nothing because they can't be listed."""
        message = "it can't be listed, so nothing in it counts as being in the library"
        paths = [self._roots.path(Place(desk.root.id, one)) for one in sorted(desk.blind)]
        return [
            Problem("folder.unlistable", path, message, f"chmod u+rx {shown(path)}")
            for path in paths[:BLIND_SHOWN]
        ]

    def _claim_problems(self) -> list[Problem]:
        message = "it looks imported, and every look at the disk refuses it"
        return [
            Problem("claim.refused", self._roots.path(folder), f"{message}: {why}")
            for folder, why in self._standing.stubborn.items()
        ]

    def _rest_problems(self) -> list[Problem]:
        left = self._reading.todo if self._reading.rests else 0
        if not left:
            return []
        files = "1 file waits" if left == 1 else f"{left} files wait"
        message = f"{files} to be read until the quiet hours are over"
        return [Problem("work.resting", b"", message, "dedupd status --wait   # to read them now")]

    def _queue(self) -> Queue:
        """Return what is left, and the pace of the last half minute."""
        now_s, hashed = self._out.now.s, self._reading.hashed
        self._pace.append((now_s, hashed))
        while len(self._pace) > 1 and now_s - self._pace[0][0] > RATE_WINDOW_S:
            self._pace.popleft()
        since_s, before = self._pace[0]
        rate = (hashed - before) / (now_s - since_s) if now_s > since_s else 0.0
        pending = self._reading.todo + self._reading.flow.under_way
        eta_s = round(pending / rate, 1) if pending and rate > 0 else None
        return Queue(pending, hashed, round(rate, 2), eta_s)


def sum_of(nodes: Iterable[Node]) -> Counts:
    """Return the sum of the trees' counts."""
    total: Counter[str] = Counter()
    for node in nodes:
        total.update({name: node.tree[name] for name in COUNT_NAMES})
    return counts(total)
