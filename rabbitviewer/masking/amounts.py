"""Cards that ask how a change of the whole mask is meant: how far, or the other way round."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from rabbitviewer.masking.fields import NumberField
from rabbitviewer.shell.overlay import Overlay
from rabbitviewer.theme.controls import Tick, push_button, text_label
from rabbitviewer.theme.tokens import tokens

_WIDTH = 400
MOST_PX = 500


class ApplyCard(Overlay):
    """A title, words and one field, with Apply and Cancel; Enter applies.

    Attributes:
        place: Where the field stands.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__("", window)
        look = tokens()
        self._then: Callable[[], object] | None = None
        self.card.setFixedWidth(_WIDTH)
        self._title = text_label("", "title")
        self._words = text_label("", "secondary", wraps=True)
        self._apply = push_button(self.tr("Apply"), "primary")
        self._cancel = push_button(self.tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._apply)
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(look.space_5, look.space_4, look.space_5, look.space_4)
        inside.setSpacing(look.space_3)
        inside.addWidget(self._title)
        inside.addWidget(self._words)
        self.place = QHBoxLayout()
        self.place.setSpacing(look.space_2)
        inside.addLayout(self.place)
        inside.addLayout(buttons)
        self._apply.clicked.connect(self._on_apply)
        self._cancel.clicked.connect(self.close_overlay)

    def _open(self, title: str, words: str, then: Callable[[], object]) -> None:
        """Ask; returns at once. *then* is called when it is to be applied."""
        self._title.setText(title)
        self._words.setText(words)
        self.setAccessibleName(title)
        self._then = then
        self.open_overlay()

    def _on_apply(self) -> None:
        then = self._then
        self.close_overlay()
        if then is not None:
            then()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Enter apply wherever the focus is inside the card."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and isinstance(watched, QWidget)
            and self.isAncestorOf(watched)
            and watched is not self._cancel
        ):
            self._take_typed()
            self._on_apply()
            return True
        return super().eventFilter(watched, event)

    def _take_typed(self) -> None:
        """Take what was typed and not yet left."""


class AmountCard(ApplyCard):
    """A figure in photo pixels."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._field = NumberField(
            self.tr("Radius"), (1, MOST_PX), self.tr(" px"), wide=True, even=False
        )
        self.place.addWidget(self._field)
        self._field.left.connect(self.close_overlay)

    def ask(self, title: str, words: str, amount: float, run: Callable[[float], object]) -> None:
        """Ask; returns at once. *run* is called with the radius, photo pixels."""
        self._field.show_value(amount)
        self._open(title, words, lambda: run(float(self._field.value)))

    def first_focus(self) -> QWidget:
        """Return the figure, all of it selected."""
        self._field.figure.selectAll()
        return self._field.figure

    def _take_typed(self) -> None:
        self._field.figure.interpretText()


class InvertCard(ApplyCard):
    """Whether a selection is meant as it is, or the other way round."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._tick = Tick()
        self._tick.setAccessibleName(self.tr("Invert"))
        words = text_label(self.tr("Invert"))
        words.setBuddy(self._tick)
        self.place.addWidget(self._tick)
        self.place.addWidget(words, 1)

    def ask(self, title: str, words: str, run: Callable[[bool], object]) -> None:
        """Ask; returns at once. *run* is called with whether to invert."""
        self._tick.setChecked(False)
        self._open(title, words, lambda: run(self._tick.isChecked()))

    def first_focus(self) -> QWidget:
        """Return the box."""
        return self._tick
