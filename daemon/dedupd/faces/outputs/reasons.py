"""Say in words why a picture is in its class: the short codes of the contract for people.

An unknown code is shown as it is, so a newer daemon's reason is never hidden.
"""

from __future__ import annotations

CLASSES = {
    "pending": "not decided yet",
    "dismissed": "dismissed: you don't want it in the library",
    "matched": "in the library",
    "unreadable": "unreadable",
    "possible": "to review",
    "unmatched": "not in the library",
}

STATES = {
    "offline": "its disk is not there; the last verdict is kept, with its date",
    "unverified": "the library that it rests on is away or suspicious; the last verdict is kept",
    "empty": "no pictures below it; never called imported",
    "pending": "not everything was looked at yet",
    "incomplete": "something is not in the library, or can't be read",
    "review": "something only looks like a picture of the library: a person must look",
    "imported": "every picture is in the library, or was dismissed by you",
}
"""What the state of a folder means, in the order in which the first that applies wins."""

EVIDENCE = {
    "bytes": "the very same bytes",
    "pixels": "the same coded picture; only its metadata differ",
    "hardlink": "another name of the very same file",
    "same": "the same picture, saved again or resized",
    "turned": "the same picture, turned or mirrored",
    "owner": "you said that it is the same picture",
}

REASONS = {
    # to review
    "smaller": "the library's copy has fewer pixels",
    "raw": "this is a RAW picture, the library's copy is not",
    "quality": "the library's copy has lost detail",
    "metadata": "the library's copy doesn't say when it was taken",
    "motion": "the library's copy lacks the film behind the picture",
    "contested": "several of your pictures would be the same library picture, so it may be another"
    " one of a series",
    "retimed": "the two say that they were taken at different moments",
    "toned": "brightness or contrast was changed",
    "similar": "they look alike, and differ somewhere",
    "turned": "one is turned or mirrored",
    "transparent": "parts of it are transparent",
    "not-comparable": "comparing it with the library's copy failed or took too long; dedupd tries"
    " again when it is restarted",
    "dismissed": "it looks like a picture that you dismissed",
    # not in the library
    "no-match": "nothing in the library looks like it",
    "different": "it shows something else",
    "not-compared": "it looks alike from afar, and has not been compared",
    "featureless": "it shows next to nothing, so only the same bytes would count",
    "frames": "it holds several pictures, so only the same bytes would count",
    "same-file": "what the library has is this very file: deleting it here deletes it there",
    "owner": "you said that they are different pictures",
    # not decided yet
    "bytes": "library files of its size have not been read yet",
    "fingerprint": "it has not been decoded yet",
    "comparison": "it has not been compared yet with what looks like it",
    "not-looked-at": "nobody has looked at it yet",
    "being-written": "it is still being written",
    # unreadable
    "truncated": "it ends too early",
    "damaged": "it is damaged",
    "unsupported": "its format is not supported",
    "not-a-picture": "its name says that it is a picture, its content doesn't",
    "empty": "it is empty",
    "too-large": "it is too large",
    "killed": "its decoder was killed",
    "timeout": "its decoder took too long",
    "forbidden": "it may not be read",
    "io": "the disk could not read it",
    "link": "it is a link, and links are not followed",
    "special": "it is not a regular file",
    "unlistable": "this folder can't be listed",
    "changed": "it changed since dedupd read it",
    "gone": "it isn't there any more",
}

LIMITS = {
    "aspect": "width and height are in another proportion",
    "luma": "the brightness differs somewhere",
    "chroma": "the colours differ somewhere",
    "blocks": "a small part of the picture differs",
    "tint": "the colours of a small part differ",
    "size": "the sizes differ by a few pixels only",
}
"""The limits of `same` that a pair can break."""

WORSE = {
    "pixels": "fewer pixels",
    "raw": "no RAW",
    "quality": "less detail",
    "metadata": "no capture time",
    "motion": "no film behind it",
}
"""In what the library's copy can be worse."""

DECISIONS = {
    "same": "you said: the same picture as",
    "different": "you said: another picture than",
    "dismiss": "you said: not wanted in the library",
}

_TURNS = ("", "turned a quarter to the left", "turned upside down", "turned a quarter to the right")


def class_word(code: str) -> str:
    """Return what a class means."""
    return CLASSES.get(code, code)


def evidence(code: str) -> str:
    """Return what an evidence means."""
    return EVIDENCE.get(code, code)


def reason(code: str) -> str:
    """Return what a reason means."""
    return REASONS.get(code, code)


def decided_by(limit: str) -> str:
    """Return the limit or veto that decided, its short name first: "luma: the brightness..."."""
    meaning = LIMITS.get(limit) or REASONS.get(limit)
    return f"{limit}: {meaning}" if meaning else limit


def view(seen: dict[str, object] | None) -> str:
    """Return how the needle must be looked at to be the library's picture, "" for upright."""
    if seen is None:
        return ""
    turn = _TURNS[int(str(seen["quarters"])) % len(_TURNS)]
    words = (["mirrored"] if seen["mirrored"] else []) + ([turn] if turn else [])
    return " and ".join(words)
