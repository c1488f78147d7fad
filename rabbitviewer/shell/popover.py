"""A panel that opens above what was pressed and closes by Esc or a press elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from rabbitviewer.theme.tokens import tokens


class Popover(QFrame):
    """Lies over the window, above its *anchor*; never modal.

    Signals:
        opening: it is about to be shown; its content may prepare itself.
        closed: it went away.
    """

    opening = Signal()
    closed = Signal()

    def __init__(self, content: QWidget, anchor: QWidget, window: QWidget) -> None:
        super().__init__(window)
        self._anchor = anchor
        self._window = window
        self._content = content
        self._before: QWidget | None = None
        self.setProperty("look", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(content)
        self.hide()

    def toggle(self) -> None:
        """Open or close."""
        if self.isVisible():
            self.close_popover()
        else:
            self.open_popover()

    def open_popover(self) -> None:
        """Show it above the anchor and take the focus."""
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self._before = self._window.focusWidget()
        self.opening.emit()
        self.show()
        self.place()
        self.raise_()
        self._content.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_popover(self) -> None:
        """Hide it and give the focus back to the window."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        if self.isVisible():
            had_focus = self.isAncestorOf(self._window.focusWidget() or self._window)
            self.hide()
            if had_focus and self._before is not None:
                self._before.setFocus(Qt.FocusReason.OtherFocusReason)
            self.closed.emit()

    def place(self) -> None:
        """Stand above the anchor, inside the window."""
        look = tokens()
        room = self._window.height() - look.bar_height - look.status_height - 2 * look.space_2
        hint = self.sizeHint()
        self.resize(hint.width(), min(hint.height(), max(room, look.bar_height)))
        corner = self._anchor.mapTo(self._window, QPoint(self._anchor.width(), 0))
        x = min(corner.x() - self.width(), self._window.width() - self.width() - look.space_2)
        self.move(max(x, look.space_2), corner.y() - self.height() - look.space_2)

    def event(self, event: QEvent) -> bool:
        """Follow the size of the content."""
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.place()
        return handled

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close on Esc and on a press elsewhere; follow the window's size."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            self._close_unless_inside(watched, event)
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape:
                self.close_popover()
                event.accept()
                return True
        elif watched is self._window and event.type() == QEvent.Type.Resize:
            self.place()
        return False

    def _close_unless_inside(self, watched: QObject, event: QMouseEvent) -> None:
        if not isinstance(watched, QWidget) or watched.window() is not self._window:
            return
        where = event.globalPosition().toPoint()
        on_anchor = self._anchor.rect().contains(self._anchor.mapFromGlobal(where))
        if not self.rect().contains(self.mapFromGlobal(where)) and not on_anchor:
            self.close_popover()
