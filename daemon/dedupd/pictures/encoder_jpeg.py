"""What libjpeg makes of a picture when it is told what it may have been told before."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator

from PIL import Image

from dedupd.pictures.formats.header import Header
from dedupd.pictures.traces import by_rows

GREY = "grey"


def encoders(_image: Image.Image, like: Header) -> Iterator[Callable[[Image.Image], bytes]]:
    """Yield what codes as JPEG with the quantisers and colour sampling of that header."""
    if like.sampling == GREY:
        yield functools.partial(_coded, mode="L", qtables=[by_rows(like.luma_steps)])
    else:
        tables = [by_rows(like.luma_steps), by_rows(like.coded_steps)]
        yield functools.partial(_coded, qtables=tables, subsampling=like.sampling)


def _coded(image: Image.Image, *, mode: str = "RGB", **told: object) -> bytes:
    coded = io.BytesIO()
    (image if image.mode == mode else image.convert(mode)).save(coded, "JPEG", **told)
    return coded.getvalue()
