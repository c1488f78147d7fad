"""The photo view: one photo at a time, its result beside it under a handle, its errors in words."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from PySide6.QtCore import QElapsedTimer, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.models.first_stage import FirstStage
from rabbitviewer.models.preview import Preview
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.view.broken import BrokenPhoto
from rabbitviewer.view.canvas import PhotoCanvas
from rabbitviewer.view.overlay import PassingFigure
from rabbitviewer.view.turning import UPRIGHT, ViewTurn
from rabbitviewer.words import file_name

_SETTLE_MS = 120
_ENOUGH = 0.98
_COARSE = ("embedded", "thumbnail")
_HURRY_MS = 125
_MOST_TURNS = 1000

PairOf = Callable[[bytes], tuple[bytes, bytes] | None]


class PhotoView(QWidget):
    """Shows a photo; the one before stays until the first stage of this one is there.

    Signals:
        menu_wanted: the context menu, at this point of the screen.
        requested: pixels were asked for (path, the request's id).
        shown: another photo is to be shown; its pixels are asked for.
        comparing_changed: the result the handle lies across; empty: none.
        settled: the photo, its zoom and place have stayed the same for a moment.
        turned: the photo on show is turned or mirrored for looking.
    """

    menu_wanted = Signal(QPoint)
    requested = Signal(bytes, int)
    shown = Signal(bytes)
    comparing_changed = Signal(bytes)
    settled = Signal()
    turned = Signal()

    def __init__(
        self,
        source: PreviewStore,
        pair_of: PairOf,
        first_stage: FirstStage,
        parent: QWidget | None = None,
        *,
        viewer: str = "photo",
    ) -> None:
        """Prepare.

        Args:
            source: Where pixels come from.
            pair_of: Original and result where a photo is either of them.
            first_stage: Pixels that are at hand already (a thumbnail).
            parent: Qt's owner.
            viewer: Name of this view where there are several.
        """
        super().__init__(parent)
        self._source = source
        self._viewer = viewer
        self._turns: OrderedDict[bytes, ViewTurn] = OrderedDict()
        self._pace = QElapsedTimer()
        self._hurried = False
        self._pair_of = pair_of
        self._first_stage = first_stage
        self._path = b""
        self._original_path = b""
        self._outdated: set[bytes] = set()
        self._compare_wanted = False
        self._asked_for_any = False
        self._last_request = 0
        self.canvas = PhotoCanvas()
        self._broken = BrokenPhoto(self.canvas)
        self._figure = PassingFigure(self.canvas)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._on_settled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.canvas.customContextMenuRequested.connect(self._on_menu)
        self.canvas.zoom_changed.connect(self._on_zoom_changed)
        self.canvas.area_changed.connect(self._on_area_changed)
        self.canvas.original_wanted.connect(self._on_original_wanted)
        self.canvas.moved.connect(self._settle.start)
        self.canvas.keys_released.connect(source.rest)
        source.ready.connect(self._on_ready)
        source.failed.connect(self._on_failed)
        source.outdated.connect(self._on_outdated)

    @property
    def path(self) -> bytes:
        """The photo that is shown, or on its way."""
        return self._path

    @property
    def comparing(self) -> bool:
        """Whether the handle lies across the photo, or will as soon as both are there."""
        return self._compare_wanted

    @property
    def profile(self) -> str:
        """Id of the monitor's profile whose colours the photo is shown in; empty: sRGB."""
        return self._source.profile

    @property
    def hurried(self) -> bool:
        """Whether photos follow each other so fast that this one may be passed by."""
        return self._hurried

    def show_photo(self, path: bytes) -> None:
        """Show the photo at *path*; empty: nothing."""
        if path == self._path:
            return
        self._hurried = self._pace.isValid() and self._pace.elapsed() < _HURRY_MS
        self._pace.start()
        self._leave_compare()
        self._path = path
        self.canvas.setAccessibleDescription(file_name(path))
        self._broken.hide()
        if not path:
            self._source.let_go(self._viewer)
            self._show(None)
            return
        request_id = self._ask(path)
        shown = self.canvas.picture
        if shown is None or shown.path != path:
            self.show_first_stage(request_id)
        self.shown.emit(path)

    def show_first_stage(self, request_id: int = 0) -> None:
        """Show pixels that are at hand, as long as there are none of the photo."""
        shown = self.canvas.picture
        if not self._path or (shown is not None and shown.path == self._path):
            return
        coarse = self._first_stage(self._path)
        if coarse is not None:
            asked = request_id or self._last_request
            self._show(dataclasses.replace(coarse, request_id=asked))

    def turn(self, change: Callable[[ViewTurn], ViewTurn]) -> None:
        """Turn or mirror the photo on show for looking; its file stays as it is."""
        if not self._path:
            return
        turn = change(self._turn_of(self._path))
        self._turns[self._path] = turn
        self._turns.move_to_end(self._path)
        if len(self._turns) > _MOST_TURNS:
            self._turns.popitem(last=False)
        self.canvas.set_turn(turn)
        self._settle.start()
        self.turned.emit()

    def leave(self) -> None:
        """The view is not seen any more: nothing more is asked for it."""
        self._path = b""
        self._leave_compare()
        self._source.let_go(self._viewer)
        self.canvas.show_picture(None)

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
        if not self.canvas.is_laid_out:
            return 0
        width, height = (0, 0) if full else self._turn_of(path).size(*self.canvas.area_px)
        self._asked_for_any = True
        viewer = self._viewer if path == self._path else f"{self._viewer} original"
        request_id = self._source.want(path, width, height, viewer=viewer, hurried=self._hurried)
        if request_id and request_id != self._last_request and path == self._path:
            self._last_request = request_id
            self.requested.emit(path, request_id)
        return request_id

    def _on_ready(self, picture: Preview) -> None:
        anew = self._is_anew(picture)
        if picture.path == self._path:
            self._broken.hide()
            shown = self.canvas.picture
            same = shown is not None and shown.path == picture.path
            if shown is None or not same or anew or picture.is_better_than(shown):
                known = shown.image.cacheKey() if shown and shown.path == picture.path else None
                self._show(picture)
                if picture.image.cacheKey() != known:
                    self._settle.start()
                if known is None and not self.canvas.viewport.fitted and not self._hurried:
                    self._ask_for_enough()
        if picture.path == self._original_path:
            known = self.canvas.original
            same = known is not None and known.path == picture.path
            if known is None or not same or anew or picture.is_better_than(known):
                self.canvas.know_original(picture)
        self._start_compare()

    def _on_outdated(self, paths: AbstractSet[bytes]) -> None:
        """Take the next pixels of what is on show even where they are fewer: the file changed."""
        self._outdated |= {self._path, self._original_path} & paths

    def _is_anew(self, picture: Preview) -> bool:
        """Whether *picture* is of a file that changed: it counts, however few its pixels are."""
        anew = picture.path in self._outdated and picture.quality not in _COARSE
        if anew:
            self._outdated.discard(picture.path)
        return anew

    def _on_failed(self, path: bytes, error: ErrorInfo) -> None:
        shown = self.canvas.picture
        if path == self._path and (shown is None or shown.path != path):
            self._show(None)
            self._broken.show_error(path, error)

    def _start_compare(self) -> None:
        shown, original = self.canvas.picture, self.canvas.original
        if shown is None or original is None or not self._compare_wanted:
            return
        if shown.path == self._path:
            self.canvas.set_comparing(on=True)

    def _leave_compare(self) -> None:
        self._compare_wanted = False
        if self._original_path:
            self._source.let_go(f"{self._viewer} original")
        self._original_path = b""
        self.canvas.set_comparing(on=False)
        self.canvas.know_original(None)

    def _show(self, picture: Preview | None) -> None:
        """Put *picture* on the canvas; a result lies where its original lay, and back."""
        shown = self.canvas.picture
        if picture is None or shown is None or shown.path == picture.path:
            self.canvas.show_picture(picture)
            return
        pair = self._pair_of(picture.path)
        same_scene = pair is not None and shown.path in pair
        turn = self._turn_of(picture.path)
        self.canvas.show_picture(picture, turn, same_scene=same_scene)

    def _turn_of(self, path: bytes) -> ViewTurn:
        return self._turns.get(path, UPRIGHT)

    def _ask_for_enough(self) -> None:
        """Ask for more pixels where the zoom, the loupe or the area needs them."""
        shown = self.canvas.picture
        if shown is None or shown.path != self._path:
            return
        columns = shown.image.width()
        wanted = self.canvas.wanted_width
        if self.canvas.turn.swaps_sides:
            wanted *= shown.source_width / max(shown.source_height, 1)
        if columns >= wanted * _ENOUGH or shown.quality in _COARSE:
            return
        full = not self.canvas.viewport.fitted or self.canvas.loupe_shown
        for path in filter(None, (self._path, self._original_path)):
            self._ask(path, full=full)

    # ------------------------------------------------------------ events

    def _on_zoom_changed(self, zoom: float) -> None:
        if not self.canvas.viewport.fitted or self._figure.isVisible():
            self._figure.say(f"{zoom * 100:.0f} %")
        self._settle.start()

    def _on_settled(self) -> None:
        self._hurried = False
        self._ask_for_enough()
        self.settled.emit()

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
