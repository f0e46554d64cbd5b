"""The daemon: starts and stops everything, and owns the signals and the word with systemd.

What can be mended by beginning anew (a new configuration, a store that can't be trusted, a full
disk) ends the loop and begins another one with the same state folder; the socket answers meanwhile.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from dedupd.asks import Done, Refused, Reply
from dedupd.config_force import anew, demand_pool
from dedupd.config_schema import Config
from dedupd.deciding import Keeper
from dedupd.errors import ExitCode, UserError
from dedupd.faces import address, pointer
from dedupd.faces.server import ControlServer
from dedupd.front import Front, Keeping
from dedupd.hooks import Hooks
from dedupd.journal import Journal
from dedupd.looking import VERSIONS, make_pool, remember_roots
from dedupd.loop import LOG_META, Loop
from dedupd.notify import Notifier
from dedupd.page import Page
from dedupd.reports import Event, Problem, Report, status_line, without_claims
from dedupd.state import Store, StoreDamaged, StoreUnwritable, lastreport
from dedupd.state.eventlog import EventLogUnwritable
from dedupd.state.lock import StateLock
from dedupd.state.store import open_store, set_aside
from dedupd.text import path_of, shown

TURN_S = 15.0  # roots are looked for more often; then also whether the state folder is there
SHOWN_TURN_S = 1.0
REOPEN_S = 60.0
SHOW_EVERY_S = 0.5

log = logging.getLogger(__name__)

Show = Callable[[Report], None]


class Why(enum.Enum):
    """Why a loop ended."""

    STOP = "stop"
    RELOAD = "reload"
    DAMAGED = "damaged"
    UNWRITABLE = "unwritable"


def run_daemon(config: Config, load: Callable[[], Config], show: Show | None) -> ExitCode:
    """Run until SIGTERM or SIGINT; SIGHUP reads the configuration again by `load`.

    Raises:
        StoreInUse: Another dedupd has this state folder.
        UserError: The state folder, the event log or the socket can't be used, or the library
            for the workers that are asked for isn't there.
    """
    # A lease that somebody breaks sends SIGIO, which would end us (see disk/lease).
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    demand_pool(config)
    notifier = Notifier()
    with StateLock.acquire(config.state) as lock:
        return Daemon(config, load, show, notifier, lock).run()


class Daemon:
    """One daemon on one state folder, whose lock is held by the caller."""

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config],
        show: Show | None,
        notifier: Notifier,
        lock: StateLock,
    ) -> None:
        self._config, self._load, self._show = config, load, show
        self._notifier, self._lock = notifier, lock
        self._front = Front(lastreport.recall(config.state))
        self._keeping = Keeping(config.state, self._front)
        self._page = Page(config, self._front)
        self._stop_wanted = self._reload_wanted = False
        quiet = show is not None and sys.stderr.isatty()
        self._hooks = Hooks(config.hooks, quiet=quiet)
        self._journal = Journal(config, self._hooks.take, quiet=quiet)
        self._started = self._announced = self._interrupted = False
        self._damage, self._rebuilt_s = "", float("-inf")

    def run(self) -> ExitCode:
        """Run until told to stop."""
        socket = address.of_daemon(self._config.control.socket, self._config.state)
        front, group = self._front, self._config.control.group
        server = ControlServer(
            socket, group, front.ask, front.fresh_report, self._ask_reload, page=self._page.url
        )
        with contextlib.ExitStack() as stack:
            stack.callback(self._journal.close)
            self._hooks.start()
            stack.callback(self._hooks.stop)
            server.start()
            stack.callback(server.stop)
            stack.callback(self._page.stop)
            self._page.follow(self._config)
            if self._config.source is not None:
                stack.callback(pointer.withdraw, pointer.publish(self._config.source, socket))
            self._take_signals()
            while self._run_once() is not Why.STOP:
                pass
        return ExitCode.INTERRUPTED if self._interrupted else ExitCode.DONE

    def _run_once(self) -> Why:
        """Open the store and run one loop over it, until there is a reason to end."""
        why = Why.STOP
        try:
            why = self._with_store()
        except StoreDamaged as damage:
            self._demand_state()
            self._rebuild(str(damage))
            why = Why.DAMAGED
        except (StoreUnwritable, EventLogUnwritable) as full:
            self._demand_state()
            self._wait_for_space(full)
            why = Why.UNWRITABLE
        return Why.STOP if self._stop_wanted else why

    def _with_store(self) -> Why:
        store, rebuilt = open_store(self._config.state, VERSIONS)
        with contextlib.ExitStack() as stack:
            stack.callback(store.close)
            self._open_journal(store)
            if rebuilt is not None:
                reason, self._damage = self._damage or rebuilt, ""
                self._tell(Event("store.rebuilt", None, (("reason", reason),)))
            remember_roots(store, self._config.roots)
            pool = make_pool(self._config)
            pool.start()
            stack.callback(pool.stop)
            keeper = Keeper(self._config.state, store)
            stack.callback(keeper.close)
            write = self._journal.write
            loop = Loop(self._config, store, pool, write, eager=True, decided=keeper)
            self._front.loop = loop
            self._replay(loop)
            loop.start()
            stack.callback(self._end_loop, loop)
            return self._turn(loop)

    def _open_journal(self, store: Store) -> None:
        """Go on numbering above what the store remembers, and say that we are here."""
        known = (store.meta(LOG_META) or {}).get("reserved_seq")
        self._journal.go_above(known if isinstance(known, int) else 0)
        if not self._started:
            self._started = True
            self._tell(Event("daemon.started"))

    def _turn(self, loop: Loop) -> Why:
        """Turn the loop until somebody wants something else."""
        shown_s = float("-inf")
        while not self._stop_wanted and not self._reloaded():
            loop.problems = self._problems()
            loop.turn(self._patience_s())
            self._front.report = loop.report
            self._notifier.alive(time.monotonic())
            if not self._announced and loop.engine.watched:
                self._announced = True
                self._tell(Event("daemon.ready"))
                self._notifier.ready()
            self._keeping.tend(loop)
            self._notifier.status(status_line(self._front.report))
            self._demand_state()
            if self._show is not None and time.monotonic() - shown_s >= SHOW_EVERY_S:
                shown_s = time.monotonic()
                self._show(self._front.report)
        self._keeping.tend(loop, now=True)
        if not self._stop_wanted:
            return Why.RELOAD
        self._notifier.stopping()
        self._tell(Event("daemon.stopping"))
        self._front.report = loop.engine.report(self._problems(), stopping=True)
        return Why.STOP

    def _problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with what stands beside the loop."""
        return (*self._page.problems, *self._hooks.problems)

    def _demand_state(self) -> None:
        """End when the state folder was deleted under us: another daemon could start there.

        Raises:
            UserError: It was.
        """
        if not self._lock.is_ours():
            raise UserError(
                f"the state folder {shown(os.fsencode(self._config.state))} is gone",
                "it was deleted or replaced while the daemon ran",
                "start the daemon again: it reads everything anew",
            )

    def _patience_s(self) -> float:
        turn_s = TURN_S if self._show is None else SHOWN_TURN_S
        watchdog_s = self._notifier.watchdog_s
        return min(turn_s, watchdog_s / 3) if watchdog_s is not None else turn_s

    def _replay(self, loop: Loop) -> None:
        """Tell the engine what was logged and perhaps not stored any more."""
        for event in self._journal.last_words():
            loop.engine.replay(path_of(event), event)

    def _end_loop(self, loop: Loop) -> None:
        self._front.loop = None
        loop.stop()

    def _reloaded(self) -> bool:
        """If a reload is wanted: take the new configuration, or keep the old one and say why."""
        if not self._reload_wanted:
            return False
        # Before we read: whoever asks from now on may mean a newer file.
        self._reload_wanted = False
        self._notifier.reloading()
        try:
            new = anew(self._config, self._load)
        except UserError as error:
            self._tell(Event("config.rejected", None, (("what", error.what), ("why", error.why))))
            return False
        else:
            self._config = new
            self._hooks.configure(new.hooks)
            self._page.follow(new)
            self._tell(Event("config.reloaded"))
            return True
        finally:
            self._notifier.ready()

    def _rebuild(self, why: str) -> None:
        log.error("the store can't be trusted and is built anew: %s", why)
        if time.monotonic() - self._rebuilt_s < REOPEN_S:
            self._pause(Problem("store.damaged", b"", f"it was damaged again: {why}", _SEE_DISK))
        self._rebuilt_s = time.monotonic()
        set_aside(self._config.state)
        self._damage = why  # told once the new one is open

    def _wait_for_space(self, error: UserError) -> None:
        """Claim nothing while nothing can be kept; try again after a while."""
        log.error("%s: %s", error.what, error.why)
        self._pause(Problem("store.unwritable", b"", f"{error.what}: {error.why}", error.fix))

    def _pause(self, problem: Problem) -> None:
        """Report nothing but the problem for a while."""
        self._front.report = without_claims(self._front.report, (problem, *self._problems()))
        until_s = time.monotonic() + REOPEN_S
        while time.monotonic() < until_s and not (self._stop_wanted or self._reload_wanted):
            self._notifier.alive(time.monotonic())
            time.sleep(0.2)

    def _tell(self, event: Event) -> None:
        self._journal.write([event], True)

    def _take_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._signalled)

    def _signalled(self, number: int, _: FrameType | None) -> None:
        self._interrupted = self._interrupted or number == signal.SIGINT
        self._want(Why.RELOAD if number == signal.SIGHUP else Why.STOP)

    def _want(self, why: Why) -> None:
        if why is Why.RELOAD:
            self._reload_wanted = True
        else:
            self._stop_wanted = self._front.closed = True
        loop = self._front.loop
        if loop is not None:
            loop.wake()

    # What the socket's threads call.

    def _ask_reload(self) -> Reply:
        """Check the file first, so that the asker sees what is wrong with it."""
        try:
            anew(self._config, self._load)
        except UserError as error:
            self._want(Why.RELOAD)  # the loop logs that it was refused
            return Refused(error.what, error.why, error.fix, usage=True)
        self._want(Why.RELOAD)
        return Done("the configuration is read again")


_SEE_DISK = "dmesg   # the disk of the state folder may be failing"
