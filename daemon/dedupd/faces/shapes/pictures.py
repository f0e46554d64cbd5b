"""JSON of one needle picture, as `missing --json` and `status PATH --json` print it."""

from __future__ import annotations

from dedupd.asks import PictureLine
from dedupd.faces.questions import Fields
from dedupd.model import VIEWS, Evidence
from dedupd.text import path_fields


def picture_fields(line: PictureLine) -> Fields:
    """Return the contract's object of one picture, as `missing --json` prints it."""
    nearest: Fields | None = None
    if line.nearest is not None:
        nearest = {
            **path_fields(line.nearest),
            "distance_bits": line.evidence.distance_bits if line.evidence else None,
            "score": line.evidence.score if line.evidence else None,
        }
    return {
        **path_fields(line.path),
        **path_fields(line.folder, "folder"),
        "class": line.cls.value,
        "reason": line.reason,
        "nearest": nearest,
    }


def picture_with_grounds(line: PictureLine) -> Fields:
    """Return the same with what people are told beside it."""
    return {
        **picture_fields(line),
        "detail": line.detail,
        "evidence": line.evidence.kind.value if line.evidence else None,
    }


def evidence_fields(evidence: Evidence | None) -> Fields:
    """Return the fields that say why a picture counts, or why a person must decide."""
    if evidence is None:
        return {"evidence": None, "worse": [], "limit": "", "view": None}
    seen = evidence.view
    view = None if seen == VIEWS[0] else {"quarters": seen.quarters, "mirrored": seen.mirrored}
    return {
        "evidence": evidence.kind.value,
        "distance_bits": evidence.distance_bits,
        "score": evidence.score,
        "worse": list(evidence.worse),
        "limit": evidence.limit,
        "view": view,
    }
