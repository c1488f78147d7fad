"""A grade that is tried on the photo on show: blended while it is painted, nothing is computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from rabbitviewer.models.preview import Preview

_MORE = 0.5


@dataclasses.dataclass(frozen=True)
class Trial:
    """One photo under a grade.

    Attributes:
        path: The photo.
        title: What the grade goes by.
        full: The photo under it at strength 1.
        more: The same at 1.5; None: not there yet, or not wanted.
        base: The photo without it, where another one is on show; None: it is on show itself.
        shown: The result on which the trial stands in; empty: none.
    """

    path: bytes
    title: str
    full: Preview
    more: Preview | None = None
    base: Preview | None = None
    shown: bytes = b""


def paint_trial(
    painter: QPainter,
    target: QRectF,
    trial: Trial,
    base: Preview,
    strength: float,
    draw: Callable[[QPainter, QRectF, Preview], object],
) -> None:
    """Paint the photo under the grade at *strength*.

    A blend of original and graded is exactly what a strength between 0 and 1 means, to within a
    level of rounding; above 1 it lies between the pictures at 1 and at 1.5.

    Args:
        painter: Counts device pixels.
        target: Where the whole photo lies.
        trial: The pictures.
        base: The photo without the grade.
        strength: 0..1.5; what goes beyond the pictures there are is left out.
        draw: Draws one of them.
    """
    if strength <= 0:
        draw(painter, target, base)
        return
    below, above, share = base, trial.full, min(strength, 1.0)
    if strength > 1 and trial.more is not None:
        below, above, share = trial.full, trial.more, min((strength - 1) / _MORE, 1.0)
    if share < 1:
        draw(painter, target, below)
    painter.save()
    painter.setOpacity(share)
    draw(painter, target, above)
    painter.restore()
