"""A probe for writers: does anybody have this file open for writing at this moment?

Owns the read lease that is taken and dropped at once; it is never held while we read, because a
held lease blocks other programs' writers.  REQUIRES that SIGIO is ignored in this process before
the first probe (the service does so): a writer that comes in between sends it, and its default
action ends the process.
"""

from __future__ import annotations

import errno
import fcntl


def has_writer(fd: int) -> bool:
    """Tell whether a read lease on the file is refused because of a writer or writable mapping.

    False also where leases can't be had (a file of somebody else, a file system without them):
    then two looks at the stamp decide.  Ask only on local file systems: network ones refuse
    with the same code when they merely have no promise from their server.

    Source: fcntl(2), F_SETLEASE.
    """
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
