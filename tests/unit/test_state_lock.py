"""The lock of the state folder: one holder, whatever happens."""

import fcntl
import os
import signal
import subprocess
import sys

import pytest

from dedupd.errors import StoreInUse, UserError
from dedupd.state.lock import StateLock


def test_one_dedupd_at_a_time(tmp_path):
    """The second is told who holds the state folder; after a release it may."""
    folder = tmp_path / "new"
    with StateLock.acquire(folder), pytest.raises(StoreInUse) as caught:
        StateLock.acquire(folder)
    assert f"process {os.getpid()}" in caught.value.why
    assert caught.value.fix
    lock = StateLock.acquire(folder)
    lock.release()
    lock.release()


def test_a_lock_file_removed_meanwhile_is_not_the_lock(tmp_path, monkeypatch):
    """Removed between opening and locking, the file is locked in vain: a new one is."""
    real = fcntl.flock
    removals = iter([True])

    def remove_and_lock(fd, how):
        if next(removals, False):
            (tmp_path / "lock").unlink()
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", remove_and_lock)
    with StateLock.acquire(tmp_path), pytest.raises(StoreInUse):
        StateLock.acquire(tmp_path)


def test_the_lock_ends_with_its_process_and_no_child_keeps_it(tmp_path):
    """A killed daemon leaves no lock behind, not even where a program it started lives on."""
    code = (
        "import subprocess, sys, time; from pathlib import Path\n"
        "from dedupd.state.lock import StateLock\n"
        "lock = StateLock.acquire(Path(sys.argv[1]))\n"
        "child = subprocess.Popen(['sleep', '60'], close_fds=False)\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE) as holder:
        child = int(holder.stdout.readline())
        with pytest.raises(StoreInUse, match="cannot use"):
            StateLock.acquire(tmp_path)
        holder.kill()
        holder.wait()
        StateLock.acquire(tmp_path).release()
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_state_folder_that_cannot_be_made_is_a_users_error(tmp_path, name):
    """The message names the folder, the cause and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file") as caught:
        StateLock.acquire(tmp_path / name)
    assert caught.value.why
    assert "--state" in caught.value.fix
