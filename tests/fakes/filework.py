"""A folder of three photos and the whole window on it, for tests of work on files."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PathFailure, PhotoEntry
from rabbitviewer.browse.grid import ThumbnailGrid
from rabbitviewer.composition import Built
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import BUILTIN_HOST

FOLDER = b"/photos"
NAMES = (b"IMG_0001.jpg", b"IMG_0002.jpg", b"IMG_0003.jpg", b"IMG_0004.jpg")
FIRST, SECOND, THIRD, FOURTH = (FOLDER + b"/" + name for name in NAMES)
NO_TRASH = ErrorInfo(ErrorKind.NO_TRASH, "There is no trash on this drive.")
DENIED = ErrorInfo(
    ErrorKind.PERMISSION_DENIED, "IMG_0002.jpg may not be moved.", "Make its folder writable."
)


def answer_about_the_folder(daemon: FakeDaemon) -> None:
    """Answer what a window asks about a folder of four photos; its thumbnails never come."""

    def folder(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.FolderOpen)
        entries = tuple(PhotoEntry(name, 1000, 1) for name in NAMES)
        chunk = messages.FolderChunk(
            listing_id=request.listing_id, path=bytes(request.path), entries=entries, last=True
        )
        return [chunk]

    daemon.answer(messages.FolderOpen, folder)
    daemon.answer(messages.HostsRequest, lambda _: [messages.Hosts(hosts=(BUILTIN_HOST,))])


def start_work(daemon: FakeDaemon, kind: type[messages.Message], work_id: int = 70) -> None:
    """Accept requests of *kind*; the test says how the work goes on."""
    daemon.answer(kind, lambda _: [messages.FileWorkStarted(work_id=work_id)])


def finish(
    daemon: FakeDaemon,
    kind: str,
    *,
    work_id: int = 70,
    moved: Iterable[tuple[bytes, bytes]] = (),
    failed: Iterable[PathFailure] = (),
    **more: object,
) -> None:
    """Tell that work ended."""
    done = messages.FileWorkDone(
        work_id=work_id,
        kind=kind,
        moved=tuple(moved),
        failed=tuple(failed),
        **more,  # type: ignore[arg-type]
    )
    daemon.publish(done)


def wait_for(qtbot: QtBot, daemon: FakeDaemon, kind: type[messages.Message]) -> messages.Message:
    """Return the newest request of *kind* as soon as there is one."""
    qtbot.waitUntil(lambda: bool(daemon.of(kind)))
    return daemon.of(kind)[-1]


def grid(built: Built) -> ThumbnailGrid:
    """The grid of the window."""
    return built.window.findChild(ThumbnailGrid)


def pick(qtbot: QtBot, built: Built, row: int, modifier: Qt.KeyboardModifier | None = None) -> None:
    """Click the photo in *row*."""
    view = grid(built)
    qtbot.mouseClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        modifier or Qt.KeyboardModifier.NoModifier,
        view.cell_rect(row).center(),
    )


def button(root: QWidget, text: str) -> QPushButton:
    """The button with *text* that can be seen."""
    found = [
        each for each in root.findChildren(QPushButton) if each.text() == text and each.isVisible()
    ]
    assert found, f"no button {text!r}"
    return found[0]
