"""What can be done with a finished grade besides looking at it: strength, copy, save as a look."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from daemon.protocol.values import JobInfo
from rabbitviewer.looks.look_words import percent
from rabbitviewer.looks.save_row import SaveRow
from rabbitviewer.looks.strength_row import StrengthRow
from rabbitviewer.models.looks import Grade
from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.tokens import tokens

_MODELS = ("lut", "spatial")


class GradeExtras(QWidget):
    """Belongs to one finished job; hidden for others.

    Signals:
        tried: the grade is to be shown at another strength (:class:`Grade`; None: as it is).
        apply_wanted: a new result at another strength is to be written (:class:`Grade`).
        copy_wanted: the grade is to be copied (:class:`Grade`).
        save_wanted: it is to become a look (job id, name).
    """

    tried = Signal(object)
    apply_wanted = Signal(object)
    copy_wanted = Signal(object)
    save_wanted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._info: JobInfo | None = None
        self._title = text_label(self.tr("Strength"), "secondary")
        self.strength = StrengthRow()
        self._apply = push_button("")
        self._copy = push_button(self.tr("Copy grade"))
        self._save = push_button(self.tr("Save look"))
        self.save_row = SaveRow()
        buttons = QWidget()
        row = FlowLayout(look.space_2, buttons)
        for button in (self._apply, self._copy, self._save):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_2)
        line = QHBoxLayout()
        line.setSpacing(look.space_3)
        line.addWidget(self._title)
        line.addWidget(self.strength, 1)
        layout.addLayout(line)
        layout.addWidget(buttons)
        layout.addWidget(self.save_row)
        self.strength.changed.connect(self._on_changed)
        self._apply.clicked.connect(lambda: self.apply_wanted.emit(self.grade))
        self._copy.clicked.connect(lambda: self.copy_wanted.emit(self.grade))
        self._save.clicked.connect(self.ask_name)
        self.save_row.saved.connect(self._on_named)
        self.save_row.left.connect(self._save.show)
        self.hide()

    @property
    def grade(self) -> Grade | None:
        """The grade at the strength that is chosen; None: there is no finished one."""
        return None if self._info is None else grade_of(self._info, self.strength.strength)

    def show_job(self, info: JobInfo | None) -> None:
        """Belong to the finished job *info*; None, or one without a grade: to none."""
        usable = info if info is not None and can_be_taken(info) else None
        same = self._info is not None and usable is not None and self._info.job_id == usable.job_id
        self._info = usable
        self.setVisible(usable is not None)
        if usable is None:
            self.tried.emit(None)
        elif not same:
            self.strength.set_strength(usable.strength)
            self.save_row.close_row()
            self._save.setVisible(not usable.look_id)
            self.tried.emit(None)
        self._show()

    def ask_name(self) -> None:
        """Ask in place what the look shall be called."""
        if self._info is not None:
            self._save.hide()
            self.save_row.ask(self._info.prompt)

    def _on_named(self, name: str) -> None:
        if self._info is not None:
            self.save_wanted.emit(self._info.job_id, name)

    def _on_changed(self, strength: float) -> None:
        self._show()
        is_other = self._info is not None and abs(strength - self._info.strength) > 0.001
        self.tried.emit(self.grade if is_other else None)

    def _show(self) -> None:
        info = self._info
        strength = self.strength.strength
        self._apply.setVisible(info is not None and abs(strength - info.strength) > 0.001)
        words = self.tr("Apply at {share}").format(share=percent(strength))
        self._apply.setText(words)
        self._apply.setAccessibleName(words)
        self._apply.setEnabled(strength > 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Show again what the slider says."""
        super().showEvent(event)
        self._on_changed(self.strength.strength)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody sees the slider: the photo is shown as it is."""
        super().hideEvent(event)
        self.tried.emit(None)


def can_be_taken(info: JobInfo) -> bool:
    """Whether a job has a grade that can be put on photos again."""
    if info.state != "done":
        return False
    known = info.fit is not None and info.fit.model in _MODELS
    return known or info.operation == "look"


def grade_of(info: JobInfo, strength: float | None = None) -> Grade:
    """Return the grade of a finished job, at its own strength or another one."""
    return Grade(
        title=" ".join(info.prompt.split()),
        job_id=info.job_id,
        strength=info.strength if strength is None else strength,
        channels=info.channels,
    )
