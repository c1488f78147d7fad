"""What a run takes beside photo and prompt: negative, second prompts, further pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from daemon.protocol.workflows import InputInfo
from rabbitviewer.edit.grade_settings import Value
from rabbitviewer.edit.picture_slot import PictureSlot, PictureSources
from rabbitviewer.edit.text_box import TextBox
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.controls import Fold, text_label
from rabbitviewer.theme.tokens import tokens

NEGATIVE, SECOND = "negative", ("prompt_2", "negative_prompt_2")
_VIEWER = "pictures of a run"


class RunInputs(QWidget):
    """Boxes and slots for what the workflow binds; empty where it binds nothing more.

    Signals:
        changed: something was said, or a picture taken.
        submitted: Ctrl+Enter was pressed in a box.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(
        self,
        thumbnails: ThumbnailStore,
        sources: PictureSources,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._sources = sources
        self._shown: tuple[InputInfo, ...] = ()
        self._slots: dict[str, PictureSlot] = {}
        self._slot_errors: dict[str, QLabel] = {}
        self._negative_label = text_label(self.tr("Negative prompt"), "secondary")
        self._negative = self._make_box(self.tr("Negative prompt"))
        self._negative.setPlaceholderText(self.tr("What the picture must not become"))
        self._second = self._make_box(self.tr("Second prompt"))
        self._second.setPlaceholderText(self.tr("As the prompt"))
        self._second_negative = self._make_box(self.tr("Second negative prompt"))
        self._second_negative.setPlaceholderText(self.tr("As the negative prompt"))
        self._second_negative_label = text_label(self.tr("Second negative prompt"), "secondary")
        self._fold = Fold(self.tr("Second text encoder"), self._second_part())
        self._fold.toggled.connect(self.changed)
        self._pictures = QVBoxLayout()
        self._pictures.setSpacing(tokens().space_2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_2)
        layout.addLayout(self._pictures)
        layout.addWidget(self._negative_label)
        layout.addWidget(self._negative)
        layout.addWidget(self._fold)
        thumbnails.ready.connect(self._on_ready)
        self.show_inputs((), second_prompts=False, values={})

    @property
    def negative(self) -> str | None:
        """What the picture must not become; None: the workflow takes no such words."""
        return self._negative.words if self._has(NEGATIVE) else None

    @property
    def prompt_2(self) -> str | None:
        """For the second text encoder; None: as the first."""
        return self._second_words("prompt_2", self._second)

    @property
    def negative_prompt_2(self) -> str | None:
        """As above, for what must not be."""
        return self._second_words("negative_prompt_2", self._second_negative)

    @property
    def images(self) -> dict[str, bytes]:
        """The further pictures that were chosen."""
        return {name: slot.path for name, slot in self._slots.items() if slot.path}

    @property
    def missing(self) -> str:
        """The title of a picture that is needed and not there; empty: none is."""
        for each in self._shown:
            slot = self._slots.get(each.name)
            if slot is not None and each.required and not slot.path:
                return each.title
        return ""

    def show_inputs(
        self, inputs: Sequence[InputInfo], *, second_prompts: bool, values: Mapping[str, Value]
    ) -> None:
        """Show what a workflow takes; *values* hold what its texts said last."""
        if tuple(inputs) != self._shown:
            self._shown = tuple(inputs)
            texts = {each.name: each.default for each in inputs if each.kind == "text"}
            self._negative.setPlainText(str(values.get(NEGATIVE, texts.get(NEGATIVE, ""))))
            self._second.setPlainText(str(values.get(SECOND[0], "")))
            self._second_negative.setPlainText(str(values.get(SECOND[1], "")))
            self._make_slots([each for each in inputs if each.kind == "image" and not each.filled])
        for widget in (self._negative, self._negative_label):
            widget.setVisible(self._has(NEGATIVE))
        self._fold.setVisible(second_prompts)
        for widget in (self._second_negative, self._second_negative_label):
            widget.setVisible(self._has(SECOND[1]))
        self._second.setVisible(self._has(SECOND[0]))
        self.setVisible(self._has(NEGATIVE) or second_prompts or bool(self._slots))

    def values(self) -> dict[str, Value]:
        """Return the texts that are worth remembering."""
        said = {
            NEGATIVE: self.negative,
            SECOND[0]: self.prompt_2,
            SECOND[1]: self.negative_prompt_2,
        }
        defaults = {each.name: each.default for each in self._shown}
        return {
            name: words
            for name, words in said.items()
            if words is not None and words != defaults.get(name, "")
        }

    def show_error(self, name: str, words: str) -> bool:
        """Say at a picture or text what is wrong with it; return whether there is such a one."""
        error = self._slot_errors.get(name)
        if error is not None:
            error.setText(words)
            error.setVisible(bool(words))
            return True
        if name in SECOND and self._fold.isVisibleTo(self):
            self._fold.set_open(is_open=True)
        return False

    def clear_errors(self) -> None:
        """Nothing is wrong any more."""
        for error in self._slot_errors.values():
            error.hide()

    def _has(self, name: str) -> bool:
        return any(each.name == name for each in self._shown)

    def _second_words(self, name: str, box: TextBox) -> str | None:
        return box.words or None if self._has(name) and self._fold.is_open else None

    def _make_box(self, name: str) -> TextBox:
        box = TextBox(name, lines=2)
        box.textChanged.connect(self.changed)
        box.submitted.connect(self.submitted)
        return box

    def _second_part(self) -> QWidget:
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_2)
        layout.addWidget(self._second)
        layout.addWidget(self._second_negative_label)
        layout.addWidget(self._second_negative)
        return part

    # ------------------------------------------------------------ pictures

    def _make_slots(self, wanted: Sequence[InputInfo]) -> None:
        """Make the slots anew; a picture of the same name stays."""
        held = {name: slot.path for name, slot in self._slots.items()}
        for widget in (*self._slots.values(), *self._slot_errors.values()):
            self._pictures.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._slots, self._slot_errors = {}, {}
        for each in wanted:
            slot = PictureSlot(each.title, self._sources)
            slot.put(held.get(each.name, b""))
            error = text_label("", "small-error", wraps=True)
            error.hide()
            slot.changed.connect(self._on_picture)
            self._pictures.addWidget(slot)
            self._pictures.addWidget(error)
            self._slots[each.name], self._slot_errors[each.name] = slot, error
        self._want()

    def _on_picture(self) -> None:
        self.clear_errors()
        self._want()
        self.changed.emit()

    def _want(self) -> None:
        paths = [slot.path for slot in self._slots.values() if slot.path]
        self._thumbnails.want(paths if self.isVisible() else (), viewer=_VIEWER)
        for path in paths:
            self._on_ready(path)

    def _on_ready(self, path: bytes) -> None:
        known = self._thumbnails.thumbnail(path)
        if known is None:
            return
        for slot in self._slots.values():
            if slot.path == path:
                slot.show_pixels(known.image)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the pictures."""
        super().showEvent(event)
        self._want()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the daemon alone."""
        super().hideEvent(event)
        self._want()
