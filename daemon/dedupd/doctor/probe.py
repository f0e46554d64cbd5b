"""A program of its own that loads every library and reads a picture of every format.

    python -m dedupd.doctor.probe MODULE...

Prints one JSON object: what failed, by module and by content type, "" for what didn't; and why no
decoder could be tried, "" if they could.  A child process, because a library that doesn't fit this
machine may end the process that loads it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from collections.abc import Iterable, Mapping

from dedupd.doctor.samples import SAMPLES


def main(modules: list[str]) -> None:
    """Print what fails here."""
    loaded = {name: load_failure(name) for name in modules}
    try:
        formats, failure = format_failures(SAMPLES), ""
    except ImportError as error:
        formats, failure = {}, f"the decoders can't be loaded: {error}"
    print(json.dumps({"modules": loaded, "formats": formats, "failure": failure}))


def load_failure(module: str) -> str:
    """Return why a module can't be imported, "" if it can."""
    try:
        importlib.import_module(module)
    except Exception as error:  # whatever a library raises is what we want to tell
        return f"{type(error).__name__}: {error}"
    return ""


def format_failures(samples: Mapping[str, bytes]) -> dict[str, str]:
    """Return why each sample can't be read, "" if it can.

    Raises:
        ImportError: A library that every decoder needs is missing.
    """
    # Loaded late: they need the libraries that may be missing.
    from dedupd.pictures.capture import StderrCapture
    from dedupd.pictures.limits import Limits
    from dedupd.pictures.look import fingerprint

    capture = StderrCapture()
    failures = {}
    for name, data in samples.items():
        try:
            found = fingerprint(data, Limits(), capture)
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
        else:
            failures[name] = _shortcoming(found)
    return failures


def _shortcoming(found: object) -> str:
    """Return what is wrong with what was seen of a picture that is known to be whole."""
    reasons: Iterable[str] = (
        str(getattr(found, name, "")) for name in ("reason", "bytes_only", "detail", "note")
    )
    return ": ".join(filter(None, reasons))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(sys.argv[1:])
