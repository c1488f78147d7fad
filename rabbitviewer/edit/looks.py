"""The looks that the grade panel offers: a name and the prompt it stands for."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QCoreApplication


@dataclasses.dataclass(frozen=True)
class Look:
    """One named prompt.

    Attributes:
        title: Name, translated.
        prompt: What goes into the prompt box; English, the language the models know best.
        shadows: A colour that hints at its shadows.
        lights: A colour that hints at its lights.
    """

    title: str
    prompt: str
    shadows: str
    lights: str


def _tr(text: str) -> str:
    return QCoreApplication.translate("Look", text)


def looks() -> tuple[Look, ...]:
    """Return the looks, in the order in which they stand."""
    return (
        Look(
            _tr("Warm cinematic"),
            "warm cinematic, teal shadows",
            "#1f5560",
            "#e9a869",
        ),
        Look(
            _tr("Golden hour"),
            "golden hour, warm highlights, slightly brighter",
            "#8a5a2b",
            "#ffd27f",
        ),
        Look(
            _tr("Faded film"),
            "faded film, soft contrast, slightly warm",
            "#5c5a57",
            "#d9cdb6",
        ),
        Look(
            _tr("Moody"),
            "moody, darker, muted colours, cool shadows",
            "#222c38",
            "#8c8f88",
        ),
        Look(
            _tr("Clean and bright"),
            "brighter, crisp contrast, neutral white balance",
            "#6f7f8c",
            "#ffffff",
        ),
        Look(
            _tr("Vivid"),
            "vivid colours, more contrast",
            "#2152b8",
            "#f2b705",
        ),
        Look(
            _tr("Blue dusk"),
            "cool blue dusk, darker, slightly less saturation",
            "#1b2a4a",
            "#8fb2d9",
        ),
        Look(
            _tr("Bleach bypass"),
            "bleach bypass, strong contrast",
            "#2b2d2e",
            "#c9cbc4",
        ),
        Look(
            _tr("Black and white"),
            "black and white, strong contrast",
            "#111111",
            "#eeeeee",
        ),
    )
