"""One photo's pixels in the window, wrapped where they lie."""

from __future__ import annotations

import dataclasses
import mmap
import os
from pathlib import Path

from PySide6.QtGui import QImage

from daemon.protocol.messages import SurfaceReady

QUALITIES = ("embedded", "thumbnail", "screen", "full")
_ENOUGH = 0.98

Box = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Preview:
    """Upright pixels of one photo at one stage.

    Attributes:
        path: The photo.
        image: Display-ready pixels, perhaps fewer than the photo has.
        source_width: Width of the upright photo itself.
        source_height: Height of the upright photo itself.
        quality: embedded | thumbnail | screen | full.
        request_id: What :meth:`PreviewStore.want` returned for the request this answers.
        buffer: What *image* lies over; never closed, it ends with its last user.
        levels: The same photo in fewer pixels, the widest first.
    """

    path: bytes
    image: QImage
    source_width: int
    source_height: int
    quality: str
    request_id: int = 0
    buffer: bytes | memoryview = dataclasses.field(default=b"", repr=False)
    levels: tuple[QImage, ...] = ()

    def level_for(self, width_px: float) -> QImage:
        """Return the smallest copy that has *width_px* columns at least, else the whole image.

        Nothing is gained by scaling down from more: a copy is twice as wide at most.
        """
        enough = [each for each in self.levels if each.width() >= width_px * _ENOUGH]
        return enough[-1] if enough else self.image

    def with_coarser(self, other: Preview) -> Preview:
        """Return this one with the pixels of *other* among its levels."""
        images = (*self.levels, other.image, *other.levels)
        smaller = {each.width(): each for each in images if each.width() < self.image.width()}
        levels = tuple(smaller[width] for width in sorted(smaller, reverse=True))
        return dataclasses.replace(self, levels=levels)

    @property
    def size_bytes(self) -> int:
        """What its pixels take, levels included."""
        return self.image.sizeInBytes() + sum(each.sizeInBytes() for each in self.levels)

    def is_better_than(self, other: Preview) -> bool:
        """Whether this one should replace *other* of the same photo."""
        if self.image.width() != other.image.width():
            return self.image.width() > other.image.width()
        return QUALITIES.index(self.quality) >= QUALITIES.index(other.quality)

    def fills(self, box: Box) -> bool:
        """Whether the photo, fitted into *box* (0 x 0: at full size), needs no more pixels."""
        if self.quality == "embedded":
            return False
        if self.image.width() >= self.source_width:
            return True
        if not all(box):
            return False
        scale = min(box[0] / self.source_width, box[1] / self.source_height)
        return self.image.width() >= self.source_width * scale * _ENOUGH


def map_preview(message: SurfaceReady, blob: bytes, folder: Path) -> Preview:
    """Wrap the pixels of *message* without copying them.

    Args:
        message: What the daemon says of them.
        blob: The frame's payload, where there is no surface.
        folder: The only folder surfaces are taken from.

    Raises:
        OSError: the surface cannot be opened.
        ValueError: there are fewer pixels than the message says, or it names another folder.
    """
    size_bytes = message.stride_bytes * message.height_px
    ends = [offset + 4 * width * height for offset, width, height in message.levels]
    pixels: bytes | memoryview = blob
    if message.surface_path:
        pixels = _open_surface(message.surface_path, max([size_bytes, *ends]), folder)
    if len(pixels) < max([size_bytes, *ends]) or message.stride_bytes < 4 * message.width_px:
        raise ValueError(f"{len(pixels)} bytes are too few for {message.width_px} columns")
    image = QImage(
        pixels,
        message.width_px,
        message.height_px,
        message.stride_bytes,
        QImage.Format.Format_RGB32,
    )
    levels = tuple(
        QImage(memoryview(pixels)[offset:], width, height, 4 * width, QImage.Format.Format_RGB32)
        for offset, width, height in message.levels
    )
    return Preview(
        message.path,
        image,
        message.source_width_px,
        message.source_height_px,
        message.quality,
        message.request_id,
        pixels,
        tuple(sorted(levels, key=QImage.width, reverse=True)),
    )


def _open_surface(surface_path: bytes, size_bytes: int, folder: Path) -> memoryview:
    path = Path(os.fsdecode(surface_path))
    if path.parent != folder:
        raise ValueError(f"{path} is not in {folder}")
    with path.open("rb") as stream:
        return memoryview(mmap.mmap(stream.fileno(), size_bytes, access=mmap.ACCESS_READ))
