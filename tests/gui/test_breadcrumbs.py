import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from rabbitviewer.browse.breadcrumbs import Breadcrumbs, split


@pytest.fixture
def crumbs(qtbot):
    crumbs = Breadcrumbs()
    qtbot.addWidget(crumbs)
    crumbs.resize(600, 32)
    crumbs.show()
    return crumbs


def seen(crumbs):
    return [each.text() for each in crumbs.findChildren(QPushButton) if each.isVisible()]


def test_a_path_is_split_into_the_folders_that_lead_to_it():
    assert split(b"/home/me/") == [(b"/", "/"), (b"/home", "home"), (b"/home/me", "me")]
    assert split(b"/") == [(b"/", "/")]
    assert split(b"") == []


def test_a_name_that_is_no_text_is_shown_with_a_mark():
    assert split(b"/caf\xe9")[-1] == (b"/caf\xe9", "caf\ufffd")


def test_every_folder_is_a_button(crumbs):
    crumbs.set_path(b"/home/me/A & B")
    assert seen(crumbs) == ["/", "home", "me", "A && B"]


def test_pressing_a_folder_chooses_it(qtbot, crumbs):
    crumbs.set_path(b"/home/me")
    home = next(each for each in crumbs.findChildren(QPushButton) if each.text() == "home")
    with qtbot.waitSignal(crumbs.folder_chosen) as got:
        qtbot.mouseClick(home, Qt.MouseButton.LeftButton)
    assert got.args == [b"/home"]


def test_when_it_is_narrow_the_first_folders_fold_into_a_menu(qtbot, crumbs):
    crumbs.resize(160, 32)
    crumbs.set_path(b"/home/somebody/Pictures/holidays")
    assert seen(crumbs) == ["holidays"]
    actions = crumbs._menu.actions()
    assert [action.text() for action in actions] == ["/", "home", "somebody", "Pictures"]
    with qtbot.waitSignal(crumbs.folder_chosen) as got:
        actions[2].trigger()
    assert got.args == [b"/home/somebody"]


def test_another_path_replaces_the_one_before(crumbs):
    crumbs.set_path(b"/a/b/c")
    crumbs.set_path(b"/x")
    assert seen(crumbs) == ["/", "x"]
