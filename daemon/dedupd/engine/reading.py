"""The reading desk: which file is read next, and what becomes of its bytes.

A file is read once; the bytes go to a worker only where their fingerprint isn't known.  An
errand reads one or two files again, for the full decode that makes signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dedupd.engine.desk import Desk
from dedupd.engine.files import Files
from dedupd.engine.flow import Flow
from dedupd.engine.outbox import Outbox
from dedupd.engine.rereading import Rereading
from dedupd.messages import (
    Compare,
    Compared,
    Decode,
    Decoded,
    Depth,
    Payload,
    Read,
    Release,
    Sign,
    Signed,
    WasRead,
)
from dedupd.model import Digest, Kind, Place, Role, Signature, Stamp, Unreadable
from dedupd.rules.backlog import Lane
from dedupd.rules.pairs import Errand
from dedupd.rules.unseen import is_lost


@dataclass(slots=True)
class Trip:
    """An errand under way, for the needle that asked for it; `waiting` for these to be read."""

    needle: Digest
    errand: Errand
    waiting: list[Place]
    payloads: dict[Digest, Payload] = field(default_factory=dict)
    failed: bool = False


class Reading:
    """Reads and decodes.  Belongs to the engine.

    Attributes:
        again: What reads the library a second time, when there is nothing else to read.
        hashed: Pictures fingerprinted in this run.
        rests: Quiet hours: only what changes now is read.
    """

    def __init__(
        self,
        files: Files,
        desks: Mapping[str, Desk],
        flow: Flow,
        again: Rereading,
        outbox: Outbox,
    ) -> None:
        self._files, self._desks, self.flow, self._out = files, desks, flow, outbox
        self.again = again
        self._store = files.store
        self._trips: dict[int, Trip] = {}
        self._busy: set[Digest] = set()  # contents that an errand is about
        self._stuck: dict[Digest, Errand] = {}  # needle -> its errand that can't be run now
        self._late: set[Errand] = set()  # that no worker came to the end of
        self._numbers = 0
        self._payloads: dict[tuple[Digest, ...], tuple[Payload, ...]] = {}
        self.hashed = 0
        self.rests = False

    @property
    def idle(self) -> bool:
        """Is nothing left to read or decode, except what is on a root that is away?"""
        return self.flow.is_idle(self._online()) and not self._trips and not self.todo

    @property
    def todo(self) -> int:
        """Return how many files and errands wait and can be had."""
        errands = self._files.errands
        stuck = sum(errands.get(needle) is errand for needle, errand in self._stuck.items())
        return self._files.backlog.count(self._online()) + len(self._files.errands) - stuck

    def unstick(self) -> None:
        """A root came or went: errands that could not be run may be possible now.

        Those that wait for a root that went are given up: nobody knows whether it ever answers.
        """
        for number, trip in list(self._trips.items()):
            if any(not self._desks[place.root].online for place in trip.waiting):
                trip.failed = True
                self._end(number)
        self._stuck.clear()

    def fill(self) -> None:
        """Send out reads while there is room; errands first, since they settle needles."""
        self._set_out_all()
        self._read_backlog()
        self.again.tend(at_leisure=self.idle and not self.rests)

    def _set_out_all(self) -> None:
        for needle, errand in self._files.errands.items():
            if self._is_stuck(needle, errand) or not self._busy.isdisjoint(errand.digests):
                continue
            if self._must_wait(errand) or (self.rests and not self._is_live(errand)):
                continue
            if not self._set_out(needle, errand):
                return

    def _read_backlog(self) -> None:
        roots = self._online()
        while True:
            open_roots = [root for root in roots if self.flow.has_room(root)]
            place = self._files.backlog.take(open_roots, Lane.LIVE if self.rests else Lane.ALONE)
            if place is None:
                return
            if not self._read(place):
                return

    def was_read(self, message: WasRead) -> None:
        """Take in what a read found."""
        if message.job.pace_bytes_per_s:
            self.again.was_read(message)
            return
        self.flow.ended(message.job, message.payload)
        if message.job.errand:
            self._back(message)
            return
        place = message.job.place
        record = self._files.catalog.get(place)
        if record is None or record.stamp != message.job.stamp:
            self._release(message.payload)
        elif message.changed:
            self._release(message.payload)
            self._files.forget_content(place, None)
            self._files.unsettle(place)
        else:
            self._identified(place, message)

    def decoded(self, message: Decoded) -> None:
        """Take in a fingerprint; one that was lost is asked for once more, alone."""
        digest, lost = message.digest, self._files.lost
        self._close((digest,))
        self._files.decoding.discard(digest)
        if is_lost(message.result) and digest not in lost:
            lost.add(digest)
            self._files.plan_content(digest)
            return
        lost.discard(digest)
        self.hashed += 1
        self._store.put_fingerprint(digest, message.result)
        if isinstance(message.result, Unreadable):
            self._doubt_closed(digest)
        self._files.learned(digest)

    def _doubt_closed(self, digest: Digest) -> None:
        """What was closed half written comes out damaged: let it have its whole quiet time."""
        catalog = self._files.catalog
        for place in [one for role in Role for one in catalog.places(role, digest)]:
            record = catalog.get(place)
            if record is None or place not in self._files.live:
                continue
            if not self._files.settler.is_long(record.seen_at_s, self._out.now.s):
                self._files.unsettle(place)

    def signed(self, message: Signed) -> None:
        """Take in a signature."""
        self._close((message.digest,))
        if is_lost(message.result):
            for errand in (Errand(message.digest, None), Errand(None, message.digest)):
                self._lost(errand)
            return
        self._keep(message.digest, message.result)
        self._judge_again((message.digest,))

    def compared(self, message: Compared) -> None:
        """Take in what two pictures side by side have shown."""
        pair = message.needle, message.haystack
        self._close(pair)
        signatures = message.result.needle, message.result.haystack
        if any(map(is_lost, signatures)):
            self._lost(Errand(*pair, message.view))
            return
        for digest, signature in zip(pair, signatures, strict=True):
            if signature is not None:
                self._keep(digest, signature)
        self._store.put_measures(*pair, message.view, message.result.measures)
        self._judge_again(pair)

    def _lost(self, errand: Errand) -> None:
        """No worker came to its end: try it once more alone, then leave it for this run.

        That says nothing of the contents, so nothing of it is kept.
        """
        if errand in self._late:
            self._late.discard(errand)
            self._files.matcher.give_up(errand)
            self._judge_again(errand.digests)
        else:
            self._late.add(errand)
            self._busy.difference_update(errand.digests)

    def _must_wait(self, errand: Errand) -> bool:
        """Did it fail once, and is anything else to be done first?"""
        if errand not in self._late:
            return False
        roots = self._online()
        busy = self._trips or self._files.backlog.count(roots)
        return bool(busy) or not self.flow.is_idle(roots)

    def _is_live(self, errand: Errand) -> bool:
        """Is it about a picture that changed while we watched?"""
        places = (
            self._files.catalog.places(role, digest) for role in Role for digest in errand.digests
        )
        return any(not self._files.live.isdisjoint(one) for one in places)

    def _online(self) -> list[str]:
        return [root for root, desk in self._desks.items() if desk.online]

    def _is_stuck(self, needle: Digest, errand: Errand) -> bool:
        """Was this very errand impossible?  Judged again, the needle has a new one."""
        return self._stuck.get(needle) is errand

    def _read(self, place: Place) -> bool:
        """Send out the next read of a file; False when there is no room for its bytes."""
        record, look = self._files.catalog.get(place), self._files.look(place)
        if record is None or look is None:
            return True
        depth, lane = look
        if lane is Lane.ALONE and not self.flow.is_idle(self._online()):
            self._files.backlog.add(place, lane)
            return False
        if depth is Depth.KEEP and not self.flow.fits(record.stamp.size_bytes, self._online()):
            self._files.backlog.add(place, lane)
            return False
        self._send(Read(place, record.stamp, depth))
        return True

    def _send(self, job: Read) -> None:
        self.flow.started(job)
        self._out.do(job)

    def _identified(self, place: Place, message: WasRead) -> None:
        digest, payload = message.digest, message.payload
        if payload is not None and digest is not None and self._wants(message.kind, digest):
            self._files.decoding.add(digest)
            self._payloads[(digest,)] = (payload,)
            self._out.do(Decode(digest, payload))
        else:
            self._release(payload)
        self._files.enrich(place, message.kind, digest, message.problem)

    def _wants(self, kind: Kind | None, digest: Digest) -> bool:
        return (
            kind is Kind.PICTURE
            and digest not in self._files.decoding
            and (self._store.fingerprint(digest) is None or digest in self._files.lost)
        )

    def _set_out(self, needle: Digest, errand: Errand) -> bool:
        """Begin an errand; False when there is no room now."""
        files = [self._file_of(digest) for digest in errand.digests]
        present = [one for one in files if one is not None]
        if len(present) < len(files):
            self._stuck[needle] = errand
            return True
        size_bytes = sum(stamp.size_bytes for _, stamp in present)
        if not self.flow.fits(size_bytes, self._online()):
            return False
        self._numbers += 1
        self._trips[self._numbers] = Trip(needle, errand, [place for place, _ in present])
        self._busy.update(errand.digests)
        for place, stamp in present:
            self._send(Read(place, stamp, Depth.KEEP, self._numbers))
        return True

    def _file_of(self, digest: Digest) -> tuple[Place, Stamp] | None:
        """Return a file with this content on a root that can be read now."""
        for role in Role:
            for place in sorted(self._files.catalog.places(role, digest)):
                record = self._files.catalog.get(place)
                if self._desks[place.root].online and record is not None:
                    return place, record.stamp
        return None

    def _back(self, message: WasRead) -> None:
        """One of an errand's files was read."""
        trip = self._trips.get(message.job.errand)
        if trip is None:
            self._release(message.payload)
            return
        trip.waiting.remove(message.job.place)
        record = self._files.catalog.get(message.job.place)
        believed = record.digest if record is not None else None
        wanted = message.digest == believed and believed in trip.errand.digests
        if message.payload is not None and believed is not None and wanted:
            trip.payloads[believed] = message.payload
        else:
            self._release(message.payload)
            trip.failed = True
            self._reconsider(message)
        if not trip.waiting:
            self._end(message.job.errand)

    def _reconsider(self, message: WasRead) -> None:
        """The file isn't what it was when it was identified."""
        place = message.job.place
        record = self._files.catalog.get(place)
        if record is None or record.stamp != message.job.stamp:
            return
        if message.problem is not None:
            self._files.forget_content(place, message.problem)
        else:
            self._files.forget_content(place, None)
            self._files.unsettle(place)

    def _end(self, number: int) -> None:
        """Give the bytes of a whole errand to a worker; give them back if some are missing."""
        trip = self._trips.pop(number)
        digests = trip.errand.digests
        if trip.failed or len(trip.payloads) != len(digests):
            # What was found out has the needle judged again, with a new errand; else it waits.
            self._stuck[trip.needle] = trip.errand
            self._busy.difference_update(digests)
            for payload in trip.payloads.values():
                self._release(payload)
            return
        payloads = tuple(trip.payloads[digest] for digest in digests)
        self._payloads[digests] = payloads
        if len(digests) == 1:
            self._out.do(Sign(digests[0], payloads[0]))
        else:
            unsigned = self._unsigned(digests[0]), self._unsigned(digests[1])
            (needle, haystack), (ours, theirs) = digests, payloads
            view = trip.errand.view
            self._out.do(Compare(needle, haystack, ours, theirs, view, unsigned))

    def _close(self, digests: tuple[Digest, ...]) -> None:
        """A worker is done with these bytes, and has closed them."""
        for payload in self._payloads.pop(digests, ()):
            self.flow.released(payload)

    def _release(self, payload: Payload | None) -> None:
        if payload is not None:
            self.flow.released(payload)
            self._out.do(Release(payload))

    def _keep(self, digest: Digest, signature: Signature | Unreadable) -> None:
        """Keep a signature; one that is known already is not replaced by a failure."""
        if self._store.signature(digest) is None:
            self._store.put_signature(digest, signature)

    def _unsigned(self, digest: Digest) -> bool:
        return self._store.signature(digest) is None

    def _judge_again(self, digests: tuple[Digest, ...]) -> None:
        """Judge those needles again that waited for a look at one of these.

        What was judged without it had no need of it.
        """
        self._busy.difference_update(digests)
        cause = min(self._files.catalog.places(Role.HAYSTACK, digests[-1]), default=None)
        for needle in self._files.errands.about(digests):
            self._files.refresh(needle, cause)
