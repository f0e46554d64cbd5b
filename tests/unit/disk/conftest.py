"""A small root on a real disk, and what the tests of `disk` do to it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dedupd.disk.folders import stamp_of
from dedupd.disk.roots import identify, open_root
from dedupd.messages import Depth, Read, Sweep
from dedupd.model import Identity, Place, Role, Root, Stamp

CAPABILITY_VERSION = 0x20080522
DAC_OVERRIDE, DAC_READ_SEARCH = 1 << 1, 1 << 2

ODD_NAMES = (
    b"plain.jpg",
    b"two words.jpg",
    b"new\nline.jpg",
    b"tab\there.jpg",
    b"\x1b[31mred.jpg",
    b"back\\slash.jpg",
    b"not-utf8-\xff\xfe.jpg",
    "caf\u00e9.jpg".encode(),
    "cafe\u0301.jpg".encode(),
    b"quote'\".jpg",
    b"-rf",
    b"*?[x].jpg",
    "\u202egpj.exe".encode(),
    b"\x01\x7f",
    b"n" * 255,
)


class Tree:
    """A root below a temporary folder, open and identified."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.path = path
        self.bytes = os.fsencode(path)
        self.root = Root("r1", self.bytes, Role.NEEDLES)
        self.fd = open_root(self.bytes)
        self.identity: Identity = identify(self.fd)

    def make(self, inside: str | bytes, content: bytes = b"content") -> bytes:
        """Write a file with the folders above it; return its path inside the root."""
        whole = os.path.join(self.bytes, os.fsencode(inside))
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "wb") as file:
            file.write(content)
        return os.fsencode(inside)

    def stamp(self, inside: str) -> Stamp:
        """Return the stamp that is on the disk now."""
        return stamp_of(os.lstat(self.path / inside), self.identity.keeps_ino)

    def read_job(self, inside: str, depth: Depth = Depth.DIGEST) -> Read:
        """Return the job to read a file as it is now."""
        return Read(Place("r1", os.fsencode(inside)), self.stamp(inside), depth)

    def sweep_job(self, folder: bytes = b"") -> Sweep:
        """Return the job to sweep a folder of the root as it is now."""
        return Sweep("r1", folder, self.identity, 7)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """Give an empty root."""
    tree = Tree(tmp_path / "root")
    yield tree
    os.close(tree.fd)


@pytest.fixture
def memory_tree(tmp_path: Path) -> Iterator[Tree]:
    """Give an empty root in memory where there is such a folder: thousands of folders, at once."""
    shared = Path("/dev/shm")
    top = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else tmp_path))
    tree = Tree(top / "root")
    yield tree
    os.close(tree.fd)
    shutil.rmtree(top)


@pytest.fixture(autouse=True)
def sigio_ignored() -> Iterator[None]:
    """Ignore SIGIO, as the service does before any probe for writers."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGIO, before)


@pytest.fixture
def open_fds() -> Callable[[], int]:
    """Count this process's open descriptors."""
    return lambda: len(os.listdir("/proc/self/fd"))


@pytest.fixture
def odd_names() -> tuple[bytes, ...]:
    """Give fifteen names that a careless program trips over."""
    return ODD_NAMES


@pytest.fixture
def permissions_bind() -> Iterator[None]:
    """Make permission bits bind this thread, also where the tests run as root."""
    with _capabilities_dropped(DAC_OVERRIDE | DAC_READ_SEARCH):
        yield


@contextlib.contextmanager
def _capabilities_dropped(bits: int) -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    words = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; low half, then high half
    assert libc.capget(header, words) == 0
    effective = words[0]
    words[0] = effective & ~bits
    assert libc.capset(header, words) == 0
    yield
    words[0] = effective
    assert libc.capset(header, words) == 0
