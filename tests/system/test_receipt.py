"""`dedupd receipt`: a proof that can be checked without dedupd."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.system.commands import Site, running
from tests.system.pictures import foreign, ours, resaved

pytestmark = pytest.mark.timeout(120)

ODD = b"two\nlines \\ cr\r \xff.jpg"

VERIFIER = """
import base64, hashlib, json, sys

def digest(known):
    whole = known.get("path_b64")
    path = base64.b64decode(whole) if whole else known["path"].encode()
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()

checked = wrong = 0
with open(sys.argv[1], "rb") as receipt:
    for line in receipt:
        fact = json.loads(line[3:]) if line.startswith(b"#: ") else {}
        witness = fact.get("witness")
        if fact.get("class") != "matched":
            continue
        ours, theirs = digest(fact), digest(witness)
        good = ours == fact["sha256"] and theirs == witness["sha256"]
        good = good and (fact["evidence"] not in ("bytes", "hardlink") or ours == theirs)
        checked, wrong = checked + 1, wrong + (not good)
print(checked, wrong)
"""
"""Knows nothing of dedupd but this format."""


@pytest.fixture
def site(tmp_path):
    """Return a site with an imported folder, beside one that isn't."""
    site = Site(tmp_path)
    for number, data in enumerate(ours(3)):
        (site.lib / f"{number}.jpg").write_bytes(data)
    card = site.needles / "card"
    card.mkdir()
    (card / "same.jpg").write_bytes(ours(3)[0])
    (card / "again.jpg").write_bytes(ours(3)[0])
    (card / "resaved.jpg").write_bytes(resaved(ours(3)[1]))
    (card / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(400))
    with open(os.path.join(os.fsencode(card), ODD), "wb") as file:
        file.write(ours(3)[2])
    (site.needles / "rest").mkdir()
    (site.needles / "rest" / "missing.jpg").write_bytes(foreign(1)[0])
    return site


def checked(receipt: Path):
    """Return the exit code of `sha256sum -c`, and what the verifier counted."""
    command = ["sha256sum", "--check", "--strict", "--quiet", receipt]
    summed = subprocess.run(command, capture_output=True, check=False).returncode
    script = [sys.executable, "-c", VERIFIER, receipt]
    counted = subprocess.run(script, capture_output=True, check=True).stdout.decode().split()
    return summed, [int(count) for count in counted]


def test_a_receipt_proves_its_byte_claims_without_dedupd(site, tmp_path):
    """To `sha256sum -c` and to twenty lines of anybody's; a changed witness is noticed."""
    receipt = tmp_path / "card.sha256"
    with running(site):
        site.wait_states({"needles/card": "imported"})
        done = site.ask("receipt", site.needles / "card")
    assert (done.code, done.err) == (0, b"")
    receipt.write_bytes(done.out)
    assert b"# state: imported, and 1 video not in the library\n" in done.out
    assert b"# every witness was seen on the disk at this time\n" in done.out
    assert checked(receipt) == (0, [4, 0])
    (site.lib / "0.jpg").write_bytes(b"no picture")
    assert checked(receipt) == (1, [4, 2])


def test_a_receipt_and_the_event_name_the_same_evidence(site, tmp_path):
    """Another name of the library's very file is a hard link, not a second file."""
    receipt, linked = tmp_path / "linked.sha256", site.needles / "linked"
    linked.mkdir()
    os.link(site.lib / "2.jpg", linked / "link.jpg")
    (linked / "copy.jpg").write_bytes(ours(3)[1])
    with running(site):
        site.wait_states({"needles/linked": "imported"})
        told = site.events("folder.imported", linked)[-1]
        listed = site.ask("receipt", linked, "--json")
        receipt.write_bytes(site.ask("receipt", linked).out)
    assert told["evidence"] == {"hardlink": 1, "bytes": 1}
    found = {Path(line["path"]).name: line["evidence"] for line in listed.json["lines"]}
    assert (listed.code, found) == (0, {"copy.jpg": "bytes", "link.jpg": "hardlink"})
    assert checked(receipt) == (0, [2, 0])


def test_what_is_not_imported_says_so(site):
    """Exit code 1; what is missing is named with its class."""
    with running(site):
        site.wait_states({"needles/card": "imported"})
        done = site.ask("receipt", site.needles / "rest", "--json")
        whole = site.ask("receipt", site.needles)
    assert (done.code, done.json["imported"], done.json["folder"]["state"]) == (
        1, False, "incomplete",
    )  # fmt: skip
    (line,) = done.json["lines"]
    assert (line["class"], line["reason"], line["witness"]) == ("unmatched", "no-match", None)
    assert (whole.code, b"# state: incomplete" in whole.out) == (1, True)
    assert b"# state: imported" not in whole.out


def test_a_verdict_that_no_longer_holds_gets_no_receipt(site):
    """The look is of this very moment: the witness has just gone."""
    with running(site):
        site.wait_states({"needles/card": "imported"})
        (site.lib / "1.jpg").unlink()
        done = site.ask("receipt", site.needles / "card")
    assert done.code == 1
    assert b"# state: imported" not in done.out


def test_without_a_daemon_nothing_is_confirmed(site):
    """The sums are there, and how old they are; exit code 1."""
    assert site.ask("check").code == 1
    done = site.ask("receipt", site.needles / "card")
    assert done.code == 1
    assert b"# no daemon was running: as of 20" in done.out
    assert b"# state: imported" not in done.out
    assert b"was imported, as of 20" in done.out
    assert b"  " + os.fsencode(site.lib / "0.jpg") + b"\n" in done.out


def test_only_needle_folders_have_receipts(site):
    """Three lines, exit code 2."""
    with running(site):
        for path in (site.lib, site.folder, site.needles / "gone"):
            done = site.ask("receipt", path)
            assert (done.code, done.out, len(done.complaints)) == (2, b"", 3), path
