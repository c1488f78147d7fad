"""Bringing a part of a scrolled panel into view, unless somebody types there."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from rabbitviewer.theme.tokens import tokens


def bring_in(panel: QScrollArea, part: QWidget) -> None:
    """Scroll *panel* down to *part*, as high as it is once it was laid out."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    area = part.geometry()
    panel.ensureVisible(0, area.bottom(), 0, tokens().space_4)
    panel.ensureVisible(0, area.top(), 0, tokens().space_2)


def is_typed_in(panel: QWidget) -> bool:
    """Whether the cursor stands in a field of *panel*."""
    focus = panel.window().focusWidget() or panel
    typed = focus.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    return typed and panel.isAncestorOf(focus)
