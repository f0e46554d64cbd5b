"""How deep must this file be looked into next, and how soon?"""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.messages import Depth
from dedupd.model import EntryType, FileRecord, Kind, Role
from dedupd.rules.backlog import Lane


@dataclass(frozen=True, slots=True)
class Demand:
    """What the rest of the world wants of a file.

    Attributes:
        role: Which side it is on.
        named_picture: Its suffix says that it is a picture.
        shares_size: A file of the other side has the same size.
        wanted: Its fingerprint is wanted: a needle asks, or we fill the index quietly.
        fingerprint_missing: Its content is known, its fingerprint isn't.
        lost: No worker came to the end of its content.
    """

    role: Role
    named_picture: bool
    shares_size: bool
    wanted: bool
    fingerprint_missing: bool
    lost: bool = False


def next_look(record: FileRecord, demand: Demand) -> tuple[Depth, Lane] | None:
    """Return how deep the next `Read` goes and in which lane it waits; None if there is none.

    Bytes first: a file whose size occurs on the other side is digested before anything is
    decoded, because equal bytes need no decoding.
    """
    if record.type is not EntryType.FILE or not record.settled:
        return None
    lane = Lane.NEEDLE if demand.role is Role.NEEDLES else Lane.HAYSTACK
    if record.digest is not None:
        fingerprint = record.kind is Kind.PICTURE and demand.fingerprint_missing and demand.wanted
        lane = Lane.ALONE if demand.lost else lane
        return (Depth.KEEP, lane) if fingerprint and record.problem is None else None
    if record.problem is not None:
        return None
    if demand.shares_size:
        return Depth.DIGEST, Lane.BYTES
    if not demand.wanted:
        return None
    if record.kind is None:
        return (Depth.KEEP if demand.named_picture else Depth.SNIFF), lane
    return (Depth.KEEP, lane) if record.kind is Kind.PICTURE else None
