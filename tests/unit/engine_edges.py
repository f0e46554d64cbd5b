"""The edges of the engine's little world: walkers, readers and workers over an in-memory disk.

Each does one job at one moment and returns its answers, as the real ones would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from tests.unit import engine_disk as disk
from tests.unit.engine_disk import Disk, Volume

from dedupd.decision import Decision
from dedupd.likeness import Comparison
from dedupd.messages import (
    CheckRoot,
    Compare,
    Compared,
    Decode,
    Decoded,
    Depth,
    Glance,
    Glanced,
    Job,
    Listed,
    LookAt,
    LookTree,
    Message,
    Payload,
    Read,
    Record,
    Recorded,
    Release,
    RootSeen,
    Sight,
    Sign,
    Signed,
    Sweep,
    Swept,
    TreeLooked,
    Unwatch,
    WasRead,
    Watch,
    Watching,
    WitnessesLooked,
)
from dedupd.model import EntryType, Identity, Root, Unreadable
from dedupd.rules.hiding import unlisted

FORBIDDEN = Unreadable("forbidden", "Permission denied")


class Edges:
    """Those who do the engine's jobs during one run of the daemon.

    Attributes:
        watched: Roots that somebody listens to.
        payloads: Bytes that are held for a worker, by descriptor.
        decoded: How often the bytes of each content were fingerprinted.
        refusal: Why decisions can't be kept, "" if they can.
        violations: Work that was done twice.
    """

    def __init__(
        self,
        roots: dict[str, Root],
        hardware: Disk,
        identity: Callable[[str], Identity | None],
        decoded: Counter[bytes],
        decided: list[Decision | str],
    ) -> None:
        self._roots, self._disk, self._identity = roots, hardware, identity
        self._pairs: Counter[tuple[bytes, ...]] = Counter()
        self._fds = 0
        self.decoded, self._decided = decoded, decided
        self.refusal = ""
        self.watched: set[str] = set()
        self.payloads: dict[int, bytes] = {}
        self.violations: list[str] = []

    def release(self, job: Release) -> None:
        """Close a payload."""
        del self.payloads[job.payload.fd]

    def work(self, job: Job) -> Message:
        """Do the job of a reader or worker."""
        match job:
            case Read():
                return self._read(job)
            case Decode():
                self.decoded[job.digest] += 1
                if self.decoded[job.digest] > 1:
                    self.violations.append("some bytes were decoded twice")
                return Decoded(job.digest, disk.fingerprint(self.payloads.pop(job.payload.fd)))
            case Sign():
                self._once((job.digest,))
                return Signed(job.digest, disk.signature(self.payloads.pop(job.payload.fd)))
            case Compare():
                return self._compare(job)
            case Record():
                return self._record(job)
        raise TypeError(job)

    def _compare(self, job: Compare) -> Compared:
        self._once((job.needle, job.haystack, repr(job.view).encode()))
        one = self.payloads.pop(job.needle_payload.fd)
        two = self.payloads.pop(job.haystack_payload.fd)
        ours = disk.signature(one) if job.sign[0] else None
        theirs = disk.signature(two) if job.sign[1] else None
        result = Comparison(ours, theirs, disk.measures(one, two))
        return Compared(job.needle, job.haystack, result, job.view)

    def _record(self, job: Record) -> Recorded:
        """Keep decisions, all of them or none."""
        if self.refusal:
            return Recorded(job, self.refusal)
        self._decided += [*job.taken, *(one.id for one in job.undone)]
        return Recorded(job)

    def _once(self, digests: tuple[bytes, ...]) -> None:
        self._pairs[digests] += 1
        if self._pairs[digests] > 1:
            self.violations.append("an errand was run twice")

    def _read(self, job: Read) -> WasRead:
        volume = self._disk.volumes[job.place.root]
        expected = self._identity(job.place.root)
        if volume is None or expected is None or volume.identity.now != expected.now:
            return WasRead(job, changed=True)
        inode = volume.names.get(job.place.path)
        if volume.is_shut(job.place.folder):
            return WasRead(job, problem=FORBIDDEN)
        if inode is None or inode.stamp != job.stamp:
            return WasRead(job, changed=True)
        if inode.forbidden:
            return WasRead(job, problem=FORBIDDEN)
        if inode.writer:
            return WasRead(job, changed=True)
        kind, digest = disk.kind(inode.content), disk.digest(inode.content)
        if job.depth is Depth.SNIFF:
            return WasRead(job, kind)
        if job.depth is Depth.DIGEST:
            return WasRead(job, kind, digest)
        self._fds += 1
        self.payloads[self._fds] = inode.content
        return WasRead(job, kind, digest, Payload(self._fds, len(inode.content)))

    def quick(self, job: Job) -> Iterator[Message]:
        """Do a walker's job that is done at once."""
        match job:
            case Watch():
                self.watched.add(job.root)
                yield Watching(job.root, "inotify")
            case Unwatch():
                self.watched.discard(job.root)
            case CheckRoot():
                yield self._check_root(job)
            case Glance():
                yield self._glance(job)
            case LookTree():
                yield self._look_tree(job)
            case LookAt():
                volume = self._expected(job.root, job.identity)
                sights = [] if volume is None else [_sight(volume, path) for path in job.paths]
                seen = tuple(one for one in sights if one is not None)
                yield WitnessesLooked(
                    job.root, job.number, None if volume is None else volume.identity, seen
                )

    def _expected(self, root: str, identity: Identity) -> Volume | None:
        volume = self._disk.volumes[root]
        return volume if volume is not None and volume.identity == identity else None

    def _seen(self, root: str) -> RootSeen:
        volume = self._disk.volumes[root]
        return RootSeen(root, volume.identity if volume else None, detail="missing")

    def _check_root(self, job: CheckRoot) -> RootSeen:
        volume = self._disk.volumes[job.root]
        if volume is None:
            return RootSeen(job.root, None, 0, len(job.sample), "missing")
        found = 0
        for path, size_bytes, mtime_ns in job.sample:
            entry = volume.entry(path)
            is_file = entry is not None and entry.type is EntryType.FILE
            found += is_file and entry.stamp[1:3] == (size_bytes, mtime_ns)
        return RootSeen(job.root, volume.identity, found, len(job.sample))

    def _glance(self, job: Glance) -> Message:
        volume = self._expected(job.root, job.identity)
        if volume is None:
            return self._seen(job.root)
        hide = unlisted(self._roots[job.root])
        seen = []
        for path in job.paths:
            entry = volume.entry(path)
            if path and volume.is_shut(path.rpartition(b"/")[0]):
                continue
            hidden = entry is not None and hide(path, entry.type)
            seen.append((path, None if hidden else entry))
        return Glanced(job.root, tuple(seen))

    def sweep(self, job: Sweep) -> Iterator[Message]:
        """List a tree, folder by folder, whatever happens meanwhile."""
        volume = self._expected(job.root, job.identity)
        if volume is None:
            yield self._seen(job.root)
            return
        hide, waiting = unlisted(self._roots[job.root]), [job.folder]
        while waiting:
            folder = waiting.pop()
            if folder not in volume.folders or (folder and hide(folder, EntryType.FOLDER)):
                continue
            if volume.is_shut(folder):
                yield Listed(job.root, folder, (), job.number, FORBIDDEN)
                continue
            found = [(p, e) for p, e in volume.listing(folder) if not hide(p, e.type)]
            waiting += [p for p, e in reversed(found) if e.type is EntryType.FOLDER]
            yield Listed(job.root, folder, tuple(e for _, e in found), job.number)
        same = self._disk.volumes[job.root] is volume
        yield Swept(job.root, job.folder, job.number, whole=same)

    def _look_tree(self, job: LookTree) -> TreeLooked:
        volume = self._expected(job.root, job.identity)
        if volume is None:
            return TreeLooked(job.root, job.number, None, (), ())
        prefix = job.folder + b"/" if job.folder else b""
        paths = [p for p in (*volume.folders, *volume.names) if p and p.startswith(prefix)]
        sights = [_sight(volume, path) for path in paths]
        problems = [(p, "shut") for p in volume.shut if p == job.folder or p.startswith(prefix)]
        if job.folder not in volume.folders or volume.is_shut(job.folder):
            problems.append((job.folder, "gone or shut"))
        seen = tuple(one for one in sights if one is not None)
        return TreeLooked(job.root, job.number, volume.identity, seen, tuple(problems))


def _sight(volume: Volume, path: bytes) -> Sight | None:
    entry, inode = volume.entry(path), volume.names.get(path)
    if entry is None or volume.is_shut(path.rpartition(b"/")[0]):
        return None
    links = inode.links if inode is not None else 2
    folder = volume.device, hash((id(volume), path.rpartition(b"/")[0]))
    return Sight(path, entry.type, entry.stamp, volume.device, links, volume.mount_id, folder)
