"""The Fusion palette made of tokens."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from rabbitviewer.theme.tokens import Tokens


def make_palette(look: Tokens) -> QPalette:
    """Return the palette of *look*."""
    role = QPalette.ColorRole
    palette = QPalette(QColor(look.control), QColor(look.window))
    everywhere = {
        role.Window: look.window,
        role.WindowText: look.text,
        role.Base: look.control,
        role.AlternateBase: look.panel,
        role.Text: look.text,
        role.Button: look.control,
        role.ButtonText: look.text,
        role.BrightText: look.error,
        role.ToolTipBase: look.panel,
        role.ToolTipText: look.text,
        role.PlaceholderText: look.text_secondary,
        role.Highlight: look.accent,
        role.HighlightedText: look.on_accent,
        role.Link: look.accent_text,
        role.LinkVisited: look.accent_text,
        role.Light: look.control_hover,
        role.Midlight: look.control_hover,
        role.Mid: look.line,
        role.Dark: look.line,
        role.Shadow: look.line,
        role.Accent: look.accent,
    }
    for which, color in everywhere.items():
        palette.setColor(which, QColor(color))
    for which in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(look.text_disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(look.raised))
    return palette
