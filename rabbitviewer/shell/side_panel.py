"""The right panel: one tab at a time, Info, Edit, Looks or Pool."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from rabbitviewer.theme.controls import hairline
from rabbitviewer.theme.tokens import tokens


class SidePanel(QFrame):
    """Tabs over a stack.

    Signals:
        tab_changed: another tab is shown (its id).
    """

    tab_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self.setProperty("look", "panel")
        self._bar = QTabBar()
        self._bar.setExpanding(False)
        self._bar.setDrawBase(False)
        self._bar.setAccessibleName(self.tr("Panels"))
        self._stack = QStackedWidget()
        self._ids: list[str] = []
        top = QHBoxLayout()
        top.setContentsMargins(look.space_2, 0, look.space_2, 0)
        top.addWidget(self._bar)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(hairline())
        layout.addWidget(self._stack, 1)
        self._bar.currentChanged.connect(self._on_current_changed)

    @property
    def tab(self) -> str:
        """The id of the tab on show."""
        return self._ids[self._bar.currentIndex()]

    def add_tab(self, tab_id: str, title: str, content: QWidget) -> None:
        """Append a tab."""
        self._ids.append(tab_id)
        self._stack.addWidget(content)
        self._bar.addTab(title)

    def show_tab(self, tab_id: str) -> None:
        """Bring a tab to the front; an unknown one is left out."""
        if tab_id in self._ids:
            self._bar.setCurrentIndex(self._ids.index(tab_id))

    def _on_current_changed(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        if 0 <= index < len(self._ids):
            self.tab_changed.emit(self._ids[index])
