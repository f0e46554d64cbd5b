"""What libjpeg makes of a picture when it is told what it may have been told before."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from dedupd.pictures.formats.header import Header
from dedupd.pictures.recoding import by_rows

GREY = "grey"


def codings(image: Image.Image, like: Header) -> Iterator[bytes]:
    """Yield the picture as JPEG with the quantisers and colour sampling of that header."""
    coded = io.BytesIO()
    if like.sampling == GREY:
        image.convert("L").save(coded, "JPEG", qtables=[by_rows(like.luma_steps)])
    else:
        tables = [by_rows(like.luma_steps), by_rows(like.coded_steps)]
        image.save(coded, "JPEG", qtables=tables, subsampling=like.sampling)
    yield coded.getvalue()
