"""The filter bar under the top bar: stars, labels, flags, type, camera, lens, keyword, date."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from rabbitviewer.browse.date_range import DateChip
from rabbitviewer.browse.filter_controls import ChoiceChip, LabelDot, Stars
from rabbitviewer.models.filtering import LABELS, Filtering
from rabbitviewer.theme.controls import hairline, icon_before_words, push_button
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens


class FilterBar(QFrame):
    """Shows the filter in force; every part of it can be changed where it stands."""

    def __init__(self, filtering: Filtering, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filtering = filtering
        look = tokens()
        self.setProperty("look", "filters")
        self.setAccessibleName(self.tr("Filter"))
        self._stars = Stars()
        self._stars.chosen.connect(self._set_stars)
        self._dots = self._make_dots()
        self._flags = {
            "pick": self._make_toggle(self.tr("Picked"), "ph.flag", "flags", "pick"),
            "reject": self._make_toggle(self.tr("Rejected"), "ph.x-circle", "flags", "reject"),
        }
        nothing = self.tr("None known in these photos yet")
        self._lists = {
            "kinds": ChoiceChip(self.tr("Type"), nothing),
            "cameras": ChoiceChip(self.tr("Camera"), nothing),
            "lenses": ChoiceChip(self.tr("Lens"), nothing),
            "keywords": ChoiceChip(self.tr("Keyword"), nothing),
        }
        for part, chip in self._lists.items():
            chip.pick_list.picked.connect(self._toggler(part))
        self._date = DateChip()
        self._date.chosen.connect(self._set_days)
        self._edited = push_button(self.tr("Edited"), "chip")
        self._edited.setCheckable(True)
        self._edited.setToolTip(self.tr("Only photos with results made from them"))
        self._edited.clicked.connect(self._set_edited)
        self._clear = push_button(self.tr("Clear"), "chip")
        self._clear.setIcon(icon("ph.x"))
        self._clear.setIconSize(icon_before_words(tokens().font_small))
        self._clear.clicked.connect(filtering.clear)
        self._lay_out(look.space_2)
        filtering.changed.connect(self._show)
        filtering.choices_changed.connect(self._show)
        self._show()

    def _lay_out(self, gap: int) -> None:
        look = tokens()
        marks = QWidget()
        row = QHBoxLayout(marks)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.space_1)
        row.addWidget(self._stars)
        row.addWidget(_gap_line())
        for dot in self._dots.values():
            row.addWidget(dot)
        row.addWidget(_gap_line())
        parts = QWidget()
        flow = FlowLayout(gap, parts)
        flow.addWidget(marks)
        widgets = (*self._flags.values(), *self._lists.values(), self._date, self._edited)
        for widget in (*widgets, self._clear):
            flow.addWidget(widget)
        for widget in (self._stars, *self._dots.values(), *widgets, self._clear):
            # A click leaves the keys with the photos: 3 rates, it does not filter.
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._edited.ensurePolished()
        marks.setFixedHeight(self._edited.sizeHint().height())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_3, look.space_2, look.space_3, look.space_2)
        layout.addWidget(parts)

    def _make_dots(self) -> dict[str, LabelDot]:
        words = {
            "red": self.tr("Red label"),
            "yellow": self.tr("Yellow label"),
            "green": self.tr("Green label"),
            "blue": self.tr("Blue label"),
            "purple": self.tr("Purple label"),
            "none": self.tr("No label"),
        }
        dots: dict[str, LabelDot] = {}
        for label in (*LABELS, "none"):
            dots[label] = LabelDot(label, words[label])
            dots[label].clicked.connect(self._value_toggler("labels", label))
        return dots

    def _make_toggle(self, words: str, icon_name: str, part: str, value: str) -> QPushButton:
        chip = push_button(words, "chip")
        chip.setCheckable(True)
        chip.setIcon(icon(icon_name))
        chip.setIconSize(icon_before_words(tokens().font_body))
        chip.clicked.connect(self._value_toggler(part, value))
        return chip

    def _set_stars(self, stars: int) -> None:
        self._filtering.set(min_rating=stars)

    def _set_days(self, first: str, last: str) -> None:
        self._filtering.set(taken_from=first, taken_to=last)

    def _set_edited(self, on: bool) -> None:
        self._filtering.set(edited=True if on else None)

    def _toggler(self, part: str) -> Callable[[str], None]:
        return lambda value: self._filtering.toggle(part, value)

    def _value_toggler(self, part: str, value: str) -> Callable[[], None]:
        return lambda: self._filtering.toggle(part, value)

    def _show(self) -> None:
        """Show the filter in force and what occurs."""
        wanted, choices = self._filtering.filter, self._filtering.choices
        self._stars.set_stars(wanted.min_rating)
        for label, dot in self._dots.items():
            dot.setChecked(label in wanted.labels)
        for flag, chip in self._flags.items():
            chip.setChecked(flag in wanted.flags)
        for part, chip in self._lists.items():
            picked: tuple[str, ...] = getattr(wanted, part)
            known: tuple[tuple[str, int], ...] = getattr(choices, part)
            name = kind_words if part == "kinds" else str
            rows = [(value, name(value), count) for value, count in known]
            values = {value for value, _count in known}
            rows += [(value, name(value), 0) for value in picked if value not in values]
            chip.pick_list.show_choices(rows, picked)
            chip.show_picked([name(value) for value in picked])
        self._date.set_days(choices.days)
        self._date.show_range(wanted.taken_from, wanted.taken_to)
        self._edited.setChecked(bool(wanted.edited))
        self._clear.setVisible(self._filtering.is_active)
        self.updateGeometry()


def kind_words(kind: str) -> str:
    """Return the name of a kind of file as photographers write it."""
    names = {"heif": "HEIF", "jpegxl": "JPEG XL", "jxl": "JPEG XL", "webp": "WebP"}
    return names.get(kind, kind.upper() if len(kind) <= len("video") - 1 else kind.capitalize())


def _gap_line() -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    gap = tokens().space_1
    row.setContentsMargins(gap, gap, gap, gap)
    row.addWidget(hairline(vertical=True))
    return holder
