"""Paints a photo, or a photo and its result with a handle between them, at any zoom."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from rabbitviewer.models.preview import Preview
from rabbitviewer.theme.tokens import Tokens, tokens
from rabbitviewer.view.overlay import paint_handle, paint_tag
from rabbitviewer.view.viewport import Viewport

BACKGROUNDS = {"dark": "photo_area", "gray": "photo_area_grey", "black": "photo_area_black"}
_STEP = 1.25
_NEAREST_FROM_ZOOM = 4.0


class PhotoSurface(QWidget):
    """One photo, or two of the same scene that share zoom and pan.

    Signals:
        zoom_changed: the zoom is another one (device pixels per photo pixel).
        area_changed: the area has another size in device pixels.
        painted: a picture reached the screen for the first time.
        split_changed: the handle was moved (share of the photo's width, 0..1).
        original_wanted: the user holds the key or button that shows the original.
    """

    zoom_changed = Signal(float)
    area_changed = Signal()
    painted = Signal(object)
    split_changed = Signal(float)
    original_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Preview | None = None
        self._original: Preview | None = None
        self._stand_in: QImage | None = None
        self._viewport = Viewport(1, 1, 0, 0)
        self._split = 0.5
        self._comparing = False
        self._holding = False
        self._background = "dark"
        self._unpainted: list[Preview] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(self.tr("Photo"))

    # ------------------------------------------------------------ what is shown

    @property
    def picture(self) -> Preview | None:
        """The photo on show (in compare: the result)."""
        return self._picture

    @property
    def original(self) -> Preview | None:
        """The photo this one was made from, once it is known."""
        return self._original

    @property
    def comparing(self) -> bool:
        """Whether the handle lies across the photo."""
        return self._comparing and self._original is not None

    @property
    def viewport(self) -> Viewport:
        """Where the photo lies."""
        return self._viewport

    @property
    def is_laid_out(self) -> bool:
        """Whether the area has its size; before that nothing can be asked for in it."""
        return self._viewport.area_width > 1

    @property
    def split(self) -> float:
        """Where the handle stands, as a share of the photo's width."""
        return self._split

    @property
    def holding(self) -> bool:
        """Whether the original is shown for as long as a key or button is held."""
        return self._holding

    def show_picture(self, picture: Preview | None) -> None:
        """Show *picture*; None clears the area (nothing else ever does)."""
        before = self._picture
        same = picture is not None and before is not None and picture.path == before.path
        if not same:
            self._stand_in = None
            self._holding = False
        self._picture = picture
        if picture is None:
            self._viewport = Viewport(*self._area(), 0, 0)
        else:
            self._unpainted.append(picture)
            self._look_at(picture)
        self.update()

    def know_original(self, original: Preview | None) -> None:
        """Take the photo that this one was made from, to compare with."""
        if original is not None:
            self._unpainted.append(original)
        self._original = original
        self.update()

    def set_comparing(self, *, on: bool) -> None:
        """Lay the handle across the photo as soon as the original is known, or take it away."""
        if on and not self._comparing:
            self._split = 0.5
        self._comparing = on
        self.update()

    def stand_in(self, image: QImage | None) -> None:
        """Show *image* in the photo's place (a sampler's preview) until None is given."""
        self._stand_in = image
        self.update()

    def hold_original(self, *, on: bool) -> None:
        """Show the original whole while held."""
        if on and not self._holding:
            self.original_wanted.emit()
        self._holding = on
        self.update()

    def set_split(self, share: float) -> None:
        """Put the handle at *share* of the photo's width."""
        self._split = min(max(share, 0.0), 1.0)
        self.split_changed.emit(self._split)
        self.update()

    def next_background(self) -> None:
        """Go on to the next ground: neutral, mid grey, black."""
        names = list(BACKGROUNDS)
        self.set_background(names[(names.index(self._background) + 1) % len(names)])

    def set_background(self, name: str) -> None:
        """Put the ground *name* behind the photo: a key of :data:`BACKGROUNDS`."""
        self._background = name
        self.update()

    # ------------------------------------------------------------ zoom

    def zoom_to_fit(self) -> None:
        """Show the whole photo."""
        self._set_viewport(self._viewport.to_fit())

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
        self._set_viewport(self._viewport.zoomed(zoom, where.x() * ratio, where.y() * ratio))

    def _set_viewport(self, viewport: Viewport) -> None:
        before, self._viewport = self._viewport, viewport
        if before.zoom != viewport.zoom or before.fitted != viewport.fitted:
            self.zoom_changed.emit(viewport.zoom)
        self.update()

    def _look_at(self, picture: Preview) -> None:
        known = self._viewport
        size = (picture.source_width, picture.source_height)
        if (known.source_width, known.source_height) != size:
            self._set_viewport(known.with_source(*size))

    def _area(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)

    def _measure(self) -> None:
        area = self._area()
        if (self._viewport.area_width, self._viewport.area_height) != area:
            self._set_viewport(self._viewport.resized(*area, self.devicePixelRatioF()))
            self.area_changed.emit()

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photo, and what is compared with it."""
        self._measure()
        look = tokens()
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(getattr(look, BACKGROUNDS[self._background])))
        if self._picture is not None:
            ratio = self.devicePixelRatioF()
            painter.scale(1 / ratio, 1 / ratio)
            self._paint_photo(painter, look)
            painter.scale(ratio, ratio)
            self._paint_marks(painter, look)
        painter.end()
        if self._unpainted:
            QTimer.singleShot(0, self._tell_painted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what was fitted fitted."""
        self._measure()
        super().resizeEvent(event)

    def _paint_photo(self, painter: QPainter, look: Tokens) -> None:
        target = QRectF(*self._viewport.rect)
        shown = self._picture
        if shown is None:
            return
        if self._stand_in is not None:
            self._draw(painter, _cover(target, self._stand_in), self._stand_in)
        elif self._original is None or not (self._comparing or self._holding):
            self._draw(painter, (target, None), shown.image)
        elif self._holding:
            self._draw(painter, (target, None), self._original.image)
        else:
            middle = round(target.left() + target.width() * self._split)
            painter.save()
            painter.setClipRect(QRectF(0, 0, middle, self._viewport.area_height))
            self._draw(painter, (target, None), self._original.image)
            painter.setClipRect(
                QRectF(middle, 0, self._viewport.area_width, self._viewport.area_height)
            )
            self._draw(painter, (target, None), shown.image)
            painter.restore()

    def _draw(self, painter: QPainter, where: tuple[QRectF, QRectF | None], image: QImage) -> None:
        target, source = where
        if source is None and target.width() == image.width() and target.height() == image.height():
            painter.drawImage(target.topLeft(), image)
            return
        scale = target.width() / max(image.width(), 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < _NEAREST_FROM_ZOOM)
        painter.drawImage(target, image, source or QRectF(image.rect()))

    def _paint_marks(self, painter: QPainter, look: Tokens) -> None:
        photo = self._photo_rect().intersected(QRectF(self.rect()))
        if self._stand_in is not None:
            paint_tag(painter, photo, self.tr("Preview"), look, right=False)
            return
        if self._original is None or not (self._comparing or self._holding):
            return
        if self._holding:
            paint_tag(painter, photo, self.tr("Original"), look, right=False)
            return
        paint_handle(painter, photo, self._handle_x(), look, focused=self.hasFocus())
        room = self.fontMetrics().horizontalAdvance(self.tr("Original")) + 4 * look.space_4
        if self._handle_x() - photo.left() > room:
            paint_tag(painter, photo, self.tr("Original"), look, right=False)
        if photo.right() - self._handle_x() > room:
            paint_tag(painter, photo, self.tr("Result"), look, right=True)

    def _photo_rect(self) -> QRectF:
        ratio = self.devicePixelRatioF()
        left, top, width, height = self._viewport.rect
        return QRectF(left / ratio, top / ratio, width / ratio, height / ratio)

    def _handle_x(self) -> float:
        photo = self._photo_rect()
        return photo.left() + photo.width() * self._split

    def _tell_painted(self) -> None:
        done, self._unpainted = self._unpainted, []
        for picture in done:
            self.painted.emit(picture)


def _cover(target: QRectF, image: QImage) -> tuple[QRectF, QRectF]:
    """The middle part of *image* that has the proportions of *target*, and where it goes."""
    wanted = target.width() / max(target.height(), 1.0)
    width = min(float(image.width()), image.height() * wanted)
    height = min(float(image.height()), image.width() / max(wanted, 1e-6))
    left = (image.width() - width) / 2
    top = (image.height() - height) / 2
    return target, QRectF(left, top, width, height)
