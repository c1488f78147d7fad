"""Puts the look on the application: style, palette and sheet; follows the system when asked to."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from rabbitviewer.theme.palette import make_palette
from rabbitviewer.theme.style_sheet import make_style_sheet
from rabbitviewer.theme.tokens import DARK, LIGHT, Tokens, tokens

CHOICES = ("system", "dark", "light")


class Theme(QObject):
    """The theme in force.

    Signals:
        changed: the look changed; what paints with tokens is already asked to repaint.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = "system") -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        if not application.styleSheet():
            application.setStyle("Fusion")
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._apply)
        self._put_on(self._wanted())

    @property
    def choice(self) -> str:
        """``system``, ``dark`` or ``light``."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Take *choice* (one of :data:`CHOICES`; anything else is taken as ``system``)."""
        self._choice = choice if choice in CHOICES else "system"
        self._apply()

    def flip(self) -> None:
        """Go to the other of dark and light."""
        self.choose("light" if tokens().name == "dark" else "dark")

    def _wanted(self) -> Tokens:
        if self._choice == "system":
            scheme = self._application.styleHints().colorScheme()
            return LIGHT if scheme == Qt.ColorScheme.Light else DARK
        return LIGHT if self._choice == "light" else DARK

    def _apply(self) -> None:
        wanted = self._wanted()
        if wanted is not tokens():
            self._put_on(wanted)
            self.changed.emit()

    def _put_on(self, look: Tokens) -> None:
        self._application.setPalette(make_palette(look))
        sheet = make_style_sheet(look)
        if sheet != self._application.styleSheet():  # Qt goes over every widget for the same one
            self._application.setStyleSheet(sheet)


def figures_font(font: QFont) -> QFont:
    """Return *font* with figures of one width, so that counting numbers do not dance."""
    steady = QFont(font)
    steady.setFeature(QFont.Tag("tnum"), 1)
    return steady
