"""Where the tools stand: beside and above the photo, and in the Pool tab round its own picture."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.actions import Actions
from rabbitviewer.masking.column import ToolColumn
from rabbitviewer.masking.hints import HintLine
from rabbitviewer.masking.options import PaintOptions, ViewOptions
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.mask_changes import MaskChanges
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.theme.controls import hairline, push_button
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.photo_view import PhotoView

_LEAST_HEIGHT = 200
_SLOTS_HEIGHT = 160


class PaintBar(QFrame):
    """Above the photo: the options of the tool, how the mask is shown, what to do.

    Signals:
        select_pressed: the luminosity range is to be selected.
        done_pressed: painting is over.
        left: the keys belong to the photo again.
    """

    select_pressed = Signal()
    done_pressed = Signal()
    left = Signal()

    def __init__(
        self,
        masks: MaskModel,
        changes: MaskChanges,
        settings: PaintSettings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        look = tokens()
        self.setProperty("look", "filters")
        self.setAccessibleName(self.tr("Painting a mask"))
        options = PaintOptions(settings, wide=False)
        views = ViewOptions(settings, wide=False)
        self.hint = HintLine(masks, changes, settings, wraps=False)
        done = push_button(self.tr("Done"), "primary")
        done.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        done.setToolTip(self.tr("Save the mask and end painting (Esc)"))
        size = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        size.setHeightForWidth(True)
        options.setSizePolicy(size)
        below = QHBoxLayout()
        below.setSpacing(look.space_4)
        below.addWidget(self.hint, 1)
        below.addWidget(views)
        below.addWidget(done)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_3, look.space_2, look.space_3, look.space_2)
        layout.setSpacing(look.space_2)
        layout.addWidget(options)
        layout.addLayout(below)
        options.select_pressed.connect(self.select_pressed)
        options.left.connect(self.left)
        views.left.connect(self.left)
        done.clicked.connect(self.done_pressed)


class MaskEditor(QFrame):
    """In the Pool tab: the panel's own picture with the tools beside it, options and hint below.

    In a low window the options are scrolled, so that a row of slots stays in sight.

    Attributes:
        picture: The panel's own picture.

    Signals:
        select_pressed: the luminosity range is to be selected.
        left: the keys belong to the photo again.
    """

    select_pressed = Signal()
    left = Signal()

    def __init__(
        self,
        actions: Actions,
        masks: MaskModel,
        changes: MaskChanges,
        settings: PaintSettings,
        picture: PhotoView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        look = tokens()
        self.setProperty("look", "panel")
        self.setAccessibleName(self.tr("Mask editor"))
        self.picture = picture
        picture.setMinimumHeight(_LEAST_HEIGHT)
        picture.canvas.setAccessibleName(self.tr("The pool's own picture"))
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(ToolColumn(actions, settings, columns=2))
        across.addWidget(picture, 1)
        self._options = PaintOptions(settings, wide=True)
        self._views = ViewOptions(settings, wide=True)
        self.hint = HintLine(masks, changes, settings, wraps=True)
        self._under = _Folded()
        under = QVBoxLayout(self._under.content)
        under.setContentsMargins(look.space_3, look.space_2, look.space_3, look.space_2)
        under.setSpacing(look.space_2)
        under.addWidget(self.hint)
        under.addWidget(self._options)
        under.addWidget(self._views)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(across, 1)
        layout.addWidget(hairline())
        layout.addWidget(self._under)
        self._options.select_pressed.connect(self.select_pressed)
        self._options.left.connect(self.left)
        self._views.left.connect(self.left)
        settings.changed.connect(self._under.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        """Return the least size: with all options where the panel has room for them."""
        least, panel = super().minimumSizeHint(), self.parentWidget()
        if self._under.isHidden() or panel is None:
            return least
        folded = self._under.sizeHint().height() - self._under.minimumSizeHint().height()
        room = panel.height() - _SLOTS_HEIGHT
        wanted = min(least.height() + max(folded, 0), room)
        return QSize(least.width(), max(least.height(), wanted))

    def show_options(self, *, shown: bool) -> None:
        """Show options and hint here, where they do not stand above the photo."""
        self._under.setVisible(shown)


class _Folded(QScrollArea):
    """As high as its content where there is room, else scrolled."""

    def __init__(self) -> None:
        super().__init__()
        self.content = QWidget()
        self.setWidget(self.content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """Return the size of the content, its words wrapped as they are."""
        least = self.content.minimumSizeHint()
        return QSize(least.width(), max(least.height(), self.content.heightForWidth(self.width())))

    def minimumSizeHint(self) -> QSize:
        """Return the least size: as wide as the content beside the scroll bar."""
        width = self.content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())
