"""The part of the Info tab that shows and changes what is said of the selected photos."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from rabbitviewer.models.marks import Change, MarksModel, Shared
from rabbitviewer.organise.keyword_chips import KeywordChips
from rabbitviewer.organise.mark_controls import FlagButtons, LabelDots, RatingStars
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens


class MarksSection(QWidget):
    """Stars, label, flag, title and keywords of one photo, or of several at once."""

    def __init__(
        self, marks: MarksModel, known: QStringListModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._marks = marks
        self._paths: Sequence[bytes] = ()
        look = tokens()
        self.stars, self.dots, self.flags = RatingStars(), LabelDots(), FlagButtons()
        self.title = TitleLine()
        self.chips = KeywordChips(known)
        self._problem = text_label("", "small-error", wraps=True)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.space_3)
        row.addWidget(self.stars)
        row.addStretch(1)
        row.addWidget(self.flags)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_2)
        layout.addLayout(row)
        second = QHBoxLayout()
        second.setContentsMargins(0, 0, 0, 0)
        second.addWidget(self.dots)
        second.addStretch(1)
        self._mixed = text_label("", "small")
        second.addWidget(self._mixed)
        layout.addLayout(second)
        layout.addWidget(self._problem)
        form = QFormLayout()
        form.setContentsMargins(0, look.space_1, 0, 0)
        form.setVerticalSpacing(look.space_1)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.addRow(text_label(self.tr("Title"), "secondary"), self.title)
        form.addRow(text_label(self.tr("Keywords"), "secondary"), self.chips)
        layout.addLayout(form)
        # several events of one change are shown once
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._show)
        self.stars.rated.connect(self._rate)
        self.dots.labelled.connect(self._label)
        self.flags.flagged.connect(self._flag)
        self.title.entered.connect(self._name)
        self.chips.added.connect(self._add)
        self.chips.removed.connect(self._remove)
        marks.changed.connect(self._on_changed)

    def show_photos(self, paths: Sequence[bytes]) -> None:
        """Show what is said of *paths*."""
        self.title.leave()
        self._paths = paths
        self._marks.ask(paths)
        self._show()

    def _rate(self, stars: int) -> None:
        self._marks.change(self._paths, Change(rating=stars))

    def _label(self, label: str) -> None:
        self._marks.change(self._paths, Change(label=label))

    def _flag(self, flag: str) -> None:
        self._marks.change(self._paths, Change(flag=flag))

    def _name(self, title: str) -> None:
        self._marks.change(self._paths, Change(title=title))

    def _add(self, words: tuple[str, ...]) -> None:
        self._marks.change(self._paths, Change(add_keywords=words))

    def _remove(self, word: str) -> None:
        self._marks.change(self._paths, Change(remove_keywords=(word,)))

    def _on_changed(self, paths: frozenset[bytes]) -> None:
        few = self._paths[:50] if self.isVisible() else ()
        if few and (len(self._paths) > len(few) or not paths.isdisjoint(few)):
            self._marks.ask(self._paths)
            self._soon.start()

    def _show(self) -> None:
        shared = self._marks.shared(self._paths)
        self.setEnabled(shared.known > 0)
        self.stars.set_rating(shared.rating)
        self.dots.set_label(shared.label)
        self.flags.set_flag(shared.flag)
        self._mixed.setText(self._mixed_words(shared))
        self.title.show_title(shared.title)
        self.chips.show_keywords(shared.keywords, shared.known)
        self._problem.setText(" ".join(shared.problems[:3]))
        self._problem.setVisible(bool(shared.problems))

    def _mixed_words(self, shared: Shared) -> str:
        """Name what is not the same for all photos."""
        names = {
            self.tr("rating"): shared.rating,
            self.tr("label"): shared.label,
            self.tr("flag"): shared.flag,
        }
        differing = [name for name, value in names.items() if value is None]
        return self.tr("Mixed {what}").format(what=", ".join(differing)) if differing else ""


class TitleLine(QLineEdit):
    """A title that is edited where it is read; Return or leaving it says it, Esc takes it back.

    Signals:
        entered: another title was typed (text).
    """

    entered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = ""
        self.setAccessibleName(self.tr("Title"))
        self.setMaxLength(2000)
        self.editingFinished.connect(self._enter)

    def show_title(self, title: str | None) -> None:
        """Show a title; None: several photos have different ones."""
        mixed = title is None
        self.setPlaceholderText(self.tr("Mixed") if mixed else self.tr("Add a title"))
        if not self.isModified() or not self.hasFocus():
            self._before = title or ""
            self.setText(self._before)
            self.setCursorPosition(0)

    def leave(self) -> None:
        """Say what was typed, before other photos are shown."""
        self._enter()

    def _enter(self) -> None:
        text = self.text().strip()
        if self.isModified() and text != self._before:
            self._before = text
            self.setModified(False)
            self.entered.emit(text)

    def event(self, event: QEvent) -> bool:
        """Have Esc before it is the key that goes back, which would say what was typed."""
        early = event.type() == QEvent.Type.ShortcutOverride and self.isModified()
        if early and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes back what was typed."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.setText(self._before)
            event.accept()
            return
        super().keyPressEvent(event)
