"""How light dedupd is: what a client loads, and that nothing is ever written below a root."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from tests.system.commands import WAIT_S, Site, environment, fill, need, picture, running, started

pytestmark = pytest.mark.timeout(120)

HEAVY = {
    "cv2", "numpy", "plyvel", "plyvel_next", "watchdog", "yaml", "pydantic", "rich", "PIL",
    "asyncio", "multiprocessing", "sqlite3", "http",
}  # fmt: skip

CALL = """
import sys
before = {*sys.modules}
from dedupd.cli.main import main
code = main(sys.argv[1:])
print(code, *(sys.modules.keys() - before), file=sys.stderr)
"""

TOUCHING = (
    "open", "openat", "openat2", "creat", "unlink", "unlinkat", "rename", "renameat", "renameat2",
    "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat",
    "truncate", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "chown", "fchown",
    "fchownat", "lchown", "utime", "utimes", "utimensat", "futimesat", "setxattr", "fsetxattr",
    "lsetxattr", "removexattr", "fremovexattr", "lremovexattr",
)  # fmt: skip
WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
LOOKING = re.compile(r"\b(open|openat|openat2)\(")


@pytest.fixture
def site(tmp_path):
    """Return a site with a folder that is in the library and one that isn't."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    fill(site.needles / "clean", [1])
    fill(site.needles / "card", [2])
    return site


def test_a_client_loads_nothing_heavy(site):
    """Beside a running daemon; so it answers about as fast as Python starts."""
    questions = (
        ["status"],
        ["status", "--json"],
        ["status", "needles/clean"],
        ["missing", "needles/clean"],
        ["rescan"],
    )
    with running(site):
        site.wait_states({"needles/clean": "imported"})
        for words in questions:
            code, *modules = loaded(site, words)
            assert code == "0", words
            assert not HEAVY.intersection(modules), words


def loaded(site, words):
    """Run a command in this way; return its exit code and the modules that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", CALL, *words, "--config", str(site.config)],
        cwd=site.folder,
        env=environment(),
        capture_output=True,
        timeout=WAIT_S,
        check=True,
    )
    return done.stderr.decode().splitlines()[-1].split()


def touched(trace, *roots):
    """Return each call below one of `roots` that did more than look."""
    below = tuple(str(root) + end for root in roots for end in ("/", '"', ">"))
    calls = [line for line in trace.read_text(errors="replace").splitlines() if "(" in line]
    return [
        call
        for call in calls
        if any(path in call for path in below)
        and (WRITING.search(call) or not LOOKING.search(call))
    ]


def test_nothing_is_written_below_a_root(site):
    """No open for writing, no unlink, rename, chmod or any other change, as the kernel saw it."""
    if not need("strace"):
        pytest.skip("strace is missing (package strace)")
    trace = site.folder / "trace"
    before = ["strace", "-f", "-y", "-s", "4096", "-o", str(trace)]
    before += ["-e", "trace=" + ",".join(f"?{name}" for name in TOUCHING)]
    with started(site, before=before) as daemon:
        site.wait_event("scan.finished")
        site.wait_states({"needles/clean": "imported"})
        (site.needles / "card" / "broken.jpg").write_bytes(picture(9)[:700])
        (site.lib / "2.jpg").write_bytes(picture(2, width_px=240))
        assert site.ask("status", "--wait", site.needles / "clean").code == 0
        os.kill(_child(daemon.pid), 15)
        assert daemon.process.wait(timeout=WAIT_S) == 0
    text = trace.read_text(errors="replace")
    assert f"{site.state}/" in text
    assert f'{site.needles}/card>, "broken.jpg"' in text
    assert touched(trace, site.state)
    assert touched(trace, site.lib, site.needles) == []


def _child(pid):
    """Return the process that strace started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return int(file.read().split()[0])
