"""Where duplicates are looked for, looked at and sorted out."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSlider, QWidget

from rabbitviewer.models.duplicates import DuplicatesModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.organise.duplicates_view import DuplicatesView
from rabbitviewer.organise.files_card import Card
from rabbitviewer.organise.files_words import photos_words
from rabbitviewer.theme.controls import Choice, push_button, set_look, text_label
from rabbitviewer.theme.tokens import tokens

_MOST_DISTANCE = 16
_VERY_ALIKE, _ALIKE = 4, 8
_SLIDER_WIDTH = 140


class DuplicatesPage(Card):
    """Options, progress, groups, what to do with the others.

    Signals:
        search_wanted: look for duplicates (scope ``folder``, ``subfolders`` or ``selection``,
            bits that may differ).
        reject_wanted, trash_wanted: do this with what does not stay.
        failures_wanted: list what could not be looked at.
    """

    search_wanted = Signal(str, int)
    reject_wanted = Signal()
    trash_wanted = Signal()
    failures_wanted = Signal()

    def __init__(
        self, window: QWidget, area: QWidget, model: DuplicatesModel, thumbnails: ThumbnailStore
    ) -> None:
        super().__init__("", window, area=area)
        self.set_title(self.tr("Duplicates"))
        self._model = model
        self.view = DuplicatesView(model, thumbnails)
        self._scope = Choice(self.tr("Where to look"))
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._likeness = text_label("", "secondary")
        self._find = push_button(self.tr("Find"), "primary")
        self._stop = push_button(self.tr("Stop"))
        self._bar = QProgressBar()
        self._state = text_label("", "secondary", wraps=True)
        self._failures = push_button("", "quiet")
        self._best = push_button(self.tr("Keep the best"))
        self._reject = push_button(self.tr("Reject the others"))
        self._trash = push_button(self.tr("Move the others to the trash"), "primary")
        self._lay_out_page()
        self._connect_page()
        self._show()

    def prepare(self, selected: int, distance: int) -> None:
        """Offer the scopes there are: *selected* photos are selected."""
        before = self._scope.currentData()
        self._scope.clear()
        self._scope.addItem(self.tr("This folder"), "folder")
        self._scope.addItem(self.tr("With subfolders"), "subfolders")
        if selected > 1:
            words = self.tr("{photos} selected").format(photos=photos_words(selected))
            self._scope.addItem(words, "selection")
        wanted = "selection" if selected > 1 else before or "folder"
        self._scope.setCurrentIndex(max(self._scope.findData(wanted), 0))
        if not self._model.groups:
            self._slider.setValue(distance)
        self.open_card(self.view if self._model.groups else self._find)

    # ------------------------------------------------------------ parts

    def _lay_out_page(self) -> None:
        look = tokens()
        self.body.setContentsMargins(0, look.space_3, 0, 0)
        self._slider.setRange(0, _MOST_DISTANCE)
        self._slider.setPageStep(2)
        self._slider.setFixedWidth(_SLIDER_WIDTH)
        self._slider.setAccessibleName(self.tr("How much photos may differ"))
        self._scope.setMinimumContentsLength(18)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_SLIDER_WIDTH)
        self._bar.setAccessibleName(self.tr("Progress of the search"))
        options = QHBoxLayout()
        options.setContentsMargins(look.space_4, 0, look.space_4, 0)
        options.setSpacing(look.space_3)
        for widget in (self._scope, self._slider, self._likeness):
            options.addWidget(widget)
        options.addStretch(1)
        for widget in (self._bar, self._stop, self._find):
            options.addWidget(widget)
        widest = self._likeness.fontMetrics().horizontalAdvance(self._likeness_words(0))
        self._likeness.setMinimumWidth(widest + look.space_2)
        below = QHBoxLayout()
        below.setContentsMargins(look.space_4, 0, look.space_4, look.space_3)
        below.setSpacing(look.space_2)
        below.addWidget(self._state, 1)
        for widget in (self._failures, self._best, self._reject, self._trash):
            below.addWidget(widget)
        self.body.addLayout(options)
        self.body.addWidget(self.view, 1)
        self.body.addLayout(below)

    def _connect_page(self) -> None:
        self._slider.valueChanged.connect(self._show_likeness)
        self._find.clicked.connect(self._search)
        self._stop.clicked.connect(self._model.stop)
        self._best.clicked.connect(self._model.keep_best)
        self._reject.clicked.connect(self.reject_wanted)
        self._trash.clicked.connect(self.trash_wanted)
        self._failures.clicked.connect(self.failures_wanted)
        self._model.groups_changed.connect(self._show)
        self._model.ended.connect(self._show)
        self._model.progressed.connect(self._on_progressed)
        self.closed.connect(self.view.rest)
        self._show_likeness(self._slider.value())

    # ------------------------------------------------------------ state

    def _search(self) -> None:
        self.search_wanted.emit(self._scope.currentData(), self._slider.value())

    def _show_likeness(self, distance: int) -> None:
        self._likeness.setText(self._likeness_words(distance))

    def _likeness_words(self, distance: int) -> str:
        if distance == 0:
            return self.tr("Equal files only")
        if distance <= _VERY_ALIKE:
            return self.tr("Very much alike")
        return self.tr("Alike") if distance <= _ALIKE else self.tr("Roughly alike")

    def _on_progressed(self, done: int, total: int) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._show()
        if total:
            words = self.tr("{done} of {total} photos")
            shown = words.format(done=f"{done:,}", total=f"{total:,}")
            self._state.setText(shown)

    def _show(self) -> None:
        model = self._model
        searching = model.is_searching
        others = model.others()
        self._bar.setVisible(searching)
        self._stop.setVisible(searching)
        self._find.setVisible(not searching)
        set_look(self._find, "" if model.groups else "primary")
        self._state.setText(self._state_words(len(others)))
        self.view.say_nothing(*self._nothing_words())
        for button in (self._best, self._reject, self._trash):
            button.setVisible(bool(model.groups))
            button.setEnabled(bool(others) or button is self._best)
        failed = len(model.failed)
        self._failures.setVisible(failed > 0)
        self._failures.setText(self.tr("{photos} not readable").format(photos=photos_words(failed)))

    def _nothing_words(self) -> tuple[str, str]:
        """Return what stands where groups would be."""
        model = self._model
        if model.is_searching:
            return self.tr("Looking for duplicates"), ""
        if model.error is not None:
            return model.error.message, model.error.hint
        if not model.has_searched:
            return (
                self.tr("Find photos that are the same, or nearly so"),
                self.tr("Choose where to look and how much they may differ, then press Find."),
            )
        if model.found:
            return self.tr("No duplicates left"), self.tr("Ctrl+Z brings back what went away.")
        return (
            self.tr("No duplicates found"),
            self.tr("Let photos differ more, or look in subfolders too."),
        )

    def _state_words(self, others: int) -> str:
        model = self._model
        if model.is_searching or not model.groups:
            return ""
        locale = QLocale()
        size = sum(model.sizes.get(path, 0) for path in model.others())
        groups = (self.tr("{n} group") if len(model.groups) == 1 else self.tr("{n} groups")).format(
            n=f"{len(model.groups):,}"
        )
        goes = self.tr("{photos} could go").format(photos=photos_words(others))
        room = locale.formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeSIFormat)
        return " · ".join([groups, goes, room] if size else [groups, goes])
