"""Icons of the Phosphor set that QtAwesome ships, drawn in the colours of the theme in force.

QtAwesome's own icons keep the colour they were made with, and importing it takes 120 ms of the
window's start (through qtpy); so only its font and its table of names are used, by an icon engine
that asks for the tokens while it paints. A change of theme then needs nothing but a repaint.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

from rabbitviewer.theme.tokens import Tokens, tokens


@functools.cache
def _glyphs() -> tuple[str, dict[str, str]]:
    """Load the font; return its family and the character of every icon name."""
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("QtAwesome is not installed: its Phosphor font is needed")
    folder = Path(spec.submodule_search_locations[0]) / "fonts"
    font_file = max(folder.glob("phosphor-*.ttf"))
    names = json.loads(max(folder.glob("phosphor-charmap-*.json")).read_text("utf-8"))
    font_id = QFontDatabase.addApplicationFontFromData(font_file.read_bytes())
    family = QFontDatabase.applicationFontFamilies(font_id)[0]
    return family, {name: chr(int(code, 16)) for name, code in names.items()}


def paint_icon(painter: QPainter, rect: QRect, name: str, color: str) -> None:
    """Draw the icon *name* (``ph.image``) centred in *rect*, as large as its shorter side.

    Raises:
        KeyError: there is no icon of this name.
    """
    family, characters = _glyphs()
    character = characters[name.removeprefix("ph.")]
    font = QFont(family)
    font.setPixelSize(max(min(rect.width(), rect.height()), 1))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter.save()
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, character)
    painter.restore()


def icon(name: str, role: str = "text") -> QIcon:
    """Return the icon *name* (``ph.image``).

    Args:
        name: Name in the Phosphor set, with its prefix.
        role: The token to draw it in; a checked button's icon takes the accent.
    """
    return QIcon(_ThemedEngine(name, role))


class _ThemedEngine(QIconEngine):
    """Draws one glyph in the colour that mode, state and theme ask for at this moment.

    In a rectangle wider than high it stands left: the rest is a gap before the words of a button.
    """

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        square = QRect(rect.topLeft(), QSize(min(rect.width(), rect.height()), rect.height()))
        paint_icon(painter, square, self._name, self._color(tokens(), mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        if size.isEmpty():
            return pixmap
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _ThemedEngine(self._name, self._role)

    def _color(self, look: Tokens, mode: QIcon.Mode, state: QIcon.State) -> str:
        if mode == QIcon.Mode.Disabled:
            return look.text_disabled
        if state == QIcon.State.On and self._role == "text":
            return look.accent_text
        return getattr(look, self._role)
