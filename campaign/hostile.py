"""A corpus of broken and hostile files: what cameras, disks and strangers leave behind."""

from __future__ import annotations

import os
import random
import socket
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from accuracy.damage import Damaged, damaged, formats
from tests.unit.picture_samples import small_photo

WIDE_PX = 65_500
BOMB_PX = 14_000  # just below the limit of 200 million pixels
FAR_BYTES = 64 << 30
LEVELS = 200
_MOST_CHANGES, _HEADER_BYTES = 12, 512

NAMES = (
    b"bytes \xff\xfe.jpg", b"line\nbreak.jpg", b"tab\t.jpg", b"\x1b[2J\x1b]0;title\x07.jpg",
    b"back\\slash.jpg", b'quote".jpg', b"-rf.jpg", "\u202egpj.exe.jpg".encode(),
    b"\xc2\x9b31m.jpg", b"del\x7f.jpg", b"half \xed\xa0\x80.jpg",
    b'x.jpg\n{"time": "2030-01-01T00:00:00.000Z", "seq": 999, "event": "folder.imported"}.jpg',
)  # fmt: skip
"""Twelve names that forge, hide or don't fit."""


def whole_files() -> dict[str, bytes]:
    """Return one small photograph in every format that can be written here."""
    return dict(formats(small_photo(240, 180)))


def broken(percents: Sequence[int] = (5, 50, 90, 99)) -> Iterator[Damaged]:
    """Yield each format cut, spliced, with zeros in it and with flipped bits; then the liars."""
    ours, others = whole_files(), dict(formats(small_photo(180, 240)))
    for name, data in ours.items():
        for one in damaged(data, others[name], flips=2, percents=percents):
            yield Damaged(f"{name}: {one.how}", one.data)
    yield from liars()


def liars() -> Iterator[Damaged]:
    """Yield files whose headers promise what isn't there, and what is no picture at all."""
    yield Damaged("empty", b"")
    yield Damaged("text", b"this is no picture\n" * 99)
    yield Damaged("zeros", bytes(100_000))
    yield Damaged("JPEG start alone", b"\xff\xd8\xff")
    for name, frame in (("baseline", b"\xff\xc0"), ("progressive", b"\xff\xc2")):
        yield Damaged(f"{name} JPEG of {WIDE_PX} px", _wide_jpeg(frame))
    yield Damaged(f"PNG of {WIDE_PX} px", _png(WIDE_PX, bytes(999)))
    yield Damaged(
        f"GIF of {WIDE_PX} px", b"GIF89a" + struct.pack("<HHBBB", WIDE_PX, WIDE_PX, 0, 0, 0)
    )
    yield Damaged(f"BMP of {WIDE_PX} px", _wide_bmp())
    head = struct.pack("<4sI4s4sI", b"RIFF", 22, b"WEBP", b"VP8X", 10) + bytes(4)
    yield Damaged("WebP of 2^24 px", head + b"\xff" * 6)
    yield Damaged("TIFF that points at itself", b"II*\0\x08\0\0\0" + b"\xff\xff" + b"\x01" * 64)


def bomb() -> Damaged:
    """Return a PNG of a few hundred kB that unfolds to half a GiB, below the limit of pixels."""
    return Damaged(f"PNG bomb of {BOMB_PX} px", _png(BOMB_PX, bytes((3 * BOMB_PX + 1) * BOMB_PX)))


def mutated(seeds: Sequence[bytes], dice: random.Random) -> bytes:
    """Return one of the files with a few changes: bits, bytes, parts gone, doubled or swapped."""
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.randint(1, _MOST_CHANGES)):
        if not data:
            break
        near = min(len(data), _HEADER_BYTES) if dice.choice([True, False]) else len(data)
        at = dice.randrange(near)
        length = dice.choice([1, 2, 4, dice.randint(1, 64), dice.randint(1, 4096)])
        match dice.randrange(6):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                data[at : at + length] = dice.randbytes(length)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                data[at : at + length] = dice.choice([b"\0", b"\xff", b"\x7f"]) * length
            case _:
                other = dice.choice(seeds)
                start = dice.randrange(len(other))
                data[at : at + length] = other[start : start + length]
    return bytes(data)


def plant(folder: Path, files: Sequence[Damaged]) -> int:
    """Put them all, special files, hostile names and a deep tree there; return how many."""
    for number, one in enumerate(files):
        (folder / f"{number}.jpg").write_bytes(one.data)
    for number, name in enumerate(NAMES):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(
            b"no picture %d" % number
        )
    return len(files) + len(NAMES) + _plant_special(folder) + _plant_deep(folder)


def _plant_special(folder: Path) -> int:
    os.mkfifo(folder / "fifo.jpg")
    (folder / "device.jpg").symlink_to("/dev/zero")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "up").symlink_to("..")
    with (folder / "sparse.jpg").open("wb") as file:
        file.truncate(FAR_BYTES)
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket.jpg")
    finally:
        os.fchdir(here)
        os.close(here)
    return 6


def _plant_deep(folder: Path) -> int:
    """Make a tree whose paths are longer than the system takes in one piece."""
    name = "deep down in a long long way"
    fd = os.open(folder, os.O_RDONLY)
    for _ in range(LEVELS):
        os.mkdir(name, dir_fd=fd)
        below = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    file = os.open("last.jpg", os.O_WRONLY | os.O_CREAT, dir_fd=fd)
    os.close(file)
    os.close(fd)
    return 1


def _wide_jpeg(frame: bytes) -> bytes:
    size = struct.pack(">BHHB", 8, WIDE_PX, WIDE_PX, 3) + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    head = frame + struct.pack(">H", 2 + len(size)) + size
    scan = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00" + bytes(100)
    return b"\xff\xd8" + head + scan + b"\xff\xd9"


def _png(side_px: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _wide_bmp() -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, WIDE_PX, WIDE_PX, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head + bytes(99)
