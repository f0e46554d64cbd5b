"""How alike two pictures are: what both full decodes together tell, and the limits for it."""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.model import Signature, Unreadable

CODED_BEFORE = 0.97
"""Share of what a coding makes of any picture that it makes of one that was coded so before."""


@dataclass(frozen=True, slots=True)
class Recoding:
    """What is left of a difference after one picture was coded as the other one's file is.

    All are grey levels of the luma.

    Attributes:
        made: RMS difference that the coding makes.
        left: RMS difference from the other picture that is left.
        peak: Largest difference of the means of 4 x 4 pixels that is left.
        elsewhere: What the coding would make had the picture never been coded so, as seen half a
            block further on: more than `made` where it was.
    """

    made: float
    left: float
    peak: float
    elsewhere: float

    @property
    def done_before(self) -> bool:
        """Was the picture coded so before, if the past of its own file was allowed for?"""
        return self.made < CODED_BEFORE * self.elsewhere


@dataclass(frozen=True, slots=True)
class Measures:
    """What only both full decodes together can tell, of a needle and the library's picture.

    Attributes:
        blocks: Largest difference of the luma means of 8 x 8 pixels, those of the smaller picture.
        error: RMS difference of the luma of all pixels; None where the pixel sizes differ.
        detail: Fine detail of the library's picture, seen at the smaller size, as a share of the
            needle's: 1.0 where both are as sharp, near 0 where the library's is blurred.
        recoded: The library's picture, coded as the needle is, beside the needle; None
            where it wasn't tried or the needle's coding can't be imitated.
        source: The needle, coded as the library's file is, beside the library's picture: tried
            only where the needle's own coding can't be imitated.
        tint: Largest difference of the chroma means of 16 x 16 pixels, of the smaller picture.
        retold: Shrinking and coding the library's picture, in colour, as the needle was gave just
            the needle: it was made of this very picture.
    """

    blocks: float
    error: float | None
    detail: float
    recoded: Recoding | None = None
    source: Recoding | None = None
    tint: float = 0.0
    retold: bool = False


NOT_MEASURABLE = Measures(blocks=float("inf"), error=None, detail=0.0)
"""Of two pictures that could not be compared: it meets no limit."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What looking at two pictures together gave; a signature is None where none was asked for."""

    needle: Signature | Unreadable | None
    haystack: Signature | Unreadable | None
    measures: Measures


@dataclass(frozen=True, slots=True)
class MatchLimits:
    """The operating point, version 1: `evidence/accuracy.md` says how it was found.

    Attributes:
        radius_bits: Largest dHash distance of a candidate.
        sketch_correlation: Smallest sketch correlation of a candidate.
        possible_correlation: Smallest signature correlation that a person should look at.
        luma: Largest luma cell difference of `same`, grey levels.
        chroma: Largest chroma cell difference of `same`, levels.
        aspect: Largest relative difference of width / height of `same`.
        deviation: Smallest standard deviation of a luma signature that shows anything.
        blocks: Largest native 8 x 8 block difference of `same` where pixel sizes are equal.
        blocks_resized: The same where they differ, in blocks of the smaller picture.
        tint: Largest difference of the chroma means of 16 x 16 pixels of `same`, levels.
        error: The share of what the needle's own coding makes of the library's picture that may
            be left between the two after it; beyond it the library's copy is the worse one, or
            another moment.
        peak: Largest difference of 4 x 4 pixels that may be left then, grey levels.
        sibling: How many times what the needle's coding makes the RMS luma difference may be where
            the library's copy is of a finer coding: both may have been made of one original.
        coding: Largest coding error of a larger library picture, as it shows at the needle's
            size, where the needle's own isn't larger.
        detail: Smallest share of the needle's fine detail that the library's copy must have.
        detail_resized: The same where the pixel sizes differ.
    """

    radius_bits: int = 10
    sketch_correlation: float = 0.85
    possible_correlation: float = 0.93
    luma: float = 4.0
    chroma: float = 6.0
    aspect: float = 0.015
    deviation: float = 8.0
    blocks: float = 9.5
    blocks_resized: float = 9.5
    tint: float = 5.0
    error: float = 0.5
    peak: float = 9.5
    sibling: float = 1.03
    coding: float = 8.0
    detail: float = 0.6
    detail_resized: float = 0.45
