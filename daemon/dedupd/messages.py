"""What travels between the engine and the edges: jobs go out, messages come back.

All are frozen values.  A job is done by exactly one edge (a root's walker or readers, the
workers, the service) and answered by the message named in its docstring, or by none.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from dedupd.asks import Ask, Reply
from dedupd.decision import Decision
from dedupd.hearing import Hearing, Unheard
from dedupd.likeness import Comparison
from dedupd.model import (
    VIEWS,
    Digest,
    Entry,
    EntryType,
    Fingerprint,
    Identity,
    Kind,
    Place,
    Signature,
    Stamp,
    Unreadable,
    View,
)


class Depth(enum.IntEnum):
    """How much of a file a `Read` looks at."""

    SNIFF = 0  # the first bytes: what kind of file is it
    DIGEST = 1  # all of it, once: SHA-256
    KEEP = 2  # all of it, and the bytes are kept for a worker


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of one file, held in a memory file until `Release` or a worker's answer."""

    fd: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class CheckRoot:
    """See where the root's path leads, and which of `sample` are still there: `RootSeen`."""

    root: str
    sample: tuple[tuple[bytes, int, int], ...] = ()  # path, size_bytes, mtime_ns


@dataclass(frozen=True, slots=True)
class Sweep:
    """List `folder` and everything below it: `Listed` for each folder, then `Swept`.

    Nothing is listed when the root isn't `identity` any more: `RootSeen` instead.
    """

    root: str
    folder: bytes
    identity: Identity
    number: int


@dataclass(frozen=True, slots=True)
class Glance:
    """`lstat` these paths: one `Glanced`; or `RootSeen` when the root isn't `identity`."""

    root: str
    paths: tuple[bytes, ...]
    identity: Identity


@dataclass(frozen=True, slots=True)
class LookTree:
    """List `folder` whole for claim `number`, identities before and after: `TreeLooked`."""

    root: str
    folder: bytes
    identity: Identity
    number: int


@dataclass(frozen=True, slots=True)
class LookAt:
    """`lstat` the witnesses of claim `number` in this root: `WitnessesLooked`."""

    root: str
    paths: tuple[bytes, ...]
    identity: Identity
    number: int


WalkerJob = CheckRoot | Sweep | Glance | LookTree | LookAt


@dataclass(frozen=True, slots=True)
class Read:
    """Open the file safely and look as deep as `depth` says: `WasRead`.

    `errand` comes back as it was given: 0 to identify the file, else the number of the engine's
    errand that needs the bytes.  With a pace it is read from the disk itself, not from memory,
    and no faster than that: a file that was identified is looked at again; 0 is full speed.
    """

    place: Place
    stamp: Stamp
    depth: Depth
    errand: int = 0
    pace_bytes_per_s: int = 0


@dataclass(frozen=True, slots=True)
class Decode:
    """Fingerprint these bytes: `Decoded`.  The edge closes the payload."""

    digest: Digest
    payload: Payload


@dataclass(frozen=True, slots=True)
class Sign:
    """Make one signature: `Signed`.  The edge closes the payload."""

    digest: Digest
    payload: Payload


@dataclass(frozen=True, slots=True)
class Compare:
    """Measure two pictures together: `Compared`.  The edge closes the payloads.

    Attributes:
        view: How the needle is looked at.
        sign: Whose signatures are wanted too, as it is upright: the needle's, the haystack's.
    """

    needle: Digest
    haystack: Digest
    needle_payload: Payload
    haystack_payload: Payload
    view: View = VIEWS[0]
    sign: tuple[bool, bool] = (True, True)


@dataclass(frozen=True, slots=True)
class Release:
    """Close a payload that nobody needs; no answer."""

    payload: Payload


WorkerJob = Decode | Sign | Compare | Release


@dataclass(frozen=True, slots=True)
class Watch:
    """Start (again) to listen to this root; `Watching` says by what."""

    root: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class Unwatch:
    """Stop listening to this root; no answer."""

    root: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the `Inquiry` of this number."""

    number: int
    reply: Reply


@dataclass(frozen=True, slots=True)
class Record:
    """Make these decisions of the owner last, or that these are undone: `Recorded`.

    `loss` is the id of lost decisions that the owner knows of now; "" for none.
    """

    number: int
    wall_s: float
    taken: tuple[Decision, ...] = ()
    undone: tuple[Decision, ...] = ()
    loss: str = ""


Job = WalkerJob | Read | WorkerJob | Watch | Unwatch | Answer | Record


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing happened but time."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed at this place: look sooner.

    Attributes:
        closed: The last that was heard is that somebody who wrote to it closed it.
    """

    place: Place
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Rescan:
    """Walk this root again, or every root; `why` is for the log ("asked", "overflow", ...)."""

    root: str | None
    why: str


@dataclass(frozen=True, slots=True)
class RootSeen:
    """Where a root's path leads now; `identity` is None when it leads nowhere.

    `found` of the `asked` sample files were there with equal size and mtime.
    """

    root: str
    identity: Identity | None
    found: int = 0
    asked: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Watching:
    """The root is now listened to by `backend`: "inotify", "poll" or "none"."""

    root: str
    backend: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One folder as the disk showed it; `problem` says why it could not be listed."""

    root: str
    folder: bytes
    entries: tuple[Entry, ...]
    number: int
    problem: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep came to its end; `whole` is False when the root changed identity meanwhile."""

    root: str
    folder: bytes
    number: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Glanced:
    """What `lstat` showed at each path; None where there is nothing."""

    root: str
    seen: tuple[tuple[bytes, Entry | None], ...]


@dataclass(frozen=True, slots=True)
class WasRead:
    """What a `Read` found.

    `changed`: the file was not the one of the job's stamp, or had a writer: look again.
    `digest` is None after `Depth.SNIFF`; `payload` is set after `Depth.KEEP` only.
    """

    job: Read
    kind: Kind | None = None
    digest: Digest | None = None
    payload: Payload | None = None
    problem: Unreadable | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Decoded:
    """The fingerprint of these bytes, or why there is none."""

    digest: Digest
    result: Fingerprint | Unreadable


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of these bytes, or why there is none."""

    digest: Digest
    result: Signature | Unreadable


@dataclass(frozen=True, slots=True)
class Compared:
    """Two pictures looked at together."""

    needle: Digest
    haystack: Digest
    result: Comparison
    view: View = VIEWS[0]


@dataclass(frozen=True, slots=True)
class Sight:
    """One name as the look of a claim found it.

    `folder` is the device and inode of the folder that the name stands in, whatever path or
    mount led there: two sights with the same folder and name are one and the same name.
    """

    path: bytes
    type: EntryType
    stamp: Stamp
    device: int
    links: int
    mount_id: int
    folder: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TreeLooked:
    """A needle tree, listed anew.  `problems` are folders that could not be listed.

    `identity` is None when the root was not the expected one before or after.
    """

    root: str
    number: int
    identity: Identity | None
    sights: tuple[Sight, ...]
    problems: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class WitnessesLooked:
    """The witnesses of a claim that live in this root; a missing one is not in `sights`."""

    root: str
    number: int
    identity: Identity | None
    sights: tuple[Sight, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The decisions of that `Record` will last; or, with a problem, none of them was taken."""

    job: Record
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Somebody asks; the `Answer` has the same number."""

    number: int
    ask: Ask


Message = (
    Tick
    | Hint
    | Rescan
    | RootSeen
    | Watching
    | Hearing
    | Unheard
    | Listed
    | Swept
    | Glanced
    | WasRead
    | Decoded
    | Signed
    | Compared
    | TreeLooked
    | WitnessesLooked
    | Recorded
    | Inquiry
)
