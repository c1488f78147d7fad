"""A thumbnail that is at hand as the first stage of a photo."""

from __future__ import annotations

from collections.abc import Callable

from rabbitviewer.models.preview import Preview
from rabbitviewer.models.thumbnails import ThumbnailStore

FirstStage = Callable[[bytes], Preview | None]


def first_stage_of(thumbnails: ThumbnailStore) -> FirstStage:
    """Return what gives a photo's thumbnail, where it knows how large the photo is."""

    def first_stage(path: bytes) -> Preview | None:
        known = thumbnails.thumbnail(path)
        if known is None or known.source_width <= known.image.width():
            return None
        return Preview(path, known.image, known.source_width, known.source_height, "thumbnail")

    return first_stage
