"""A field that holds a folder: typed, or looked for."""

from __future__ import annotations

import os

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from rabbitviewer.theme.controls import icon_button
from rabbitviewer.theme.tokens import tokens


class PathField(QWidget):
    """A path and a button to look for another.

    Signals:
        changed: it holds another path.
    """

    changed = Signal()

    def __init__(self, name: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._exact = (b"", "")
        self._dialog: QFileDialog | None = None
        self._field = QLineEdit()
        self._field.setAccessibleName(name)
        self._field.setPlaceholderText(hint)
        self._browse = icon_button("ph.folder-open", self.tr("Browse…"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_1)
        layout.addWidget(self._field, 1)
        layout.addWidget(self._browse)
        self.setFocusProxy(self._field)
        self._field.textChanged.connect(self.changed)
        self._browse.clicked.connect(self._look_round)

    @property
    def path(self) -> bytes:
        """The absolute path; empty: there is none."""
        text = self._field.text().strip()
        if text == self._exact[1]:
            return self._exact[0]
        whole = os.path.expanduser(text)
        return os.path.normpath(os.fsencode(whole)) if os.path.isabs(whole) else b""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is typed."""
        return not self._field.text().strip()

    def set_path(self, path: bytes) -> None:
        """Hold *path*, also one whose bytes are no text."""
        text = path.decode("utf-8", "replace")
        self._exact = (path, text)
        self._field.setText(text)

    def _look_round(self) -> None:
        dialog = QFileDialog(self.window(), self._name, os.fsdecode(self.path))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setModal(False)
        dialog.fileSelected.connect(self._on_chosen)
        self._dialog = dialog
        dialog.show()

    def _on_chosen(self, path: str) -> None:
        self.set_path(os.fsencode(path))
