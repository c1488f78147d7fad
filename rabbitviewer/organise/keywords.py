"""The keyword editor that T opens: over the foot of the window, for all selected photos."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rabbitviewer.models.keyword_choices import KeywordChoices
from rabbitviewer.models.marks import MOST_ASKED, Change, MarksModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.organise.keyword_chips import KeywordChips
from rabbitviewer.shell.popover import Popover
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.window import MainWindow
from rabbitviewer.words import file_name


class KeywordEditor(QObject):
    """Opens the editor on the selection and carries out what is done in it."""

    def __init__(
        self, window: MainWindow, selection: Selection, marks: MarksModel, choices: KeywordChoices
    ) -> None:
        super().__init__(window)
        self._selection = selection
        self._marks = marks
        self._choices = choices
        self._paths: Sequence[bytes] = ()
        self.card = KeywordCard(choices)
        self.popover = _Foot(self.card, window)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._show)
        self.card.chips.added.connect(self._add)
        self.card.chips.removed.connect(self._remove)
        self.popover.opening.connect(self._on_opening)
        selection.current_changed.connect(self._on_selection_changed)
        selection.selected_changed.connect(self._on_selection_changed)
        marks.changed.connect(self._on_marks_changed)

    def open_editor(self) -> None:
        """Show the keywords of the selected photos."""
        if self._selection.selected:
            self.popover.toggle()

    def _on_opening(self) -> None:
        self._choices.refresh()
        self._take_selection()

    def _on_selection_changed(self, *_what: object) -> None:
        if self.popover.isVisible():
            self._take_selection()

    def _take_selection(self) -> None:
        self._paths = self._selection.selected
        self._marks.ask(self._paths)
        self._show()

    def _on_marks_changed(self, *_what: object) -> None:
        if self.popover.isVisible():
            self._soon.start()

    def _show(self) -> None:
        self.card.show_photos(self._paths, self._marks)
        if self.popover.isVisible():
            self.popover.place()

    def _add(self, words: tuple[str, ...]) -> None:
        self._marks.change(self._paths, Change(add_keywords=words))

    def _remove(self, word: str) -> None:
        self._marks.change(self._paths, Change(remove_keywords=(word,)))


class KeywordCard(QWidget):
    """Says of which photos, and shows their keywords."""

    def __init__(self, choices: KeywordChoices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._title = text_label("", "heading")
        self._note = text_label("", "small", wraps=True)
        self.chips = KeywordChips(choices.words)
        self.setFocusProxy(self.chips.line)
        self.setFixedWidth(look.panel_width + look.panel_width // 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        layout.setSpacing(look.space_2)
        layout.addWidget(self._title)
        layout.addWidget(self.chips)
        layout.addWidget(self._note)

    def show_photos(self, paths: Sequence[bytes], marks: MarksModel) -> None:
        """Show the keywords of *paths*."""
        shared = marks.shared(paths)
        count = len(paths)
        title = self.tr("Keywords of {count} photos").format(count=f"{count:,}")
        if count == 1:
            title = self.tr("Keywords of {name}").format(name=file_name(paths[0]))
        self._title.setText(title)
        self.chips.show_keywords(shared.keywords, shared.known)
        note = " ".join(shared.problems[:2])
        if count > MOST_ASKED:
            note = self.tr("Shown are those of the first {count}; changes go to all.")
            note = note.format(count=MOST_ASKED)
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def showEvent(self, event: QShowEvent) -> None:
        """Let the line be typed into at once."""
        super().showEvent(event)
        self.chips.line.setFocus()


class _Foot(Popover):
    """A popover in the middle, above the status line."""

    def __init__(self, content: QWidget, window: MainWindow) -> None:
        super().__init__(content, window.status, window)
        self._over = window

    def place(self) -> None:
        """Stand above the status line."""
        super().place()
        look = tokens()
        inside = self.layout()
        if inside is not None:
            inside.activate()
            room = self._over.height() - look.bar_height - look.status_height - look.space_5
            self.resize(self.width(), min(inside.totalHeightForWidth(self.width()), room))
        self.move(
            (self._over.width() - self.width()) // 2,
            self._over.height() - look.status_height - look.space_3 - self.height(),
        )
