"""Runs the owner's commands on events: one after the other, in a thread of their own.

What a hook does, or fails to do, never holds up the daemon: `take` only puts the event aside, and
a command that takes too long is killed with everything that it started.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from dedupd.reports import Problem
from dedupd.text import path_of, shown

log = logging.getLogger(__name__)

TIMEOUT_S = 30.0
LONGEST_QUEUE = 1000
STOP_S = 1.5
"""How long the hooks may still take when the daemon ends: `daemon.stopping` has one too."""

_LOOK_S = 0.02
_KILLED_S = 1.0
_OF_THE_SERVICE_ONLY = (b"NOTIFY_SOCKET", b"WATCHDOG_USEC", b"WATCHDOG_PID")

Commands = Mapping[str, tuple[str, ...]]
"""Event name -> the words of a command."""


class _Task(NamedTuple):
    command: tuple[str, ...]
    event: str
    fields: Mapping[str, object]
    line: bytes


class Hooks:
    """The hooks of one daemon, from `start` to `stop`; `take` may be called before.

    Args:
        quiet: Their output goes nowhere; otherwise to our standard error.
    """

    def __init__(
        self,
        commands: Commands,
        *,
        quiet: bool = False,
        timeout_s: float = TIMEOUT_S,
        longest_queue: int = LONGEST_QUEUE,
    ) -> None:
        self._commands = dict(commands)
        self._timeout_s, self._longest_queue = timeout_s, longest_queue
        self._output = subprocess.DEVNULL if quiet else 2
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._until_s = float("inf")
        self._dropped = 0
        self._failed: dict[str, str] = {}
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The hooks whose last run failed, for the report."""
        fix = "run the command by hand; docs/hooks.md says what it is given"
        return tuple(
            Problem("hook.failed", b"", f"the hook of {event} {why}", fix)
            for event, why in sorted(self._failed.copy().items())
            if event in self._commands
        )

    def start(self) -> None:
        """Begin to run them."""
        self._thread.start()

    def configure(self, commands: Commands) -> None:
        """From now on run these; what waits already is run as it was meant then."""
        self._commands = dict(commands)
        self._failed.clear()

    def take(self, line: str) -> None:
        """Put aside an event as the log has it, if it has a hook; never waits.

        Where too many wait it is dropped, and the log says so.
        """
        fields = json.loads(line)
        event = str(fields["event"])
        command = self._commands.get(event)
        if command is None:
            return
        if self._tasks.qsize() >= self._longest_queue:
            self._drop(event)
            return
        if self._dropped and self._tasks.empty():
            log.warning("hooks run again; %d events had none", self._dropped)
            self._dropped = 0
        self._tasks.put(_Task(command, event, fields, line.encode("utf-8") + b"\n"))

    def stop(self) -> None:
        """Let those that wait run for a moment, then kill the one that runs and drop the rest."""
        self._until_s = time.monotonic() + STOP_S
        self._tasks.put(None)
        if self._thread.is_alive():
            self._thread.join(STOP_S + 2 * _KILLED_S)

    def _drop(self, event: str) -> None:
        if not self._dropped:
            waiting = self._longest_queue
            log.warning("%d hooks wait: %s and what follows have none", waiting, event)
        self._dropped += 1

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            if time.monotonic() >= self._until_s:
                log.warning("the daemon ends: %s has no hook", task.event)
                continue
            try:
                why = self._run(task)
            except Exception as bug:
                log.exception("the hook of %s", task.event)
                why = f"made dedupd fail: {bug!r}"
            self._judge(task.event, why)

    def _judge(self, event: str, why: str) -> None:
        if why:
            self._failed[event] = why
            log.warning("the hook of %s %s", event, why)
        else:
            self._failed.pop(event, None)

    def _run(self, task: _Task) -> str:
        """Run one hook to its end; return what went wrong, "" if nothing did."""
        try:
            process = self._started(task)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return f"can't be started: {shown(task.command[0])}: {reason}"
        if not self._ended(process):
            _kill_group(process)
            ending = time.monotonic() >= self._until_s
            late = "the daemon ends" if ending else f"it took more than {self._timeout_s:g} s"
            return f"was killed: {late}"
        code = process.returncode
        if code < 0:
            return f"was ended by signal {-code}"
        return f"failed with exit code {code}" if code else ""

    def _started(self, task: _Task) -> subprocess.Popen[bytes]:
        path = path_of(dict(task.fields))
        stdin = os.memfd_create("event", os.MFD_CLOEXEC)  # unlike a pipe it never fills up
        try:
            os.write(stdin, task.line)
            os.lseek(stdin, 0, os.SEEK_SET)
            return subprocess.Popen(
                arguments(task.command, task.event, path),
                stdin=stdin,
                stdout=self._output,
                stderr=self._output,
                cwd="/",
                env=environment(task.fields, path),
                start_new_session=True,  # a group of its own, to be killed whole
            )
        finally:
            os.close(stdin)

    def _ended(self, process: subprocess.Popen[bytes]) -> bool:
        deadline_s = time.monotonic() + self._timeout_s
        while process.poll() is None:
            if time.monotonic() >= min(deadline_s, self._until_s):
                return False
            time.sleep(_LOOK_S)
        return True


def arguments(command: tuple[str, ...], event: str, path: bytes) -> list[bytes]:
    """Return the words of a command with `{event}` and `{path}` put in; no shell sees them."""
    words = [os.fsencode(word).replace(b"{event}", event.encode()) for word in command]
    return [words[0], *(word.replace(b"{path}", path) for word in words[1:])]


def environment(fields: Mapping[str, object], path: bytes) -> dict[bytes, bytes]:
    """Return the daemon's environment with what a hook is told; the path is exact."""
    inherited = {k: v for k, v in os.environb.items() if k not in _OF_THE_SERVICE_ONLY}
    return inherited | {
        b"DEDUPD_EVENT": os.fsencode(str(fields["event"])),
        b"DEDUPD_PATH": path,
        b"DEDUPD_SEQ": os.fsencode(str(fields["seq"])),
        b"DEDUPD_ID": os.fsencode(str(fields["id"])),
    }


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a hook that wasn't waited for yet, so that its number is still its own."""
    os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(_KILLED_S)
    except subprocess.TimeoutExpired:
        log.warning("a hook that was killed doesn't end: process %d", process.pid)
