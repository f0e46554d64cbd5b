"""R17: how long `status` takes while 100,000 files are scanned, and beside 16 mute clients."""

from __future__ import annotations

import os
import random
import select
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

from tests.system.commands import Site, picture

from campaign.claims import Claims
from campaign.result import Result, Size
from campaign.stage import STRANGERS_FROM, daemon, site
from dedupd.errors import UserError
from dedupd.faces import address, client, questions

FILES, EACH = 100_000, 100
COPIES = 20
MUTE = 16
MOST_S = 0.2
SECONDS, LEAST_SECONDS = 120, 6
BETWEEN_S = 0.05


def run(seed: int, size: Size) -> Result:
    """Ask for the report again and again during the first scan."""
    files = size.of(FILES, 3000)
    seconds = size.of(SECONDS, LEAST_SECONDS)
    with site() as stage:
        many_links(stage, files, random.Random(seed))
        claims = Claims(stage)
        with daemon(stage) as running:
            running.wait_ready()
            alone, refused = _asked(stage, seconds)
            with ExitStack() as stack:
                crowd = Crowd(stage, stack)
                crowded, more = _asked(stage, seconds, crowd.gather)
        claims.hear()
    p99s = [_p99(some) for some in (alone, crowded)]
    measured = (
        f"p99 {p99s[0] * 1000:.0f} ms alone, {p99s[1] * 1000:.0f} ms beside {MUTE} mute clients;"
        f" {files} files; {refused + more} unanswered"
    )
    passed = max(p99s) <= MOST_S and not (refused or more or claims.wrong)
    return Result(measured, len(alone) + len(crowded), passed, len(claims.wrong))


def many_links(stage: Site, files: int, dice: random.Random) -> None:
    """Fill the needles with `COPIES` names of each of many files; the library has every second."""
    sources = []
    for number in range(files // COPIES):
        known = number % 2 == 0
        data = picture(number if known else STRANGERS_FROM + number)
        source = stage.folder / "sources" / f"{number}.jpg"
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(data)
        sources.append(source)
        if known:
            (stage.lib / f"{number}.jpg").write_bytes(data)
    for number in range(files):
        folder = stage.needles / f"{number // EACH:05}"
        if number % EACH == 0:
            folder.mkdir()
        os.link(dice.choice(sources), folder / f"{number}.jpg")


def _asked(
    stage: Site, seconds: float, before: Callable[[], None] = lambda: None
) -> tuple[list[float], int]:
    """Return how long each answer took, and how many didn't come; `before` goes before each."""
    took_s, refused = list[float](), 0
    where = address.of_daemon(None, stage.state)
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        before()
        began_s = time.monotonic()
        try:
            client.request(where, questions.status(), 30.0)
        except UserError:
            refused += 1
        took_s.append(time.monotonic() - began_s)
        time.sleep(BETWEEN_S)
    return took_s, refused


class Crowd:
    """Clients that connect and say nothing, say half a question, or never read the answer."""

    def __init__(self, stage: Site, stack: ExitStack) -> None:
        self._where, self._stack = address.of_daemon(None, stage.state), stack
        self._clients: list[socket.socket] = []

    def gather(self) -> None:
        """Let as many as belong to it be connected; the daemon hangs up on each after a while."""
        self._clients = [one for one in self._clients if _is_connected(one)]
        while len(self._clients) < MUTE:
            one = self._stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            one.settimeout(5)
            one.connect(self._where)
            one.sendall([b"", b'{"v": 1, ', b'{"v": 1, "ask": "status"}\n'][len(self._clients) % 3])
            self._clients.append(one)


def _is_connected(client: socket.socket) -> bool:
    """Say whether the daemon still holds this connection, without reading its answer."""
    poll = select.poll()
    poll.register(client, select.POLLRDHUP)
    return not poll.poll(0)


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * 99 // 100)]
