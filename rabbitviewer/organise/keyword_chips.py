"""Keywords of one or several photos as chips, with a line to type new ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QPushButton, QVBoxLayout, QWidget

from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

_MOST_CHIPS = 120
_SEPARATORS = ",;"


class KeywordChips(QWidget):
    """Shows keywords; those that only some of the photos have say so, and can be given to all.

    Signals:
        added: keywords are to be added (tuple of text).
        removed: a keyword is to be taken away (text).
    """

    added = Signal(object)
    removed = Signal(str)

    def __init__(self, known: QStringListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Sequence[tuple[str, int]], int] = ((), 0)
        look = tokens()
        self._chips = QWidget()
        self._flow = FlowLayout(look.space_1, self._chips)
        self._none = text_label(self.tr("None yet"), "secondary")
        self.line = KeywordLine(known)
        self.line.setAccessibleName(self.tr("New keyword"))
        self.line.setPlaceholderText(self.tr("Add a keyword; Animals | Birds for levels"))
        self.line.returnPressed.connect(self._on_typed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_2)
        layout.addWidget(self._none)
        layout.addWidget(self._chips)
        layout.addWidget(self.line)

    def show_keywords(self, keywords: Sequence[tuple[str, int]], photos: int) -> None:
        """Show keywords with the number of *photos* that have each."""
        if self._shown == (keywords, photos):
            return
        self._shown = (keywords, photos)
        while self._flow.count():
            item = self._flow.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for word, count in keywords[:_MOST_CHIPS]:
            chip = self._make_chip(word, count, photos)
            self._flow.addWidget(chip)
            chip.show()
        self._none.setVisible(not keywords)
        self._chips.setVisible(bool(keywords))
        self._chips.updateGeometry()

    def _make_chip(self, word: str, count: int, photos: int) -> QPushButton:
        shown = word.replace("|", " › ").replace("&", "&&")
        partly = count < photos
        if partly:
            shown = self.tr("{word} · {count} of {photos}").format(
                word=shown, count=count, photos=photos
            )
        chip = push_button(shown, "chip-partly" if partly else "chip")
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        chip.setIcon(icon("ph.plus" if partly else "ph.x", "text_secondary"))
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if partly:
            chip.setToolTip(self.tr("Give “{word}” to all; Del takes it away").format(word=word))
            chip.clicked.connect(lambda: self.added.emit((word,)))
        else:
            chip.setToolTip(self.tr("Take “{word}” away").format(word=word))
            chip.clicked.connect(lambda: self.removed.emit(word))
        chip.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        chip.customContextMenuRequested.connect(partial(self._remove, word))
        chip.setProperty("keyword", word)
        return chip

    def _remove(self, word: str, _where: QPoint) -> None:
        self.removed.emit(word)

    def _on_typed(self) -> None:
        text = self.line.text()
        for separator in _SEPARATORS:
            text = text.replace(separator, "\n")
        words = ("|".join(part.strip() for part in each.split("|")) for each in text.split("\n"))
        new = tuple(dict.fromkeys(word.strip("|") for word in words if word.strip("|")))
        self.line.clear()
        # the completer puts its choice into the line after this
        QTimer.singleShot(0, self.line, self.line.clear)
        if new:
            self.added.emit(new)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keyword of the focused chip away by Del or Backspace."""
        chips = self._chips.findChildren(QPushButton)
        word = next((each.property("keyword") for each in chips if each.hasFocus()), None)
        if isinstance(word, str) and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(word)
        else:
            super().keyPressEvent(event)


class KeywordLine(QLineEdit):
    """A line that completes keywords that are in use."""

    def __init__(self, known: QStringListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        completer = QCompleter(known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(8)
        choices = QListView()
        choices.setProperty("look", "completion")
        completer.setPopup(choices)
        self.setCompleter(completer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return is for this line alone."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
