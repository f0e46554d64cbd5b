"""What the metadata blocks of a picture say, whatever container they came in."""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.pictures.formats import iptc, xmp
from dedupd.pictures.formats.tags import Exif, exif_of

_NOTHING = memoryview(b"")


@dataclass
class Metadata:
    """The blocks that were found so far: the first of each kind counts.

    Attributes:
        exif: With or without its prefix.
        xmp: The packet.
        resources: Photoshop's, of which one is IPTC.
    """

    exif: memoryview = _NOTHING
    xmp: memoryview = _NOTHING
    resources: memoryview = _NOTHING

    def add_exif(self, block: memoryview) -> None:
        """Keep an EXIF block."""
        self.exif = self.exif or block

    def add_xmp(self, packet: memoryview) -> None:
        """Keep an XMP packet."""
        self.xmp = self.xmp or packet

    def add_resources(self, block: memoryview) -> None:
        """Keep Photoshop's resources."""
        self.resources = self.resources or block

    def read(self) -> Exif:
        """Return the orientation, and the capture time of the best witness."""
        exif = exif_of(self.exif)
        return exif._replace(taken_at=exif.taken_at or self._other_time())

    def _other_time(self) -> str:
        return xmp.taken_at(self.xmp) or iptc.taken_at_in_resources(self.resources)
