"""Two to four photos side by side, zoomed and moved in step."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from rabbitviewer.models.first_stage import FirstStage
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.marks_line import MarksLine
from rabbitviewer.view.pane import Pane
from rabbitviewer.view.photo_view import PhotoView

LEAST, MOST = 2, 4
_USUAL_ASPECT = 1.5


def columns_for(count: int, room_aspect: float, photo_aspect: float) -> int:
    """Return in how many columns *count* photos are shown largest (aspects: width by height)."""

    def photo_width(columns: int) -> float:
        rows = -(-count // columns)
        return min(room_aspect / columns, photo_aspect / rows)

    return max(range(1, count + 1), key=photo_width, default=1)


class SideBySide(QWidget):
    """Equal panes; one of them is the current one, on which keys act.

    Signals:
        current_changed: another photo is the current one (its path).
        menu_wanted: the context menu, at this point of the screen.
        emptied: fewer than two photos are left.
    """

    current_changed = Signal(bytes)
    menu_wanted = Signal(QPoint)
    emptied = Signal()

    def __init__(
        self,
        listing: ListingModel,
        previews: PreviewStore,
        first_stage: FirstStage,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._listing = listing
        self._previews = previews
        self._shown: list[Pane] = []
        self._current = 0
        self._in_step = True
        self._following = False
        self._first_stage = first_stage
        self._panes: list[Pane] = []
        self._step_button = self._make_step_button()
        self._grid = QGridLayout()
        self._grid.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._grid, 1)
        layout.addWidget(self._make_bar())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Photos side by side"))
        listing.photos_removed.connect(self._on_removed)

    # ------------------------------------------------------------ what is shown

    @property
    def paths(self) -> tuple[bytes, ...]:
        """The photos on show, from the left."""
        return tuple(pane.path for pane in self._shown)

    @property
    def current(self) -> bytes:
        """The photo of the current pane; empty: none is shown."""
        return self._shown[self._current].path if self._shown else b""

    @property
    def panes(self) -> Sequence[Pane]:
        """The panes on show."""
        return self._shown

    def show_photos(self, paths: Sequence[bytes], current: bytes = b"") -> None:
        """Show two to four photos; *current* is the current one."""
        chosen = list(paths)[:MOST]
        while len(self._panes) < len(chosen):
            self._panes.append(self._make_pane(len(self._panes)))
        for pane in self._panes:
            self._grid.removeWidget(pane)
            pane.setVisible(False)
        self._shown = self._panes[: len(chosen)]
        columns = columns_for(len(chosen), self._room_aspect(), self._photo_aspect(chosen))
        for number, (pane, path) in enumerate(zip(self._shown, chosen, strict=True)):
            self._grid.addWidget(pane, number // columns, number % columns)
            pane.setVisible(True)
            pane.show_photo(path)
        for column in range(MOST):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        for row in range(MOST):
            self._grid.setRowStretch(row, 1 if row * columns < len(chosen) else 0)
        self._make_current(chosen.index(current) if current in chosen else 0)

    def _room_aspect(self) -> float:
        return self.width() / max(self.height(), 1)

    def _photo_aspect(self, paths: Sequence[bytes]) -> float:
        """Return width by height of the first photo that is known, else that of most photos."""
        for path in paths:
            known = self._previews.preview(path) or self._first_stage(path)
            if known is not None and known.source_height:
                return known.source_width / known.source_height
        return _USUAL_ASPECT

    def leave(self) -> None:
        """Nobody looks any more: nothing more is asked for."""
        for pane in self._panes:
            pane.photo.leave()

    def set_in_step(self, *, on: bool) -> None:
        """Zoom and move all panes together, or each on its own."""
        self._in_step = on
        self._step_button.setChecked(on)
        if on and self._shown:
            self._follow(self._shown[self._current])

    def step(self, by: int) -> None:
        """Replace the current photo by the next one that is not shown beside it."""
        row = self._listing.row(self.current)
        if row < 0:
            return
        others = set(self.paths)
        row += by
        while 0 <= row < len(self._listing):
            path = self._listing.path(row)
            if path not in others:
                self.replace_current(path)
                return
            row += by

    def replace_current(self, path: bytes) -> None:
        """Put the photo at *path* into the current pane."""
        if self._shown:
            self._shown[self._current].show_photo(path)
            self._make_current(self._current)

    # ------------------------------------------------------------ panes

    def _make_pane(self, number: int) -> Pane:
        viewer = f"side by side {number}"
        photo = PhotoView(self._previews, lambda _path: None, self._first_stage, viewer=viewer)
        pane = Pane(photo, MarksLine(self._listing), self)
        pane.setVisible(False)
        photo.canvas.keep_zoom = True
        photo.menu_wanted.connect(self.menu_wanted)
        photo.canvas.moved.connect(lambda: self._on_moved(pane))
        pane.pressed.connect(lambda: self._make_current(self._panes.index(pane)))
        return pane

    def _make_current(self, number: int) -> None:
        self._current = number
        for index, pane in enumerate(self._shown):
            pane.set_current(current=index == number)
        if self._shown:
            self._shown[number].photo.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
            self.current_changed.emit(self.current)

    def _on_moved(self, pane: Pane) -> None:
        if self._in_step and not self._following and pane in self._shown:
            leader = self._shown[self._current]
            # A photo that has just arrived takes the others' place instead of giving its own.
            self._follow(pane if pane.photo.canvas.underMouse() else leader)

    def _follow(self, leader: Pane) -> None:
        """Let the other panes look where *leader* looks."""
        with self._leading():
            seen = leader.photo.canvas.viewport
            for pane in self._shown:
                own = pane.photo.canvas.viewport
                if pane is not leader and own.source_width:
                    pane.photo.canvas.set_viewport(own.in_step_with(seen))

    @contextlib.contextmanager
    def _leading(self) -> Generator[None]:
        self._following = True
        try:
            yield
        finally:
            self._following = False

    def _on_removed(self, removed: Sequence[bytes]) -> None:
        """Close the panes of photos that are gone."""
        gone = set(removed)
        if not gone.intersection(self.paths) or not self.isVisible():
            return
        left = [path for path in self.paths if path not in gone]
        if len(left) < LEAST:
            self.emptied.emit()
        else:
            self.show_photos(left, self.current)

    # ------------------------------------------------------------ the line below

    def _make_step_button(self) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("In step"))
        button.setToolTip(self.tr("Zoom and move all photos together (Y)"))
        button.setCheckable(True)
        button.setChecked(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(self._on_step_clicked)
        return button

    def _on_step_clicked(self, on: bool) -> None:
        self.set_in_step(on=on)

    def _make_bar(self) -> QWidget:
        look = tokens()
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(look.space_3, look.space_1, look.space_3, look.space_1)
        words = self.tr("Click chooses · arrows replace the chosen photo · Tab goes on · Esc back")
        row.addWidget(text_label(words, "secondary"))
        row.addStretch(1)
        row.addWidget(self._step_button)
        return bar

    # ------------------------------------------------------------ Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Replace the current photo, go to another pane, zoom, turn the step on or off."""
        canvas = self._shown[self._current].photo.canvas if self._shown else None
        match event.key():
            case Qt.Key.Key_Left:
                self.step(-1)
            case Qt.Key.Key_Right | Qt.Key.Key_Space:
                self.step(1)
            case Qt.Key.Key_Y:
                self.set_in_step(on=not self._in_step)
            case Qt.Key.Key_Z if canvas is not None:
                canvas.toggle_zoom(canvas.pointer())
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal if canvas is not None:
                canvas.zoom_by_steps(1)
            case Qt.Key.Key_Minus if canvas is not None:
                canvas.zoom_by_steps(-1)
            case _:
                super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes from pane to pane."""
        if self._shown:
            self._make_current((self._current + (1 if next else -1)) % len(self._shown))
        return True
