"""What could not be done to which files, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from daemon.protocol.values import PathFailure
from rabbitviewer.models.filework import Outcome
from rabbitviewer.organise.files_card import Card
from rabbitviewer.organise.files_words import outcome_words, photos_words
from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name, folder_name

_WIDTH = 560
_MOST_ROWS = 200
_LIST_HEIGHT = 360


class FailuresCard(Card):
    """Lists failures: the file, the reason, the advice; takes no focus, Esc closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__("", window, width=_WIDTH)
        self._summary = text_label("", "secondary", wraps=True)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(self.tr("Files that failed"))
        done = push_button(self.tr("Close"))
        done.clicked.connect(self.close_card)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(done)
        self.body.addWidget(self._summary)
        self.body.addWidget(self._scroll, 1)
        self.body.addLayout(buttons)

    def show_outcome(self, outcome: Outcome) -> None:
        """List what failed in *outcome*; opens."""
        count = len(outcome.failed)
        title = self.tr("{photos} failed").format(photos=photos_words(count))
        self.set_title(title)
        self._summary.setText(outcome_words(outcome))
        self._summary.setVisible(outcome.done > 0)
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, tokens().space_2, 0)
        column.setSpacing(tokens().space_3)
        for failure in outcome.failed[:_MOST_ROWS]:
            column.addWidget(_row(failure))
        if count > _MOST_ROWS:
            more = self.tr("and {photos} more").format(photos=photos_words(count - _MOST_ROWS))
            column.addWidget(text_label(more, "secondary"))
        column.addStretch(1)
        self._scroll.setWidget(rows)
        for label in rows.findChildren(QLabel):
            label.ensurePolished()
        height = column.totalHeightForWidth(self._width_inside()) + tokens().space_2
        self._scroll.setFixedHeight(min(height, _LIST_HEIGHT))
        self.open_card()

    def place(self) -> None:
        """Stand at the lower left, over the line that told of it: photos stay in reach."""
        super().place()
        look = tokens()
        room = self._over.height() - self.height() - look.status_height
        self.move(look.space_4, max(room - look.space_4, look.space_4))

    def _width_inside(self) -> int:
        return _WIDTH - 2 * tokens().space_4 - tokens().space_3


def _row(failure: PathFailure) -> QWidget:
    row = QWidget()
    column = QVBoxLayout(row)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(tokens().space_1 // 2)
    name = text_label(file_name(failure.path), "heading")
    name.setToolTip(folder_name(failure.path))
    column.addWidget(name)
    column.addWidget(text_label(failure.error.message, "error", wraps=True))
    if failure.error.hint:
        column.addWidget(text_label(failure.error.hint, "secondary", wraps=True))
    return row
