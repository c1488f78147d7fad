"""Photos dragged out of the window, or from one part of it to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QDrag, QImage, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from rabbitviewer.organise.files_urls import mime_of
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import tokens

_PICTURE = 112
_STEP = 5
_MOST_SHEETS = 3

Photos = Sequence[bytes]


class DragOut(QObject):
    """Begins a drag where a photo is pressed and pulled.

    A press on one of several selected photos is held back until it is known whether it begins a
    drag: without one it picks that photo alone.

    Attributes:
        carry: Carries a drag to its end; it takes as long as the user does.
    """

    def __init__(
        self,
        widget: QWidget,
        photos_at: Callable[[QPoint], Photos],
        files_of: Callable[[Photos], Photos],
        picture_of: Callable[[bytes], QImage | None],
    ) -> None:
        """Watch *widget*.

        Args:
            widget: Where photos are pressed.
            photos_at: The photos that a drag from a point takes along.
            files_of: All files of photos.
            picture_of: A photo's pixels, where they are at hand.
        """
        super().__init__(widget)
        self.carry: Callable[[QDrag], object] = _carry
        self._widget = widget
        self._photos_at = photos_at
        self._files_of = files_of
        self._picture_of = picture_of
        self._from: QPoint | None = None
        self._held = False
        self._replays = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch presses and moves."""
        if self._replays or not isinstance(event, QMouseEvent):
            return False
        # PySide may drop its object of a viewport and make another one: the one at hand counts.
        if isinstance(watched, QWidget):
            self._widget = watched
        match event.type():
            case QEvent.Type.MouseButtonPress:
                return self._on_press(event)
            case QEvent.Type.MouseMove:
                return self._on_move(event)
            case QEvent.Type.MouseButtonRelease:
                return self._on_release(event)
            case _:
                return False

    def _on_press(self, event: QMouseEvent) -> bool:
        self._from, self._held = None, False
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        where = event.position().toPoint()
        photos = self._photos_at(where)
        if photos:
            self._from = where
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            self._held = plain and len(photos) > 1
        return self._held

    def _on_move(self, event: QMouseEvent) -> bool:
        if self._from is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return False
        moved = event.position().toPoint() - self._from
        if moved.manhattanLength() < QApplication.startDragDistance():
            return self._held
        start, held = self._from, self._held
        self._from, self._held = None, False
        photos = self._photos_at(start)
        if not photos:
            return False
        self._drag(photos)
        if not held:
            self._send(QEvent.Type.MouseButtonRelease, event.position(), event.globalPosition())
        return True

    def _on_release(self, event: QMouseEvent) -> bool:
        held, self._held, self._from = self._held, False, None
        if held:
            for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
                self._send(kind, event.position(), event.globalPosition())
        return held

    def _drag(self, photos: Photos) -> None:
        drag = QDrag(self._widget)
        drag.setMimeData(mime_of(self._files_of(photos)))
        pictures = [self._picture_of(path) for path in photos[:_MOST_SHEETS]]
        ratio = self._widget.devicePixelRatioF()
        drag.setPixmap(drag_picture(pictures, len(photos), ratio))
        drag.setHotSpot(QPoint(-tokens().space_2, -tokens().space_2))
        self.carry(drag)

    def _send(self, kind: QEvent.Type, where: QPointF, on_screen: QPointF) -> None:
        """Send the widget a plain event of the left button that was kept from it."""
        pressed = kind == QEvent.Type.MouseButtonPress
        button = Qt.MouseButton.LeftButton
        event = QMouseEvent(
            kind,
            where,
            on_screen,
            button,
            button if pressed else Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        self._replays = True
        QApplication.sendEvent(self._widget, event)
        self._replays = False


def drag_picture(pictures: Sequence[QImage | None], count: int, ratio: float = 1.0) -> QPixmap:
    """Return what hangs at the pointer: the first photos as a pile, and how many there are."""
    look = tokens()
    side = _PICTURE + _STEP * (_MOST_SHEETS - 1) + look.space_3
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for place in range(len(pictures) - 1, -1, -1):
        corner = QPoint(place * _STEP, place * _STEP)
        _paint_sheet(painter, corner, pictures[place], ratio)
    if count > 1:
        _paint_count(painter, count, QPoint(_PICTURE, _PICTURE))
    painter.end()
    return pixmap


def _paint_sheet(painter: QPainter, corner: QPoint, image: QImage | None, ratio: float) -> None:
    look = tokens()
    box = QRect(corner.x(), corner.y(), _PICTURE, _PICTURE)
    if image is None or image.isNull():
        painter.fillRect(box, QColor(look.cell))
        middle = box.adjusted(look.space_5, look.space_5, -look.space_5, -look.space_5)
        paint_icon(painter, middle, "ph.image", look.text_secondary)
    else:
        wanted = round(_PICTURE * ratio)
        shown = image.scaled(
            wanted,
            wanted,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        width, height = round(shown.width() / ratio), round(shown.height() / ratio)
        box = QRect(corner.x(), corner.y(), width, height)
        painter.drawImage(box, shown)
    painter.setPen(QColor(look.line))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0, 0, -1, -1))


def _paint_count(painter: QPainter, count: int, middle: QPoint) -> None:
    look = tokens()
    text = str(count)
    font = painter.font()
    font.setPixelSize(look.font_body)
    font.setBold(True)
    painter.setFont(font)
    height = look.space_5
    width = max(painter.fontMetrics().horizontalAdvance(text) + look.space_3, height)
    box = QRect(0, 0, width, height)
    box.moveCenter(middle - QPoint(width // 2, 0))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.accent))
    painter.drawRoundedRect(box, height / 2, height / 2)
    painter.setPen(QColor(look.on_accent))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _carry(drag: QDrag) -> object:
    """Offer copies only: what moves files must be in the journal, so the window does it itself."""
    return drag.exec(Qt.DropAction.CopyAction)
