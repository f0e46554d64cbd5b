"""Takes a worker's way to files and the network away, where the kernel can: Landlock, Linux 5.13.

A decoder that a hostile picture has taken over then reads nothing but what it was handed by
descriptor, and Python's own libraries; it writes, removes and renames nothing.  Source:
https://docs.kernel.org/userspace-api/landlock.html and <linux/landlock.h>.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_VERSION, _PATH_BENEATH = 1, 1
_SET_NO_NEW_PRIVS = 38  # <linux/prctl.h>

_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read files, list folders
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # since which version -> so many bits
_NET_SINCE, _NET_RIGHTS = 4, 0b11  # bind and connect by TCP
_SCOPES_SINCE, _SCOPES = 6, 0b11  # abstract sockets and signals of others
_OF_THE_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")


def confine() -> bool:
    """Forbid this process all files but those of Python and its libraries, which it may read.

    There is no way back.  Returns whether the kernel took it; an older one can't.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return False
    rules = _attributes(version)
    ruleset_fd = libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0)
    if ruleset_fd < 0:
        return False
    try:
        for path in _libraries():
            _allow(libc, ruleset_fd, path)
        libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset_fd, 0) == 0)
    finally:
        os.close(ruleset_fd)


def _attributes(version: int) -> bytes:
    """Return all that this version of Landlock can forbid; older ones know a shorter list."""
    bits = max(bits for since, bits in _FILE_RIGHTS.items() if since <= version)
    attributes = struct.pack("Q", (1 << bits) - 1)
    if version >= _NET_SINCE:
        attributes += struct.pack("Q", _NET_RIGHTS)
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("Q", _SCOPES)
    return attributes


def _libraries() -> Iterable[str]:
    """Return where Python and what it may yet import lie: decoders are loaded when needed."""
    return {*_OF_THE_SYSTEM, sys.prefix, sys.base_prefix, *filter(os.path.isabs, sys.path)}


def _allow(libc: ctypes.CDLL, ruleset_fd: int, path: str) -> None:
    with contextlib.suppress(OSError):  # it isn't there
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights = _READ if os.path.isdir(path) else _READ & ~(1 << 3)
        libc.syscall(_ADD_RULE, ruleset_fd, _PATH_BENEATH, struct.pack("=Qi", rights, fd), 0)
        os.close(fd)
