"""An area through which something is seen at any zoom and turned; what it is, others know."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from rabbitviewer.view.turning import UPRIGHT, ViewTurn
from rabbitviewer.view.viewport import Viewport

_STEP = 1.25
_STILL_MS = 120


class ZoomArea(QWidget):
    """Zoom, pan and turn, in device pixels.

    Signals:
        zoom_changed: the zoom is another one (device pixels per photo pixel).
        area_changed: the area has another size in device pixels.
        moved: another part is seen, or it is seen larger or smaller.
    """

    zoom_changed = Signal(float)
    area_changed = Signal()
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewport = Viewport(1, 1, 0, 0)
        self._turn = UPRIGHT
        self._still = QTimer(self, singleShot=True, interval=_STILL_MS)
        self._still.timeout.connect(self._on_still)

    @property
    def viewport(self) -> Viewport:
        """Where the photo lies."""
        return self._viewport

    @property
    def is_laid_out(self) -> bool:
        """Whether the area has its size; before that nothing can be asked for in it."""
        return self._viewport.area_width > 1

    @property
    def area_px(self) -> tuple[int, int]:
        """Width and height of the area, device pixels."""
        return self._viewport.area_width, self._viewport.area_height

    @property
    def turn(self) -> ViewTurn:
        """How the photo is turned for looking."""
        return self._turn

    def zoom_to_fit(self) -> None:
        """Show the whole photo."""
        self.set_viewport(self._viewport.to_fit())

    def zoom_to_actual(self, at: QPointF | None = None) -> None:
        """Show photo pixels as device pixels, at the pointer or in the middle."""
        self._zoom(1.0, at)

    def toggle_zoom(self, at: QPointF | None = None) -> None:
        """Go from fit to 100 % and back."""
        if self._viewport.fitted:
            self.zoom_to_actual(at)
        else:
            self.zoom_to_fit()

    def zoom_by_steps(self, steps: float, at: QPointF | None = None) -> None:
        """Zoom in (positive) or out by wheel notches."""
        self._zoom(self._viewport.zoom * _STEP**steps, at)

    def _zoom(self, zoom: float, at: QPointF | None) -> None:
        ratio = self.devicePixelRatioF()
        where = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        self.set_viewport(self._viewport.zoomed(zoom, where.x() * ratio, where.y() * ratio))

    def set_viewport(self, viewport: Viewport) -> None:
        """See the photo through *viewport*, made from the present one."""
        before, self._viewport = self._viewport, viewport
        if before.zoom != viewport.zoom or before.fitted != viewport.fitted:
            self.zoom_changed.emit(viewport.zoom)
        self._still.start()
        self.moved.emit()
        self.update()

    def _look_at(self, viewport: Viewport) -> None:
        size = self._source_size()
        if (viewport.source_width, viewport.source_height) != size:
            viewport = viewport.with_source(*size)
        if viewport != self._viewport:
            self.set_viewport(viewport)

    def _source_size(self) -> tuple[int, int]:
        """Return the size of what is shown, as it is seen; 0 x 0: nothing is."""
        return 0, 0

    def _on_still(self) -> None:
        """Paint once more, smoothly, what was painted roughly on the move."""
        if self._turn.swaps_sides:
            self.update()

    def _area(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)

    def _measure(self) -> None:
        area = self._area()
        if (self._viewport.area_width, self._viewport.area_height) != area:
            self.set_viewport(self._viewport.resized(*area, self.devicePixelRatioF()))
            self.area_changed.emit()

    def _photo_rect(self) -> QRectF:
        ratio = self.devicePixelRatioF()
        left, top, width, height = self._viewport.rect
        return QRectF(left / ratio, top / ratio, width / ratio, height / ratio)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what was fitted fitted."""
        self._measure()
        super().resizeEvent(event)
