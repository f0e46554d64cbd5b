"""The roots desk's ear: what becomes of watchers that are deaf, blind in places, or missing.

A deaf watcher is replaced and its root swept, sooner at first, later every minute.  Folders that
can't be listened to are swept every minute.  Where inotify can't be had it is tried again, after a
deaf one once soon, then every ten minutes: the root is polled meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

from dedupd.engine.desk import Desk, Ear
from dedupd.engine.outbox import Outbox
from dedupd.hearing import Hearing, Unheard
from dedupd.messages import Watch, Watching
from dedupd.reports import Event, Problem
from dedupd.text import shown

LONGEST_WAIT_S = 60.0
RETRY_S = 600.0
BLIND_EVERY_S = 60.0


class Listening:
    """All ears.  Belongs to the roots desk.

    Args:
        desks: By root id.
        outbox: For jobs and events.
    """

    def __init__(self, desks: dict[str, Desk], outbox: Outbox) -> None:
        self._desks, self._out = desks, outbox

    def began(self, desk: Desk, message: Watching) -> None:
        """Note which watcher listens now; its folders are compared when the sweep is over."""
        ear = desk.ear
        polled_before, desk.watch_note = desk.watch_note, message.detail
        ear.blind, ear.again_at_s = {}, None
        if message.detail and ear.deaf and not polled_before:
            self._put_off(ear)
        elif message.detail:
            ear.again_at_s = self._out.now.s + RETRY_S

    def hearing(self, message: Hearing) -> None:
        """A watcher proved that it hears, or is found to be deaf."""
        desk = self._desks[message.root]
        ear = desk.ear
        if not desk.watching:
            return
        if not message.deaf:
            desk.ear = Ear(blind=ear.blind, blind_why=ear.blind_why, swept_at_s=ear.swept_at_s)
            return
        if not ear.deaf:
            self._out.tell(Event("watch.deaf", desk.root.path, (("reason", message.deaf),)))
        ear.deaf = message.deaf
        desk.watching, desk.checked_at_s = False, float("-inf")
        self._put_off(ear)

    def unheard(self, message: Unheard) -> None:
        """A sweep was compared with what is listened to."""
        desk = self._desks[message.root]
        if not desk.online:
            return
        ear = desk.ear
        was_blind = bool(ear.blind)
        kept = {one: count for one, count in ear.blind.items() if not _inside(one, message.folder)}
        ear.blind = kept | dict(message.blind)
        desk.sweeps_wanted.update(message.mended)
        if message.blind:
            ear.blind_why = message.why
        if ear.blind and not was_blind:
            ear.swept_at_s = self._out.now.s
            facts = (("count", sum(ear.blind.values())), ("reason", ear.blind_why))
            self._out.tell(Event("watch.blind", desk.root.path, facts))

    def tend(self, desk: Desk) -> None:
        """Ask for the sweeps and new watchers that are due on a root that is there."""
        ear, now_s = desk.ear, self._out.now.s
        if ear.blind and now_s - ear.swept_at_s >= BLIND_EVERY_S:
            ear.swept_at_s = now_s
            desk.sweeps_wanted.update(ear.blind)
        if ear.again_at_s is not None and now_s >= ear.again_at_s and desk.identity is not None:
            ear.again_at_s, desk.watching = None, False
            self._out.do(Watch(desk.root.id, desk.identity))

    def next_due_s(self) -> Iterable[float]:
        """Yield when roots may next have something to ask for."""
        for desk in self._desks.values():
            if desk.ear.again_at_s is not None:
                yield desk.ear.again_at_s
            if desk.ear.blind:
                yield desk.ear.swept_at_s + BLIND_EVERY_S

    def _put_off(self, ear: Ear) -> None:
        ear.again_at_s = self._out.now.s + ear.wait_s
        ear.wait_s = min(2 * ear.wait_s, LONGEST_WAIT_S)


def problems_of(desk: Desk) -> list[Problem]:
    """Return what a root's watcher doesn't hear, for the report."""
    found, ear, path = [], desk.ear, desk.root.path
    if ear.deaf:
        message = f"its watcher is deaf: {ear.deaf}; the root is walked until a new one hears"
        found.append(Problem("watch.deaf", path, message, "dedupd rescan   # to look now"))
    if ear.blind:
        count = sum(ear.blind.values())
        folders = "1 folder is" if count == 1 else f"{count} folders are"
        message = f"{folders} not listened to, but looked at every minute: {ear.blind_why}"
        found.append(Problem("watch.blind", path, message, _fix(desk)))
    return found


def _fix(desk: Desk) -> str:
    if "max_user_watches" in desk.ear.blind_why:
        return "sysctl fs.inotify.max_user_watches=1048576   # as root; dedupd doctor"
    first = min(desk.ear.blind)
    return f"ls -ld {shown(desk.root.path + b'/' + first if first else desk.root.path)}"


def _inside(path: bytes, folder: bytes) -> bool:
    return not folder or path == folder or path.startswith(folder + b"/")
