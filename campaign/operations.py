"""Random things that people and programs do to files, on a real tree, all from one seed."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tests.system.commands import Site

from campaign.stage import PICTURE_BYTES, STRANGERS_FROM, content
from campaign.truth import IMPORTED, truths

LIBRARY_PICTURES = 60
MOST_NEEDLES, LEAST_LIBRARY, MOST_LIBRARY, LEAST_FOLDERS = 120, 30, 200, 4
PIECE_BYTES = PICTURE_BYTES // 4


class Operations:
    """Does one random operation after the other; `outside` and `linked` lie below no root."""

    def __init__(self, stage: Site, seed: int) -> None:
        self.dice = random.Random(seed)
        self.lib, self.needles = stage.lib, stage.needles
        self.outside = stage.folder / "outside"
        self.linked = stage.folder / "linked"
        for folder in (self.outside, self.linked):
            folder.mkdir(exist_ok=True)
        self._open: list[tuple[BinaryIO, bytes]] = []
        self._named = 0
        self.deeds: list[Callable[[], object]] = [
            self.create, self.copy_in, self.copy, self.move, self.move_folder, self.rename,
            self.rename_folder, self.delete, self.delete_folder, self.overwrite, self.replace,
            self.truncate, self.begin_slowly, self.go_on, self.go_on, self.link, self.link_out,
            self.link_out, self.write_unheard, self.write_unheard, self.change_mode,
            self.make_folder, self.remove_folder, self.put_time_back, self.touch,
            self.take_from_library, self.give_to_library,
            *[self.mend] * 8, self.mend_folder, self.mend_folder,
        ]  # fmt: skip

    def do(self) -> str:
        """Do one, and return its name."""
        deed = self.dice.choice(self.deeds)
        deed()
        return getattr(deed, "__name__", "")

    def finish_writing(self) -> None:
        """Close what is still being written."""
        while self._open:
            self._write_on(len(self._open) - 1, whole=True)

    # What there is.

    def _files(self, root: Path) -> list[Path]:
        return sorted(path for path in root.rglob("*") if path.is_file())

    def _folders(self, root: Path) -> list[Path]:
        return [root, *sorted(path for path in root.rglob("*") if path.is_dir())]

    def _chance(self, share: float) -> bool:
        return self.dice.random() < share

    def _needle(self) -> Path | None:
        files = self._files(self.needles)
        return self.dice.choice(files) if files else None

    def _picture(self) -> bytes:
        """Return a picture that the library may have, or a stranger."""
        stranger = STRANGERS_FROM if self._chance(0.25) else 0
        return content(stranger + self.dice.randrange(LIBRARY_PICTURES))

    def _known(self) -> bytes:
        return self.dice.choice(self._files(self.lib)).read_bytes()

    def _place(self, root: Path) -> Path:
        """Return a path that is free."""
        self._named += 1
        folder = self.dice.choice(self._folders(root))
        return folder / f"{self._named:05}{self.dice.choice(['', ' x', '-1'])}.jpg"

    def _has_room(self) -> bool:
        return len(self._files(self.needles)) < MOST_NEEDLES

    def _library_has_room(self) -> bool:
        return len(self._files(self.lib)) < MOST_LIBRARY

    # What is done with files.

    def create(self) -> None:
        """A picture is written at once."""
        if self._has_room():
            self._place(self.needles).write_bytes(self._picture())

    def copy_in(self) -> None:
        """A picture comes from outside, as a program copies it: times and all."""
        if self._has_room():
            source = self.outside / "source.jpg"
            source.write_bytes(self._picture())
            shutil.copy2(source, self._place(self.needles))

    def copy(self) -> None:
        """A needle is copied."""
        needle = self._needle()
        if needle and self._has_room():
            shutil.copy2(needle, self._place(self.needles))

    def move(self) -> None:
        """A needle is moved, within, out, or back in."""
        needle, away = self._needle(), self._files(self.outside)
        if away and self._chance(0.5):
            self.dice.choice(away).rename(self._place(self.needles))
        elif needle:
            root = self.dice.choice([self.needles, self.needles, self.outside])
            needle.rename(self._place(root))

    def rename(self) -> None:
        """A needle gets another name, perhaps one that is taken."""
        first, second = self._needle(), self._needle()
        if first and second:
            free = first.with_name(self._place(self.outside).name)
            first.rename(second if self._chance(0.3) else free)

    def delete(self) -> None:
        """A needle is deleted."""
        needle = self._needle()
        if needle:
            needle.unlink()

    def overwrite(self) -> None:
        """Another picture of the same size is written into a needle."""
        needle = self._needle()
        if needle:
            with needle.open("r+b") as file:
                file.write(self._picture())

    def replace(self) -> None:
        """As careful programs do: a temporary file takes the needle's name."""
        needle = self._needle()
        if needle:
            temporary = needle.with_name(f".{needle.name}.tmp")
            temporary.write_bytes(self._picture())
            temporary.replace(needle)

    def truncate(self) -> None:
        """A needle loses its end."""
        needle = self._needle()
        if needle:
            os.truncate(needle, self.dice.randrange(needle.stat().st_size + 1))

    def link(self) -> None:
        """A needle gets a second name, or the library and the needles share one file."""
        needle = self._needle()
        if not needle or not self._has_room():
            return
        source = self.dice.choice([needle, self.dice.choice(self._files(self.lib))])
        os.link(source, self._place(self.needles))

    def link_out(self) -> None:
        """A needle or a library file gets a name outside, through which it can be changed."""
        file = self.dice.choice([*self._files(self.needles), *self._files(self.lib)])
        os.link(file, self.linked / self._place(self.linked).name)

    def write_unheard(self) -> None:
        """Another picture is written through a name outside: no watcher hears of that."""
        names = self._files(self.linked)
        if names:
            name = self.dice.choice(names)
            self.overwrite_path(name)
            name.unlink()

    def change_mode(self) -> None:
        """Rights change, contents don't."""
        needle = self._needle()
        if needle:
            needle.chmod(self.dice.choice([0o600, 0o644, 0o444]))

    def put_time_back(self) -> None:
        """Another content of the same size, and the old modification time."""
        needle = self._needle()
        if needle:
            before = needle.stat()
            self.overwrite_path(needle)
            os.utime(needle, ns=(before.st_atime_ns, before.st_mtime_ns))

    def overwrite_path(self, path: Path) -> None:
        """Write another picture into this file."""
        with path.open("r+b") as file:
            file.write(self._picture())

    def touch(self) -> None:
        """A time is set to some day in the past or future."""
        needle = self._needle()
        if needle:
            os.utime(needle, (0, self.dice.randrange(0, 4_000_000_000)))

    # What takes its time.

    def begin_slowly(self) -> None:
        """A picture begins to arrive, piece by piece, in the needles or in the library."""
        if self._has_room():
            roots = [self.needles, self.needles, *[self.lib] * self._library_has_room()]
            root = self.dice.choice(roots)
            file = self._place(root).open("w+b", buffering=0)
            self._open.append((file, self._picture()))

    def go_on(self) -> None:
        """A further piece of one of them arrives."""
        if self._open:
            self._write_on(self.dice.randrange(len(self._open)), whole=False)

    def _write_on(self, index: int, whole: bool) -> None:
        """Write more of it, or give up what others have changed.

        A mixture may show the same picture in other bytes, and of these the oracle knows nothing.
        """
        file, data = self._open[index]
        at = file.tell()
        spoilt = os.pread(file.fileno(), len(data) + 1, 0) != data[:at]
        if not spoilt:
            file.write(data[at:] if whole else data[at : at + PIECE_BYTES])
        if spoilt or file.tell() == len(data):
            file.close()
            del self._open[index]

    # What is done with folders.

    def make_folder(self) -> None:
        """A folder is made, perhaps three deep."""
        folder = self._place(self.needles).with_suffix("")
        (folder / "a" / "b" if self._chance(0.3) else folder).mkdir(parents=True)

    def remove_folder(self) -> None:
        """A folder that is empty goes."""
        empty = [one for one in self._folders(self.needles)[1:] if not any(one.iterdir())]
        if empty:
            self.dice.choice(empty).rmdir()

    def rename_folder(self) -> None:
        """A folder gets another name."""
        folders = self._folders(self.needles)[1:]
        if folders:
            folder = self.dice.choice(folders)
            folder.rename(folder.with_name(self._place(self.outside).stem))

    def delete_folder(self) -> None:
        """A folder goes with all that is in it."""
        folders = self._folders(self.needles)[1:]
        if len(folders) > LEAST_FOLDERS:
            shutil.rmtree(self.dice.choice(folders))

    def move_folder(self) -> None:
        """A folder is moved within, out, or back in, under its old name."""
        folders, away = self._folders(self.needles)[1:], self._folders(self.outside)[1:]
        if away and self._chance(0.6):
            self._move(self.dice.choice(away), self.needles)
        elif folders:
            source = self.dice.choice(folders)
            inside = [one for one in self._folders(self.needles) if not one.is_relative_to(source)]
            self._move(source, self.dice.choice([self.outside, self.dice.choice(inside)]))

    def _move(self, source: Path, into: Path) -> None:
        if not (into / source.name).exists():
            source.rename(into / source.name)

    # What is done with the library.

    def take_from_library(self) -> None:
        """A library file is deleted, cut, overwritten, or moved into the needles."""
        files = self._files(self.lib)
        if len(files) <= LEAST_LIBRARY:
            return
        file = self.dice.choice(files)
        match self.dice.randrange(4):
            case 0:
                file.unlink()
            case 1:
                os.truncate(file, file.stat().st_size * self.dice.randrange(100) // 100)
            case 2:
                self.overwrite_path(file)
            case _:
                file.rename(self._place(self.needles))

    def give_to_library(self) -> None:
        """A picture comes into the library: written, or moved from the needles."""
        if not self._library_has_room():
            return
        needle = self._needle()
        if needle and self._chance(0.5):
            needle.rename(self._place(self.lib))
        else:
            self._place(self.lib).write_bytes(content(self.dice.randrange(LIBRARY_PICTURES)))

    # What makes folders complete again.

    def mend(self) -> None:
        """A needle becomes a copy of a library picture."""
        needle = self._needle()
        if needle:
            needle.write_bytes(self._known())

    def mend_folder(self) -> None:
        """Every needle of a folder, and below it, becomes a copy."""
        found = truths(self.lib, self.needles)
        broken = [path for path, one in found.items() if one.state != IMPORTED]
        if broken:
            folder = Path(os.fsdecode(self.dice.choice(broken)))
            for path in self._files(folder):
                path.write_bytes(self._known())
