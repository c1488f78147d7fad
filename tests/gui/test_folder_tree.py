import pytest
from PySide6.QtCore import Qt

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import Failed, Subfolders, SubfoldersRequest
from daemon.protocol.values import FolderEntry
from rabbitviewer.browse.tree import FolderTree
from rabbitviewer.models import folders as folders_module
from rabbitviewer.models.folders import FolderModel

DISK = {
    b"/": ((b"home", True), (b"mnt", False)),
    b"/home": ((b"me", True),),
    b"/home/me": ((b"Pictures", True), (b"caf\xe9", False)),
    b"/home/me/Pictures": ((b"day 2", False), (b"day 10", False)),
}


def answer(request):
    names = DISK.get(bytes(request.path), ())
    entries = tuple(FolderEntry(name, more) for name, more in names)
    return [Subfolders(path=bytes(request.path), folders=entries)]


@pytest.fixture
def model(client, fake_daemon, monkeypatch):
    places = [(b"/home/me/Pictures", "Pictures", "ph.image"), (b"/", "File system", "ph.image")]
    monkeypatch.setattr(folders_module, "places", lambda: places)
    fake_daemon.answer(SubfoldersRequest, answer)
    return FolderModel(client)


@pytest.fixture
def tree(qtbot, model):
    tree = FolderTree(model)
    qtbot.addWidget(tree)
    tree.resize(300, 400)
    tree.show()
    return tree


def texts(model, parent):
    return [model.index(row, 0, parent).data() for row in range(model.rowCount(parent))]


def test_nothing_is_read_until_a_folder_is_opened(qtbot, fake_daemon, tree):
    assert texts(tree.model(), tree.rootIndex()) == ["Pictures", "File system"]
    assert fake_daemon.of(SubfoldersRequest) == []


def test_opening_a_folder_reads_its_subfolders(qtbot, fake_daemon, tree, model):
    pictures = model.index(0, 0)
    with qtbot.waitSignal(model.rowsInserted):
        tree.expand(pictures)
    assert texts(model, pictures) == ["day 2", "day 10"]
    assert not model.hasChildren(model.index(0, 0, pictures))


def test_a_click_chooses_the_folder(qtbot, tree, model):
    place = tree.visualRect(model.index(0, 0)).center()
    with qtbot.waitSignal(tree.folder_chosen) as got:
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert got.args == [b"/home/me/Pictures"]


def test_enter_chooses_the_current_folder(qtbot, tree, model):
    tree.setCurrentIndex(model.index(1, 0))
    with qtbot.waitSignal(tree.folder_chosen) as got:
        qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert got.args == [b"/"]


def test_showing_a_folder_opens_the_way_to_it(qtbot, tree, model):
    tree.show_folder(b"/home/me/caf\xe9")
    qtbot.waitUntil(lambda: model.path(tree.currentIndex()) == b"/home/me/caf\xe9")
    assert tree.currentIndex().data() == "caf\ufffd"


def test_the_nearest_place_leads_the_way(qtbot, tree, model):
    tree.show_folder(b"/home/me/Pictures/day 10")
    qtbot.waitUntil(lambda: model.path(tree.currentIndex()) == b"/home/me/Pictures/day 10")
    assert tree.currentIndex().parent() == model.index(0, 0)


def test_a_folder_that_may_not_be_read_says_so_and_cannot_be_opened(
    qtbot, fake_daemon, tree, model
):
    error = ErrorInfo(ErrorKind.PERMISSION_DENIED, "The folder may not be read.")
    fake_daemon.answer(SubfoldersRequest, lambda _request: [Failed(error=error)])
    with qtbot.waitSignal(model.dataChanged):
        tree.expand(model.index(1, 0))
    index = model.index(1, 0)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "The folder may not be read."
    assert not model.hasChildren(index)


def test_reading_a_folder_again_shows_what_is_new(qtbot, fake_daemon, tree, model):
    pictures = model.index(0, 0)
    with qtbot.waitSignal(model.rowsInserted):
        tree.expand(pictures)
    new = Subfolders(path=b"/home/me/Pictures", folders=(FolderEntry(b"day 11", False),))
    fake_daemon.answer(SubfoldersRequest, lambda _request: [new])
    with qtbot.waitSignal(model.rowsInserted):
        model.refresh(pictures)
    assert texts(model, pictures) == ["day 11"]


def test_a_folder_opened_before_the_daemon_answers_is_read_once_it_does(
    qtbot, fake_daemon, tree, model, client
):
    with qtbot.waitSignal(client.disconnected):
        fake_daemon.drop_clients()
    tree.show_folder(b"/home/me/Pictures/day 2")
    qtbot.waitUntil(lambda: model.path(tree.currentIndex()) == b"/home/me/Pictures/day 2")
