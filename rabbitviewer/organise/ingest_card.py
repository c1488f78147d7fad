"""The form that copies a card: from where, to where, under which names, with which keywords."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from daemon.protocol.messages import IngestRequest, WirePath
from rabbitviewer.models.filework import Progress
from rabbitviewer.models.remembered import Remembered
from rabbitviewer.organise.files_card import Card
from rabbitviewer.organise.files_words import progress_words
from rabbitviewer.organise.ingest_example import example
from rabbitviewer.organise.ingest_sources import CameraCard
from rabbitviewer.organise.path_field import PathField
from rabbitviewer.organise.token_chips import token_chips
from rabbitviewer.theme.controls import Choice, Tick, push_button, set_look, text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_WIDTH = 640


class IngestCard(Card):
    """Form, then progress, then what came of it.

    Signals:
        ingest_wanted: copy as the form says (:class:`IngestRequest`).
        stop_wanted: stop the copying.
        folder_wanted: open this folder.
    """

    ingest_wanted = Signal(object)
    stop_wanted = Signal()
    folder_wanted = Signal(bytes)

    def __init__(self, window: QWidget) -> None:
        super().__init__("", window, width=_WIDTH)
        self.set_title(self.tr("Ingest from a card"))
        self._running = False
        self._cards = Choice(self.tr("Card"))
        self._source = PathField(self.tr("Folder to read"), self.tr("Folder with photos"))
        self._folder = PathField(self.tr("Folder to copy to"), self.tr("Folder"))
        self._pattern = QLineEdit()
        self._pattern.setAccessibleName(self.tr("Pattern of the names"))
        self._example = text_label("", "small")
        self._keywords = QLineEdit()
        self._keywords.setAccessibleName(self.tr("Keywords for every photo"))
        self._keywords.setPlaceholderText(self.tr("Separated by commas"))
        self._second = PathField(self.tr("Folder of the second copy"), self.tr("None"))
        self._skip = Tick()
        self._bar = QProgressBar()
        self._state = text_label("", "small", wraps=True)
        self._stop = push_button(self.tr("Stop"))
        self._open = push_button(self.tr("Open the folder"))
        self._go = push_button(self.tr("Copy photos"), "primary")
        self._lay_out_form()
        self._connect_form()
        self._show_cards(())

    # ------------------------------------------------------------ from outside

    def recall(self, remembered: Remembered) -> None:
        """Fill in what was said last time."""
        self._folder.set_path(remembered.ingest_folder)
        self._pattern.setText(remembered.ingest_pattern)
        self._keywords.setText(remembered.ingest_keywords)
        self._second.set_path(remembered.ingest_second)
        self._skip.setChecked(remembered.ingest_skip_known)

    def remember(self, remembered: Remembered) -> None:
        """Keep what the form says for the next time."""
        remembered.ingest_folder = self._folder.path
        remembered.ingest_pattern = self._pattern.text()
        remembered.ingest_keywords = self._keywords.text()
        remembered.ingest_second = self._second.path
        remembered.ingest_skip_known = self._skip.isChecked()

    def show_cards(self, found: tuple[CameraCard, ...]) -> None:
        """Offer the cards that are there now; the first new one is chosen."""
        if not self._running:
            self._show_cards(found)

    def show_progress(self, progress: Progress) -> None:
        """Say how far the copying is."""
        self._set_running(running=True)
        self._bar.setRange(0, progress.total)
        self._bar.setValue(progress.done)
        words = [progress_words(progress)]
        if progress.total_bytes:
            words.insert(1, _bytes_words(progress))
        self._say(" · ".join(words))

    def show_end(self, words: str, *, failed: bool, opens: bool) -> None:
        """Say what came of it."""
        self._set_running(running=False)
        self._say(words, bad=failed)
        self._open.setVisible(opens)

    def focus_first(self) -> QWidget:
        """Return where typing begins: what is not filled in yet."""
        for field in (self._source, self._folder):
            if field.isVisibleTo(self) and field.is_empty:
                return field
        return self._go

    # ------------------------------------------------------------ parts

    def _lay_out_form(self) -> None:
        look = tokens()
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.space_3)
        grid.setVerticalSpacing(look.space_2)
        chips = token_chips(self._tokens(), self._insert)
        skip = QHBoxLayout()
        skip.setSpacing(look.space_2)
        self._skip.setAccessibleName(self.tr("Leave out photos that are there already"))
        label = text_label(self.tr("Leave out photos that are there already"))
        label.setBuddy(self._skip)
        skip.addWidget(self._skip)
        skip.addWidget(label)
        skip.addStretch(1)
        self._example.setFont(figures_font(self._example.font()))
        rows: tuple[tuple[str, QWidget | QHBoxLayout], ...] = (
            (self.tr("From"), self._cards),
            ("", self._source),
            (self.tr("To"), self._folder),
            (self.tr("Names"), self._pattern),
            ("", chips),
            ("", self._example),
            (self.tr("Keywords"), self._keywords),
            (self.tr("Second copy"), self._second),
            ("", skip),
        )
        for row, (name, part) in enumerate(rows):
            grid.addWidget(text_label(name, "secondary"), row, 0)
            if isinstance(part, QHBoxLayout):
                grid.addLayout(part, row, 1)
            else:
                grid.addWidget(part, row, 1)
        grid.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addWidget(self._state, 1)
        for button in (self._open, self._stop, self._go):
            buttons.addWidget(button)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of the copying"))
        self._state.setFont(figures_font(self._state.font()))
        self._grid = grid
        self.body.addLayout(grid)
        self.body.addWidget(self._bar)
        self.body.addLayout(buttons)
        for widget in (self._bar, self._stop, self._open):
            widget.hide()
        for chip in chips.findChildren(QPushButton):
            self.setTabOrder(self._go, chip)

    def _tokens(self) -> tuple[tuple[str, str], ...]:
        return (
            (self.tr("Year"), "{date:%Y}"),
            (self.tr("Month"), "{date:%m}"),
            (self.tr("Date"), "{date:%Y-%m-%d}"),
            (self.tr("Time"), "{time:%H%M%S}"),
            (self.tr("Old name"), "{stem}"),
            (self.tr("Number"), "{n:04}"),
            (self.tr("Camera"), "{camera}"),
            (self.tr("Subfolder"), "/"),
        )

    def _connect_form(self) -> None:
        self._cards.currentIndexChanged.connect(self._on_card_changed)
        for field in (self._source, self._folder, self._second):
            field.changed.connect(self._check)
        self._pattern.textChanged.connect(self._check)
        self._go.clicked.connect(self.submit)
        self._stop.clicked.connect(self._on_stop)
        self._open.clicked.connect(self._on_open)

    def _show_cards(self, found: tuple[CameraCard, ...]) -> None:
        before = self._cards.currentData()
        with QSignalBlocker(self._cards):
            self._cards.clear()
            for card in found:
                self._cards.addItem(_card_words(card), card.path)
            self._cards.addItem(self.tr("Another folder"), b"")
            known = self._cards.findData(before) if before else -1
            self._cards.setCurrentIndex(max(known, 0))
        self._on_card_changed()

    def _on_card_changed(self) -> None:
        self._source.setVisible(not self._cards.currentData())
        self._check()
        if self.isVisible():
            self.place()

    def _insert(self, token: str) -> None:
        self._pattern.insert(token)
        self._pattern.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------ state

    def _check(self) -> None:
        shown = example(self._pattern.text(), dt.datetime.now())
        words = self.tr("For example {name}").format(name=shown)
        self._example.setText(words if shown else self.tr("This is no pattern for names yet."))
        set_look(self._example, "small" if shown else "small-error")
        self._open.hide()
        if not self._running:
            problem = self._problem(named=bool(shown))
            self._go.setEnabled(not problem)
            self._say(problem)

    def _problem(self, *, named: bool) -> str:
        if not self._read_from():
            return self.tr("Choose where the photos are.")
        if not self._folder.path:
            return self.tr("Choose a folder to copy to.")
        if not self._second.is_empty and not self._second.path:
            return self.tr("Write the whole path of the second copy.")
        return "" if named else self.tr("Write a pattern for the names.")

    def _read_from(self) -> bytes:
        return self._cards.currentData() or self._source.path

    def _say(self, words: str, *, bad: bool = False) -> None:
        self._state.setText(words)
        set_look(self._state, "small-error" if bad else "small")

    def _set_running(self, *, running: bool) -> None:
        if running == self._running:
            return
        had_focus = self.isAncestorOf(self.window().focusWidget() or self.window())
        self._running = running
        self._bar.setVisible(running)
        self._stop.setVisible(running)
        self._stop.setEnabled(running)
        self._go.setVisible(not running)
        self._open.hide()
        for part in (self._cards, self._source, self._folder, self._pattern, self._keywords):
            part.setEnabled(not running)
        self._second.setEnabled(not running)
        self._skip.setEnabled(not running)
        if had_focus and self.isVisible():
            (self._stop if running else self._go).setFocus(Qt.FocusReason.OtherFocusReason)
        if self.isVisible():
            self.place()

    def submit(self) -> None:
        """Copy as the form says."""
        if not self._go.isEnabled() or self._running:
            return
        words = (word.strip() for word in self._keywords.text().split(","))
        self.ingest_wanted.emit(
            IngestRequest(
                source=WirePath(self._read_from()),
                folder=WirePath(self._folder.path),
                pattern=self._pattern.text(),
                keywords=tuple(word for word in words if word),
                second_folder=WirePath(self._second.path),
                skip_known=self._skip.isChecked(),
            )
        )

    def _on_stop(self) -> None:
        self._stop.setEnabled(False)
        self.stop_wanted.emit()

    def _on_open(self) -> None:
        folder = self._folder.path
        self.close_card()
        self.folder_wanted.emit(folder)


def _card_words(card: CameraCard) -> str:
    size = QLocale().formattedDataSize(card.size_bytes, 0, QLocale.DataSizeFormat.DataSizeSIFormat)
    return f"{card.name} · {size}" if card.size_bytes > 0 else card.name


def _bytes_words(progress: Progress) -> str:
    locale, form = QLocale(), QLocale.DataSizeFormat.DataSizeSIFormat
    done = locale.formattedDataSize(progress.done_bytes, 1, form)
    return f"{done} / {locale.formattedDataSize(progress.total_bytes, 1, form)}"
