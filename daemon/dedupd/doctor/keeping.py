"""Checks the state folder: whose it is, whether it can be written, what lies about in it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.doctor.words import owner, size, word
from dedupd.text import shown

LEAST_FREE_BYTES = 200 * 10**6

_LOCKS_LITTLE = ("nfs", "cifs", "smb3", "9p", "fuse")


class StatePlace(enum.Enum):
    """What is where the state folder belongs."""

    FOLDER = "folder"
    NOTHING = "nothing"
    NO_FOLDER = "no folder"
    UNSEEN = "unseen"  # a folder above it can't be entered


@dataclass(frozen=True, slots=True)
class Aside:
    """A store that was set aside, or a file of decisions."""

    path: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StateFacts:
    """What was seen of the state folder, or of the nearest folder above it that exists.

    Attributes:
        writable: The folder, or the one it would be made in.
        uid, owner: Of the folder; -1 where there is none.
        mode: Its permission bits.
        us: The user who asks.
        kind: Type of its file system.
        free_bytes: What a user may still write there.
        for_group: `control.group` may read, so the daemon opens the folder to that group.
        stores: Stores that were set aside.
        decisions: Files of decisions that were set aside.
    """

    path: Path
    place: StatePlace
    writable: bool
    uid: int
    owner: str
    mode: int
    us: int
    kind: str
    free_bytes: int
    stores: tuple[Aside, ...] = ()
    decisions: tuple[Aside, ...] = ()
    for_group: bool = False

    @property
    def fitting_mode(self) -> int:
        """The most that its permission bits may be."""
        return 0o750 if self.for_group else 0o700

    @property
    def name(self) -> str:
        """The folder as people see it."""
        return f"state folder {shown(str(self.path))}"

    @property
    def exact(self) -> bytes:
        """The folder's path."""
        return bytes(self.path)


def check_folder(facts: StateFacts) -> Finding:
    """Say whether the daemon can keep anything."""
    code, path = "state.folder", facts.exact
    if facts.place is StatePlace.NO_FOLDER:
        fix = f"mv {word(path)} {word(path + b'.old')}"
        return problem(code, f"the {facts.name} is no folder", "something else is there", fix, path)
    if facts.place is StatePlace.UNSEEN:
        why = "this user may not look there"
        return problem(code, f"the {facts.name} can't be seen", why, f"namei -l {word(path)}", path)
    if not facts.writable:
        return _not_writable(facts)
    if facts.place is StatePlace.NOTHING:
        return ok(code, f"the {facts.name} will be made at the first start", path)
    return ok(code, f"the {facts.name} can be written", path)


def _not_writable(facts: StateFacts) -> Finding:
    path = facts.exact
    if facts.place is StatePlace.NOTHING:
        fix = f"sudo install -d -m 700 -o $USER {word(path)}"
        why = "this user may not make it there"
        return problem("state.folder", f"the {facts.name} can't be made", why, fix, path)
    why = f"it belongs to {owner(facts.uid, facts.owner)}, or its disk is read-only"
    fix = f"sudo chown -R $USER {word(path)}"
    return problem("state.folder", f"the {facts.name} can't be written", why, fix, path)


def check_owner(facts: StateFacts) -> Finding | None:
    """Say whether it is ours; None where there is none."""
    if facts.place is not StatePlace.FOLDER:
        return None
    whose = owner(facts.uid, facts.owner)
    if facts.uid != facts.us:
        why = "the daemon runs as another user, so rights were checked for the wrong one"
        fix = f"sudo -u {word(facts.owner or f'#{facts.uid}')} dedupd doctor"
        what = f"the {facts.name} belongs to {whose}"
        return note("state.owner", what, why, fix, facts.exact)
    if facts.mode & ~facts.fitting_mode & 0o777:
        what = f"the {facts.name} is open to others (mode {facts.mode:o})"
        why = "it names every picture, and holds the control socket"
        fix = f"chmod {facts.fitting_mode:o} {word(facts.exact)}"
        return problem("state.owner", what, why, fix, facts.exact)
    return ok("state.owner", f"the {facts.name} belongs to {whose} alone", facts.exact)


def check_space(facts: StateFacts) -> Finding:
    """Say whether there is room for the store."""
    what = f"{size(facts.free_bytes)} free for the {facts.name}"
    if facts.free_bytes >= LEAST_FREE_BYTES:
        return ok("state.space", what, facts.exact)
    why = f"less than {size(LEAST_FREE_BYTES)}: on a full disk nothing can be kept or claimed"
    fix = f"df -h {word(_nearest(facts))}   # free some, or set state: to another disk"
    return problem("state.space", what, why, fix, facts.exact)


def _nearest(facts: StateFacts) -> bytes:
    return facts.exact if facts.place is StatePlace.FOLDER else bytes(facts.path.parent)


def check_kind(facts: StateFacts) -> Finding | None:
    """Say whether its file system can be trusted with a database; None where it can."""
    if not facts.kind.startswith(_LOCKS_LITTLE):
        return None
    why = "locks and syncs aren't sure there: two daemons could write one store"
    fix = "set state: to a folder on a disk of this machine"
    return problem("state.kind", f"the {facts.name} is on {facts.kind}", why, fix, facts.exact)


def check_stores(facts: StateFacts) -> Finding | None:
    """Name what was set aside after damage and takes room; None where nothing was."""
    if not facts.stores:
        return None
    whole = size(sum(one.size_bytes for one in facts.stores))
    many = "a store" if len(facts.stores) == 1 else f"{len(facts.stores)} stores"
    why = "all in them was read anew; they are kept only for whoever wants to see what happened"
    fix = "\n".join(f"rm -r {word(one.path)}" for one in facts.stores)
    return note("state.set-aside", f"{many} set aside, {whole}", why, fix, facts.stores[0].path)


def check_decisions(facts: StateFacts) -> Finding | None:
    """Name decisions that were set aside after damage; None where none were."""
    if not facts.decisions:
        return None
    first = facts.decisions[0].path
    what = f"a damaged file of your decisions was kept: {shown(first)}"
    why = "every whole line of it is in force; a line that isn't whole is only in there"
    return note("state.decisions", what, why, f"less {word(first)}", first)
