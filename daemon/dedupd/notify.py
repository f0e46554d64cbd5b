"""Telling systemd how we are, by datagrams to `$NOTIFY_SOCKET`; silent where there is none."""

from __future__ import annotations

import os
import socket
import time

PATIENCE_S = 2.0
"""How long a busy manager is waited for with what is said only once."""


class Notifier:
    """The service manager's ear.

    The variables are taken out of the environment, so that no child speaks in our name.
    """

    def __init__(self) -> None:
        self._address = os.environ.pop("NOTIFY_SOCKET", "")
        watchdog_us = os.environ.pop("WATCHDOG_USEC", "")
        watchdog_pid = os.environ.pop("WATCHDOG_PID", "")
        ours = watchdog_pid in ("", str(os.getpid()))
        self.watchdog_s = int(watchdog_us) / 1e6 if watchdog_us.isdigit() and ours else None
        self._socket: socket.socket | None = None
        self._status = ""
        self._pinged_s = float("-inf")
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def ready(self) -> None:
        """Store, socket and watches are up."""
        self._send("READY=1", PATIENCE_S)

    def reloading(self) -> None:
        """The configuration is being read again; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}", PATIENCE_S)

    def stopping(self) -> None:
        """We were asked to stop."""
        self._send("STOPPING=1", PATIENCE_S)

    def status(self, text: str) -> None:
        """Show one line in `systemctl status`; a line that is there already isn't sent."""
        if text != self._status and self._send(f"STATUS={text}"):
            self._status = text

    def alive(self, now_s: float) -> None:
        """Feed the watchdog, at a third of its period; only the main loop calls this, often."""
        if self.watchdog_s is not None and now_s - self._pinged_s >= self.watchdog_s / 3:
            self._pinged_s = now_s
            self._send("WATCHDOG=1")

    def _send(self, text: str, patience_s: float = 0.0) -> bool:
        """Send one datagram, and say whether the manager has it (or there is none)."""
        if self._socket is None:
            return True
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        try:
            # Only so many datagrams wait in the kernel; one more would block the main loop.
            self._socket.settimeout(patience_s)
            self._socket.sendto(text.encode(), address)
        except OSError:
            # A manager that is gone or full must not stop us; its watchdog notices silence.
            return False
        return True
