"""In which direction the user goes through a folder, and what is held ready for that."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.models.sprint import Sprint
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.view.photo_view import PhotoView

_FAR = 3
_FAR_AHEAD = 12
_REST_MS = 250
_VIEWER = "travel"


class Travel(QObject):
    """Remembers the last photo and holds the probable next ones ready.

    At a walk these are pixels at the size of the screen; while keys are held, thumbnails of those
    that come next stand in for what cannot be decoded so fast.
    """

    def __init__(
        self,
        listing: ListingModel,
        previews: PreviewStore,
        thumbnails: ThumbnailStore,
        photo: PhotoView,
    ) -> None:
        super().__init__(photo)
        self._listing = listing
        self._previews = previews
        self._thumbnails = thumbnails
        self._photo = photo
        self._last = b""
        self._step = 1
        self._sprint = Sprint()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_rest)
        photo.shown.connect(self._on_shown)
        photo.settled.connect(self._on_settled)
        thumbnails.ready.connect(self._on_thumbnail_ready)
        listing.photos_changed.connect(previews.forget)
        listing.photos_removed.connect(previews.forget)

    def ahead_of(self, path: bytes) -> list[bytes]:
        """Return the photos to hold ready while *path* is on show, the most probable first."""
        before, now = self._listing.row(self._last), self._listing.row(path)
        if before >= 0 and now >= 0 and before != now:
            self._step = 1 if now > before else -1
        self._last = path
        return self._around(path, (1, -1, *range(2, _FAR + 1), *range(-2, -_FAR - 1, -1)))

    def _around(self, path: bytes, steps: tuple[int, ...] | range) -> list[bytes]:
        """Return the photos so many *steps* further on in the direction of travel."""
        row = self._listing.row(path)
        rows = [row + self._step * step for step in steps] if row >= 0 else []
        return [self._listing.path(each) for each in rows if 0 <= each < len(self._listing)]

    def _on_shown(self, path: bytes) -> None:
        if not path or not self._photo.isVisible():
            return
        ahead = self.ahead_of(path)
        if self._photo.hurried:
            ahead = self._around(path, range(1, _FAR_AHEAD + 1))
            small = [] if self._previews.is_quick else self._sprint_on(path)
            self._thumbnails.want((), small, viewer=_VIEWER, whole=True)
            self._rest.start()
        self._look_ahead(ahead)

    def _sprint_on(self, path: bytes) -> list[bytes]:
        """Return the photos whose thumbnails can be there when they are reached."""
        last = len(self._listing) - 1 if self._step > 0 else 0
        row = self._listing.row(path)
        rows = self._sprint.step(row, self._step, last, self._is_there) if row >= 0 else []
        return [self._listing.path(each) for each in rows]

    def _is_there(self, row: int) -> bool:
        return self._thumbnails.thumbnail(self._listing.path(row)) is not None

    def _look_ahead(self, ahead: list[bytes]) -> None:
        """Hold *ahead* ready; where the zoom is kept, the next one with all its pixels."""
        canvas = self._photo.canvas
        close = canvas.keep_zoom and not canvas.viewport.fitted and not self._photo.hurried
        self._previews.look_ahead(ahead, *canvas.area_px, whole=ahead[:1] if close else ())

    def _on_rest(self) -> None:
        self._sprint.stop()
        self._thumbnails.want((), viewer=_VIEWER)
        if self._photo.path:
            self._look_ahead(self.ahead_of(self._photo.path))

    def _on_settled(self) -> None:
        """The zoom is another one, perhaps: what comes next may be wanted with other pixels."""
        if self._photo.path and self._photo.isVisible() and not self._photo.hurried:
            self._look_ahead(self.ahead_of(self._photo.path))

    def _on_thumbnail_ready(self, path: bytes) -> None:
        self._sprint.answered(self._listing.row(path))
        if path == self._photo.path:
            self._photo.show_first_stage()
