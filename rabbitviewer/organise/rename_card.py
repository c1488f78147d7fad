"""The form that renames several photos by a pattern, with every new name before it happens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

from daemon.protocol.messages import Failed, Message, RenamePlan
from rabbitviewer.models.filework import FileWork
from rabbitviewer.organise.files_card import Card
from rabbitviewer.organise.files_words import photos_words
from rabbitviewer.organise.rename_names import NamesView
from rabbitviewer.organise.token_chips import token_chips
from rabbitviewer.theme.controls import push_button, set_look, text_label
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

_WIDTH = 720
_HEIGHT = 560
_PAUSE_MS = 150
_MOST_NUMBER = 9_999_999
_FIRST_PATTERN = "{date:%Y%m%d}_{n:04}"


class RenameCard(Card):
    """Pattern, tokens to press, first number, table of names.

    Signals:
        rename_wanted: rename the photos (pattern, first number).
    """

    rename_wanted = Signal(str, int)

    def __init__(self, window: QWidget, work: FileWork) -> None:
        super().__init__("", window, width=_WIDTH, height=_HEIGHT)
        self._work = work
        self._paths: tuple[bytes, ...] = ()
        self._asked = 0
        self._ready = False
        self._wants = False
        self._pattern = QLineEdit()
        self._pattern.setAccessibleName(self.tr("Pattern of the names"))
        self._recent = QToolButton()
        self._recent.setIcon(icon("ph.clock-counter-clockwise"))
        self._recent.setToolTip(self.tr("Patterns used before"))
        self._recent.setAccessibleName(self.tr("Patterns used before"))
        self._recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._recent.setMenu(self._menu)
        self._start = QSpinBox()
        self._start.setRange(0, _MOST_NUMBER)
        self._start.setAccessibleName(self.tr("First number"))
        self._table = NamesView()
        self._verdict = text_label("", "small", wraps=True)
        self._apply = push_button("", "primary")
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._lay_out()
        self._timer.timeout.connect(self._ask)
        self._pattern.textEdited.connect(self._change)
        self._start.valueChanged.connect(self._change)
        self._apply.clicked.connect(self.submit)

    def ask(self, paths: tuple[bytes, ...], patterns: Sequence[str]) -> None:
        """Open for *paths*; *patterns* were used before, newest first."""
        self._paths = paths
        self.set_title(self.tr("Rename {photos}").format(photos=photos_words(len(paths))))
        self._apply.setText(self.tr("Rename {photos}").format(photos=photos_words(len(paths))))
        self._menu.clear()
        for pattern in patterns:
            action = self._menu.addAction(pattern.replace("&", "&&"))
            action.triggered.connect(lambda _on=False, chosen=pattern: self._set_pattern(chosen))
        self._recent.setEnabled(bool(patterns))
        with QSignalBlocker(self._start):
            self._start.setValue(1)
        self._table.show_names(())
        self._set_pattern(patterns[0] if patterns else _FIRST_PATTERN)
        self.open_card(self._pattern)
        self._pattern.selectAll()

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        fields = QGridLayout()
        fields.setHorizontalSpacing(look.space_2)
        fields.setVerticalSpacing(look.space_2)
        fields.addWidget(text_label(self.tr("Pattern"), "secondary"), 0, 0)
        fields.addWidget(self._pattern, 0, 1)
        fields.addWidget(self._recent, 0, 2)
        fields.addWidget(text_label(self.tr("First number"), "secondary"), 0, 3)
        fields.addWidget(self._start, 0, 4)
        fields.setColumnStretch(1, 1)
        self._start.setFixedWidth(3 * look.space_5 + look.space_2)
        chips = token_chips(self._tokens(), self._insert)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_3)
        buttons.addWidget(self._verdict, 1)
        buttons.addWidget(self._apply)
        self.body.addLayout(fields)
        self.body.addWidget(chips)
        self.body.addWidget(self._table, 1)
        self.body.addLayout(buttons)
        for chip in chips.findChildren(QPushButton):
            self.setTabOrder(self._apply, chip)

    def _tokens(self) -> tuple[tuple[str, str], ...]:
        return (
            (self.tr("Old name"), "{stem}"),
            (self.tr("Number"), "{n:04}"),
            (self.tr("Date"), "{date:%Y-%m-%d}"),
            (self.tr("Time"), "{time:%H%M%S}"),
            (self.tr("Camera"), "{camera}"),
            (self.tr("Lens"), "{lens}"),
            (self.tr("ISO"), "{iso}"),
            (self.tr("Rating"), "{rating}"),
            (self.tr("Width"), "{width}"),
            (self.tr("Height"), "{height}"),
            (self.tr("Folder"), "{folder}"),
        )

    def _insert(self, token: str) -> None:
        self._pattern.insert(token)
        self._pattern.setFocus(Qt.FocusReason.OtherFocusReason)
        self._change()

    def _set_pattern(self, pattern: str) -> None:
        self._pattern.setText(pattern)
        self._ask()

    # ------------------------------------------------------------ the names

    def _change(self, *_what: object) -> None:
        """The names on show are those of another pattern: ask once typing rests."""
        self._set_ready(ready=False)
        self._timer.start()

    def _ask(self) -> None:
        self._timer.stop()
        self._set_ready(ready=False)
        pattern = self._pattern.text()
        if not pattern.strip():
            self._asked = 0
            self._table.show_names(())
            self._say(self.tr("Write a pattern, or press the parts above."), bad=False)
            return
        self._asked = self._work.plan_rename(
            self._paths, pattern, self._start.value(), self._on_answer
        )

    def _on_answer(self, message: Message, _blob: bytes) -> None:
        if message.request_id != self._asked:
            return
        if isinstance(message, Failed):
            self._table.show_names(())
            words = f"{message.error.message} {message.error.hint}"
            self._say(words.strip(), bad=True)
        elif isinstance(message, RenamePlan):
            self._show_plan(message)
        self._wants = False

    def _show_plan(self, plan: RenamePlan) -> None:
        self._table.show_names(plan.names)
        bad = len(self._table.names.problems())
        if plan.problem:
            self._say(plan.problem, bad=True)
        elif bad:
            words = self.tr("{photos} cannot have the new name")
            self._say(words.format(photos=photos_words(bad)), bad=True)
        else:
            hidden = len(self._paths) - len(plan.names)
            more = self.tr("and {photos} more, in the same way").format(photos=photos_words(hidden))
            self._say(more if hidden > 0 else "", bad=False)
        self._set_ready(ready=not bad and not plan.problem)
        if self._wants and self._ready:
            self.submit()

    def _say(self, words: str, *, bad: bool) -> None:
        self._verdict.setText(words)
        set_look(self._verdict, "small-error" if bad else "small")

    def _set_ready(self, *, ready: bool) -> None:
        self._ready = ready
        self._apply.setEnabled(ready)

    def submit(self) -> None:
        """Rename; when the names are still being worked out, as soon as they are."""
        if self._timer.isActive():
            self._ask()
        if not self._ready:
            self._wants = bool(self._asked)
            return
        self._wants = False
        pattern, start = self._pattern.text(), self._start.value()
        self.close_card()
        self.rename_wanted.emit(pattern, start)
