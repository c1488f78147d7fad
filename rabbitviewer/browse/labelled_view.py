"""A scrolled area of pictures with words under them: what every such panel does alike."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QStyle, QWidget

from rabbitviewer.browse.labelled_cells import LabelledCells


class LabelledView(QAbstractScrollArea):
    """Knows where its pictures lie and which are seen; those who derive from it paint them."""

    _cells: LabelledCells

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hovered = -1
        self._pointer: QPoint | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def picture_rect(self, index: int) -> QRect:
        """Return where a picture lies in the viewport."""
        return self._cells.picture(index).translated(0, -self._scroll)

    def label_rect(self, index: int) -> QRect:
        """Return where the words under a picture lie in the viewport."""
        return self._cells.label(index).translated(0, -self._scroll)

    def bring_into_view(self, index: int) -> None:
        """Scroll until a picture and its words are seen."""
        if not 0 <= index < self._cells.count:
            return
        box, gap = self._cells.rect(index), self._cells.gap
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if box.top() - gap < bar.value():
            bar.setValue(box.top() - gap)
        elif box.bottom() + gap > bar.value() + height:
            bar.setValue(box.bottom() + gap - height)

    # ------------------------------------------------------------ for those who derive

    @property
    def _scroll(self) -> int:
        return self.verticalScrollBar().value()

    @property
    def _bar_px(self) -> int:
        """Width of the scroll bar, seen or not: pictures keep their size when it comes."""
        bar = self.verticalScrollBar()
        return self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, bar)

    def _fit_scroll_bar(self) -> None:
        """Let the bar reach over all cells."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(height)
        bar.setSingleStep(max(self._cells.pitch // 3, 1))
        bar.setRange(0, max(self._cells.height - height, 0))

    def _seen(self) -> range:
        return self._cells.between(self._scroll, self._scroll + self.viewport().height() - 1)

    def _index_at(self, where: QPoint) -> int:
        """Return what lies at a point of the viewport; -1: nothing."""
        return self._cells.at(where + QPoint(0, self._scroll))

    def _field_rect(self, index: int) -> QRect:
        """Return where a field for editing the words goes."""
        return self.label_rect(index).adjusted(-2, 0, 2, 1)

    def _stepped(self, key: Qt.Key, index: int) -> int | None:
        """Return where an arrow or page key leads from *index*; None: it is no such key.

        From nowhere (-1) it leads to the first one seen, Home and End to the ends. Up and Down stay
        in their column.
        """
        last, columns = self._cells.count - 1, self._cells.columns
        page = columns * max(self.viewport().height() // self._cells.pitch, 1)
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -last - 1,
            Qt.Key.Key_End: last + 1,
        }
        if key not in moves or last < 0:
            return None
        if index < 0 and key not in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return self._seen().start
        target = index + moves[key]
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not 0 <= target <= last:
            return last if target > last and target // columns == last // columns else index
        return min(max(target, 0), last)

    def _hover(self, where: QPoint | None) -> None:
        """The pointer is at *where*; None: it left."""
        self._pointer = where

    def _explain(self, event: QHelpEvent) -> None:
        """Show a tool tip for what lies under the pointer."""
        event.ignore()

    def _menu_place(self, event: QContextMenuEvent, index: int) -> QPoint:
        """Return where a menu opens: at the pointer, or for a key at the picture *index*."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard and index >= 0:
            return self.viewport().mapToGlobal(self.picture_rect(index).center())
        return event.globalPos()

    # ------------------------------------------------------------ Qt

    def viewportEvent(self, event: QEvent) -> bool:
        """Forget what is hovered when the pointer leaves; explain what it rests on."""
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._explain(event)
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show what keys act on."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no more."""
        super().focusOutEvent(event)
        self.viewport().update()
