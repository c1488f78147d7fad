"""The pixels of a photo as the canvas takes them."""

from __future__ import annotations

import dataclasses

from PySide6.QtGui import QImage

QUALITIES = ("embedded", "thumbnail", "screen", "full")


@dataclasses.dataclass(frozen=True)
class Picture:
    """Upright pixels of one photo at one stage.

    Attributes:
        path: The photo.
        image: Display-ready pixels, perhaps fewer than the photo has.
        source_width: Width of the upright photo itself.
        source_height: Height of the upright photo itself.
        quality: embedded | thumbnail | screen | full.
        request_id: The request this answers; 0: none.
    """

    path: bytes
    image: QImage
    source_width: int
    source_height: int
    quality: str
    request_id: int = 0

    def is_better_than(self, other: Picture) -> bool:
        """Whether this one should replace *other* of the same photo."""
        if self.image.width() != other.image.width():
            return self.image.width() > other.image.width()
        return QUALITIES.index(self.quality) >= QUALITIES.index(other.quality)
