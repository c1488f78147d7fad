"""What stands where photos would be: folders to start with, or why there are none."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.edit.error_card import ErrorCard
from rabbitviewer.models.folders import places
from rabbitviewer.theme.app_icon import app_icon
from rabbitviewer.theme.controls import icon_before_words, push_button, text_label
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_CARD_WIDTH = 420
_MOST_RECENT = 5
_MOST_OFFERED = 12
_MARK = 64


class Centered(QFrame):
    """A column of a fixed width in the middle of the photo area."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        column = QWidget()
        column.setFixedWidth(_CARD_WIDTH)
        self.column = QVBoxLayout(column)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(look.space_2)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(column)
        across.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_5, look.space_5, look.space_5, look.space_5)
        layout.addStretch(2)
        layout.addLayout(across)
        layout.addStretch(3)


class Welcome(Centered):
    """First start: folders to choose from, never an empty grey window.

    Signals:
        folder_chosen: a folder was pressed (its path).
        browse_pressed: the user wants to look for one.
    """

    folder_chosen = Signal(bytes)
    browse_pressed = Signal()

    def __init__(self, recent: Sequence[bytes], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        mark = QLabel()
        mark.setPixmap(app_icon().pixmap(QSize(_MARK, _MARK)))
        self.column.addWidget(mark)
        self.column.addSpacing(look.space_2)
        self.column.addWidget(text_label(self.tr("Where are your photos?"), "title"))
        words = self.tr(
            "Choose a folder. RabbitViewer shows what is in it and never changes an original."
        )
        self.column.addWidget(text_label(words, "secondary", wraps=True))
        self.column.addSpacing(look.space_2)
        for path, name, icon_name in [*_recent(recent), *places()]:
            self.column.addWidget(self._make_row(path, name, icon_name))
        self.column.addSpacing(look.space_2)
        self._browse = push_button(self.tr("Choose another folder…"), "primary", "ph.folder-open")
        self._browse.clicked.connect(self.browse_pressed)
        self.column.addWidget(self._browse, 0, Qt.AlignmentFlag.AlignLeft)

    def _make_row(self, path: bytes, name: str, icon_name: str) -> QPushButton:
        row = folder_row(path, name, icon_name)
        row.clicked.connect(lambda: self.folder_chosen.emit(path))
        return row


class Trouble(Centered):
    """The daemon cannot be started or was lost for good: what, why, what to do.

    Signals:
        again_pressed: try again.
        log_pressed: show the log.
    """

    again_pressed = Signal()
    log_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self.column.addWidget(text_label(self.tr("RabbitViewer cannot read photos now"), "title"))
        self._card = ErrorCard()
        self.column.addWidget(self._card)
        self.column.addSpacing(look.space_2)
        again = push_button(self.tr("Try again"), "primary")
        log = push_button(self.tr("Show the log"))
        again.clicked.connect(self.again_pressed)
        log.clicked.connect(self.log_pressed)
        row = QHBoxLayout()
        row.setSpacing(look.space_2)
        row.addWidget(again)
        row.addWidget(log)
        row.addStretch(1)
        self.column.addLayout(row)

    def show_error(self, error: ErrorInfo) -> None:
        """Say what is wrong."""
        self._card.show_error(error)


class Notice(Centered):
    """One quiet sentence where photos would be, and folders to go on to.

    Signals:
        folder_chosen: a folder was pressed (its path).
        button_pressed: what is offered was pressed.
    """

    folder_chosen = Signal(bytes)
    button_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "photo-area")
        self._title = text_label("", "title", wraps=True)
        self._words = text_label("", "secondary", wraps=True)
        for label in (self._title, self._words):
            self.column.addWidget(label)
        self._button = push_button("")
        self._button.clicked.connect(self.button_pressed)
        self.column.addSpacing(tokens().space_2)
        self.column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._rows: list[QPushButton] = []

    def say(self, title: str, words: str, button: str = "") -> None:
        """Show *title* with *words* under it, and a button where there is something to do."""
        self._button.setText(button)
        self._button.setAccessibleName(button)
        self._button.setVisible(bool(button))
        self._title.setText(title)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.offer(())

    def offer(self, folders: Sequence[bytes]) -> None:
        """Offer *folders* under the words."""
        for row in self._rows:
            self.column.removeWidget(row)
            row.deleteLater()
        self._rows = [self._make_row(path) for path in folders[:_MOST_OFFERED]]
        for row in self._rows:
            self.column.addWidget(row)
        align = Qt.AlignmentFlag.AlignLeft if self._rows else Qt.AlignmentFlag.AlignHCenter
        for label in (self._title, self._words):
            label.setAlignment(align)

    def _make_row(self, path: bytes) -> QPushButton:
        row = folder_row(path, file_name(path), "ph.folder")
        row.clicked.connect(lambda: self.folder_chosen.emit(path))
        return row


def folder_row(path: bytes, name: str, icon_name: str) -> QPushButton:
    """Return a wide button for a folder."""
    row = push_button(name.replace("&", "&&"), "row")
    row.setIcon(icon(icon_name, "text_secondary"))
    row.setIconSize(icon_before_words(tokens().icon))
    row.setToolTip(path.decode("utf-8", "replace"))
    words = QCoreApplication.translate("Welcome", "Open {folder}")
    row.setAccessibleName(words.format(folder=name))
    return row


def _recent(paths: Sequence[bytes]) -> list[tuple[bytes, str, str]]:
    shown = [path for path in paths if path][:_MOST_RECENT]
    return [
        (path, os.fsdecode(path).rstrip(os.sep).rpartition(os.sep)[2] or os.sep, "ph.clock")
        for path in shown
    ]
