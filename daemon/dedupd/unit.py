"""The systemd unit of one configuration, made of the units that dedupd comes with.

Pure: text in, text out.  A removable or network root gets an `After=` and never a `Requires=`:
the daemon lives without it.  Source: systemd.unit(5), systemd.service(5), systemd.exec(5).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

_NETWORK = re.compile(r"nfs4?|cifs|smb3|smbfs|afs|ceph|glusterfs|9p|davfs|fuse\..+")
_COMES_AND_GOES = (b"/media/", b"/run/media/", b"/mnt/")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.")


@dataclass(frozen=True, slots=True)
class Service:
    """What a unit is for.

    Attributes:
        program: How dedupd is started here.
        config: Its configuration file, absolute.
        mounts: Mount points that may come later, absolute.
        owner: Whom the daemon runs as; "" for the user's own manager, which runs nothing else.
        state: The state folder that the configuration names, "" where systemd gives one.
        listens: Does it serve the page?
    """

    program: Sequence[str]
    config: str
    mounts: Sequence[bytes] = ()
    owner: str = ""
    state: str = ""
    listens: bool = False


def rendered(template: str, service: Service) -> str:
    """Return the unit for `service`, from the one that dedupd comes with."""
    _, _, body = template.partition("\n\n")
    command = words([*service.program, "run", "--config", service.config])
    lines = [_head(service), "", *body.splitlines()]
    for line in _after(service):
        lines.insert(lines.index("[Service]") - 1, line)
    lines = [_changed(line, command, service) for line in lines]
    at = lines.index("[Install]") - 1
    lines[at:at] = _opened(service)
    return "\n".join(lines) + "\n"


def may_come_later(path: bytes, kind: str, point: bytes) -> list[bytes]:
    """Return where a root's file system is mounted, or may be, if it comes later than the daemon.

    Args:
        path: The root's, absolute.
        kind, point: The file system that it is on at this moment, and where that is mounted.
    """
    at = point.rstrip(b"/") + b"/"
    if at != b"/" and (_NETWORK.fullmatch(kind) or at.startswith(_COMES_AND_GOES)):
        return [point]
    base = next((one for one in _COMES_AND_GOES if path.startswith(one)), None)
    if base is None or at != b"/":
        return []
    parts = path[len(base) :].split(b"/")  # it isn't mounted now: any of the folders may be it
    return [base + b"/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def mount_unit(point: bytes) -> str:
    """Return the name of the unit of a mount point: what `systemd-escape -p` gives, and .mount."""
    parts = [part for part in point.split(b"/") if part]
    text = "".join(
        "-" if byte == ord("/") else chr(byte) if _is_plain(byte, at) else f"\\x{byte:02x}"
        for at, byte in enumerate(b"/".join(parts))
    )
    return f"{text or '-'}.mount"


def words(command: Sequence[str]) -> str:
    """Return a command as `ExecStart=` wants it: nothing in it is expanded."""
    return " ".join(_word(one) for one in command)


def _is_plain(byte: int, at: int) -> bool:
    return byte in _PLAIN and not (at == 0 and byte == ord("."))


def _word(text: str) -> str:
    text = text.replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w@%+=:,./$-]+", text, re.ASCII):
        return text
    return '"' + "".join(_in_quotes(one) for one in os.fsencode(text)) + '"'


def _in_quotes(byte: int) -> str:
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if ord(" ") <= byte < ord("\x7f") else f"\\x{byte:02x}"


def _head(service: Service) -> str:
    edit = "systemctl edit" if service.owner else "systemctl --user edit"
    return f"# Written by `dedupd service install`.  Change a setting with `{edit} dedupd`."


def _after(service: Service) -> list[str]:
    if not service.mounts:
        return []
    names = " ".join(sorted({mount_unit(one) for one in service.mounts}))
    return ["# These may come later: the daemon lives without them.", f"After={names}"]


def _changed(line: str, command: str, service: Service) -> str:
    if line.startswith("ExecStart="):
        return f"ExecStart={command}"
    if not service.owner:
        return line
    name, _, value = line.partition("=")
    if name == "User":
        return f"User={service.owner}"
    if name in ("StateDirectory", "RuntimeDirectory"):
        return f"{name}=dedupd"
    if name == "Description":
        return f"Description={value.replace('%i', service.owner)}"
    return line


def _opened(service: Service) -> list[str]:
    """Return what a system unit must allow beyond the usual; later settings win."""
    if not service.owner:
        return []
    lines = []
    if service.state:
        lines += [
            "# The state folder that the configuration names.",
            f"ReadWritePaths={_word(service.state)}",
        ]
    if service.listens:
        lines += ["# `web.listen`, on this machine only.", "PrivateNetwork=no", "IPAddressDeny="]
        lines += ["IPAddressDeny=any", "IPAddressAllow=localhost"]
        lines += ["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"]
    return ["", *lines] if lines else []
