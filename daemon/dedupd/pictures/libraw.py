"""The one place that imports rawpy, and so LibRaw, which reads the files of cameras' sensors.

It is set up before it is loaded: one thread does the work.  It gets bytes, never a path.  Its
errors become `HeaderError`s here, whose reasons are those of `Unreadable`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("OMP_NUM_THREADS", "1")

import rawpy

from dedupd.pictures.formats.header import HeaderError

_TOO_LARGE = (
    MemoryError,
    rawpy.LibRawTooBigError,
    rawpy.LibRawUnsufficientMemoryError,
    rawpy.LibRawMemPoolOverflowError,
)
_BROKEN = (rawpy.LibRawDataError, rawpy.LibRawIOError, rawpy.LibRawBadCropError)


class _Held(io.BytesIO):
    """Bytes that stay where they are: LibRaw reads on after rawpy has let go of them."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data

    def read(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002
        """Return all of them, the very same object each time."""
        return self._data


@contextmanager
def opened(data: memoryview) -> Iterator[rawpy.RawPy]:
    """Give a RAW file to LibRaw, which reads its tags; the picture is not unpacked yet.

    Raises:
        HeaderError: Also for what goes wrong inside of the `with` block.
    """
    held = _Held(bytes(data))
    try:
        with rawpy.RawPy() as raw:
            raw.open_buffer(held)
            yield raw
    except _TOO_LARGE as error:
        raise HeaderError("too-large", f"LibRaw: {_words(error)}") from error
    except _BROKEN as error:
        raise HeaderError("damaged", f"LibRaw: {_words(error)}") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, NotImplementedError) as error:
        detail = f"LibRaw can't read this camera file: {_words(error)}"
        raise HeaderError("unsupported", detail) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise HeaderError("damaged", f"LibRaw: {error}") from error


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
