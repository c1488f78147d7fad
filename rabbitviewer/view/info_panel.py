"""The Info tab: what is known of the current photo."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QDateTime, QLocale, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from daemon.protocol.messages import Failed, Message, PhotoInfo, PhotoInfoRequest, WirePath
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.selection import Selection
from rabbitviewer.theme.controls import Fold, hairline, text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name, folder_name

_PAUSE_MS = 120
_MOST_LINES = 200
_DATE_LENGTH = 19

Line = tuple[str, str]


class _Recipe(msgspec.Struct):
    """What of an embedded recipe is shown."""

    prompt: str
    workflow: str
    seed: int
    strength: float = 1.0
    ai: bool = False


class InfoPanel(QScrollArea):
    """Facts of the current photo, asked for once it stays current for a moment."""

    def __init__(
        self, client: DaemonClient, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._selection = selection
        self._wanted = b""
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        self._content = QWidget()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Info"))
        selection.current_changed.connect(self._on_current_changed)
        client.connected.connect(self._timer.start)
        self._on_current_changed(selection.current)

    def _on_current_changed(self, path: bytes) -> None:
        if not path:
            self._wanted = b""
            self._show([], [self.tr("Choose a photo to see what is known of it.")])
        self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what was not asked while nobody could see it."""
        super().showEvent(event)
        if self._wanted != self._selection.current:
            self._timer.start()

    def _ask(self) -> None:
        path = self._selection.current
        if path and self.isVisible():
            self._wanted = path
            request = PhotoInfoRequest(path=WirePath.of(path))
            self._client.send(request, lambda answer, _blob: self._take(path, answer))

    def _take(self, path: bytes, answer: Message) -> None:
        if path != self._wanted:
            return
        if isinstance(answer, PhotoInfo):
            self._show(self._sections(answer), list(answer.notes))
        elif isinstance(answer, Failed):
            sections = [(self.tr("File"), [(self.tr("Name"), file_name(path))])]
            self._show(sections, [answer.error.message, answer.error.hint])

    # ------------------------------------------------------------ facts

    def _sections(self, info: PhotoInfo) -> list[tuple[str, list[Line]]]:
        locale = QLocale()
        megapixels = info.width_px * info.height_px / 1e6
        size = f"{info.width_px} × {info.height_px}"
        file_lines = [
            (self.tr("Name"), file_name(info.path)),
            (self.tr("Folder"), folder_name(info.path)),
            (self.tr("Size"), locale.formattedDataSize(info.size_bytes, 1)),
        ]
        bits = self.tr("{bits} bit").format(bits=info.bit_depth)
        alpha = self.tr("with transparency") if info.has_alpha else ""
        picture_lines = [
            (self.tr("Format"), info.format.upper()),
            (self.tr("Pixels"), f"{size} ({megapixels:.1f} MP)" if megapixels >= 0.1 else size),
            (self.tr("Depth"), ", ".join(part for part in (bits, alpha) if part)),
            (self.tr("Colours"), info.icc_description or _space_name(info.color_space)),
        ]
        sections = [(self.tr("File"), file_lines), (self.tr("Picture"), picture_lines)]
        left = dict(info.metadata)
        recipe = self._recipe_lines(left.pop("recipe", ""))
        if recipe:
            sections.append((self.tr("Made with RabbitViewer"), recipe))
        for title, names in self._groups():
            lines = [(words, _shown(name, left.pop(name))) for name, words in names if name in left]
            if lines:
                sections.append((title, lines))
        if left:
            rest = list(left.items())[:_MOST_LINES]
            sections.append((self.tr("All metadata"), rest))
        return sections

    def _recipe_lines(self, text: str) -> list[Line]:
        """Say in words how a result was made; nothing where the recipe is not ours."""
        try:
            recipe = msgspec.json.decode(text, type=_Recipe)
        except msgspec.MsgspecError:
            return []
        return [
            (self.tr("Prompt"), recipe.prompt),
            (self.tr("Workflow"), recipe.workflow),
            (self.tr("Strength"), f"{recipe.strength * 100:.0f} %"),
            (self.tr("Seed"), str(recipe.seed)),
            (self.tr("AI"), self.tr("Yes") if recipe.ai else self.tr("No")),
        ]

    def _groups(self) -> list[tuple[str, list[Line]]]:
        """Headings, and under each the names of the metadata with their titles."""
        camera = [
            ("date_taken", self.tr("Taken")),
            ("camera", self.tr("Camera")),
            ("lens", self.tr("Lens")),
            ("focal_length", self.tr("Focal length")),
            ("f_number", self.tr("Aperture")),
            ("exposure", self.tr("Exposure")),
            ("iso", self.tr("ISO")),
        ]
        described = [
            ("title", self.tr("Title")),
            ("caption", self.tr("Caption")),
            ("keywords", self.tr("Keywords")),
            ("rating", self.tr("Rating")),
            ("label", self.tr("Label")),
            ("creator", self.tr("Creator")),
            ("copyright", self.tr("Copyright")),
            ("city", self.tr("City")),
            ("country", self.tr("Country")),
            ("gps", self.tr("Position")),
        ]
        return [(self.tr("Camera"), camera), (self.tr("Description"), described)]

    # ------------------------------------------------------------ showing

    def _show(self, sections: list[tuple[str, list[Line]]], notes: list[str]) -> None:
        look = tokens()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        layout.setSpacing(look.space_3)
        for note in notes:
            if note:
                layout.addWidget(text_label(note, "secondary", wraps=True))
        for number, (title, lines) in enumerate(sections):
            if number:
                layout.addWidget(hairline())
            if title == self.tr("All metadata"):
                layout.addWidget(Fold(title, _make_table(lines)))
            else:
                layout.addWidget(text_label(title, "heading"))
                layout.addWidget(_make_table(lines))
        layout.addStretch(1)
        self.setWidget(content)


def _make_table(lines: list[Line]) -> QWidget:
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
        grid.addWidget(name_label, row, 0)
        grid.addWidget(_make_value(value), row, 1)
    return table


def _make_value(value: str) -> QLabel:
    label = text_label(value, wraps=True)
    label.setFont(figures_font(label.font()))
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setToolTip(value)
    return label


def _shown(name: str, value: str) -> str:
    """Return a value of the metadata as the user's country writes it."""
    if name != "date_taken":
        return value
    taken = QDateTime.fromString(value[:_DATE_LENGTH], "yyyy-MM-dd HH:mm:ss")
    return QLocale().toString(taken, QLocale.FormatType.ShortFormat) if taken.isValid() else value


def _space_name(space: str) -> str:
    names = {
        "srgb": "sRGB",
        "adobe-rgb": "Adobe RGB",
        "display-p3": "Display P3",
        "prophoto": "ProPhoto RGB",
    }
    return names.get(space, space)
