"""The photo view: one photo at a time, its result beside it under a handle, its errors in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.models.preview import Preview
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.view.broken import BrokenPhoto
from rabbitviewer.view.canvas import PhotoCanvas
from rabbitviewer.view.overlay import PassingFigure
from rabbitviewer.words import file_name

_SETTLE_MS = 120
_ENOUGH = 0.98
_COARSE = ("embedded", "thumbnail")


PairOf = Callable[[bytes], tuple[bytes, bytes] | None]
FirstStage = Callable[[bytes], Preview | None]


class PhotoView(QWidget):
    """Shows a photo; the one before stays until the first stage of this one is there.

    Signals:
        menu_wanted: the context menu, at this point of the screen.
        requested: pixels were asked for (path, the request's id).
        shown: another photo is to be shown; its pixels are asked for.
        comparing_changed: the result the handle lies across; empty: none.
    """

    menu_wanted = Signal(QPoint)
    requested = Signal(bytes, int)
    shown = Signal(bytes)
    comparing_changed = Signal(bytes)

    def __init__(
        self,
        source: PreviewStore,
        pair_of: PairOf,
        first_stage: FirstStage,
        parent: QWidget | None = None,
    ) -> None:
        """Prepare.

        Args:
            source: Where pixels come from.
            pair_of: Original and result where a photo is either of them.
            first_stage: Pixels that are at hand already (a thumbnail).
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._source = source
        self._pair_of = pair_of
        self._first_stage = first_stage
        self._path = b""
        self._original_path = b""
        self._compare_wanted = False
        self._asked_for_any = False
        self.canvas = PhotoCanvas()
        self._broken = BrokenPhoto(self.canvas)
        self._figure = PassingFigure(self.canvas)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._ask_for_enough)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.canvas.customContextMenuRequested.connect(self._on_menu)
        self.canvas.zoom_changed.connect(self._on_zoom_changed)
        self.canvas.area_changed.connect(self._on_area_changed)
        self.canvas.original_wanted.connect(self._on_original_wanted)
        source.ready.connect(self._on_ready)
        source.failed.connect(self._on_failed)

    @property
    def path(self) -> bytes:
        """The photo that is shown, or on its way."""
        return self._path

    @property
    def comparing(self) -> bool:
        """Whether the handle lies across the photo, or will as soon as both are there."""
        return self._compare_wanted

    def show_photo(self, path: bytes) -> None:
        """Show the photo at *path*; empty: nothing."""
        if path == self._path:
            return
        self._leave_compare()
        self._path = path
        self.canvas.setAccessibleDescription(file_name(path))
        self._broken.hide()
        if not path:
            self.canvas.show_picture(None)
            return
        request_id = self._ask(path)
        shown = self.canvas.picture
        coarse = self._first_stage(path) if shown is None or shown.path != path else None
        if coarse is not None:
            self.canvas.show_picture(dataclasses.replace(coarse, request_id=request_id))
        self.shown.emit(path)

    def compare(self, original: bytes, result: bytes) -> None:
        """Show *result* with the handle between it and *original*."""
        before = self.canvas.picture
        if result != self._path:
            self.show_photo(result)
        self._original_path = original
        self._compare_wanted = True
        if before is not None and before.path == original:
            self.canvas.know_original(before)
        self._ask(original)
        self._start_compare()
        self.comparing_changed.emit(result)

    def end_compare(self) -> None:
        """Take the handle away; the result stays."""
        if self._compare_wanted:
            self._leave_compare()
            self.comparing_changed.emit(b"")

    def stand_in(self, image: QImage | None) -> None:
        """Show a sampler's picture in the photo's place; None: the photo again."""
        self.canvas.stand_in(image)

    # ------------------------------------------------------------ pixels

    def _ask(self, path: bytes, *, full: bool = False) -> int:
        area = self.canvas.viewport
        if not self.canvas.is_laid_out:
            return 0
        width, height = (0, 0) if full else (area.area_width, area.area_height)
        self._asked_for_any = True
        request_id = self._source.want(path, width, height)
        if request_id and path == self._path:
            self.requested.emit(path, request_id)
        return request_id

    def _on_ready(self, picture: Preview) -> None:
        if picture.path == self._path:
            self._broken.hide()
            shown = self.canvas.picture
            if shown is None or shown.path != picture.path or picture.is_better_than(shown):
                self.canvas.show_picture(picture)
                self._settle.start()
        if picture.path == self._original_path:
            known = self.canvas.original
            if known is None or known.path != picture.path or picture.is_better_than(known):
                self.canvas.know_original(picture)
        self._start_compare()

    def _on_failed(self, path: bytes, error: ErrorInfo) -> None:
        shown = self.canvas.picture
        if path == self._path and (shown is None or shown.path != path):
            self.canvas.show_picture(None)
            self._broken.show_error(path, error)

    def _start_compare(self) -> None:
        shown, original = self.canvas.picture, self.canvas.original
        if shown is None or original is None or not self._compare_wanted:
            return
        if shown.path == self._path:
            self.canvas.set_comparing(on=True)

    def _leave_compare(self) -> None:
        self._compare_wanted = False
        self._original_path = b""
        self.canvas.set_comparing(on=False)
        self.canvas.know_original(None)

    def _ask_for_enough(self) -> None:
        """Ask for more pixels where the zoom or the area needs them."""
        shown = self.canvas.picture
        if shown is None or shown.path != self._path:
            return
        area = self.canvas.viewport
        wanted = min(area.zoom, 1.0) * shown.source_width
        if shown.image.width() >= wanted * _ENOUGH or shown.quality in _COARSE:
            return
        for path in filter(None, (self._path, self._original_path)):
            self._ask(path, full=not area.fitted)

    # ------------------------------------------------------------ events

    def _on_zoom_changed(self, zoom: float) -> None:
        if not self.canvas.viewport.fitted or self._figure.isVisible():
            self._figure.say(f"{zoom * 100:.0f} %")
        self._settle.start()

    def _on_area_changed(self) -> None:
        """Ask for what could not be asked for before; for pixels of a new size once it stays."""
        if self._path and not self._asked_for_any:
            self._ask(self._path)
        self._settle.start()

    def _on_original_wanted(self) -> None:
        pair = self._pair_of(self._path)
        if pair is not None and pair[1] == self._path and not self._original_path:
            self._original_path = pair[0]
            self._ask(pair[0])

    def _on_menu(self, where: QPoint) -> None:
        self.menu_wanted.emit(self.canvas.mapToGlobal(where))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is said over the photo over it."""
        super().resizeEvent(event)
        self._broken.setGeometry(self.canvas.rect())
