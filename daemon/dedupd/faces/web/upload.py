"""An uploaded picture, kept in memory and nowhere else."""

from __future__ import annotations

import os
from types import TracebackType

LARGEST_BYTES = 64 * 2**20


class Upload:
    """A file in memory; use it as a context manager.

    Attributes:
        fd: Descriptor of the file, open as long as the object is.
    """

    def __init__(self) -> None:
        self.fd = os.memfd_create("upload", os.MFD_CLOEXEC)
        self._size_bytes = 0

    def take(self, chunk: bytes) -> bool:
        """Add a part; return False where that is too much."""
        self._size_bytes += len(chunk)
        if self._size_bytes > LARGEST_BYTES:
            return False
        view = memoryview(chunk)
        while view:
            view = view[os.write(self.fd, view) :]
        return True

    def __enter__(self) -> Upload:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self.fd)
