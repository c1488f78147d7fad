"""The command palette: type, choose, run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from rabbitviewer.shell.command_palette import Command, CommandPalette


class Desk:
    """A window with a palette over three commands."""

    def __init__(
        self, qtbot: QtBot, typed: Callable[[str], Iterable[Command]] | None = None
    ) -> None:
        self.ran: list[str] = []
        self.recent: list[str] = []
        self.window = QWidget()
        self.window.resize(1000, 700)
        qtbot.addWidget(self.window)
        self.window.show()
        self.palette = CommandPalette((self._commands,), self.recent, self.window, typed=typed)
        self.qtbot = qtbot

    def _commands(self) -> list[Command]:
        return [
            self.command("grid", "Grid"),
            self.command("full", "Full screen", keys="F"),
            self.command("trash", "Move to the trash", enabled=False, reason="No photo"),
        ]

    def command(self, name: str, text: str, **more: object) -> Command:
        return Command(name, text, "Group", lambda: self.ran.append(name), **more)  # type: ignore[arg-type]

    def type(self, text: str) -> None:
        self.palette.open_overlay()
        self.qtbot.keyClicks(self.field, text)

    @property
    def field(self) -> QLineEdit:
        return self.palette.findChildren(QLineEdit)[0]

    @property
    def shown(self) -> list[str]:
        return [command.text for command in self.palette.shown]


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_typing_leaves_what_fits(desk: Desk) -> None:
    desk.type("scr")
    assert desk.shown == ["Full screen"]


def test_enter_runs_the_best_and_closes(qtbot: QtBot, desk: Desk) -> None:
    desk.type("gr")
    qtbot.keyClick(desk.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.ran == ["grid"])
    assert not desk.palette.isVisible()


def test_the_arrows_go_round_the_list(qtbot: QtBot, desk: Desk) -> None:
    desk.type("")
    qtbot.keyClick(desk.field, Qt.Key.Key_Down)
    qtbot.keyClick(desk.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.ran == ["full"])


def test_what_cannot_be_run_stands_last_with_its_reason_and_does_nothing(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.type("")
    assert desk.palette.shown[-1].reason == "No photo"
    qtbot.keyClick(desk.field, Qt.Key.Key_Up)
    qtbot.keyClick(desk.field, Qt.Key.Key_Return)
    assert desk.palette.isVisible()
    assert desk.ran == []


def test_what_was_run_last_stands_first(qtbot: QtBot, desk: Desk) -> None:
    desk.type("full")
    qtbot.keyClick(desk.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.ran == ["full"])
    desk.palette.open_overlay()
    assert desk.shown[0] == "Full screen"


def test_escape_closes_and_gives_the_focus_back(qtbot: QtBot, desk: Desk) -> None:
    before = QLineEdit(desk.window)
    before.show()
    before.setFocus()
    desk.palette.open_overlay()
    qtbot.keyClick(desk.field, Qt.Key.Key_Escape)
    assert not desk.palette.isVisible()
    assert desk.window.focusWidget() is before


def test_what_is_made_of_the_typed_words_stands_below(qtbot: QtBot) -> None:
    desk = Desk(qtbot, lambda typed: [Command("new", f"New {typed}", "", lambda: None)])
    desk.type("grid")
    assert desk.shown == ["Grid", "New grid"]


def test_nothing_that_fits_is_said_so(desk: Desk) -> None:
    desk.type("qqq")
    assert desk.shown == []
