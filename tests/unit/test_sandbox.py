"""What a worker can't do any more, tried in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.system.commands import environment
from tests.unit.heif_samples import sample_heic

from dedupd.pictures import sandbox

TRIED = """
import json, os, socket, sys
from dedupd.pictures import sandbox

folder, heic = sys.argv[1:]
held = os.open(heic, os.O_RDONLY)
confined = sandbox.confine()

def tried(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "done"

photo = os.path.join(folder, "photo.jpg")
ends = {
    "read": tried(lambda: open(photo).close()),
    "list": tried(lambda: os.listdir(folder)),
    "write": tried(lambda: open(photo, "r+").close()),
    "make": tried(lambda: open(os.path.join(folder, "new"), "w").close()),
    "remove": tried(lambda: os.unlink(photo)),
    "rename": tried(lambda: os.rename(photo, photo + "2")),
    "connect": tried(lambda: socket.create_connection(("127.0.0.1", 9))),
    "signal": tried(lambda: os.kill(os.getppid(), 0)),
}
import pillow_heif, rawpy  # loaded when such a picture comes, in a worker that is long confined
with os.fdopen(held, "rb") as stream:
    size = list(pillow_heif.open_heif(stream.read()).size)
print(json.dumps([confined, ends, size]))
"""


def test_a_confined_process_reads_what_it_was_handed_and_nothing_else(tmp_path):
    """Where the kernel can't, it says so; decoders can be loaded all the same."""
    folder, heic = tmp_path / "photos", tmp_path / "sample.heic"
    folder.mkdir()
    (folder / "photo.jpg").touch()
    heic.write_bytes(sample_heic())
    command = [sys.executable, "-P", "-c", TRIED, str(folder), str(heic)]
    done = subprocess.run(command, env=environment(), capture_output=True, check=True)
    confined, ends, size = json.loads(done.stdout)
    assert size == [300, 200]
    if confined:
        refused = dict.fromkeys(ends, "PermissionError")
        assert ends in ({**refused, "signal": "done", "connect": "ConnectionRefusedError"}, refused)
        assert (folder / "photo.jpg").exists()


@pytest.mark.parametrize(("version", "length_bytes"), [(1, 8), (3, 8), (4, 16), (5, 16), (7, 24)])
def test_an_older_kernel_is_asked_for_what_it_knows(version, length_bytes):
    """A longer list would be refused as a whole."""
    assert len(sandbox._attributes(version)) == length_bytes


def test_a_kernel_without_landlock_is_told(monkeypatch):
    """And nothing is changed."""

    class Libc:
        """Knows no such call."""

        def syscall(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(sandbox.ctypes, "CDLL", lambda *_, **__: Libc())
    assert not sandbox.confine()
    assert Path(__file__).read_bytes()
