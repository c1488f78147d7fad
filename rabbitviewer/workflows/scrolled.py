"""A column of words and fields that scrolls only when it is really higher than its room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QVBoxLayout, QWidget

_FITS_AFTER = (QEvent.Type.LayoutRequest, QEvent.Type.Resize, QEvent.Type.Show)


class Scrolled(QScrollArea):
    """Scrolls its column up and down, never sideways.

    Attributes:
        column: Where content goes.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        content = _Content()
        self.column = content.column
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)


class _Content(QWidget):
    """As high as its words are at the width they have; Qt would reckon with a narrower one."""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumWidth(1)

    def event(self, event: QEvent) -> bool:
        """Take the height that the content has now."""
        done = super().event(event)
        if event.type() in _FITS_AFTER:
            wanted = max(self.column.totalHeightForWidth(self.width()), 1)
            if wanted != self.minimumHeight():
                self.setMinimumHeight(wanted)
        return done
