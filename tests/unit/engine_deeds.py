"""What people, programs and disks do to a world: small deeds, each chosen by the world's dice."""

from __future__ import annotations

from tests.unit.engine_disk import Volume, broken, flat, other, picture, video
from tests.unit.engine_world import World, roots_of, usual_roots

from dedupd.asks import AskAccept, AskDecide, AskDecideMany, AskPath, AskUndo
from dedupd.decision import DecisionKind
from dedupd.messages import Rescan
from dedupd.model import EntryType, PictureClass, Place, Role
from dedupd.text import join

GROUPS = 4
LIBRARY = ("h1", "h2")
NEEDLES = ("n1", "n1", "n1", "n2")
FOLDERS = (b"", b"dump/", b"dump/sub/", b"card/", b"card/skip/")
NAMES = (b"a.jpg", b"b.jpg", b"c.jpg", b"._a.jpg", b"n.txt", b"f.mp4", b"Thumbs.db")


class Deeds:
    """Everything that may happen to a world that begins complete and at rest."""

    def __init__(self, seed: int) -> None:
        roots = {**usual_roots(), **roots_of(n2=Role.NEEDLES)}
        volumes = {"h1": Volume(1), "h2": Volume(2, 2), "n1": Volume(1, 1, 3), "n2": Volume(3, 3)}
        self.world = World(roots, volumes, seed)
        self.world.closing = True
        self.disk, self.dice = self.world.disk, self.world.dice
        self.parked = self.world.parked
        for group in range(GROUPS):
            self.disk.write(LIBRARY[group % 2], b"lib/%d.jpg" % group, picture(group, "a"))
            self.disk.write("h1", b"more/%d.jpg" % group, picture(group, "b"))
        for number, folder in enumerate(FOLDERS[1:4]):
            self.disk.write("n1", folder + b"a.jpg", picture(number, "a"))
            self.disk.write("n1", folder + b"b.jpg", picture(number + 1, "s"))
        for number in range(4):
            self.disk.write("h1", b"old/%d.jpg" % number, picture(50 + number, "a"))
        self.world.happened()
        self.world.rest()

    def bring(self) -> None:
        """Copy something from the library to the needles."""
        here = self._files(*LIBRARY)
        if here:
            root, path = self.dice.choice(here)
            content = self.disk.volume(root).names[path].content
            self._write(self.dice.choice(NEEDLES), content)

    def add_needle(self) -> None:
        """Put anything among the needles."""
        self._write(self.dice.choice(NEEDLES), self._content())

    def add_to_library(self) -> None:
        """Put anything into the library."""
        self._write(self.dice.choice(LIBRARY), self._content())

    def remove(self) -> None:
        """Delete a file or folder."""
        found = self._anything()
        if found:
            self.disk.remove(*self.dice.choice(found))

    def change(self) -> None:
        """Write into a file, perhaps without closing it."""
        found = self._files(*LIBRARY, "n1", "n2")
        if found:
            writer = self.dice.random() < 0.3
            self.disk.change(*self.dice.choice(found), self._content(), writer)

    def close(self) -> None:
        """End all writing."""
        for root, path in self._files(*LIBRARY, "n1", "n2"):
            if self.disk.volume(root).names[path].writer:
                self.disk.close(root, path)

    def touch(self) -> None:
        """Change a file's mode: it may not be read, or may be again."""
        found = self._files(*LIBRARY, "n1", "n2")
        if found:
            self.disk.touch(*self.dice.choice(found), forbidden=self.dice.random() < 0.3)

    def move(self) -> None:
        """Rename a file or folder, also into another root."""
        found = [one for one in self._anything() if one[1]]
        if found:
            root, path = self.dice.choice(found)
            to_root = self.dice.choice([r for r in self.world.roots if self._is_there(r)])
            to = self.dice.choice(FOLDERS) + self.dice.choice([b"new", *NAMES])
            inside = (to + b"/").startswith(path + b"/") or (path + b"/").startswith(to + b"/")
            if root != to_root or not inside:
                self._clear(to_root, to)
                if self.disk.volume(root).entry(path) is not None:
                    self.disk.move(root, path, to_root, to)

    def link(self) -> None:
        """Give a file another name, in the library or among the needles."""
        root, to_root = self.dice.choice([("h1", "n1"), ("n1", "h1"), ("n1", "n1")])
        found = self._files(root) if self._is_there(to_root) else []
        if found:
            _, path = self.dice.choice(found)
            to = self._name()
            if (root, path) != (to_root, to):
                self._clear(to_root, to)
                if path in self.disk.volume(root).names:
                    self.disk.link(root, path, to_root, to)

    def make_odd_entry(self) -> None:
        """Make a symbolic link, or an empty folder."""
        if self._is_there("n1"):
            path = self._name()
            self._clear("n1", path)
            if self.dice.random() < 0.5:
                self.disk.write("n1", path, b"", EntryType.LINK)
            else:
                self.disk.make_folder("n1", path)

    def shut(self) -> None:
        """Take away or give the right to list a folder."""
        found = [
            (root, folder)
            for root in self.world.roots
            if self._is_there(root)
            for folder in sorted(self.disk.volume(root).folders - {b""})
        ]
        if found:
            root, folder = self.dice.choice(found)
            shut = folder not in self.disk.volume(root).shut
            self.disk.shut(root, folder, shut)

    def unplug(self) -> None:
        """Take a root away, or put another volume in its place."""
        root = self.dice.choice(["h2", "n1", "n2"])
        if self._is_there(root) and root not in self.parked:
            number = self.disk.now_ns
            replacement = self.dice.choice([None, Volume(number, number, 1)])
            before = self.disk.mount(root, replacement)
            if before is not None:
                self.parked[root] = before

    def change_while_away(self) -> None:
        """Delete or change something on a volume that is not mounted."""
        for volume in self.parked.values():
            for path in sorted(volume.names)[:1]:
                self.disk.now_ns += 1
                inode = volume.names[path]
                inode.content = self._content()
                inode.mtime_ns = inode.ctime_ns = self.disk.now_ns

    def plug(self) -> None:
        """Bring back what was taken away; the disk of its own is a new mount."""
        for root, volume in self.parked.items():
            volume.mount_id = self.disk.now_ns if root == "h2" else volume.mount_id
            self.disk.mount(root, volume)
        self.parked.clear()

    def empty_library(self) -> None:
        """Delete everything in a library root."""
        root = self.dice.choice(LIBRARY)
        if self._is_there(root):
            for folder in [f for f in self.disk.volume(root).folders if b"/" not in f and f]:
                self.disk.remove(root, folder)

    def accept(self) -> None:
        """The owner accepts every root as it is."""
        for root in self.world.roots.values():
            self.world.ask(AskAccept(root.path))

    def mend(self) -> None:
        """Copy into the library what is missing there, and take away what never matches."""
        if not self._is_there("n1") or not self._is_there("h1"):
            return
        volume = self.disk.volume("n1")
        for folder in sorted(volume.shut):
            self.disk.shut("n1", folder, shut=False)
        matched = self.world.truth().matched
        for path, inode in sorted(volume.names.items(), key=lambda item: item[0]):
            odd = inode.type is not EntryType.FILE or inode.forbidden or inode.writer
            if odd or b"skip" in path:
                self.disk.remove("n1", path)
            elif Place("n1", path) not in matched:
                self.disk.write("h1", b"mended/%d" % inode.ino, inode.content)

    def ask(self) -> None:
        """Ask about a needle folder or picture."""
        if self._is_there("n1"):
            volume = self.disk.volume("n1")
            path = self.dice.choice(sorted([*volume.folders, *volume.names]))
            self.world.ask(AskPath(join(b"/n1", path)))

    def decide(self) -> None:
        """The owner says what a needle picture is, alone or beside one of the library."""
        here, there = self._files("n1", "n2"), self._files(*LIBRARY)
        if here and there:
            kind = self.dice.choice(list(DecisionKind))
            first, second = (self._absolute(self.dice.choice(found)) for found in (here, there))
            self.world.ask(AskDecide(kind, first, None if kind is DecisionKind.DISMISS else second))

    def decide_many(self) -> None:
        """The owner says that all that looks alike is the same, or unwanted."""
        kind = self.dice.choice(list(DecisionKind))
        self.world.ask(AskDecideMany(kind, b"/n1", PictureClass.POSSIBLE, sure=True))

    def undo(self) -> None:
        """The owner takes the latest decision back."""
        self.world.ask(AskUndo())

    def restart(self) -> None:
        """Stop and start the daemon."""
        self.world.start()

    def crash(self) -> None:
        """Kill the daemon between two commits."""
        self.world.crash(self.dice.randrange(4), logged=self.dice.random() < 0.5)

    def rescan(self) -> None:
        """Have everything looked at."""
        self.world.take(Rescan(None, "asked"))

    def wait(self) -> None:
        """Let some time pass."""
        self.world.pass_time(self.dice.choice([0.3, 2.5, 12.0]))

    def rest(self) -> None:
        """Let all come to rest, without a sweep."""
        self.world.rest()

    def _content(self) -> bytes:
        roll, group = self.dice.random(), self.dice.randrange(GROUPS)
        if roll < 0.75:
            size_bytes = self.dice.choice([0, 0, 60])
            return picture(group, self.dice.choice("aaabbssstmnnpqrcdde"), size_bytes)
        return self.dice.choice([broken, flat, other, video])(group)

    def _absolute(self, file: tuple[str, bytes]) -> bytes:
        return self.world.engine.roots.path(Place(*file))

    def _name(self) -> bytes:
        return self.dice.choice(FOLDERS) + self.dice.choice(NAMES)

    def _write(self, root: str, content: bytes) -> None:
        if self._is_there(root):
            path = self._name()
            self._clear(root, path)
            self.disk.write(root, path, content)

    def _clear(self, root: str, path: bytes) -> None:
        """Take away what stands where a file, or a folder above it, is to be."""
        volume = self.disk.volume(root)
        if path in volume.folders and path:
            self.disk.remove(root, path)
        while path:
            path = path.rpartition(b"/")[0]
            if path in volume.names:
                self.disk.remove(root, path)

    def _files(self, *roots: str) -> list[tuple[str, bytes]]:
        return [
            (root, path)
            for root in roots
            if self._is_there(root)
            for path, inode in sorted(self.disk.volume(root).names.items(), key=lambda i: i[0])
            if inode.type is EntryType.FILE
        ]

    def _anything(self) -> list[tuple[str, bytes]]:
        found = self._files(*LIBRARY, "n1", "n2")
        for root in self.world.roots:
            if self._is_there(root):
                found += [(root, f) for f in sorted(self.disk.volume(root).folders - {b""})]
        return found

    def _is_there(self, root: str) -> bool:
        return self.disk.volumes[root] is not None
