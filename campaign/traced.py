"""R20: a full run under strace; nothing below a root is opened for writing, removed or renamed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from accuracy.damage import Damaged
from tests.system.commands import PROGRAM, Site, environment, need

from campaign.hostile import broken
from campaign.hostile import plant as plant_hostile
from campaign.operations import Operations
from campaign.result import Result, Size, skipped
from campaign.stage import daemon, plant, quiet_report, site

OPERATIONS = 500
OPENING = ("open", "openat", "openat2", "creat")
CHANGING = (
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link",
    "linkat", "symlink", "symlinkat", "mknod", "mknodat", "truncate", "ftruncate", "fallocate",
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime",
    "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr",
    "lremovexattr", "fremovexattr",
)  # fmt: skip
WRITING = ("write", "pwrite64", "writev", "pwritev", "pwritev2")
_CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(")
_WRITES = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")


def run(seed: int, size: Size) -> Result:
    """Trace a daemon with all that it starts, and the commands that read."""
    strace = need("strace")
    if not strace:
        return skipped("strace is not installed")
    with site() as stage:
        plant(stage, library=60, folders=6, each=6)
        trace = stage.folder / "trace"
        traced = tracing(strace, trace)
        hostile = list(broken(percents=(50,)))[:: 1 if size.share else 20]
        _everything(stage, traced, Operations(stage, seed), size.of(OPERATIONS, 10), hostile)
        roots = [os.fsencode(root) for root in (stage.lib, stage.needles)]
        calls = trace.read_bytes().splitlines()
        found = list(harm(calls, roots))
    measured = f"{len(found)} writing calls below the roots, {len(calls)} calls looked at"
    return Result(measured, len(calls), not found and bool(calls), notes=tuple(found[:20]))


def tracing(strace: str, trace: Path) -> list[str]:
    """Return the words before a command that let its calls be added to `trace`."""
    calls = ",".join(f"?{one}" for one in (*OPENING, *CHANGING, *WRITING))
    return [strace, "-A", "-f", "-y", "-qq", "-s", "4096", "-o", str(trace), "-e", f"trace={calls}"]


def harm(calls: Iterable[bytes], roots: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines of a trace that change something below a root, or could."""
    below = [mark + root for root in roots for mark in (b"<", b'"')]
    for line in calls:
        call = _CALL.match(line.decode("ascii", "replace"))
        if call is None or not any(mark in line for mark in below):
            continue
        text = line.decode("ascii", "replace")
        if call[1] in WRITING:
            text, _, _ = text.partition(">")  # what is written may well speak of a root
            if any(mark.decode("ascii", "replace") in text for mark in below):
                yield text
        elif call[1] in CHANGING or call[1] == "creat" or _WRITES.search(text):
            yield text


def _everything(
    stage: Site, traced: list[str], operations: Operations, count: int, hostile: list[Damaged]
) -> None:
    """Run the daemon over changes, and the commands; all of them add to one trace."""
    with daemon(stage, [*traced, "-D", *PROGRAM]) as running:
        running.wait_ready()
        for _ in range(count):
            operations.do()
        operations.finish_writing()
        plant_hostile(stage.needles, hostile)
        quiet_report(stage)
        running.end(signal.SIGTERM)
    folder = str(stage.needles / "card 1")
    for words in (["check"], ["missing"], ["receipt", folder], ["find", str(stage.lib)]):
        command = [*traced, *PROGRAM, *words, "--config", str(stage.config)]
        subprocess.run(command, env=environment(), capture_output=True, check=False)
