"""Every colour, size and time of the window, once; dark and light.

Widgets that paint take their values from :func:`tokens` while painting, so that a change of theme
needs nothing but a repaint.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from PySide6.QtGui import QGuiApplication, QPalette


@dataclasses.dataclass(frozen=True)
class Tokens:
    """The look in values. Colours are ``#rrggbb`` (or ``#aarrggbb``), sizes logical pixels.

    Attributes:
        name: ``dark`` or ``light``.
        window: Ground of bars and of the window itself.
        panel: Ground of docks, cards and popups.
        raised: Hovered rows, pressed chips, the current tab.
        photo_area: Ground behind photos and grid cells.
        photo_area_grey: Mid grey behind photos (CIE L* 50), to judge tones.
        photo_area_black: Black behind photos.
        cell: Ground of a grid cell while its photo is not there yet.
        line: Hairlines between parts.
        control: Ground of fields and buttons.
        control_hover: The same under the pointer.
        control_pressed: The same while pressed.
        control_line: Outline of fields and buttons.
        text: What is read.
        text_secondary: What may be overlooked; 4.5:1 on *panel* all the same.
        text_disabled: What cannot be used now.
        accent: Selection, focus, primary buttons, progress.
        accent_bright: The current one among selected cells; a hovered primary button.
        accent_text: The accent where it is read as text (links).
        accent_soft: Ground of a selected row.
        on_accent: Text on *accent*.
        error: Failures.
        mask: Masks laid over photos.
        control_layer: Control layers laid over photos.
        success: A finished job's mark.
        overlay: Ground of figures and labels that lie on a photo.
        on_overlay: Text on *overlay*.
        space_1: 4 px; and so on through *space_5*.
        radius: Corners of controls and cards.
        font_small: Captions and chips.
        font_body: Nearly everything.
        font_title: Empty states and headings.
        icon_small: Icons inside controls.
        icon: Icons in bars.
        bar_height: The top bar.
        status_height: The status line.
        strip_height: The filmstrip.
        loupe: Diameter of the loupe.
        histogram_height: Height of a histogram.
        blown: Marks what is too bright to hold detail.
        blocked: Marks what is too dark to.
        histogram_ground: Behind a histogram, dark in both themes so that its colours add up.
        histogram_red: The red channel; the three add up to a light grey.
        histogram_green: The green channel.
        histogram_blue: The blue channel.
        label_red: The colour of the red label; and so on for the other four.
        control_height: Buttons and one-line fields.
        panel_width: Docks as they first open.
        cell_gap: Between grid cells.
        slot: Least edge of a picture in the pool.
        look: Least width of a photo under a look.
        sentence_width: Least width of a card that has room for a sentence under its chip.
        dot: Diameter of the dot that tells of a mask.
        selection_ring: Width of the ring round a selected cell.
        focus_ring: Width of the ring round a focused control.
        fade_ms: One photo of a slideshow fading into the next; none with reduced motion.
        animation_ms: Panels sliding in; 0 would be for reduced motion.
        figure_ms: How long a passing figure (zoom, index) stays.
        hover_delay_ms: Before something appears only because the pointer rests.
    """

    name: str
    window: str
    panel: str
    raised: str
    photo_area: str
    cell: str
    line: str
    control: str
    control_hover: str
    control_pressed: str
    control_line: str
    text: str
    text_secondary: str
    text_disabled: str
    accent: str
    accent_bright: str
    accent_text: str
    accent_soft: str
    on_accent: str
    error: str
    success: str
    mask: str = "#e5484d"
    control_layer: str = "#4a90d9"
    overlay: str = "#b4141414"
    on_overlay: str = "#f2f2f2"
    photo_area_grey: str = "#777777"
    photo_area_black: str = "#000000"
    space_1: int = 4
    space_2: int = 8
    space_3: int = 12
    space_4: int = 16
    space_5: int = 24
    radius: int = 6
    font_small: int = 11
    font_body: int = 13
    font_title: int = 16
    icon_small: int = 16
    icon: int = 20
    bar_height: int = 44
    status_height: int = 28
    strip_height: int = 84
    loupe: int = 280
    histogram_height: int = 96
    blown: str = "#ff2a2a"
    blocked: str = "#2a6bff"
    histogram_ground: str = "#1b1b1b"
    histogram_red: str = "#842020"
    histogram_green: str = "#206c20"
    histogram_blue: str = "#243c90"
    label_red: str = "#d9534f"
    label_yellow: str = "#d9b23c"
    label_green: str = "#5fa657"
    label_blue: str = "#4a90d9"
    label_purple: str = "#a06cd5"
    control_height: int = 28
    panel_width: int = 320
    cell_gap: int = 4
    slot: int = 92
    look: int = 100
    sentence_width: int = 220
    dot: int = 8
    selection_ring: int = 2
    focus_ring: int = 2
    animation_ms: int = 140
    fade_ms: int = 600
    figure_ms: int = 900
    hover_delay_ms: int = 400


DARK: Final = Tokens(
    name="dark",
    window="#1b1b1b",
    panel="#232323",
    raised="#303030",
    photo_area="#2a2a2a",
    cell="#303030",
    line="#343434",
    control="#2e2e2e",
    control_hover="#383838",
    control_pressed="#292929",
    control_line="#434343",
    text="#e6e6e6",
    text_secondary="#9a9a9a",
    text_disabled="#5e5e5e",
    accent="#e8833a",
    accent_bright="#ffab6b",
    accent_text="#f0975a",
    accent_soft="#3d3129",
    on_accent="#1b1b1b",
    error="#f0706a",
    success="#8fb573",
)

LIGHT: Final = Tokens(
    name="light",
    window="#ececec",
    panel="#f6f6f6",
    raised="#e4e4e4",
    photo_area="#dedede",
    cell="#d2d2d2",
    line="#d0d0d0",
    control="#ffffff",
    control_hover="#f0f0f0",
    control_pressed="#e2e2e2",
    control_line="#bdbdbd",
    text="#1e1e1e",
    text_secondary="#5c5c5c",
    text_disabled="#a6a6a6",
    accent="#bc5812",
    accent_bright="#d96f22",
    accent_text="#a34a0c",
    accent_soft="#f5dfce",
    on_accent="#ffffff",
    error="#b3261e",
    success="#47702a",
)


def label_color(look: Tokens, label: str) -> str:
    """Return the colour of a label (``red`` …); that of quiet text for none."""
    return str(getattr(look, f"label_{label}", look.text_secondary))


def tokens() -> Tokens:
    """Return the tokens of the theme in force: dark or light, as the application's palette is."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return LIGHT if window.lightness() > 127 else DARK
