"""Paints a photo, or a photo and its result with a handle between them, at any zoom."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QRegion, QTransform
from PySide6.QtWidgets import QWidget

from rabbitviewer.models.preview import Preview
from rabbitviewer.theme.tokens import Tokens, tokens
from rabbitviewer.view.layers import CanvasLayer, outward, parts_of, photo_to_device
from rabbitviewer.view.loupe import Loupe
from rabbitviewer.view.overlay import paint_handle, paint_tag
from rabbitviewer.view.photo_paint import cover, device_pixels, draw_image, draw_photo
from rabbitviewer.view.trial import Trial, paint_trial
from rabbitviewer.view.turning import UPRIGHT, ViewTurn
from rabbitviewer.view.viewport import Viewport
from rabbitviewer.view.zooming import ZoomArea

BACKGROUNDS = {"dark": "photo_area", "gray": "photo_area_grey", "black": "photo_area_black"}


class PhotoSurface(ZoomArea):
    """One photo, or two of the same scene that share zoom and pan.

    Signals:
        painted: a picture reached the screen for the first time.
        split_changed: the handle was moved (share of the photo's width, 0..1).
        original_wanted: the user holds the key or button that shows the original.

    Attributes:
        keep_zoom: The next photo is shown at the zoom and place of this one.
    """

    painted = Signal(object)
    split_changed = Signal(float)
    original_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Preview | None = None
        self._original: Preview | None = None
        self._stand_in: QImage | None = None
        self._trial: Trial | None = None
        self._strength = 1.0
        self._overlay: QImage | None = None
        self._layer: CanvasLayer | None = None
        self._loupe = Loupe()
        self.keep_zoom = False
        self._split = 0.5
        self._comparing = False
        self._holding = False
        self._background = "dark"
        self._unpainted: list[Preview] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(self.tr("Photo"))

    # ------------------------------------------------------------ what is shown

    @property
    def picture(self) -> Preview | None:
        """The photo on show (in compare: the result)."""
        return self._picture

    @property
    def original(self) -> Preview | None:
        """The photo this one was made from, once it is known."""
        return self._original

    @property
    def comparing(self) -> bool:
        """Whether the handle lies across the photo."""
        return self._comparing and self._original is not None

    @property
    def loupe_shown(self) -> bool:
        """Whether the loupe lies on the photo."""
        return self._loupe.at is not None

    @property
    def wanted_width(self) -> float:
        """How many of the photo's columns the device can show now, at most its own."""
        zoom = self._viewport.zoom
        if self._loupe.at is not None:
            zoom = max(zoom, self._loupe.zoom_for(self._viewport))
        return min(zoom, 1.0) * self._turn.size(*self._source_size())[0]

    @property
    def split(self) -> float:
        """Where the handle stands, as a share of the photo's width."""
        return self._split

    @property
    def holding(self) -> bool:
        """Whether the original is shown for as long as a key or button is held."""
        return self._holding

    def show_picture(
        self, picture: Preview | None, turn: ViewTurn | None = None, *, same_scene: bool = False
    ) -> None:
        """Show *picture*; None clears the area (nothing else ever does).

        Args:
            picture: The photo, or a better stage of it.
            turn: How it is seen; None: as before where it is the same photo, else upright.
            same_scene: It lies where the one before lay (a photo and its result).
        """
        before = self._picture
        same = picture is not None and before is not None and picture.path == before.path
        if not same:
            self._stand_in = None
            self._overlay = None
            self._holding = False
        self._turn = turn or (self._turn if same or same_scene else UPRIGHT)
        self._picture = picture
        if picture is None:
            self._viewport = Viewport(*self._area(), 0, 0, largest_fit=self.devicePixelRatioF())
        else:
            self._unpainted.append(picture)
            stays = same or same_scene or self.keep_zoom
            self._look_at(self._viewport if stays else self._viewport.to_fit())
        self.update()

    def set_turn(self, turn: ViewTurn) -> None:
        """Turn or mirror the photo on show; the whole of it is seen then."""
        self._turn = turn
        self._look_at(self._viewport.to_fit())
        self.update()

    def lay_over(self, image: QImage | None) -> None:
        """Lay *image* (clipped samples) over the photo; None: take it away."""
        if image is not self._overlay:
            self._overlay = image
            self.update()

    def set_layer(self, layer: CanvasLayer | None) -> None:
        """Let *layer* paint itself over the photo; None: no more."""
        self._layer = layer
        self.update()

    def photo_transform(self) -> QTransform:
        """Return the way from pixels of the upright photo (column, row) to device pixels."""
        target = QRectF(*self._viewport.rect)
        return photo_to_device(target, self._turn, *self._turn.size(*self._source_size()))

    def to_photo(self, where: QPointF) -> QPointF:
        """Return the column and row of the upright photo under a point of the widget."""
        back, _ = self.photo_transform().inverted()
        return back.map(where * self.devicePixelRatioF() + self._off_grid())

    def update_photo(self, part: QRect) -> None:
        """Repaint what shows *part* (pixels of the upright photo), and nothing else."""
        shown = self.photo_transform().mapRect(QRectF(part))
        self.update_device(QRegion(outward(shown)))

    def update_device(self, region: QRegion) -> None:
        """Repaint *region*, device pixels."""
        ratio = self.devicePixelRatioF()
        logical = QRegion()
        for part in parts_of(region):
            shown = QRectF(part).translated(-self._off_grid())
            inside = QRectF(shown.topLeft() / ratio, shown.size() / ratio)
            logical += inside.toAlignedRect() if ratio == 1 else outward(inside)
        self.update(logical)

    def set_loupe(self, at: QPointF | None) -> None:
        """Put the loupe at a point of the area; None: take it away."""
        look = tokens()
        before, self._loupe.at = self._loupe.rect(look), at
        self.update(before.united(self._loupe.rect(look)).toAlignedRect())
        if before.isNull() != (at is None):
            self.moved.emit()

    def know_original(self, original: Preview | None) -> None:
        """Take the photo that this one was made from, to compare with."""
        if original is not None:
            self._unpainted.append(original)
        self._original = original
        self.update()

    def set_comparing(self, *, on: bool) -> None:
        """Lay the handle across the photo as soon as the original is known, or take it away."""
        if on and not self._comparing:
            self._split = 0.5
        self._comparing = on
        self.update()

    def stand_in(self, image: QImage | None) -> None:
        """Show *image* in the photo's place (a sampler's preview) until None is given."""
        self._stand_in = image
        self.update()

    @property
    def trial(self) -> Trial | None:
        """The grade that is tried on the photo."""
        return self._trial

    def try_grade(self, trial: Trial | None, strength: float = 1.0) -> None:
        """Show the photo under a grade, where it is on show, until None is given.

        Args:
            trial: Its pictures; those of another photo are not shown.
            strength: 0..1.5; another one costs a repaint and nothing else.
        """
        if trial is not self._trial or strength != self._strength:
            self._trial, self._strength = trial, strength
            self.update()

    def hold_original(self, *, on: bool) -> None:
        """Show the original whole while held."""
        if on and not self._holding:
            self.original_wanted.emit()
        self._holding = on
        self.update()

    def set_split(self, share: float) -> None:
        """Put the handle at *share* of the photo's width."""
        self._split = min(max(share, 0.0), 1.0)
        self.split_changed.emit(self._split)
        self.update()

    def next_background(self) -> None:
        """Go on to the next ground: neutral, mid grey, black."""
        names = list(BACKGROUNDS)
        self.set_background(names[(names.index(self._background) + 1) % len(names)])

    def set_background(self, name: str) -> None:
        """Put the ground *name* behind the photo: a key of :data:`BACKGROUNDS`."""
        self._background = name
        self.update()

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photo, and what is compared with it."""
        self._measure()
        look = tokens()
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(getattr(look, BACKGROUNDS[self._background])))
        if self._picture is not None:
            with device_pixels(painter):
                self._paint_photo(painter)
                self._paint_layer(painter, event.region())
                self._loupe.paint(
                    painter,
                    self._picture,
                    self._viewport,
                    self._turn,
                    self.devicePixelRatioF(),
                    look,
                )
            self._paint_marks(painter, look)
        painter.end()
        if self._unpainted:
            QTimer.singleShot(0, self._tell_painted)

    def _paint_photo(self, painter: QPainter) -> None:
        target = QRectF(*self._viewport.rect)
        shown, original = self._picture, self._original
        if shown is None:
            return
        if self._stand_in is not None:
            draw_image(painter, target, self._stand_in, source=cover(target, self._stand_in))
        elif original is None or not (self._comparing or self._holding):
            self._draw_tried(painter, target, shown)
            if self._overlay is not None:
                draw_image(painter, target, self._overlay, self._turn, rough=True)
        elif self._holding:
            self._draw(painter, target, original)
        else:
            middle = round(target.left() + target.width() * self._split)
            high, right = self._viewport.area_height, self._viewport.area_width
            for picture, part, draw in (
                (original, QRectF(0, 0, middle, high), self._draw),
                (shown, QRectF(middle, 0, right, high), self._draw_tried),
            ):
                painter.save()
                painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
                draw(painter, target, picture)
                painter.restore()

    def _paint_layer(self, painter: QPainter, region: QRegion) -> None:
        """Let the layer paint, part by part: a ring costs what it covers, not what it encloses."""
        if self._layer is None:
            return
        ratio, to_device, covered = self.devicePixelRatioF(), self.photo_transform(), QRegion()
        for part in parts_of(region):
            inside = QRectF(QPointF(part.topLeft()) * ratio, QSizeF(part.size()) * ratio)
            covered += inside.translated(self._off_grid()).toAlignedRect()
        for part in parts_of(covered):
            painter.save()
            painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
            self._layer.paint(painter, to_device, part)
            painter.restore()
        self._layer.paint_lines(painter)

    def _off_grid(self) -> QPointF:
        """Return how far the widget's corner lies beside the grid of device pixels."""
        ratio = self.devicePixelRatioF()
        corner = QPointF(self.mapTo(self.window(), QPointF(0, 0))) * ratio
        return QPointF(corner.x() - round(corner.x()), corner.y() - round(corner.y()))

    def _source_size(self) -> tuple[int, int]:
        shown = self._picture
        return (0, 0) if shown is None else self._turn.size(shown.source_width, shown.source_height)

    def _draw(self, painter: QPainter, target: QRectF, picture: Preview) -> None:
        draw_photo(painter, target, picture, self._turn, rough=self._still.isActive())

    def _draw_tried(self, painter: QPainter, target: QRectF, picture: Preview) -> None:
        """Draw *picture*, under the grade that is tried where it is of this photo."""
        trial, base = self._trial, self._trial_base()
        if trial is None or base is None or self._holding:
            self._draw(painter, target, picture)
        else:
            paint_trial(painter, target, trial, base, self._strength, self._draw)

    def _trial_base(self) -> Preview | None:
        """Return the photo without the grade; None: another photo is on show."""
        trial, shown, original = self._trial, self._picture, self._original
        if trial is None or shown is None:
            return None
        known = [each for each in (shown, original) if each and each.path == trial.path]
        return known[0] if known else (trial.base if shown.path == trial.shown else None)

    def _paint_marks(self, painter: QPainter, look: Tokens) -> None:
        photo = self._photo_rect().intersected(QRectF(self.rect()))
        if self._stand_in is not None:
            paint_tag(painter, photo, self.tr("Preview"), look, right=False)
            return
        tried = self._trial if self._trial_base() is not None else None
        if tried is not None and self._holding:
            paint_tag(painter, photo, self.tr("Original"), look, right=False)
            return
        if tried is not None and not self._comparing:
            words = f"{tried.title} · {self._strength * 100:.0f} %"
            paint_tag(painter, photo, words, look, right=False)
        if self._original is None or not (self._comparing or self._holding):
            return
        if self._holding:
            paint_tag(painter, photo, self.tr("Original"), look, right=False)
            return
        paint_handle(painter, photo, self._handle_x(), look, focused=self.hasFocus())
        room = self.fontMetrics().horizontalAdvance(self.tr("Original")) + 4 * look.space_4
        if self._handle_x() - photo.left() > room:
            paint_tag(painter, photo, self.tr("Original"), look, right=False)
        if photo.right() - self._handle_x() > room:
            words = f"{tried.title} · {self._strength * 100:.0f} %" if tried else self.tr("Result")
            right = QRectF(QPointF(self._handle_x(), photo.top()), photo.bottomRight())
            paint_tag(painter, right, words, look, right=True)

    def _handle_x(self) -> float:
        photo = self._photo_rect()
        return photo.left() + photo.width() * self._split

    def _tell_painted(self) -> None:
        done, self._unpainted = self._unpainted, []
        for picture in done:
            self.painted.emit(picture)
