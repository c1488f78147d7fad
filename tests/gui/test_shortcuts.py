"""Shortcuts of one's own: changed, saved, told when two want the same key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QKeySequenceEdit, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from rabbitviewer.actions import Actions
from rabbitviewer.shell.key_overlay import KeyOverlay
from rabbitviewer.shell.shortcut_editor import ShortcutEditor
from rabbitviewer.shell.shortcuts import Shortcuts


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    window.resize(1000, 700)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def actions(window: QWidget) -> Actions:
    return Actions(window)


def load(qtbot: QtBot, actions: Actions, path: Path) -> Shortcuts:
    shortcuts = Shortcuts(actions, path, actions)
    with qtbot.waitSignal(shortcuts.loaded):
        shortcuts.load()
    return shortcuts


@pytest.fixture
def shortcuts(qtbot: QtBot, actions: Actions, tmp_path: Path) -> Shortcuts:
    return load(qtbot, actions, tmp_path / "shortcuts.json")


def test_the_file_changes_keys_and_what_shows_them(
    qtbot: QtBot, actions: Actions, tmp_path: Path
) -> None:
    (tmp_path / "shortcuts.json").write_text('{"edit.grade": ["Ctrl+G"], "panel.jobs": []}')
    load(qtbot, actions, tmp_path / "shortcuts.json")
    assert actions.keys("edit.grade") == ("Ctrl+G",)
    assert "Ctrl+G" in actions["edit.grade"].toolTip()
    assert actions.keys("panel.jobs") == ()


@pytest.mark.parametrize("text", ["{", "[1]", '{"edit.grade": 7}', "\x00"])
def test_a_broken_file_is_told_and_ignored(
    qtbot: QtBot, actions: Actions, tmp_path: Path, text: str
) -> None:
    (tmp_path / "shortcuts.json").write_text(text)
    shortcuts = load(qtbot, actions, tmp_path / "shortcuts.json")
    assert "shortcuts.json" in shortcuts.problem
    assert actions.keys("edit.grade") == ("G",)


def test_a_broken_file_is_put_aside_before_another_is_written(
    qtbot: QtBot, actions: Actions, tmp_path: Path
) -> None:
    (tmp_path / "shortcuts.json").write_text("{ my notes")
    shortcuts = load(qtbot, actions, tmp_path / "shortcuts.json")
    shortcuts.add("edit.grade", "Ctrl+G")
    shortcuts.finish()
    assert (tmp_path / "shortcuts.broken.json").read_text() == "{ my notes"


def test_only_what_is_different_is_saved_and_unknown_actions_stay(
    qtbot: QtBot, actions: Actions, tmp_path: Path
) -> None:
    path = tmp_path / "shortcuts.json"
    path.write_text('{"of.another_version": ["Ctrl+9"]}')
    shortcuts = load(qtbot, actions, path)
    shortcuts.add("edit.grade", "Ctrl+G")
    shortcuts.finish()
    saved = json.loads(path.read_text())
    assert saved == {"edit.grade": ["G", "Ctrl+G"], "of.another_version": ["Ctrl+9"]}


def test_a_folder_that_cannot_be_written_is_told(
    qtbot: QtBot, actions: Actions, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("a file")
    shortcuts = load(qtbot, actions, tmp_path / "config" / "shortcuts.json")
    with qtbot.waitSignal(shortcuts.save_failed) as failed:
        shortcuts.add("edit.grade", "Ctrl+G")
    assert "shortcuts.json" in failed.args[0]


def test_a_key_that_is_taken_goes_over(actions: Actions, shortcuts: Shortcuts) -> None:
    shortcuts.add("panel.info", "G")
    assert actions.keys("edit.grade") == ()
    assert actions.keys("panel.info") == ("I", "G")


def test_two_actions_swap_their_keys(actions: Actions, shortcuts: Shortcuts) -> None:
    shortcuts.swap("panel.info", "G")
    assert (actions.keys("panel.info"), actions.keys("edit.grade")) == (("G",), ("I",))


def test_resetting_one_takes_its_key_back(actions: Actions, shortcuts: Shortcuts) -> None:
    shortcuts.add("panel.info", "G")
    shortcuts.reset("edit.grade")
    assert (actions.keys("edit.grade"), actions.keys("panel.info")) == (("G",), ("I",))


def test_resetting_all_brings_every_key_back(actions: Actions, shortcuts: Shortcuts) -> None:
    before = {spec.id: actions.keys(spec.id) for spec in actions.specs()}
    shortcuts.swap("panel.info", "G")
    shortcuts.remove("view.back", "Esc")
    shortcuts.reset_all()
    assert {spec.id: actions.keys(spec.id) for spec in actions.specs()} == before


@pytest.fixture
def editor(actions: Actions, shortcuts: Shortcuts, window: QWidget) -> ShortcutEditor:
    editor = ShortcutEditor(actions, shortcuts, window)
    editor.open_overlay()
    return editor


def words(editor: QWidget) -> str:
    return " ".join(each.text() for each in editor.findChildren(QLabel) if each.isVisible())


def button(editor: QWidget, text: str) -> QPushButton:
    return next(each for each in editor.findChildren(QPushButton) if each.text() == text)


def test_a_free_key_is_taken_at_once(actions: Actions, editor: ShortcutEditor) -> None:
    editor.mark("edit.grade")
    editor.press("Ctrl+G")
    assert actions.keys("edit.grade") == ("G", "Ctrl+G")


def test_a_conflict_names_the_action_and_changes_nothing_yet(
    actions: Actions, editor: ShortcutEditor
) -> None:
    editor.mark("panel.info")
    editor.press("G")
    assert "AI color grade" in words(editor)
    assert actions.keys("edit.grade") == ("G",)


def test_a_conflict_is_settled_by_replacing(
    qtbot: QtBot, actions: Actions, editor: ShortcutEditor
) -> None:
    editor.mark("panel.info")
    editor.press("G")
    qtbot.mouseClick(button(editor, "Replace"), Qt.MouseButton.LeftButton)
    assert (actions.keys("panel.info"), actions.keys("edit.grade")) == (("I", "G"), ())


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Escape])
def test_tab_and_escape_leave_the_field_that_takes_keys(
    qtbot: QtBot, actions: Actions, editor: ShortcutEditor, window: QWidget, key: Qt.Key
) -> None:
    editor.mark("edit.grade")
    field = editor.findChildren(QKeySequenceEdit)[0]
    field.setFocus()
    qtbot.keyClick(field, key)
    assert window.focusWidget() is not field
    assert actions.keys("edit.grade") == ("G",)
    assert editor.isVisible()


def test_the_overlay_of_keys_follows(
    qtbot: QtBot, actions: Actions, shortcuts: Shortcuts, window: QWidget
) -> None:
    shortcuts.add("edit.grade", "Ctrl+Alt+G")
    overlay = KeyOverlay(actions, window)
    overlay.open_overlay()
    assert "Ctrl+Alt+G" in words(overlay)


@pytest.mark.parametrize("size", [(1440, 900), (1000, 700), (720, 480)])
def test_the_overlay_of_keys_stays_inside_the_window(
    qtbot: QtBot, actions: Actions, window: QWidget, size: tuple[int, int]
) -> None:
    window.resize(*size)
    overlay = KeyOverlay(actions, window)
    overlay.open_overlay()
    qtbot.waitUntil(lambda: overlay.card.width() > 0)
    assert window.rect().contains(overlay.card.geometry())
