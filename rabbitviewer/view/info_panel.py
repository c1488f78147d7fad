"""The Info tab: what is known of the selected photos, and what the user says of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from daemon.protocol.messages import Failed, Message, PhotoInfo, PhotoInfoRequest, WirePath
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.marks import MarksModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.theme.controls import Fold, hairline, icon_button, text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.info_facts import Facts, Line, facts_of, position_words, shared_facts
from rabbitviewer.view.info_marks import MarksSection
from rabbitviewer.words import file_name

_PAUSE_MS = 120
_MOST_COMPARED = 24
_MAP = "https://www.openstreetmap.org/?mlat={0:.6f}&mlon={1:.6f}#map=15/{0:.6f}/{1:.6f}"


class InfoPanel(QScrollArea):
    """Facts and marks, asked for once photos stay selected for a moment.

    Attributes:
        path: The only photo that is shown; empty: none, or several.
        marks: Stars, labels and the like.

    Signals:
        path_changed: another photo is the only one that is shown (its path).
        shown: the tab was opened.
    """

    path_changed = Signal(bytes)
    shown = Signal()

    def __init__(
        self,
        client: DaemonClient,
        selection: Selection,
        marks: MarksModel,
        known_keywords: QStringListModel | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._selection = selection
        self.path = b""
        self._wanted: tuple[bytes, ...] = ()
        self._infos: dict[bytes, PhotoInfo] = {}
        self._failed: dict[bytes, list[str]] = {}
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Info"))
        self.marks = MarksSection(marks, known_keywords or QStringListModel(self))
        self._head = QWidget()
        self._slot = QVBoxLayout()
        self._facts = QWidget()
        self._layout = self._build()
        selection.current_changed.connect(self._on_selection_changed)
        selection.selected_changed.connect(self._on_selection_changed)
        client.connected.connect(self._ask_anew)
        self._on_selection_changed()

    def put_histogram(self, histogram: QWidget) -> None:
        """Show *histogram* between the marks and the facts."""
        self._slot.addWidget(histogram)

    # ------------------------------------------------------------ asking

    def _on_selection_changed(self, *_what: object) -> None:
        if not self._selection.selected:
            self._wanted = ()
            self._put_head([text_label(self._nothing(), "secondary", wraps=True)])
            self._put_facts([])
            self.marks.hide()
            self._set_path(b"")
        self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what was not asked while nobody could see it."""
        super().showEvent(event)
        self.shown.emit()
        self._timer.start()

    def _ask_anew(self) -> None:
        """A daemon is there: what the one before could not tell, this one may."""
        self._wanted = ()
        self._timer.start()

    def _ask(self) -> None:
        chosen = self._selection.selected
        if not chosen or not self.isVisible():
            return
        self.marks.show_photos(chosen)
        self.marks.show()
        wanted = tuple(chosen[:_MOST_COMPARED])
        self._set_path(wanted[0] if len(wanted) == 1 else b"")
        if wanted == self._wanted and len(self._infos) + len(self._failed) == len(wanted):
            self._show(len(chosen))
            return
        if not self._wanted and len(wanted) == 1:
            self._put_head([_heading(file_name(wanted[0]))])
        self._wanted, self._infos, self._failed = wanted, {}, {}
        for path in wanted:
            request = PhotoInfoRequest(path=WirePath.of(path))
            self._client.send(
                request, lambda answer, _blob, path=path: self._take(wanted, path, answer)
            )

    def _take(self, wanted: tuple[bytes, ...], path: bytes, answer: Message) -> None:
        if wanted is not self._wanted:
            return
        if isinstance(answer, PhotoInfo):
            self._infos[path] = answer
        elif isinstance(answer, Failed):
            self._failed[path] = [answer.error.message, answer.error.hint]
        if len(self._infos) + len(self._failed) == len(wanted):
            self._show(len(self._selection.selected))

    def _set_path(self, path: bytes) -> None:
        if path != self.path:
            self.path = path
            self.path_changed.emit(path)

    # ------------------------------------------------------------ showing

    def _nothing(self) -> str:
        return self.tr("Choose a photo to see what is known of it.")

    def _show(self, chosen: int) -> None:
        if chosen == 1:
            path = self._wanted[0]
            info = self._infos.get(path)
            notes = list(info.notes) if info is not None else self._failed[path]
            facts = Facts(name=file_name(path)) if info is None else facts_of(info)
        else:
            infos = list(self._infos.values())
            facts = shared_facts(infos) if infos else Facts()
            notes = []
            if chosen > len(self._wanted):
                words = self.tr("What follows is of the first {count}.")
                notes.append(words.format(count=len(self._wanted)))
        self._show_facts(facts, notes, chosen)

    def _show_facts(self, facts: Facts, notes: Sequence[str], chosen: int) -> None:
        title = facts.name or self.tr("{count} photos").format(count=f"{chosen:,}")
        lines = [words for words in (facts.summary, facts.taken) if words]
        head: list[QWidget] = [_heading(title)]
        head += [_figures(text_label(words, "secondary", wraps=True)) for words in lines]
        head += [text_label(note, "secondary", wraps=True) for note in notes if note]
        self._put_head(head)
        parts: list[QWidget] = []
        camera = [text for text in (facts.camera, facts.lens) if text]
        if camera or facts.exposure:
            parts.append(self._camera_part(camera, facts.exposure))
        if facts.position is not None:
            parts.append(self._position_part(facts.position))
        for number, (heading, lines) in enumerate(facts.groups):
            if parts or number:
                parts.append(hairline())
            parts += [text_label(heading, "heading"), _make_table(lines)]
        if facts.rest:
            parts += [hairline(), Fold(self.tr("All metadata"), _make_table(facts.rest))]
        self._put_facts(parts)

    def _camera_part(self, camera: Sequence[str], exposure: str) -> QWidget:
        look = tokens()
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_1)
        for number, text in enumerate(camera):
            layout.addWidget(
                _selectable(text_label(text, "secondary" if number else "", wraps=True))
            )
        if exposure:
            layout.addWidget(_selectable(_figures(text_label(exposure, wraps=True))))
        return part

    def _position_part(self, position: tuple[float, float]) -> QWidget:
        """Coordinates as text; the map is opened only when it is asked for."""
        look = tokens()
        part = QWidget()
        layout = QHBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_1)
        words = position_words(position)
        layout.addWidget(_selectable(_figures(text_label(words))), 1)
        copy = icon_button("ph.copy", self.tr("Copy the coordinates"))
        copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(f"{position[0]:.6f}, {position[1]:.6f}")
        )
        show = icon_button("ph.map-pin", self.tr("Open the map in the browser"))
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(_MAP.format(*position))))
        layout.addWidget(copy)
        layout.addWidget(show)
        return part

    # ------------------------------------------------------------ building

    def _build(self) -> QVBoxLayout:
        look = tokens()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        layout.setSpacing(look.space_3)
        layout.addWidget(self._head)
        layout.addWidget(self.marks)
        self._slot.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._slot)
        layout.addWidget(self._facts)
        layout.addStretch(1)
        self.setWidget(content)
        return layout

    def _put_head(self, widgets: Sequence[QWidget]) -> None:
        self._head = self._replaced(self._head, widgets, tokens().space_1)

    def _put_facts(self, widgets: Sequence[QWidget]) -> None:
        self._facts = self._replaced(self._facts, widgets, tokens().space_3)

    def _replaced(self, old: QWidget, widgets: Sequence[QWidget], gap: int) -> QWidget:
        new = QWidget()
        layout = QVBoxLayout(new)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(gap)
        for widget in widgets:
            layout.addWidget(widget)
        self._layout.replaceWidget(old, new)
        old.hide()
        old.deleteLater()
        return new


def _heading(text: str) -> QLabel:
    label = text_label(text, "title", wraps=True)
    label.setToolTip(text)
    return _selectable(label)


def _figures(label: QLabel) -> QLabel:
    label.setFont(figures_font(label.font()))
    return label


def _selectable(label: QLabel) -> QLabel:
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _make_table(lines: Sequence[Line]) -> QWidget:
    look = tokens()
    table = QWidget()
    grid = QGridLayout(table)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(look.space_3)
    grid.setVerticalSpacing(look.space_1 + 2)
    grid.setColumnMinimumWidth(0, look.panel_width // 4)
    grid.setColumnStretch(1, 1)
    for row, (name, value) in enumerate(lines):
        name_label = text_label(name, "secondary", wraps=True)
        name_label.setAlignment(Qt.AlignmentFlag.AlignTop)
        value_label = _selectable(_figures(text_label(value, wraps=True)))
        value_label.setAlignment(Qt.AlignmentFlag.AlignTop)
        value_label.setToolTip(value)
        grid.addWidget(name_label, row, 0)
        grid.addWidget(value_label, row, 1)
    return table
