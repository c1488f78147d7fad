"""The one style sheet: what Fusion and the palette leave to say, made of tokens.

Widgets choose a variant with the dynamic property ``look`` (``primary``, ``quiet``, ``chip`` ...),
never with a style sheet of their own.
"""

from __future__ import annotations

import dataclasses
from string import Template

from rabbitviewer.theme.tokens import Tokens

_SHEET = Template("""
* { font-size: ${font_body}px; }
QToolTip { background: $panel; color: $text; border: 1px solid $control_line; padding: 4px 6px; }

QLabel[look="secondary"] { color: $text_secondary; }
QLabel[look="small"] { color: $text_secondary; font-size: ${font_small}px; }
QLabel[look="small-error"] { color: $error; font-size: ${font_small}px; }
QLabel[look="title"] { font-size: ${font_title}px; font-weight: 600; }
QLabel[look="heading"] { font-weight: 600; }
QLabel[look="error"] { color: $error; }
QLabel[look="key"] { color: $text; background: $control; border: 1px solid $control_line;
    border-radius: 4px; padding: 1px 6px; font-size: ${font_small}px; }
QLabel[look="tag"] { color: $text_secondary; border: 1px solid $control_line; border-radius: 4px;
    padding: 0 5px; font-size: ${font_small}px; }
QLabel[look="tag-good"] { color: $success; border: 1px solid $success; border-radius: 4px;
    padding: 1px 6px; font-size: ${font_small}px; }
QLabel[look="tag-warn"] { color: $accent_text; border: 1px solid $accent_text; border-radius: 4px;
    padding: 1px 6px; font-size: ${font_small}px; }

QFrame[look="bar"] { background: $window; border: none; border-bottom: 1px solid $line; }
QFrame[look="photo-area"] { background: $photo_area; border: none; }
QFrame[look="filters"] { background: $panel; border: none; border-bottom: 1px solid $line; }
QFrame[look="status"] { background: $window; border: none; border-top: 1px solid $line; }
QFrame[look="panel"] { background: $panel; border: none; }
QFrame[look="card"] { background: $raised; border: none; border-radius: ${radius}px; }
QFrame[look="popover"] { background: $panel; border: 1px solid $control_line;
    border-radius: ${radius}px; }
QFrame[look="job"] { background: transparent; border: ${focus_ring}px solid transparent;
    border-bottom: 1px solid $line; }
QFrame[look="job"]:hover { background: $raised; }
QFrame[look="job"]:focus { border: ${focus_ring}px solid $accent; border-radius: ${radius}px; }
QFrame[look="drop-line"] { background: $accent; border: none; }
QFrame[look="strip"] { background: $accent_soft; border: none; border-bottom: 1px solid $line; }
QFrame[look="slot"] { background: transparent; border: 1px dashed $control_line;
    border-radius: ${radius}px; }
QFrame[look="slot-over"] { background: $accent_soft; border: 1px solid $accent;
    border-radius: ${radius}px; }
QFrame[look="line"] { background: $line; border: none; }

QPushButton { background: $control; color: $text; border: 1px solid $control_line;
    border-radius: ${radius}px; padding: 0 12px; min-height: ${field_height}px; }
QPushButton:hover { background: $control_hover; }
QPushButton:pressed { background: $control_pressed; }
QPushButton:focus { border: ${focus_ring}px solid $accent; padding: 0 11px;
    min-height: ${focus_height}px; }
QPushButton:disabled { color: $text_disabled; border-color: $line; background: $panel; }
QPushButton[look="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent;
    font-weight: 600; }
QPushButton[look="primary"]:hover { background: $accent_bright; border-color: $accent_bright; }
QPushButton[look="primary"]:focus { border: ${focus_ring}px solid $text; }
QPushButton[look="primary"]:disabled { background: $raised; color: $text_disabled;
    border-color: $raised; }
QPushButton[look="quiet"] { background: transparent; border-color: transparent;
    color: $text_secondary; padding: 0 6px; }
QPushButton[look="quiet"]:hover { background: $raised; color: $text; }
QPushButton[look="quiet"]:focus { border: ${focus_ring}px solid $accent; padding: 0 5px; }
QPushButton[look="name"] { background: transparent; border: 1px solid transparent; padding: 0 6px;
    font-weight: 600; text-align: left; }
QPushButton[look="name"]:hover { background: $raised; }
QPushButton[look="name"]:focus { border: ${focus_ring}px solid $accent; padding: 0 5px; }
QPushButton[look="chip"] { background: $control; border: 1px solid $control_line;
    border-radius: 12px; padding: 0 8px; min-height: 22px; font-size: ${font_small}px; }
QPushButton[look="chip"]:hover { background: $control_hover; }
QPushButton[look="chip"]:checked { background: $accent_soft; border-color: $accent; }
QPushButton[look="chip"]:focus { border: ${focus_ring}px solid $accent; padding: 0 7px;
    min-height: 20px; }
QPushButton[look="chip-partly"] { background: transparent; border: 1px dashed $control_line;
    border-radius: 12px; padding: 0 8px; min-height: 22px; font-size: ${font_small}px;
    color: $text_secondary; }
QPushButton[look="chip-partly"]:hover { background: $control_hover; color: $text; }
QPushButton[look="chip-partly"]:focus { border: ${focus_ring}px solid $accent; padding: 0 7px;
    min-height: 20px; }
QPushButton[look="pill"] { background: transparent; border: 1px solid transparent;
    border-radius: 10px; padding: 0 8px; min-height: 18px; font-size: ${font_small}px;
    color: $text_secondary; }
QPushButton[look="pill"]:hover, QPushButton[look="pill"]:checked { background: $raised;
    color: $text; }
QPushButton[look="pill"]:focus { border: 1px solid $accent; }
QPushButton[look="offer"] { background: transparent; border: 1px solid transparent;
    border-radius: 10px; padding: 0 8px; min-height: 18px; font-size: ${font_small}px;
    color: $accent_text; font-weight: 600; }
QPushButton[look="offer"]:hover { background: $raised; }
QPushButton[look="offer"]:focus { border: 1px solid $accent; }
QPushButton[look="row"] { background: transparent; border: 1px solid transparent; text-align: left;
    padding: 0 10px; min-height: 34px; }
QPushButton[look="row"]:hover { background: $raised; }
QPushButton[look="row"]:focus { border: 1px solid $accent; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: ${radius}px;
    padding: 3px; color: $text; }
QToolButton:hover { background: $raised; }
QToolButton:pressed, QToolButton:checked { background: $raised; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton::menu-indicator { image: none; width: 0; }
QFrame[look="segments"] { background: $panel; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[look="segments"] QToolButton { border-radius: 4px; padding: 2px 8px; margin: 1px; }
QFrame[look="segments"] QToolButton:checked { color: $accent_text; }

QLineEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox { background: $control; color: $text;
    border: 1px solid $control_line; border-radius: ${radius}px; padding: 0 8px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: ${field_height}px; }
QPlainTextEdit { padding: 4px 4px; }
QLineEdit:focus, QPlainTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
    border: 1px solid $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled,
QPlainTextEdit:disabled { color: $text_disabled; background: $panel; border-color: $line; }
QAbstractSpinBox QLineEdit { border: none; background: transparent; min-height: 0; padding: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QLineEdit[look="palette"] { background: transparent; border: none; padding: 0 16px;
    min-height: ${palette_height}px; }
QLineEdit[look="in-place"] { border-radius: 3px; padding: 0 2px; min-height: 0;
    font-size: ${font_small}px; }
QListWidget { background: transparent; border: none; outline: none; }
QListWidget::item { min-height: ${field_height}px; padding: 0 4px; border-radius: 4px; }
QListWidget::item:hover { background: $raised; }
QListWidget::item:selected { background: $accent_soft; color: $text; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $control_line; outline: none;
    selection-background-color: $accent_soft; selection-color: $text; padding: 4px; }

QTabBar { background: $panel; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $text_secondary; padding: 8px 4px; margin: 0 8px;
    border: none; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent_text; }

QTreeView, QListView, QTableView, QScrollArea { background: $panel; border: none; outline: none; }
QListView[look="completion"] { background: $raised; border: 1px solid $control_line;
    selection-background-color: $accent_soft; selection-color: $text; padding: 4px; }
QListView[look="completion"]::item { min-height: 22px; padding: 0 4px; }
QScrollArea > QWidget > QWidget { background: transparent; }
QTreeView::item { min-height: 26px; border: none; color: $text; }
QTreeView::item:hover { background: $raised; }
QTreeView::item:selected { background: $accent_soft; color: $text; }

QHeaderView, QHeaderView::section { background: $panel; color: $text_secondary; border: none;
    font-size: ${font_small}px; padding: 2px 0 4px 3px; }

QMenu { background: $panel; color: $text; border: 1px solid $control_line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 8px; border-radius: 4px; }
QMenu::item:selected { background: $raised; }
QMenu::item:disabled { color: $text_disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QSplitter::handle { background: $line; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $control_line; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 32px; margin: 2px; }
QScrollBar::handle:hover { background: $text_secondary; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    background: none; border: none; height: 0; width: 0; }

QProgressBar { background: $control; border: none; border-radius: 2px; max-height: 4px;
    min-height: 4px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QSlider { min-height: 20px; }
QSlider::groove:horizontal { background: $control_line; height: 3px; border-radius: 1px; }
QSlider::sub-page:horizontal { background: $accent; height: 3px; border-radius: 1px; }
QSlider::handle:horizontal { background: $text; width: 12px; height: 12px; margin: -5px 0;
    border-radius: 6px; }
QSlider::handle:horizontal:hover { background: $accent_bright; }
QSlider::handle:horizontal:focus { background: $accent; border: 2px solid $text; width: 10px;
    height: 10px; margin: -6px 0; border-radius: 7px; }
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled {
    background: $text_disabled; }
""")


def make_style_sheet(look: Tokens) -> str:
    """Return the style sheet of *look*."""
    values = dataclasses.asdict(look)
    field_height = look.control_height - 2
    return _SHEET.substitute(
        values,
        field_height=field_height,
        focus_height=field_height - 2,
        palette_height=look.bar_height,
    )
