"""Bind mounts and file systems as the running kernel shows them, in a namespace of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DAEMON = Path(__file__).parents[2] / "daemon"
UNSHARE = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]

LOOK = """
import os, sys
from dedupd.disk.overlap import overlaps
from dedupd.disk.roots import identify, open_root
from dedupd.model import Role, Root
from dedupd.rules.patterns import excluded

here = os.fsencode(sys.argv[1])

def told(haystack, needle):
    roots = ([Root("h", here + haystack, Role.HAYSTACK)], [Root("n", here + needle, Role.NEEDLES)])
    return [problem.message for problem in overlaps(*roots, {}, excluded)]

def identity(path):
    fd = open_root(here + path)
    try:
        return identify(fd)
    finally:
        os.close(fd)

assert "is the same folder as" in told(b"/lib", b"/bound")[0]
assert "lies inside" in told(b"/lib", b"/bound/2020")[0]
assert "lies inside" in told(b"/bound/2020", b"/lib")[0]
assert told(b"/lib", b"/disk") == []
assert told(b"/disk", b"/other") == []
assert identity(b"/lib").now != identity(b"/bound").now
assert identity(b"/lib").ino == identity(b"/bound").ino
before = identity(b"/disk")
assert before.kind == "tmpfs"
os.system(f"umount {sys.argv[1]}/disk")
assert identity(b"/disk").now != before.now
"""


def test_what_the_kernel_mounts_is_seen(tmp_path):
    """One folder by two mounts overlaps; a swapped file system is another root."""
    for name in ("lib/2020", "bound", "disk", "other"):
        (tmp_path / name).mkdir(parents=True)
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system doesn't let us have mounts of our own (unshare --mount)")
    script = f"""
        set -e
        mount --bind {tmp_path}/lib {tmp_path}/bound
        mount -t tmpfs disk {tmp_path}/disk
        exec "$@"
    """
    look = [sys.executable, "-c", LOOK, str(tmp_path)]
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", script, "sh", *look],
        env={**os.environ, "PYTHONPATH": str(DAEMON)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
