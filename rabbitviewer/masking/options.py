"""The options of the tool in hand, in a row above the photo or a column in the panel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from rabbitviewer.masking.fields import ColorButton, NumberField, Segments
from rabbitviewer.masking.settings import LARGEST_PX, SMALLEST_PX, PaintSettings
from rabbitviewer.masking.tools import MODES, Tool, mode_name
from rabbitviewer.theme.controls import icon_button, push_button, text_label
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

_PERCENT = (0, 100)


class PaintOptions(QFrame):
    """Size, hardness and so on of a brush; mode, tolerance or range of what selects an area.

    Signals:
        select_pressed: the luminosity range is to be selected.
        left: the keys belong to the photo again.
    """

    select_pressed = Signal()
    left = Signal()

    def __init__(
        self, settings: PaintSettings, *, wide: bool, parent: QWidget | None = None
    ) -> None:
        """Prepare.

        Args:
            settings: What is set.
            wide: One under the other, over the whole width; else side by side.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._settings = settings
        self._wide = wide
        self._shown: list[tuple[QWidget, Callable[[Tool], bool]]] = []
        self._figures: list[Callable[[], None]] = []
        self.setAccessibleName(self.tr("Options of the tool"))
        look = tokens()
        self._layout = QVBoxLayout(self) if wide else FlowLayout(look.space_3, self)
        if isinstance(self._layout, QVBoxLayout):
            self._layout.setSpacing(look.space_2)
            self._layout.setContentsMargins(0, 0, 0, 0)
        else:
            # the same for every tool, so that the photo stays where it is
            self.setMinimumHeight(look.control_height + look.space_1)
        self._add_brush()
        self._add_area()
        settings.changed.connect(self._show)
        self._show()

    # ------------------------------------------------------------ what there is

    def _add_brush(self) -> None:
        def brush(tool: Tool) -> bool:
            return tool.is_brush

        size = (SMALLEST_PX, LARGEST_PX)
        self._add_figure(
            self.tr("Size"), "size_px", brush, span=size, suffix=self.tr(" px"), tip=self.tr("[ ]")
        )
        self._add_figure(self.tr("Hardness"), "hardness", brush, tip=self.tr("{ }"))
        self._add_figure(self.tr("Opacity"), "opacity", brush, span=(1, 100))
        self._add_figure(
            self.tr("Flow"),
            "flow",
            brush,
            span=(1, 100),
            tip=self.tr("How much every pass of the brush adds"),
        )
        pens = QWidget()
        row = QHBoxLayout(pens)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens().space_1)
        row.addWidget(text_label(self.tr("Pen"), "secondary"))
        row.addWidget(
            self._make_switch("ph.arrows-out-simple", self.tr("Pressure sets the size"), "size")
        )
        row.addWidget(
            self._make_switch("ph.drop-half", self.tr("Pressure sets the opacity"), "opacity")
        )
        row.addStretch(1)
        self._add(pens, brush)

    def _add_area(self) -> None:
        modes = Segments(
            self.tr("How the area combines with the mask"),
            [(mode, mode_name(mode), None, _mode_tip(mode, self.tr)) for mode in MODES],
            rows=2 if self._wide else 1,
        )
        modes.chosen.connect(self._setter("mode"))
        self._figures.append(lambda: modes.show_choice(self._settings.choices.mode))
        self._add(modes, lambda tool: tool.makes_area)

        def similar(tool: Tool) -> bool:
            return tool.id == "similar"

        def luminosity(tool: Tool) -> bool:
            return tool.id == "luminosity"

        self._add_figure(
            self.tr("Tolerance"),
            "tolerance",
            similar,
            scale=1.0,
            suffix="",
            tip=self.tr("How far a color may lie from the one clicked (CIELAB)"),
        )
        joined = push_button(self.tr("Contiguous"), "chip")
        joined.setCheckable(True)
        joined.setToolTip(self.tr("Only what is connected with the place clicked"))
        joined.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        joined.clicked.connect(self._setter("contiguous"))
        self._figures.append(lambda: joined.setChecked(self._settings.choices.contiguous))
        self._add(joined, similar)
        self._add_figure(self.tr("From"), "low", luminosity, changed=self._keep_order)
        self._add_figure(self.tr("To"), "high", luminosity, changed=self._keep_order)
        self._add_figure(
            self.tr("Softness"), "softness", luminosity, tip=self.tr("Width of the soft ends")
        )
        select = push_button(self.tr("Select"))
        select.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        select.clicked.connect(self.select_pressed)
        self._add(select, luminosity)

    def _add_figure(
        self,
        name: str,
        field: str,
        shown: Callable[[Tool], bool],
        *,
        span: tuple[int, int] = _PERCENT,
        suffix: str = " %",
        scale: float | None = None,
        tip: str = "",
        changed: Callable[[str], None] | None = None,
    ) -> None:
        """Add a figure; those with a percent sign are kept as shares."""
        factor = scale or (100.0 if suffix == " %" else 1.0)
        even = field != "size_px"
        control = NumberField(name, span, suffix, wide=self._wide, even=even, tip=tip)

        def on_edited(value: float) -> None:
            self._settings.set(**{field: value / factor})
            if changed is not None:
                changed(field)

        def show() -> None:
            control.show_value(getattr(self._settings.choices, field) * factor)

        control.edited.connect(on_edited)
        control.left.connect(self.left)
        self._figures.append(show)
        self._add(control, shown)

    def _make_switch(self, icon_name: str, tip: str, what: str) -> QToolButton:
        field = f"pressure_{what}"
        button = icon_button(icon_name, tip)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._setter(field))
        self._figures.append(lambda: button.setChecked(getattr(self._settings.choices, field)))
        return button

    def _setter(self, field: str) -> Callable[[object], None]:
        def put(value: object) -> None:
            self._settings.set(**{field: value})

        return put

    def _add(self, widget: QWidget, shown: Callable[[Tool], bool]) -> None:
        self._layout.addWidget(widget)
        self._shown.append((widget, shown))

    # ------------------------------------------------------------ in step

    def _keep_order(self, field: str) -> None:
        """Let neither end of the range pass the other."""
        choices = self._settings.choices
        if choices.low > choices.high:
            pushed = "high" if field == "low" else "low"
            self._settings.set(**{pushed: getattr(choices, field)})

    def _show(self) -> None:
        tool = self._settings.tool
        for show in self._figures:
            show()
        # first what goes: showing lays out at once, and both together would need a second row
        for widget, shown in sorted(self._shown, key=lambda each: each[1](tool)):
            widget.setVisible(shown(tool))
        self.updateGeometry()


class ViewOptions(QWidget):
    """How the mask is shown: overlay with colour and opacity, it alone, or marching ants."""

    left = Signal()

    def __init__(
        self, settings: PaintSettings, *, wide: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._views = Segments(
            self.tr("How the mask is shown"),
            [
                ("overlay", self.tr("Overlay"), icon("ph.drop-half"), self.tr("Overlay (V)")),
                ("mask", self.tr("Mask only"), icon("ph.circle-half"), self.tr("Mask only (V)")),
                (
                    "ants",
                    self.tr("Marching ants"),
                    icon("ph.selection"),
                    self.tr("Marching ants (V)"),
                ),
            ],
        )
        self._views.chosen.connect(self._set_view)
        self._color = ColorButton()
        self._color.chosen.connect(self._set_color)
        self._opacity = NumberField(
            self.tr("Overlay"), (5, 100), " %", wide=wide, tip=self.tr("Opacity of the overlay")
        )
        self._opacity.edited.connect(self._set_opacity)
        self._opacity.left.connect(self.left)
        layout = QVBoxLayout(self) if wide else QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_2)
        row = QHBoxLayout()
        row.setSpacing(tokens().space_1)
        row.addWidget(self._views)
        row.addWidget(self._color)
        if wide:
            row.addStretch(1)
        layout.addLayout(row)
        layout.addWidget(self._opacity)
        settings.changed.connect(self._show)
        self._show()

    def _set_view(self, view: str) -> None:
        self._settings.set(view=view)

    def _set_color(self, color: str) -> None:
        self._settings.set(color=color)

    def _set_opacity(self, percent: float) -> None:
        self._settings.set(overlay=percent / 100)

    def _show(self) -> None:
        choices = self._settings.choices
        self._views.show_choice(choices.view)
        self._color.show_color(self._settings.color)
        self._opacity.show_value(choices.overlay * 100)
        for widget in (self._color, self._opacity):
            widget.setEnabled(choices.view == "overlay")


def _mode_tip(mode: str, tr: Callable[[str], str]) -> str:
    return {
        "add": tr("Add to the mask (hold Shift)"),
        "subtract": tr("Take away from the mask (hold Alt)"),
        "intersect": tr("Keep only what both have (hold Shift and Alt)"),
        "replace": tr("Put it in the mask's place"),
    }[mode]
