"""The connection to a Dask scheduler: who works there, and calls of functions on its workers.

All of it runs in one asyncio loop.  Dask hands a call whose worker was lost to the next one by
itself, a few times (its setting `distributed.scheduler.allowed-failures`), before it gives up.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Callable, Collection
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, Future
from distributed.scheduler import KilledWorker
from distributed.security import Security

CONNECT_S = 5.0
CLOSE_S = 1.0
_URGENT = 10

# What becomes of the connection is told by the pool, in the words of dedupd, and once.
logging.getLogger("distributed").setLevel(logging.CRITICAL)


class Gone(Exception):
    """The scheduler isn't there, or isn't any more."""


class Lost(Exception):
    """One worker after the other was lost that had this call."""


class Broken(Exception):
    """The call raised something over there, or could not be understood."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scheduler is: its address, and our certificates where that begins with tls://."""

    address: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def security(self) -> Security:
        """Return what distributed is to know about encryption."""
        if not self.address.startswith("tls://"):
            return Security()
        files = {"tls_ca_file": self.ca, "tls_client_cert": self.cert, "tls_client_key": self.key}
        given = {name: str(path) for name, path in files.items() if path is not None}
        return Security(require_encryption=True, **given)


class Line:
    """A connection; `connected` makes one."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def lives(self) -> bool:
        """Whether the scheduler was there a moment ago."""
        return bool(self._client.status == "running")

    async def workers(self) -> dict[str, int]:
        """Return the addresses of all workers that take calls, and how many threads each has.

        Raises:
            Gone: The scheduler doesn't say.
        """
        try:
            scheduler = self._client.scheduler
            if scheduler is None:
                raise Gone("the connection ended")
            asked = scheduler.identity(n_workers=-1)
            found = (await asyncio.wait_for(asked, CONNECT_S))["workers"]
        except (OSError, TimeoutError) as error:
            raise Gone(_words(error)) from error
        running = ((at, one) for at, one in found.items() if one.get("status") == "running")
        return {str(at): int(one["nthreads"]) for at, one in running}

    async def call(
        self,
        function: Callable[..., object],
        *arguments: object,
        workers: Collection[str],
        urgent: bool = False,
    ) -> object:
        """Return what `function` returns on one of these workers; cancel it to take it back.

        Raises:
            Gone, Lost, Broken: It returns nothing.
        """
        try:
            return await self._submitted(function, arguments, workers, _URGENT * urgent)
        except KilledWorker as error:
            raise Lost(_words(error)) from error
        except CancelledError as error:  # by distributed: the connection ended
            raise Gone("the connection ended") from error
        except Exception as error:
            raise (Broken if self.lives else Gone)(_words(error)) from error

    def _submitted(
        self,
        function: Callable[..., object],
        arguments: tuple[object, ...],
        workers: Collection[str],
        priority: int,
    ) -> Future[Any]:
        with warnings.catch_warnings():
            # A picture in its call is a "large graph"; it goes once, to one worker.
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            return self._client.submit(
                function,
                *arguments,
                pure=False,
                priority=priority,
                workers=list(workers),
                allow_other_workers=False,
            )

    async def close(self) -> None:
        """End the connection; the scheduler forgets our calls."""
        await _closed(self._client)


async def connected(place: Place) -> Line:
    """Return a connection to the scheduler at `place`.

    Raises:
        Gone: There is none.
    """
    client = None
    try:
        with warnings.catch_warnings():
            # Versions of Python and Dask may differ a little; what must not is in `terms`.
            warnings.simplefilter("ignore")
            client = Client(
                place.address,
                asynchronous=True,
                set_as_default=False,
                timeout=CONNECT_S,
                name="dedupd",
                security=place.security(),
            )
            await asyncio.wait_for(client, 2 * CONNECT_S)
    except BaseException as error:  # of its network, of TLS, of the other end's version
        if client is not None:
            await _closed(client)
        if not isinstance(error, Exception):
            raise  # somebody ends us
        raise Gone(_words(error)) from error
    return Line(client)


async def _closed(client: Client) -> None:
    try:
        await asyncio.wait_for(client.close(), CLOSE_S)
    except Exception as error:  # nothing is left to be done with it
        logging.getLogger(__name__).debug("a connection did not close: %s", error)


def _words(error: BaseException) -> str:
    first, *_ = str(error).splitlines() or [""]
    return first or type(error).__name__
