"""What is done with the chosen look: how strong, what of it, on which photos."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from rabbitviewer.looks.look_words import apply_words, channel_words
from rabbitviewer.looks.strength_row import StrengthRow
from rabbitviewer.theme.controls import (
    Choice,
    ElidedLabel,
    icon_button,
    push_button,
    text_label,
)
from rabbitviewer.theme.tokens import tokens


class LookFooter(QWidget):
    """Name, strength, channels and Apply; hidden while no look is chosen.

    Signals:
        changed: another strength, or other channels.
        apply_pressed: the look is to be put on the photos.
        close_pressed: the look is no longer to be tried.
    """

    changed = Signal()
    apply_pressed = Signal()
    close_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._count = 1
        self._name = ElidedLabel("heading")
        self._close = icon_button("ph.x", self.tr("Stop trying this look (Esc)"))
        self.strength = StrengthRow()
        self._channels = Choice(self.tr("What of the look counts"))
        for name, words in channel_words().items():
            self._channels.addItem(words, name)
        self._apply = push_button("", "primary")
        self._note = text_label("", "small", wraps=True)
        top = QHBoxLayout()
        top.addWidget(self._name, 1)
        top.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_3, look.space_2, look.space_3, look.space_3)
        layout.setSpacing(look.space_2)
        layout.addLayout(top)
        layout.addWidget(self.strength)
        layout.addWidget(self._channels)
        layout.addWidget(self._apply)
        layout.addWidget(self._note)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(self.close_pressed)
        self.strength.changed.connect(self._on_changed)
        self._channels.currentIndexChanged.connect(self._on_changed)
        self._apply.clicked.connect(self.apply_pressed)
        self.set_photos(0)
        self.hide()

    @property
    def channels(self) -> str:
        """What of the look counts: all | luma | chroma."""
        return str(self._channels.currentData())

    def show_look(self, name: str) -> None:
        """Show what is done with the look *name*; empty: with none, and the next begins anew."""
        self._name.setText(name)
        self.setVisible(bool(name))
        if not name:
            self.strength.set_strength(1.0)
            self._channels.setCurrentIndex(0)
            self._show()

    def set_photos(self, count: int) -> None:
        """Say how many photos the look would be put on."""
        self._count = count
        self._show()

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        words = apply_words(self._count, self.strength.strength)
        self._apply.setText(words)
        self._apply.setAccessibleName(words)
        self._apply.setEnabled(self._count > 0 and self.strength.strength > 0)
        if self._count > 1:
            note = self.tr("Writes new files at full size. No AI, no host.")
        elif self._count:
            note = self.tr("Writes a new file at full size. No AI, no host.")
        else:
            note = self.tr("Choose a photo first")
        self._note.setText(note)
