"""The daemon around its loop: when it begins anew, and when it must end."""

from __future__ import annotations

import pytest
from tests.unit.one_look import Place

from dedupd import service
from dedupd.errors import UserError
from dedupd.notify import Notifier
from dedupd.service import Daemon
from dedupd.state import StoreDamaged, StoreFull
from dedupd.state.eventlog import EventLogUnwritable
from dedupd.state.lock import StateLock

FULL = ("it can't be written", "no such file or directory", "free space")


class Waited(Exception):
    """The daemon would have waited, or built the store anew."""


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    """Return a daemon that holds the lock of its state folder, and that raises when it waits."""

    def waited(*_: object) -> None:
        raise Waited

    monkeypatch.setattr(Daemon, "_wait_for_space", waited)
    monkeypatch.setattr(service, "set_aside", waited)
    place = Place(tmp_path)
    config = place.config()
    with StateLock.acquire(config.state) as lock:
        daemon = Daemon(config, lambda: config, None, Notifier(), lock)
        yield daemon
        daemon._journal.close()


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize(
    "trouble", [EventLogUnwritable(*FULL), StoreFull(*FULL), StoreDamaged("CURRENT is missing")]
)
def test_a_state_folder_that_is_gone_is_no_full_disk(daemon, monkeypatch, trouble, gone):
    """Waiting would end in a store made anew where another daemon may have begun."""

    def broken(_: Daemon) -> None:
        raise trouble

    monkeypatch.setattr(Daemon, "_with_store", broken)
    state = daemon._config.state
    if gone:
        state.rename(state.with_name("elsewhere"))
    with pytest.raises(UserError if gone else Waited) as ended:
        daemon._run_once()
    assert state.exists() is not gone
    if gone:
        assert "is gone" in ended.value.what
