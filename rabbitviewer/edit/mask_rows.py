"""Through which mask a grade goes: its own, none, one from a file, one for all."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from rabbitviewer.edit.rows import Rows
from rabbitviewer.edit.subject import FILE, ONE, OWN, POOL, WHOLE, Subject, Wish
from rabbitviewer.theme.controls import Choice, Tick, icon_button, text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_BROWSE = "browse"
_LEAST_CHARACTERS = 4


class MaskRows(QObject):
    """Two rows of a form; the second is there for a mask of another size.

    Signals:
        mask_chosen: the user chose own | whole | file | one.
        file_chosen: the user chose a file (its path).
        fit_chosen: a mask of another size may be fitted, or may not.
        paint_pressed: the brush was pressed.
    """

    mask_chosen = Signal(str)
    file_chosen = Signal(bytes)
    fit_chosen = Signal(bool)
    paint_pressed = Signal()

    def __init__(self, rows: Rows, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._chosen = WHOLE
        self._folder = b""
        self._dialog: QFileDialog | None = None
        self._mask = Choice(self.tr("Mask"))
        self._mask.setMinimumContentsLength(_LEAST_CHARACTERS)
        self._paint = icon_button("ph.paint-brush", self.tr("Paint the mask"))
        self._fit = Tick()
        self._fit_line = QWidget()
        line = QHBoxLayout()
        line.setSpacing(tokens().space_1)
        line.addWidget(self._mask, 1)
        line.addWidget(self._paint)
        rows.add(self.tr("Mask"), line)
        rows.addWidget(self._fit_line, rows.rowCount(), 1)
        self._lay_out_fit()
        self._mask.activated.connect(self._on_chosen)
        self._fit.toggled.connect(self.fit_chosen)
        self._paint.clicked.connect(self.paint_pressed)

    def show_subject(self, subject: Subject, wish: Wish) -> None:
        """Offer what there is for *subject*, chosen as it says."""
        self._chosen = subject.choice
        with QSignalBlocker(self._mask):
            self._offer(subject, wish)
        with QSignalBlocker(self._fit):
            self._fit.setChecked(wish.resize)
        self._folder = os.path.split(subject.path)[0]
        self._fit_line.setVisible(subject.misfit)
        self._paint.setVisible(wish.source != POOL)
        self._paint.setEnabled(subject.count == 1 and not wish.pool_id)
        self._paint.setToolTip(
            self.tr("Masks are painted in the pool that the Pool tab shows")
            if wish.pool_id
            else self.tr("Paint the mask")
        )
        self._mask.setEnabled(subject.count > 0)
        in_file = subject.choice == FILE
        self._mask.setToolTip(wish.mask_file.decode("utf-8", "replace") if in_file else "")

    def _offer(self, subject: Subject, wish: Wish) -> None:
        several = subject.count > 1
        words = {
            OWN: self.tr("Their own") if several else self.tr("Its own"),
            ONE: self.tr("The active one's"),
            WHOLE: self.tr("None"),
        }
        self._mask.clear()
        for each in subject.offers:
            self._mask.addItem(words[each], each)
        if subject.choice == FILE:
            self._mask.addItem(file_name(wish.mask_file), FILE)
        if not several:
            self._mask.addItem(self.tr("From a file…"), _BROWSE)
        self._mask.setCurrentIndex(self._mask.findData(subject.choice))

    def _lay_out_fit(self) -> None:
        row = QHBoxLayout(self._fit_line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens().space_2)
        words = self.tr("Fit it to the photo")
        label = text_label(words, wraps=True)
        label.setBuddy(self._fit)
        self._fit.setAccessibleName(words)
        self._fit.setToolTip(self.tr("A mask of another size is refused unless it may be fitted."))
        row.addWidget(self._fit)
        row.addWidget(label, 1)

    def _on_chosen(self) -> None:
        chosen = self._mask.currentData()
        if chosen == _BROWSE:
            with QSignalBlocker(self._mask):
                self._mask.setCurrentIndex(self._mask.findData(self._chosen))
            self._look_round()
        else:
            self.mask_chosen.emit(chosen)

    def _look_round(self) -> None:
        """Let the user look for a file; nothing waits for the answer."""
        dialog = QFileDialog(self._window, self.tr("Mask for the grade"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Pictures (*.png *.tif *.tiff)"), self.tr("All files (*)")])
        if self._folder:
            dialog.setDirectory(os.fsdecode(self._folder))
        dialog.setModal(False)
        dialog.fileSelected.connect(self._on_file_selected)
        self._dialog = dialog
        dialog.show()

    def _on_file_selected(self, path: str) -> None:
        self.file_chosen.emit(os.fsencode(path))
