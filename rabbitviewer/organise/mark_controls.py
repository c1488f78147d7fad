"""Stars, label dots and flags that show and change what is said of photos."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from rabbitviewer.models.shelf import LABELS
from rabbitviewer.organise.marks_words import flag_word, label_word, rating_word
from rabbitviewer.theme.controls import icon_button
from rabbitviewer.theme.icons import icon, paint_icon
from rabbitviewer.theme.tokens import label_color, tokens

_STARS = 5
_DOT = 12


class _Row(QWidget):
    """A row of equal places that are pressed, hovered and reached by the arrow keys."""

    def __init__(self, places: int, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = places
        self._side = side
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the room for all places."""
        return QSize(self._places * self._side, tokens().control_height)

    def box(self, place: int, size: int) -> QRect:
        """Return a square of *size* in the middle of a place."""
        box = QRect(0, 0, size, size)
        box.moveCenter(QRect(place * self._side, 0, self._side, self.height()).center())
        return box

    def paint_focus(self, painter: QPainter) -> None:
        """Paint the ring of the keyboard's focus."""
        if self.hasFocus():
            look = tokens()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(look.accent))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)

    def press(self, place: int) -> None:
        """A place was pressed."""
        raise NotImplementedError

    def _place_at(self, where: QPointF) -> int:
        return min(max(int(where.x()) // self._side, 0), self._places - 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what a press would do."""
        self._hover(self._place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Show what is."""
        del event
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press is taken, and counts when it ends here."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Press the place under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.press(self._place_at(event.position()))

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.update()


class RatingStars(_Row):
    """Five stars; a press on the last of them takes the rating away.

    Signals:
        rated: the user wants another rating (0..5).
    """

    rated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_STARS, tokens().icon + 2, parent)
        self._rating: int | None = 0
        self.setAccessibleName(self.tr("Rating"))
        self.set_rating(0)

    def set_rating(self, rating: int | None) -> None:
        """Show a rating; None: several photos have different ones."""
        self._rating = rating
        words = self.tr("Mixed ratings") if rating is None else rating_word(rating)
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def press(self, place: int) -> None:
        """Ask for another rating."""
        self.rated.emit(0 if self._rating == place + 1 else place + 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stars."""
        del event
        look = tokens()
        painter = QPainter(self)
        for place in range(_STARS):
            full = place < (self._rating or 0)
            hovered = 0 <= place <= self._hovered
            color = look.accent if full or hovered else look.text_disabled
            name = "ph.star-fill" if full or hovered else "ph.star"
            paint_icon(painter, self.box(place, look.icon - 2), name, color)
        self.paint_focus(painter)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """One star more or less by the arrow keys."""
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        step = steps.get(Qt.Key(event.key()), 0)
        if step:
            self.rated.emit(min(max((self._rating or 0) + step, 0), _STARS))
        else:
            super().keyPressEvent(event)


class LabelDots(_Row):
    """A dot for every label; a press on the one in force takes it away.

    Signals:
        labelled: the user wants another label (empty: none).
    """

    labelled = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(len(LABELS) - 1, tokens().icon + 2, parent)
        self._label: str | None = ""
        self.setAccessibleName(self.tr("Label"))
        self.set_label("")

    def set_label(self, label: str | None) -> None:
        """Show a label; None: several photos have different ones."""
        self._label = label
        words = self.tr("Mixed labels") if label is None else label_word(label)
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def press(self, place: int) -> None:
        """Ask for another label."""
        label = LABELS[place + 1]
        self.labelled.emit("" if label == self._label else label)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dots, a ring round the one in force."""
        del event
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, label in enumerate(LABELS[1:]):
            color = QColor(label_color(look, label))
            chosen = label == self._label
            faint = self._label and not chosen and place != self._hovered
            painter.setOpacity(0.45 if faint else 1.0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(self.box(place, _DOT))
            if chosen or place == self._hovered:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(look.text if chosen else look.text_secondary), 1.5))
                painter.drawEllipse(self.box(place, _DOT + 5))
        painter.setOpacity(1.0)
        self.paint_focus(painter)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The next label by the arrow keys."""
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        step = steps.get(Qt.Key(event.key()), 0)
        if step:
            now = LABELS.index(self._label or "")
            self.labelled.emit(LABELS[(now + step) % len(LABELS)])
        else:
            super().keyPressEvent(event)


class FlagButtons(QWidget):
    """Pick and reject; a press on the one in force takes it away.

    Signals:
        flagged: the user wants another flag (empty: none).
    """

    flagged = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flag: str | None = ""
        self._buttons = {
            "pick": self._make("ph.flag", self.tr("Pick"), "pick"),
            "reject": self._make("ph.x-circle", self.tr("Reject"), "reject"),
        }
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_1)
        for button in self._buttons.values():
            layout.addWidget(button)

    def set_flag(self, flag: str | None) -> None:
        """Show a flag; None: several photos have different ones."""
        self._flag = flag
        looks = {"pick": ("ph.flag", "success"), "reject": ("ph.x-circle", "error")}
        for name, button in self._buttons.items():
            glyph, role = looks[name]
            on = flag == name
            button.setChecked(on)
            button.setIcon(icon(f"{glyph}-fill" if on else glyph, role if on else "text_secondary"))
            words = self.tr("Mixed flags") if flag is None else flag_word(flag)
            button.setAccessibleDescription(words)

    def _make(self, glyph: str, words: str, flag: str) -> QToolButton:
        button = icon_button(glyph, words)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._press(flag))
        return button

    def _press(self, flag: str) -> None:
        wanted = "" if self._flag == flag else flag
        self.set_flag(self._flag)
        self.flagged.emit(wanted)
