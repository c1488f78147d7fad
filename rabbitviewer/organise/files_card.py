"""A card that lies over the window while something is filled in; never modal."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.theme.controls import hairline, icon_button, text_label
from rabbitviewer.theme.tokens import tokens

_PASSED = (
    QKeySequence.StandardKey.Undo,
    QKeySequence.StandardKey.Redo,
    QKeySequence.StandardKey.Quit,
)
_MOVES = (QEvent.Type.Resize, QEvent.Type.Move)


class Card(QFrame):
    """A title, a cross to close it, and what its maker puts into ``body``.

    Keys belong to it while it has the focus: no shortcut acts on photos that lie under it.

    Attributes:
        body: Where content goes.

    Signals:
        closed: it went away, by cross, Esc or :meth:`close_card`.
    """

    closed = Signal()

    def __init__(
        self,
        title: str,
        over: QWidget,
        *,
        width: int = 0,
        height: int = 0,
        area: QWidget | None = None,
    ) -> None:
        """Prepare; :meth:`open_card` shows it.

        Args:
            title: What it is for.
            over: The window.
            width: Its width, logical pixels; less in a narrow window.
            height: Its height; 0: as high as its content.
            area: The part of the window that it fills; None: it lies in the middle of the window.
        """
        super().__init__(over)
        look = tokens()
        self._over = over
        self._area = area
        self._size = (width, height)
        self._at: QPoint | None = None
        self._before: QWidget | None = None
        self.setProperty("look", "panel" if area else "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(title)
        self._title = text_label(title, "title")
        cross = icon_button("ph.x", self.tr("Close (Esc)"))
        cross.clicked.connect(self.close_card)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(look.space_4, look.space_3, look.space_2, look.space_2)
        self.head.setSpacing(look.space_3)
        self.head.addWidget(self._title)
        self.head.addStretch(1)
        self.head.addWidget(cross)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        self.body.setSpacing(look.space_3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(self.head)
        layout.addWidget(hairline())
        layout.addLayout(self.body, 1)
        self.hide()

    def set_title(self, title: str) -> None:
        """Say what it is for."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def open_card(self, focus: QWidget | None = None, at: QPoint | None = None) -> None:
        """Show it and give the focus to *focus*.

        Args:
            focus: A widget inside; None: the focus stays where it is.
            at: Its left upper corner in the window; None: in the middle.
        """
        window = self._over.window()
        if not self.isVisible():
            inside = self.isAncestorOf(window.focusWidget() or window)
            self._before = None if inside else window.focusWidget()
            application = QApplication.instance()
            if application is not None:
                application.installEventFilter(self)
        self._at = at
        self.show()
        self.raise_()
        self.place()
        if focus is not None:
            focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_card(self) -> None:
        """Hide it and give the focus back to what had it."""
        if not self.isVisible():
            return
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        window = self._over.window()
        had_focus = self is window.focusWidget() or self.isAncestorOf(
            window.focusWidget() or window
        )
        self.hide()
        if had_focus and self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    def submit(self) -> None:
        """Do what the card is for; Enter calls it. A card that is for nothing does nothing."""

    def place(self) -> None:
        """Stand where it was asked to, inside the window."""
        if self._area is not None:
            corner = self._area.mapTo(self._over, QPoint(0, 0))
            self.setGeometry(QRect(corner, self._area.size()))
            return
        gap = tokens().space_4
        room = self._over.size()
        width = min(self._size[0], room.width() - 2 * gap)
        self.setFixedWidth(max(width, 1))
        wanted = self._size[1] or self._content_height(width)
        height = min(wanted, room.height() - 2 * gap)
        self.resize(width, max(height, 1))
        where = self._at or QPoint((room.width() - width) // 2, (room.height() - height) // 3)
        left = min(max(where.x(), gap), max(room.width() - width - gap, gap))
        top = min(max(where.y(), gap), max(room.height() - height - gap, gap))
        self.move(left, top)

    def _content_height(self, width: int) -> int:
        layout = self.layout()
        if layout is None:
            return self.sizeHint().height()
        layout.activate()
        if layout.hasHeightForWidth():
            return layout.totalHeightForWidth(width)
        return layout.totalSizeHint().height()

    # ------------------------------------------------------------ Qt

    def event(self, event: QEvent) -> bool:
        """Take every key that nothing inside took, but undo: shortcuts of the window must not."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(not any(event.matches(key) for key in _PASSED))
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes; Enter presses the button that has the focus, or does what the card is for."""
        event.accept()
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = self._over.window().focusWidget()
            if isinstance(focus, QAbstractButton) and self.isAncestorOf(focus):
                focus.click()
            else:
                self.submit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size; close with Esc also when the focus is on the photos."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape and self._is_nearest_to(watched):
                self.close_card()
                event.accept()
                return True
        elif watched is (self._area or self._over) and event.type() in _MOVES:
            self.place()
        return False

    def _is_nearest_to(self, watched: QObject) -> bool:
        """Return whether a key at *watched* is for this card, not for another thing that opened."""
        if not isinstance(watched, QWidget) or watched.window() is not self._over.window():
            return False
        each: QWidget | None = watched
        while each is not None and each is not self and each.property("look") != "popover":
            each = each.parentWidget()
        return each is None or each is self
