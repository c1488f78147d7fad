"""Where photos are copied or moved to: folders used lately, a path to type, or a look round."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from rabbitviewer.organise.files_card import Card
from rabbitviewer.theme.controls import icon_before_words, push_button, text_label
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_WIDTH = 460
_MOST_ROWS = 8


class TargetCard(Card):
    """Asks for a folder; typing narrows the list or names another one."""

    def __init__(self, window: QWidget) -> None:
        super().__init__("", window, width=_WIDTH)
        look = tokens()
        self._folders: Sequence[bytes] = ()
        self._run: Callable[[bytes], object] | None = None
        self._dialog: QFileDialog | None = None
        self._rows: list[QPushButton] = []
        self._shown: list[bytes] = []
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("Type a name or a path"))
        self._field.setAccessibleName(self.tr("Folder"))
        self._field.textChanged.connect(self._show_rows)
        self._field.returnPressed.connect(self._take_field)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._empty = text_label("", "secondary", wraps=True)
        self._browse = push_button(self.tr("Browse…"), "", "ph.folder-open")
        self._browse.clicked.connect(self._look_round)
        self._go = push_button("", "primary")
        self._go.clicked.connect(self._take_field)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addWidget(self._browse)
        buttons.addStretch(1)
        buttons.addWidget(self._go)
        self.body.addWidget(self._field)
        self.body.addLayout(self._list)
        self.body.addWidget(self._empty)
        self.body.addLayout(buttons)

    def ask(
        self, title: str, verb: str, folders: Sequence[bytes], run: Callable[[bytes], object]
    ) -> None:
        """Ask for a folder.

        Args:
            title: What for.
            verb: What the button says.
            folders: What to offer, the most probable one first.
            run: Called with the folder.
        """
        self.set_title(title)
        self._go.setText(verb)
        self._go.setAccessibleName(verb)
        self._folders, self._run = folders, run
        self._field.clear()
        self._show_rows("")
        self.open_card(self._field)

    # ------------------------------------------------------------ rows

    def _show_rows(self, text: str) -> None:
        for row in self._rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        wanted = text.strip().casefold()
        names = [(path, path.decode("utf-8", "replace")) for path in self._folders]
        found = [path for path, name in names if wanted in name.casefold()]
        self._shown = found[:_MOST_ROWS]
        self._rows = [self._make_row(path) for path in self._shown]
        for row in self._rows:
            self._list.addWidget(row)
        self._empty.setText(self._empty_words(text))
        self._empty.setVisible(not self._rows)
        self._go.setEnabled(bool(_typed(text) or (wanted and self._shown)))
        if self.isVisible():
            self.place()

    def _empty_words(self, text: str) -> str:
        if _typed(text):
            return self.tr("A folder that does not exist yet is made.")
        if text.strip():
            return self.tr("No folder used lately has this in its path. Type a whole path.")
        return self.tr("Folders you copy or move to are offered here.")

    def _make_row(self, path: bytes) -> QPushButton:
        row = push_button("", "row")
        metrics = row.fontMetrics()
        name = file_name(path.rstrip(b"/")) or os.fsdecode(path)
        whole = _short(path)
        room = _WIDTH - 2 * tokens().space_4 - 4 * tokens().space_5
        shown = f"{name}   {whole}" if whole != name else name
        shown = metrics.elidedText(shown, Qt.TextElideMode.ElideMiddle, room)
        row.setText(shown.replace("&", "&&"))
        row.setAccessibleName(path.decode("utf-8", "replace"))
        row.setToolTip(path.decode("utf-8", "replace"))
        row.setIcon(icon("ph.folder", "text_secondary"))
        row.setIconSize(icon_before_words(tokens().icon))
        row.clicked.connect(lambda: self._take(path))
        return row

    # ------------------------------------------------------------ choosing

    def _take_field(self) -> None:
        typed = _typed(self._field.text())
        if typed:
            self._take(typed)
        elif self._field.text().strip() and self._shown:
            self._take(self._shown[0])

    def _take(self, path: bytes) -> None:
        run = self._run
        self.close_card()
        if run is not None:
            run(path)

    def _look_round(self) -> None:
        dialog = QFileDialog(self.window(), self.tr("Choose a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setModal(False)
        dialog.fileSelected.connect(self._on_chosen)
        self._dialog = dialog
        dialog.show()

    def _on_chosen(self, path: str) -> None:
        self._take(os.fsencode(path))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go between the field and the rows with the arrows; Enter takes the row."""
        stops: list[QWidget] = [self._field, *self._rows]
        focus = self.window().focusWidget()
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if step and focus in stops:
            place = min(max(stops.index(focus) + step, 0), len(stops) - 1)
            stops[place].setFocus(Qt.FocusReason.TabFocusReason)
            event.accept()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and focus in stops[1:]:
            self._rows[stops.index(focus) - 1].click()
            event.accept()
        else:
            super().keyPressEvent(event)


def _typed(text: str) -> bytes:
    """Return the absolute path that *text* is; empty: it is none."""
    path = os.path.expanduser(text.strip())
    return os.path.normpath(os.fsencode(path)) if os.path.isabs(path) else b""


def _short(path: bytes) -> str:
    """Return *path* as it is read, the home folder as ``~``."""
    home = os.fsencode(os.path.expanduser("~"))
    inside = path == home or path.startswith(home + os.fsencode(os.sep))
    shown = b"~" + path[len(home) :] if inside else path
    return shown.decode("utf-8", "replace")
