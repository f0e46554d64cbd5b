"""Render what is known of files for people: one file, and library pictures beside it.

Works on the JSON objects of `shapes.files`, so that a daemon's answer can be shown as it comes.
"""

from __future__ import annotations

from collections.abc import Iterator

from dedupd.faces.outputs import reasons
from dedupd.faces.outputs.look import Look
from dedupd.faces.outputs.phrases import moment, number
from dedupd.faces.questions import Fields
from dedupd.text import path_of, printable, shown

IN = " " * 2
COLOURS = {
    "matched": "green", "dismissed": "green", "possible": "yellow", "unmatched": "red",
    "unreadable": "red", "pending": "cyan",
}  # fmt: skip
HASH_BITS = 64
_DATE_AND_TIME = 2


def explanation(answer: Fields, look: Look) -> list[str]:
    """Return what there is to say about one file: the answer to `explain`."""
    lines = [shown(path_of(answer)), *(IN + line for line in _verdict(answer, look))]
    lines += [IN + line for line in file_facts(answer)]
    if answer["matches"]:
        lines += ["", "nearest in the library:"]
        for match in answer["matches"]:
            lines += match_lines(match, look)
    if answer["decisions"]:
        lines += ["", "what you decided about it:"]
        lines += [IN + _decision(one, answer["sha256"]) for one in answer["decisions"]]
    return lines


def match_lines(match: Fields, look: Look) -> list[str]:
    """Return what there is to say about one library picture beside the one asked about."""
    return [
        IN + look.paint(shown(path_of(match)), "green" if counts(match) else ""),
        *(IN * 2 + line for line in _relation(match)),
        *(IN * 2 + line for line in file_facts(match, short=True)),
    ]


def counts(match: Fields) -> bool:
    """Does this library picture vouch for the one asked about?"""
    return match["evidence"] is not None and not match["reason"]


def file_facts(known: Fields, *, short: bool = False) -> Iterator[str]:
    """Yield what a file is: format, size, time, hashes; not the hashes where it is `short`."""
    found, bad = known["fingerprint"], known["unreadable"]
    yield ", ".join(_measure(known, found))
    if bad is not None and known.get("class") != "unreadable":  # then it was said already
        yield f"unreadable: {_with_detail(bad['reason'], bad['detail'])}"
    if found is not None and not short:
        yield f"dHash {found['dhash']}"
    if found is not None and found["note"]:
        yield f"note: {printable(found['note'])}"
    if known["sha256"] and not short:
        yield f"SHA-256 {known['sha256']}"
    for companion in known["companions"]:
        yield f"beside it: {shown(path_of(companion))} ({printable(companion['what'])})"


def capture_time(exif: str) -> str:
    """Return "2026:11:22 09:30:00.5" as people write it."""
    parts = exif.split(" ")
    if len(parts) != _DATE_AND_TIME:
        return printable(exif)
    return printable(f"{parts[0].replace(':', '-')} {parts[1]}")


def _verdict(answer: Fields, look: Look) -> Iterator[str]:
    cls = answer["class"]
    if cls is None:
        yield _no_needle(answer)
        return
    said = look.paint(reasons.class_word(cls), COLOURS.get(cls, ""))
    why = _grounds(answer)
    yield f"{said}: {why}" if why else said
    if answer["detail"]:
        yield printable(answer["detail"])
    if answer["nearest"]:
        word = "the library has it as" if cls == "matched" else "nearest is"
        yield f"{word} {shown(path_of(answer['nearest']))}"


def _no_needle(answer: Fields) -> str:
    if answer["role"] == "haystack":
        return "it is in the library"
    return "it is not a picture"


def _grounds(answer: Fields) -> str:
    if answer["class"] == "matched" and answer["evidence"]:
        return reasons.evidence(answer["evidence"])
    return printable(reasons.reason(answer["reason"]))


def _measure(known: Fields, found: Fields | None) -> list[str]:
    said = []
    if found is not None:
        said = [printable(found["format"]), f"{found['width_px']} x {found['height_px']} pixels"]
    said.append(f"{number(known['size_bytes'])} bytes")
    if found is not None and found["taken_at"]:
        said.append(f"taken {capture_time(found['taken_at'])}")
    if found is not None and found["camera"]:
        said.append(f"by {printable(found['camera'])}")
    return said


def _relation(match: Fields) -> Iterator[str]:
    """Yield how near it is, and what decided."""
    kind = match["evidence"]
    if counts(match):
        yield reasons.evidence(kind)
        if match["retold"]:
            yield "made of it: shrinking and coding the library's picture gives just this one"
    elif match["reason"]:
        yield f"{printable(match['reason'])}: {printable(reasons.reason(match['reason']))}"
    if kind not in ("bytes", "pixels", "hardlink"):
        yield _distance(match)
    if match["limit"] and match["limit"] != match["reason"]:
        yield f"decided by {printable(reasons.decided_by(match['limit']))}"
    if turned := reasons.view(match["view"]):
        yield f"the library's is what you see when this one is {turned}"
    if match["worse"]:
        faults = ", ".join(reasons.WORSE.get(one, printable(one)) for one in match["worse"])
        yield f"worse in the library: {faults}"


def _distance(match: Fields) -> str:
    said = f"{match['distance_bits']} of {HASH_BITS} bits of the dHash differ"
    if match["score"] is not None:
        return f"{said}, correlation {match['score']:.3f}"
    return f"{said}, correlation of the sketches {match['sketch_score']:.3f}"


def _with_detail(code: str, detail: str) -> str:
    said = printable(reasons.reason(code))
    return f"{said} ({printable(detail)})" if detail else said


def _decision(one: Fields, sha256: str | None) -> str:
    """Return one decision, seen from the content that was asked about."""
    said = reasons.DECISIONS.get(one["kind"], printable(one["kind"]))
    other = one["second"]
    if other is not None and other["sha256"] == sha256:
        other = one["first"]
    where = f" {shown(path_of(other))}" if other is not None else ""
    return f"{moment(one['time'])}: {said}{where}   (dedupd undo {printable(one['id'])})"
