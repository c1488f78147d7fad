"""How large a photo is shown in a cell: one arithmetic for keeping its pixels and painting them."""

from __future__ import annotations


def fitted(source_width: int, source_height: int, edge: float, *, grows: bool) -> tuple[int, int]:
    """Return the size at which a photo lies whole in a square of *edge*.

    Args:
        source_width: Width of the upright photo.
        source_height: Its height.
        edge: Of the square, in the unit of the result.
        grows: Whether a photo smaller than the square is made larger.
    """
    width, height = max(source_width, 1), max(source_height, 1)
    scale = min(edge / width, edge / height)
    if not grows:
        scale = min(scale, 1.0)
    return max(round(width * scale), 1), max(round(height * scale), 1)
