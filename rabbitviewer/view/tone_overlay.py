"""Histogram and clipping marks on the photo that is looked at."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer

from rabbitviewer.models.tones import PhotoTones, ToneStore
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.histogram import HistogramView
from rabbitviewer.view.photo_view import PhotoView

_REST_MS = 150


class ToneOverlay(QObject):
    """Shows the tones of the photo on show as long as somebody wants to see them.

    Nothing is asked for while photos are passed by.
    """

    def __init__(self, photo: PhotoView, store: ToneStore) -> None:
        super().__init__(photo)
        self._photo = photo
        self._store = store
        self._clipping = False
        self._wants_histogram = False
        self.histogram = HistogramView(photo.canvas, on_photo=True)
        self.histogram.hide()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._ask)
        photo.shown.connect(self._on_shown)
        photo.canvas.painted.connect(self._on_painted)
        store.ready.connect(self._on_ready)
        photo.canvas.installEventFilter(self)

    @property
    def shows_histogram(self) -> bool:
        """Whether the histogram lies on the photo."""
        return self._wants_histogram

    @property
    def shows_clipping(self) -> bool:
        """Whether blown and blocked pixels are marked."""
        return self._clipping

    def show_histogram(self, *, on: bool) -> None:
        """Lay the histogram on the photo, or take it away."""
        self._wants_histogram = on
        self.histogram.setVisible(on)
        self._place()
        self._renew()

    def show_clipping(self, *, on: bool) -> None:
        """Mark blown pixels red and blocked ones blue, or stop doing so."""
        self._clipping = on
        self._renew()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the histogram in its corner."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        look, room = tokens(), self._photo.canvas.rect()
        width = min(look.panel_width, room.width() - 2 * look.space_4)
        height = look.histogram_height + look.space_5
        right, bottom = room.width() - look.space_4, room.height() - look.space_4
        self.histogram.setGeometry(right - width, bottom - height, width, height)

    def _on_shown(self, _path: bytes) -> None:
        self._renew()

    def _on_painted(self, _picture: object) -> None:
        """Another photo takes the marks of the one before with it."""
        self._show(self._store.tones(self._photo.path))

    def _on_ready(self, tones: PhotoTones) -> None:
        if tones.path == self._photo.path:
            self._show(tones)

    def _renew(self) -> None:
        self._show(self._store.tones(self._photo.path))
        self._rest.start()

    def _ask(self) -> None:
        path = self._photo.path
        if path and (self._wants_histogram or self._clipping) and self._photo.isVisible():
            self._store.want(path)

    def _show(self, tones: PhotoTones | None) -> None:
        if self._wants_histogram:
            self.histogram.show_tones(tones)
        shown = self._photo.canvas.picture
        there = tones is not None and shown is not None and shown.path == tones.path
        marks = tones.clipping if tones is not None and there and self._clipping else None
        self._photo.canvas.lay_over(marks)
