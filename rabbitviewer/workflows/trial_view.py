"""The test run beside the import form: the photo, the prompt, the picture that comes back."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.models.workflow_trials import WorkflowTrial
from rabbitviewer.theme.controls import ElidedLabel, push_button, set_look, text_label
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import tokens

_PICTURE_HEIGHT = 220


class Picture(QWidget):
    """One picture, fitted; an icon where there is none yet."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._image = QImage()
        self.setAccessibleName(name)
        self.setMinimumHeight(_PICTURE_HEIGHT // 2)

    def show_image(self, image: QImage) -> None:
        """Show another one; a null one empties it."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        """Return a picture's usual room."""
        return QSize(_PICTURE_HEIGHT, _PICTURE_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it on the ground of photos."""
        del event
        look = tokens()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(look.photo_area))
        if self._image.isNull():
            box = QRect(0, 0, 2 * look.icon, 2 * look.icon)
            box.moveCenter(self.rect().center())
            paint_icon(painter, box, "ph.image", look.text_disabled)
        else:
            ratio = self.devicePixelRatioF()
            room = self.rect().adjusted(4, 4, -4, -4).size()
            size = self._image.size().scaled(room * ratio, Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, round(size.width() / ratio), round(size.height() / ratio))
            target.moveCenter(self.rect().center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image)
        painter.end()


class TrialView(QWidget):
    """Runs the workflow once before it is kept.

    Signals:
        run_wanted: a test run with these words.
    """

    run_wanted = Signal(str)

    def __init__(self, trial: WorkflowTrial, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trial = trial
        self._can_run = False
        self._name = ""
        self._before = Picture(self.tr("The photo"))
        self._after = Picture(self.tr("What comes back"))
        self._photo = ElidedLabel("small")
        self._prompt = QLineEdit()
        self._prompt.setPlaceholderText(self.tr("Prompt for the test run"))
        self._prompt.setAccessibleName(self._prompt.placeholderText())
        self._bar = QProgressBar()
        self._state = text_label("", "small", wraps=True)
        self._run = push_button(self.tr("Test run"), "", "ph.play")
        self._cancel = push_button(self.tr("Cancel"))
        self._lay_out()
        self._run.clicked.connect(self._on_run)
        self._prompt.returnPressed.connect(self._on_run)
        self._cancel.clicked.connect(trial.cancel)
        trial.progressed.connect(self._on_progressed)
        trial.pictured.connect(self._on_pictured)
        trial.original.connect(self._before.show_image)
        trial.failed.connect(self._on_failed)
        trial.ended.connect(self._show_running)
        trial.cancelled.connect(self._on_cancelled)
        self._show_running()

    def prepare(self, name: str, prompt: str, *, takes_prompt: bool) -> None:
        """Begin anew for another workflow.

        Args:
            name: The photo's name; empty: there is none to run on.
            prompt: The words that stand in the graph.
            takes_prompt: Whether it takes any.
        """
        self._name = name
        self._before.show_image(QImage())
        self._after.show_image(QImage())
        self._prompt.setText(prompt)
        self._prompt.setVisible(takes_prompt)
        self._photo.setText(name or self.tr("Open a photo to try the workflow on it."))
        self._say(self.tr("Nothing is written beside the photo.") if name else "")
        self._show_running()

    def allow(self, *, can_run: bool) -> None:
        """Say whether the form is complete."""
        self._can_run = can_run
        self._show_running()

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 100)
        self._bar.setAccessibleName(self.tr("Progress of the test run"))
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addWidget(self._run)
        buttons.addWidget(self._cancel)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_2)
        layout.addWidget(text_label(self.tr("Test run"), "heading"))
        layout.addWidget(self._photo)
        layout.addWidget(self._before, 1)
        layout.addWidget(self._after, 1)
        layout.addWidget(self._prompt)
        layout.addLayout(buttons)
        layout.addWidget(self._bar)
        layout.addWidget(self._state)

    def _show_running(self) -> None:
        running = self._trial.is_running
        had_focus = self._run.hasFocus() or self._cancel.hasFocus()
        self._bar.setVisible(running)
        self._run.setEnabled(self._can_run and bool(self._name))
        first, second = (self._cancel, self._run) if running else (self._run, self._cancel)
        first.show()
        if had_focus:
            first.setFocus(Qt.FocusReason.OtherFocusReason)
        second.hide()
        if running:
            self._bar.setValue(0)

    def _on_run(self) -> None:
        if not self._run.isEnabled() or self._trial.is_running:
            return
        self._after.show_image(QImage())
        self._say(self.tr("Starting…"))
        self.run_wanted.emit(self._prompt.text())
        self._show_running()

    def _on_progressed(self, words: str, percent: float) -> None:
        self._bar.setValue(round(percent))
        if words:
            self._say(words)

    def _on_pictured(self, image: QImage, is_result: bool) -> None:
        self._after.show_image(image)
        if is_result:
            self._say(self.tr("This is what comes back. Nothing was written beside the photo."))

    def _on_failed(self, error: ErrorInfo) -> None:
        self._say(f"{error.message} {error.hint}".strip(), bad=True)

    def _on_cancelled(self) -> None:
        self._say(self.tr("Cancelled."))

    def _say(self, words: str, *, bad: bool = False) -> None:
        self._state.setText(words)
        set_look(self._state, "small-error" if bad else "small")
