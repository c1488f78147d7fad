"""Where we are, as a row of folders that can be pressed; the first ones fold when it is narrow."""

from __future__ import annotations

import os

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from rabbitviewer.theme.controls import icon_before_words
from rabbitviewer.theme.icons import icon, paint_icon
from rabbitviewer.theme.tokens import tokens

_LONGEST_NAME = 220
_SEPARATOR = os.fsencode(os.sep)


class Breadcrumbs(QWidget):
    """One button per folder of the path, the deepest one always in view.

    Signals:
        folder_chosen: a folder was pressed (its path).
    """

    folder_chosen = Signal(bytes)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = b""
        self._title = ""
        self._crumbs: list[QPushButton] = []
        self._marks: list[int] = []
        self._menu = QMenu(self)
        self._more = QToolButton(self)
        self._more.setIcon(icon("ph.dots-three", "text_secondary"))
        self._more.setIconSize(QSize(tokens().icon_small, tokens().icon_small))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(self._menu)
        self._more.setToolTip(self.tr("Folders above"))
        self._more.setAccessibleName(self.tr("Folders above"))
        self._more.hide()
        self.setAccessibleName(self.tr("Path"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @property
    def path(self) -> bytes:
        """The folder on show; empty: none."""
        return self._path

    def set_path(self, path: bytes) -> None:
        """Show the folders that lead to *path*."""
        if path == self._path and not self._title:
            return
        self._path, self._title = path, ""
        self._replace([self._make(*part) for part in split(path)])

    def set_collection(self, name: str) -> None:
        """Show that a collection is open, and the way back to the folder."""
        self._show_title(name, self.tr("Collection"), "ph.cards")

    def set_search(self, text: str) -> None:
        """Show that a search over all folders is open, and the way back to the folder."""
        words = self.tr("“{text}” in all folders").format(text=text)
        self._show_title(words, self.tr("Search"), "ph.magnifying-glass")

    def _show_title(self, name: str, kind: str, icon_name: str) -> None:
        self._title = name
        crumbs: list[QPushButton] = []
        if self._path:
            crumbs.append(self._make(*split(self._path)[-1]))
        title = self._make(b"", name)
        title.setIcon(icon(icon_name, "text_secondary"))
        title.setIconSize(icon_before_words(tokens().icon_small))
        title.setAccessibleName(f"{kind}: {name}")
        title.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        crumbs.append(title)
        self._replace(crumbs)

    def _replace(self, crumbs: list[QPushButton]) -> None:
        for crumb in self._crumbs:
            crumb.hide()
            crumb.deleteLater()
        self._crumbs = crumbs
        self._arrange()

    def folder_at(self, where: QPoint) -> tuple[bytes, QRect]:
        """Return the folder at a point and where it lies; empty: there is none."""
        for crumb, (path, _name) in zip(self._crumbs, split(self._path), strict=False):
            if crumb.isVisible() and crumb.geometry().contains(where):
                return path, crumb.geometry()
        return b"", QRect()

    def _make(self, path: bytes, name: str) -> QPushButton:
        crumb = QPushButton(self)
        crumb.setProperty("look", "quiet")
        metrics = crumb.fontMetrics()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, _LONGEST_NAME)
        crumb.setText(shown.replace("&", "&&"))
        crumb.setAccessibleName(self.tr("Go to {folder}").format(folder=name))
        crumb.setToolTip(name if shown != name else "")
        if path:
            crumb.clicked.connect(lambda: self.folder_chosen.emit(path))
        return crumb

    def _arrange(self) -> None:
        """Place as many of the last crumbs as there is room for."""
        step = tokens().icon_small
        widths = [crumb.sizeHint().width() + step for crumb in self._crumbs]
        room, first = self.width(), 0
        if sum(widths) - step > room:
            room -= self._more.sizeHint().width() + step
            while first < len(widths) - 1 and sum(widths[first:]) - step > room:
                first += 1
        self._more.setVisible(first > 0)
        self._fill_menu(first)
        self._marks = []
        left = 0
        if first:
            left = self._place(self._more, 0)
        for number, crumb in enumerate(self._crumbs):
            crumb.setVisible(number >= first)
            if number >= first:
                if left:
                    self._marks.append(left)
                    left += step
                left = self._place(crumb, left)
        self.update()

    def _place(self, widget: QWidget, left: int) -> int:
        hint = widget.sizeHint()
        width = min(hint.width(), max(self.width() - left, 0))
        widget.setGeometry(left, (self.height() - hint.height()) // 2, width, hint.height())
        return left + width

    def _fill_menu(self, count: int) -> None:
        self._menu.clear()
        for path, name in split(self._path)[:count]:
            action = QAction(name.replace("&", "&&"), self._menu)
            action.triggered.connect(lambda _on=False, chosen=path: self.folder_chosen.emit(chosen))
            self._menu.addAction(action)

    def sizeHint(self) -> QSize:
        """Return the width of all crumbs."""
        width = sum(crumb.sizeHint().width() + tokens().icon_small for crumb in self._crumbs)
        return QSize(width, tokens().control_height)

    def minimumSizeHint(self) -> QSize:
        """Return what one short crumb needs."""
        return QSize(4 * tokens().space_5, tokens().control_height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold or unfold crumbs."""
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the marks between the folders."""
        super().paintEvent(event)
        look = tokens()
        painter = QPainter(self)
        for left in self._marks:
            box = self.rect().adjusted(left, 0, 0, 0)
            box.setWidth(look.icon_small)
            box.setHeight(look.font_small)
            box.moveTop((self.height() - look.font_small) // 2)
            paint_icon(painter, box, "ph.caret-right", look.text_disabled)
        painter.end()


def split(path: bytes) -> list[tuple[bytes, str]]:
    """Return the folders that lead to *path* and it itself, each with its readable name."""
    parts: list[tuple[bytes, str]] = []
    while path:
        path = path.rstrip(_SEPARATOR) or path
        above, name = os.path.split(path)
        parts.append((path, (name or path).decode("utf-8", "replace")))
        if above == path:
            break
        path = above
    return parts[::-1]
