"""R11: every kind of file of the state folder damaged, a full disk, a deleted folder.

What is asked each time: does a daemon start, is nothing wrong called imported though the disk
changed meanwhile, and is every decision of the owner kept, or its loss told.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.system.commands import PROGRAM, Fields, Site, need, wait_for

from campaign.claims import Claims
from campaign.result import Result, Size
from campaign.stage import STRANGERS_FROM, bugs, content, daemon, plant, quiet_report, site

CASES = 200
LIBRARY = 30
DECISIONS = "decisions.jsonl"
HOWS = ("cut", "flip", "zero", "delete")
SMALL_DISK = "6m"


def run(seed: int, size: Size) -> Result:
    """Try the damages one by one, each on a fresh copy of the same state."""
    count, notes = size.of(CASES, 4), list[str]()
    with site() as stage:
        _live(stage)
        claims, decided = _claims(stage), _decisions(stage)
        for number, (name, how) in enumerate(_cases(stage, random.Random(seed), count)):
            notes += _tried(stage, claims, f"case {number}, {how} {name}", decided, (name, how))
        notes += _deleted_folder(stage, claims)
    # The service waits for a minute before it tries a full disk again.
    full = _full_disk() if size.share else None
    notes += full or []
    measured = f"{len(notes)} faults in {count} damages, deleted folder"
    if full is not None:
        measured += ", full disk"
    else:
        measured += "; full disk skipped: " + ("no mounts permitted" if size.share else "short")
    wrong = len(claims.wrong)
    return Result(
        measured,
        count + 1 + (full is not None),
        not notes and not wrong,
        wrong,
        (*notes, *claims.wrong),
    )


def _live(stage: Site) -> None:
    """Have a daemon learn a tree and the owner's mind, and keep the state that it left."""
    plant(stage, LIBRARY, folders=6, each=5)
    for number in (1, 2):
        (stage.needles / f"card {number}" / "odd.jpg").write_bytes(content(STRANGERS_FROM + number))
    with daemon(stage) as running:
        running.wait_ready()
        quiet_report(stage)
        odd = [stage.needles / f"card {number}" / "odd.jpg" for number in (1, 2)]
        for done in (
            stage.ask("dismiss", odd[0]),
            stage.ask("same", odd[1], stage.lib / "2000" / "0.jpg"),
        ):
            assert done.code == 0, done.err
        quiet_report(stage)
        running.end(signal.SIGTERM)
    # A second life makes tables of the first one's log.
    with daemon(stage) as running:
        running.wait_ready()
        quiet_report(stage)
        running.end()
    shutil.copytree(stage.state, stage.folder / "good", ignore=_sockets)


def _claims(stage: Site) -> Claims:
    digests = [bytes.fromhex(one["first"]["sha256"]) for one in _told_decisions(stage)]
    return Claims(stage, digests)


def _told_decisions(stage: Site) -> list[Fields]:
    return [one for one in map(_json, stage.ask("decisions", "--json").lines) if one["in_force"]]


def _decisions(stage: Site) -> set[str]:
    return {one["id"] for one in _told_decisions(stage)}


def _json(line: str) -> Fields:
    found: Fields = json.loads(line)
    return found


def _cases(stage: Site, dice: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """Yield file and damage, every kind of both before the first comes again."""
    good = stage.folder / "good"
    names = sorted(
        str(path.relative_to(good))
        for path in good.rglob("*")
        if path.is_file() and path.name not in ("LOCK", "LOG", "LOG.old")
    )
    pairs = [(name, how) for name in names for how in HOWS]
    dice.shuffle(pairs)
    for number in range(count):
        yield pairs[number % len(pairs)]


def _tried(
    stage: Site, claims: Claims, case: str, decided: set[str], damage: tuple[str, str]
) -> list[str]:
    """Damage one file, change the disk unheard, start, and return what is wrong."""
    _restore(stage)
    _harm(stage.state / damage[0], damage[1], random.Random(case))
    spoiled = stage.lib / "2000" / "5.jpg"  # card 1 rests on it
    spoiled.write_bytes(content(STRANGERS_FROM + 99))
    try:
        return [f"{case}: {fault}" for fault in _faults(stage, claims, decided, damage[0])]
    finally:
        spoiled.write_bytes(content(5))


def _restore(stage: Site) -> None:
    shutil.rmtree(stage.state, ignore_errors=True)
    shutil.copytree(stage.folder / "good", stage.state)
    (stage.folder / "stderr.log").unlink(missing_ok=True)


def _harm(path: Path, how: str, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    if how == "delete" or not data:
        path.unlink()
        return
    at = dice.randrange(len(data))
    if how == "cut":
        del data[at:]
    elif how == "flip":
        data[at] ^= 1 << dice.randrange(8)
    else:
        data[at : at + 4096] = bytes(len(data[at : at + 4096]))
    path.write_bytes(data)


def _faults(stage: Site, claims: Claims, decided: set[str], name: str) -> list[str]:
    claims.start_log_anew()
    faults = list[str]()
    with daemon(stage) as running:
        if running.wait_ready() is None:
            return [f"the start was refused: {running.log.read_text()[-300:]}"]
        report = quiet_report(stage)
        lost = decided - _decisions(stage)
        told = [one["code"] for one in report["problems"]]
        if lost and name != DECISIONS:
            faults.append(f"decisions {sorted(lost)} are lost")
        elif lost and not any("decision" in code for code in told):
            faults.append(f"decisions {sorted(lost)} are lost without a word ({told})")
        elif not lost:
            faults += claims.compare(report)
        running.end()
    return [*faults, *bugs(stage)]


def _deleted_folder(stage: Site, claims: Claims) -> list[str]:
    """Delete the state folder under a daemon: it ends or says so, and the next one begins anew."""
    _restore(stage)
    claims.start_log_anew()
    with daemon(stage) as running:
        running.wait_ready()
        quiet_report(stage)
        shutil.rmtree(stage.state)
        try:
            code = running.process.wait(30)
        except subprocess.TimeoutExpired:
            return ["deleted folder: the daemon went on for 30 s"]
    with daemon(stage) as running:
        running.wait_ready()
        report = quiet_report(stage)
    claims.forget_decisions()
    unlike = [f"deleted folder: {one}" for one in claims.compare(report)]
    return unlike + [f"deleted folder: exit code {code}"] * (code == 0)


def _full_disk() -> list[str] | None:
    """Fill the disk of the state folder, and empty it; None where mounts aren't permitted."""
    unshare = [need("unshare"), "--mount", *(["-Ur"] if os.geteuid() else [])]
    if not unshare[0] or subprocess.run([*unshare, "true"], check=False).returncode:
        return None
    with site() as stage:
        plant(stage, LIBRARY, folders=6, each=5)
        stage.state.mkdir(mode=0o700)
        socket = stage.folder / "c.sock"
        with stage.config.open("a") as file:
            file.write(f"control: {{socket: {socket}}}\n")
        mount = f'mount -t tmpfs -o size={SMALL_DISK} none "{stage.state}" && exec "$@"'
        with daemon(stage, [*unshare, "sh", "-c", mount, "sh", *PROGRAM]) as running:
            running.wait_ready()
            quiet_report(stage)
            inside = Path(f"/proc/{running.process.pid}/root{stage.state}")
            return _fill_and_empty(stage, running.process, inside)


def _fill_and_empty(stage: Site, process: subprocess.Popen[bytes], inside: Path) -> list[str]:
    claims, faults = Claims(stage), list[str]()
    filler = inside / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    for number in range(40):  # what must be stored, and can't be
        (stage.needles / f"new {number}").mkdir()
        path = stage.needles / f"new {number}" / "x.jpg"
        path.write_bytes(content(STRANGERS_FROM + 500 + number))
        claims.changed()
    (stage.lib / "2000" / "0.jpg").unlink()
    claims.changed()
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s and process.poll() is None:
        done = stage.ask_inside("status", "--json")
        if done.code == 0:
            claims.hear_report(done.json)
        time.sleep(0.2)
    if process.poll() is not None:
        faults.append(f"full disk: the daemon ended with exit code {process.returncode}")
        return faults
    filler.unlink()
    report = wait_for("the store is whole again", lambda: _healthy(stage), 150)
    faults += [f"full disk, after it: {one}" for one in claims.compare(report)]
    return faults + [f"full disk: {one}" for one in claims.wrong]


def _healthy(stage: Site) -> Fields:
    report = quiet_report(stage)
    return {} if any("store" in one["code"] for one in report["problems"]) else report


def _sockets(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name.endswith((".sock", "lock"))]
