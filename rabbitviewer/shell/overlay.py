"""What lies over the whole window for a moment and takes every key: palette, keys, shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from rabbitviewer.theme.tokens import tokens


class Overlay(QWidget):
    """A card over the dimmed window; Esc or a press beside the card sends it away.

    While it is open, no shortcut of the window under it fires and Tab stays inside.

    Signals:
        opening: it is about to be shown; its content may prepare itself.
        closed: it went away.
    """

    opening = Signal()
    closed = Signal()

    def __init__(self, name: str, window: QWidget) -> None:
        super().__init__(window)
        self._over = window
        self._before: QWidget | None = None
        look = tokens()
        self.card = QFrame()
        self.card.setProperty("look", "popover")
        self._layout = QVBoxLayout(self)
        margin = look.space_5
        self._layout.setContentsMargins(margin, margin, margin, margin)
        self._layout.addWidget(self.card, 0, Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.hide()

    def toggle(self) -> None:
        """Open or close."""
        if self.isVisible():
            self.close_overlay()
        else:
            self.open_overlay()

    def open_overlay(self) -> None:
        """Lie down over the window and take the focus."""
        self._before = self._over.focusWidget()
        self.setGeometry(self._over.rect())
        self.opening.emit()
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self.show()
        self.raise_()
        self.first_focus().setFocus(Qt.FocusReason.PopupFocusReason)

    def close_overlay(self) -> None:
        """Hide, and give the focus back."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus(Qt.FocusReason.OtherFocusReason)
            self.closed.emit()

    def first_focus(self) -> QWidget:
        """Return what has the focus first."""
        return self

    # ------------------------------------------------------------ Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies under it."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(tokens().overlay))
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep keys from the window's shortcuts; follow the window's size."""
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and self._holds(watched):
            event.accept()
            return True
        if kind == QEvent.Type.Resize and watched is self._over:
            self.setGeometry(self._over.rect())
        return False

    def _holds(self, watched: QObject) -> bool:
        return isinstance(watched, QWidget) and (watched is self or self.isAncestorOf(watched))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc; no key goes on to the window."""
        event.accept()
        if event.key() == Qt.Key.Key_Escape:
            self.close_overlay()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close on a press beside the card."""
        event.accept()
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close_overlay()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go round inside the card."""
        here = self._over.focusWidget() or self
        step = QWidget.nextInFocusChain if forward else QWidget.previousInFocusChain
        there = step(here)
        while there is not None and there is not here:
            if self._takes_tab(there):
                reason = Qt.FocusReason.TabFocusReason
                there.setFocus(reason if forward else Qt.FocusReason.BacktabFocusReason)
                break
            there = step(there)
        return True

    def _takes_tab(self, widget: QWidget) -> bool:
        usable = widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None
        tabs = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        return usable and tabs and widget is not self and self.isAncestorOf(widget)
