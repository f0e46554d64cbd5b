"""Asks which libraries and decoders work here: of their metadata, and of a child process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata

from dedupd.doctor.system import Installed, Library
from dedupd.pictures.pools.child import python_path

PROBE_S = 60.0


@dataclass(frozen=True, slots=True)
class Works:
    """What was tried: failures by module and by content type, "" for none.

    `failure` is why the libraries or the decoders couldn't be tried, "" if they could.
    """

    modules: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    failure: str = ""


def version_of(name: str) -> str:
    """Return the version of an installed library, "" where it isn't known."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def installed(libraries: Iterable[Library], works: Works) -> dict[str, Installed]:
    """Return what is there of each library, by its name."""
    return {one.name: _installed(one, works) for one in libraries}


def _installed(library: Library, works: Works) -> Installed:
    version = version_of(library.name)
    unknown = "" if version else "it is not installed"
    return Installed(version, works.modules.get(library.module, unknown))


def probed(modules: Iterable[str], patience_s: float = PROBE_S) -> Works:
    """Return what a child process could load and read."""
    # -P: a folder that we happen to stand in may hold somebody's own "cv2.py".
    command = [sys.executable, "-P", "-m", "dedupd.doctor.probe", *modules]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": python_path(), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Works(failure=f"the libraries weren't loaded within {patience_s:.0f} s")
    except OSError as error:
        return Works(failure=f"no process can be started: {error.strerror}")
    return _understood(done)


def _understood(done: subprocess.CompletedProcess[bytes]) -> Works:
    with contextlib.suppress(ValueError, KeyError, IndexError):
        found = json.loads(done.stdout.splitlines()[-1])
        return Works(found["modules"], found["formats"], found["failure"])
    if done.returncode < 0:
        return Works(
            failure=f"a library ended the process that loads it (signal {-done.returncode})"
        )
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return Works(failure=said[-1] if said else f"the probe ended with {done.returncode}")
