"""Checks one root: is it there, how are its changes heard, may all of it be read?"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.doctor.words import several, word
from dedupd.model import Role, Root
from dedupd.text import join, shown


class Presence(enum.Enum):
    """What is at a root's path."""

    THERE = "there"
    MISSING = "missing"
    NO_FOLDER = "no folder"
    FORBIDDEN = "forbidden"
    BROKEN = "broken"  # the system says an error
    SILENT = "silent"  # it doesn't answer


@dataclass(slots=True)
class Survey:
    """What a walk through a root sees, counted on the way.

    Attributes:
        folders: Also hidden ones: they are watched all the same.
        closed: Folders that can't be listed; `closed_first` names the first of them.
        refused: Files that can't be read; `refused_first` likewise.
        foreign: Files that can be read, of other owners.
        complete: Was all of it seen?  False where its time or patience ended.
    """

    folders: int = 0
    files: int = 0
    closed: int = 0
    closed_first: bytes = b""
    refused: int = 0
    refused_first: bytes = b""
    foreign: int = 0
    complete: bool = True


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What was seen of a root.

    Attributes:
        where: Where it was named, "/home/anna/config.yaml:3: needles".
        kind: Its file system's type; "" where the root isn't there.
        backend: "inotify", "poll" or "none": what the daemon would choose.
        expected_mount: A mount point of /etc/fstab that holds it and isn't mounted, or b"".
        survey: None where the root isn't there.
    """

    root: Root
    where: str
    presence: Presence
    error: str = ""
    kind: str = ""
    backend: str = ""
    hears_all: bool = True
    read_only: bool = False
    removable: bool = False
    keeps_ino: bool = True
    expected_mount: bytes = b""
    survey: Survey | None = None

    @property
    def name(self) -> str:
        """The root as people see it, with its role."""
        role = "haystack" if self.root.role is Role.HAYSTACK else "needle"
        return f"{role} root {shown(self.root.path)}"

    @property
    def short(self) -> str:
        """The same, shorter, for what asks for nothing."""
        return f"{self.root.role.value} {shown(self.root.path)}"


def check_presence(facts: RootFacts) -> Finding:
    """Say whether the root is there, on the disk where it belongs."""
    code, path = "roots.presence", facts.root.path
    if facts.expected_mount:
        why = f"{shown(facts.expected_mount)} is in /etc/fstab, and nothing is mounted there"
        fix = f"sudo mount {word(facts.expected_mount)}"
        return problem(code, f"the disk of the {facts.name} is not mounted", why, fix, path)
    if facts.presence is Presence.MISSING:
        return _missing(facts)
    if facts.presence is not Presence.THERE:
        why, fix = _trouble(facts)
        return problem(code, f"the {facts.name} can't be used", why, fix, path)
    beside = [facts.kind, *(["read-only"] if facts.read_only else [])]
    beside += ["removable"] if facts.removable else []
    return ok(code, f"{facts.short}: is there ({', '.join(map(shown, beside))})", path)


def _missing(facts: RootFacts) -> Finding:
    why = f"named in {shown(facts.where)}; it is offline until it is there"
    fix = f"ls -ld {word(facts.root.path)}   # plug its disk in, or correct the path"
    what = f"the {facts.name} isn't there"
    if facts.root.role is Role.NEEDLES:
        return note("roots.presence", what, why, fix, facts.root.path)
    why += ", and nothing that rests on it is called imported"
    return problem("roots.presence", what, why, fix, facts.root.path)


def _trouble(facts: RootFacts) -> tuple[str, str]:
    """Return why a root can't be used, and what to type."""
    path = word(facts.root.path)
    if facts.presence is Presence.NO_FOLDER:
        return "it is no folder", f"ls -ld {path}   # name its folder in the configuration"
    if facts.presence is Presence.FORBIDDEN:
        return "this user may not list it", f"namei -l {path}   # see who may"
    if facts.presence is Presence.SILENT:
        return "its file system does not answer", f"findmnt -T {path}   # mount it again"
    return shown(facts.error), f"findmnt -T {path}; sudo dmesg | tail"


def check_hearing(facts: RootFacts) -> Finding:
    """Say how changes in a root that is there are heard."""
    code, path, every_min = "roots.hearing", facts.root.path, facts.root.poll_every_s / 60
    walked = f"it is walked every {every_min:g} min"
    if facts.backend == "inotify" and not facts.hears_all:
        why = f"{facts.kind} tells nobody of changes made elsewhere; `watch: inotify` was asked for"
        fix = _edit(facts, "watch: auto")
        return problem(code, f"the {facts.name} is listened to in vain", why, fix, path)
    if facts.backend == "inotify":
        return ok(code, f"{facts.short}: inotify, changes are heard at once", path)
    if facts.backend == "none":
        why = "`watch: none` was asked for: changes are found by sweeps only"
        return note(
            code, f"the {facts.name} is not watched", why, _edit(facts, "watch: auto"), path
        )
    if facts.hears_all:
        why = f"`watch: poll` was asked for, though {facts.kind} would tell of changes at once"
        return note(code, f"the {facts.name}: {walked}", why, _edit(facts, "watch: auto"), path)
    why = f"{facts.kind} may be changed by others, and the kernel doesn't hear of it"
    return note(code, f"the {facts.name}: {walked}", why, "", path)


def _edit(facts: RootFacts, line: str) -> str:
    """Return how to change an option of the root."""
    file, colon, rest = facts.where.rpartition(": ")[0].rpartition(":")
    if not colon or not rest.isdecimal():
        return f"name it in a configuration file, with {line}"
    return f"${{EDITOR:-vi}} +{rest} {word(file)}   # {line}"


def check_folders(facts: RootFacts, survey: Survey) -> Finding:
    """Say whether every folder can be listed."""
    code = "roots.folders"
    if not survey.closed:
        counted = several(survey.folders, "folder", not survey.complete)
        return ok(code, f"{facts.short}: {counted}, all can be listed", facts.root.path)
    first = join(facts.root.path, survey.closed_first)
    what = f"{several(survey.closed, 'folder')} can't be listed, {shown(first)} first"
    why = "their pictures vouch for nothing"
    if facts.root.role is Role.NEEDLES:
        why = "unknown is never imported: the folders above them stay incomplete"
    return problem(code, what, why, f"sudo setfacl -R -m u:$USER:rX {word(first)}", first)


def check_files(facts: RootFacts, survey: Survey) -> Finding:
    """Say whether every file can be read."""
    code = "roots.files"
    if not survey.refused:
        counted = several(survey.files, "file", not survey.complete)
        return ok(code, f"{facts.short}: {counted}, all may be read", facts.root.path)
    first = join(facts.root.path, survey.refused_first)
    what = f"{several(survey.refused, 'file')} can't be read, {shown(first)} first"
    why = "a file that can't be read is neither in the library nor imported"
    return problem(code, what, why, f"sudo setfacl -m u:$USER:r {word(first)}", first)


def check_owners(facts: RootFacts, survey: Survey) -> Finding | None:
    """Say whether the kernel can be asked for writers of these files; None where it is plain."""
    if not survey.foreign:
        return None
    what = f"the {facts.name}: {several(survey.foreign, 'file')} of other owners"
    why = "only a file's owner can ask whether it is being written; two looks some seconds apart"
    why += " decide instead"
    return note("roots.owners", what, why, "", facts.root.path)


def check_numbers(facts: RootFacts) -> Finding | None:
    """Say what is lost on a file system whose numbers of files don't last; None elsewhere."""
    if facts.keeps_ino:
        return None
    what = f"the {facts.name}: {facts.kind} keeps no lasting numbers of files"
    why = "a rewrite of equal size that also puts the time back can't be seen there"
    return note("roots.numbers", what, why, "", facts.root.path)


def check_walk(facts: RootFacts, survey: Survey) -> Finding | None:
    """Say that not all of a root was looked at; None where it was."""
    if survey.complete:
        return None
    what = f"the {facts.name}: only {several(survey.files, 'file')} looked at"
    why = "it is large or slow; what lies behind was not checked here"
    return note("roots.walk", what, why, "", facts.root.path)
