"""The head of the pool: its name with all pools behind it, how many photos, undo, add."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from rabbitviewer.models.pool import PoolModel
from rabbitviewer.pool.pool_words import count_words
from rabbitviewer.theme.controls import icon_button, text_label
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens


class PoolHeader(QWidget):
    """One line that stays usable in a narrow panel.

    Attributes:
        menu: Behind the name; whoever fills it does so when it is about to show.

    Signals:
        add_pressed: photos are to be chosen from files.
        undo_pressed, redo_pressed: the arrows.
    """

    add_pressed = Signal()
    undo_pressed = Signal()
    redo_pressed = Signal()

    def __init__(self, pool: PoolModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        look = tokens()
        self.name = NameButton()
        self.menu = QMenu(self.name)
        self.name.clicked.connect(self.open_menu)
        self._count = text_label("", "small")
        self._count.setFont(figures_font(self._count.font()))
        self._undo = self._make_button("ph.arrow-counter-clockwise", self.tr("Undo"))
        self._redo = self._make_button("ph.arrow-clockwise", self.tr("Redo"))
        self._add = self._make_button("ph.plus", self.tr("Add photos from files…"))
        self._undo.clicked.connect(self.undo_pressed)
        self._redo.clicked.connect(self.redo_pressed)
        self._add.clicked.connect(self.add_pressed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(look.space_2, look.space_1, look.space_2, look.space_1)
        layout.setSpacing(2)
        layout.addWidget(self.name, 1)
        layout.addWidget(self._count)
        layout.addSpacing(look.space_1)
        for button in (self._undo, self._redo, self._add):
            layout.addWidget(button)
        pool.changed.connect(self._show)
        self._show()

    def open_menu(self) -> None:
        """Open the menu of pools under the name."""
        self.menu.popup(self.name.mapToGlobal(self.name.rect().bottomLeft()))

    def _make_button(self, icon_name: str, text: str) -> QToolButton:
        button = icon_button(icon_name, text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _show(self) -> None:
        pool, count = self._pool, len(self._pool.slots)
        self.name.setText(pool.name)
        self.name.setEnabled(pool.is_known)
        self.name.setToolTip(self.tr("{name}: choose another pool").format(name=pool.name))
        self.name.setAccessibleName(self.tr("Pool: {name}").format(name=pool.name))
        self._count.setText(f"{count:,}")
        self._count.setToolTip(count_words(count))
        self._count.setAccessibleName(count_words(count))
        self._add.setEnabled(pool.is_known)
        for button, words, verb in (
            (self._undo, pool.undo_words, self.tr("Undo")),
            (self._redo, pool.redo_words, self.tr("Redo")),
        ):
            button.setEnabled(bool(words))
            button.setToolTip(f"{verb}: {words}" if words else verb)
            button.setAccessibleName(f"{verb}: {words}" if words else verb)


class NameButton(QPushButton):
    """A name that ends in dots where there is no room, and a caret after it."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "name")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the room of the whole name."""
        look = tokens()
        width = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(width + look.icon_small + 3 * look.space_1, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return next to nothing: the buttons beside it need the room."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground of a button, as much of the name as fits, and the caret."""
        del event
        look = tokens()
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""  # pyright: ignore[reportAttributeAccessIssue]
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        side, pad = look.font_small, look.space_1 + 2
        room = self.width() - 2 * pad - side - look.space_1
        metrics = self.fontMetrics()
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, max(room, 0))
        words = QRect(pad, 0, room, self.height())
        painter.setPen(QColor(look.text if self.isEnabled() else look.text_disabled))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)
        caret = QRect(0, 0, side, side)
        caret.moveCenter(self.rect().center())
        caret.moveLeft(pad + metrics.horizontalAdvance(shown) + look.space_1)
        paint_icon(painter, caret, "ph.caret-down", look.text_secondary)
        painter.end()
