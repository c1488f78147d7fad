"""The looks of a fake daemon, a window that shows them, and a user of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol import looks, messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import JobInfo, LookInfo
from rabbitviewer.composition import Built, build
from rabbitviewer.looks.look_actions import LookActions
from rabbitviewer.looks.look_grid import LookGrid
from rabbitviewer.looks.looks_panel import LooksPanel
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from tests.fakes.daemon import Answer, FakeDaemon
from tests.fakes.filework import FIRST, NAMES, answer_about_the_folder
from tests.fakes.window import make_job

WIDTH, HEIGHT = 6, 4
GONE = ErrorInfo(ErrorKind.NOT_FOUND, "There is no such look.", "Look at the library again.")


def pixels(color: str, width: int, height: int) -> bytes:
    """Return a BGRX picture of one colour."""
    shade = QColor(color)
    return bytes((shade.blue(), shade.green(), shade.red(), 255)) * (width * height)


class FakeLooks:
    """A library behind a fake daemon; every look paints the photo in its own colour."""

    def __init__(self, daemon: FakeDaemon, *names: str) -> None:
        self.daemon = daemon
        self.looks = {f"{n:032x}": name for n, name in enumerate(names, start=1)}
        self.deleted: dict[str, str] = {}
        self.colors: dict[str, str] = {}
        self.base, self.more = "#808080", "#ffffff"
        self.refuses = False
        self._last_job = 0
        answers: dict[type[messages.Message], Callable[..., Iterable[Answer]]] = {
            looks.LooksRequest: lambda _: [self.answer()],
            looks.LookSave: self._save,
            looks.LookRename: self._rename,
            looks.LookDelete: self._delete,
            looks.LookRestore: self._restore,
            looks.LookExport: lambda it: [messages.LutConverted(path=bytes(it.output))],
            looks.LookThumbnailsRequest: self._thumbnails,
            looks.LookPreviewRequest: self._preview,
            messages.AiEditRequest: self._begin,
        }
        for kind, handler in answers.items():
            daemon.answer(kind, handler)

    def id_of(self, name: str) -> str:
        """Return the id of a look."""
        return next(key for key, each in self.looks.items() if each == name)

    def answer(self) -> looks.Looks:
        """Return all looks as the daemon tells them."""
        infos = [LookInfo(look_id=key, name=name, added=1.0) for key, name in self.looks.items()]
        return looks.Looks(looks=tuple(sorted(infos, key=lambda each: each.name.casefold())))

    def color_of(self, look_id: str) -> str:
        """Return the colour of a look's pictures."""
        return self.colors.get(look_id, "#c02020")

    def _save(self, request: looks.LookSave) -> list[Answer]:
        if b"damaged" in bytes(request.lut):
            return [messages.Failed(error=ErrorInfo(ErrorKind.UNREADABLE, "The LUT is damaged."))]
        key = f"{len(self.looks) + 0x100:032x}"
        name = request.name or bytes(request.lut).rpartition(b"/")[2].decode().partition(".")[0]
        self.looks[key] = name
        return [looks.LookSaved(look=LookInfo(look_id=key, name=name, added=2.0))]

    def _rename(self, request: looks.LookRename) -> list[Answer]:
        if self.refuses:
            return [messages.Failed(error=GONE)]
        self.looks[request.look_id] = request.name
        return [self.answer()]

    def _delete(self, request: looks.LookDelete) -> list[Answer]:
        self.deleted[request.look_id] = self.looks.pop(request.look_id)
        return [self.answer()]

    def _restore(self, request: looks.LookRestore) -> list[Answer]:
        self.looks[request.look_id] = self.deleted.pop(request.look_id)
        return [self.answer()]

    def _thumbnails(self, request: looks.LookThumbnailsRequest) -> list[Answer]:
        there = tuple(each for each in request.look_ids if each in self.looks)
        answer = looks.LookThumbnails(
            path=bytes(request.path), width_px=WIDTH, height_px=HEIGHT, look_ids=there
        )
        return [(answer, b"".join(pixels(self.color_of(each), WIDTH, HEIGHT) for each in there))]

    def _preview(self, request: looks.LookPreviewRequest) -> list[Answer]:
        colors = {0.0: self.base, 1.5: self.more}
        color = colors.get(request.strength, self.color_of(request.look_id))
        return [surface(bytes(request.path), color)]

    def _begin(self, request: messages.AiEditRequest) -> list[Answer]:
        self._last_job += 1
        job = make_job(
            f"look-{self._last_job}",
            path=bytes(request.path),
            operation="look",
            prompt=request.prompt,
            look_id=request.look,
            strength=request.strength,
            channels=request.channels,
            created=1_700_000_000.0 + self._last_job / 1000,
            state="waiting",
            stage="prepare",
            progress_pct=0.0,
            workflow="",
            host="",
        )
        return [messages.AiEditAccepted(job_id=job.job_id, job=job)]

    def finish(self, job_id: str, request: messages.AiEditRequest, **changes: object) -> None:
        """Tell that a job is done, or has failed."""
        job = make_job(
            job_id,
            path=bytes(request.path),
            operation="look",
            prompt=request.prompt,
            look_id=request.look,
            strength=request.strength,
            channels=request.channels,
            created=1_700_000_000.0 + int(job_id.partition("-")[2]) / 1000,
            **{"state": "done", "stage": "done", "result_path": b"/photos/result.jpg", **changes},
        )
        self.daemon.publish(ended(job))


def ended(job: JobInfo) -> messages.Message:
    """Return the event of a job's end."""
    if job.state == "failed":
        return messages.AiEditFailed(
            job_id=job.job_id, path=job.path, job=job, error=job.error or GONE
        )
    return messages.AiEditComplete(
        job_id=job.job_id, path=job.path, result_path=job.result_path or b"", job=job
    )


def surface(path: bytes, color: str, width: int = 480, height: int = 320) -> Answer:
    """Return pixels of one colour as the daemon sends a preview."""
    ready = messages.SurfaceReady(
        path=path,
        width_px=width,
        height_px=height,
        stride_bytes=4 * width,
        source_width_px=width,
        source_height_px=height,
        quality="screen",
        surface_id=0,
        surface_path=b"",
    )
    return ready, pixels(color, width, height)


class Library:
    """A user at a window with the Looks tab open."""

    def __init__(self, qtbot: QtBot, built: Built, looks: FakeLooks) -> None:
        self.qtbot = qtbot
        self.built = built
        self.window = built.window
        self.looks = looks
        self.panel: LooksPanel = built.window.findChild(LooksPanel)
        self.grid: LookGrid = self.panel.grid
        self.canvas = built.photo.canvas

    @property
    def status(self) -> str:
        """What the status line says."""
        return self.window.status._message.text()

    def click(self, name: str) -> None:
        """Click the picture of a look."""
        where = self.grid.picture_rect(self.index(name)).center()
        self.qtbot.mouseClick(self.grid.viewport(), Qt.MouseButton.LeftButton, pos=where)

    def index(self, name: str) -> int:
        """Return where a look stands."""
        return [each.name for each in self.grid.shown].index(name)

    def press(self, *keys: Qt.Key) -> None:
        """Press keys on the looks."""
        self.grid.setFocus()
        for key in keys:
            self.qtbot.keyClick(self.grid, key)

    def select(self, *paths: bytes) -> None:
        """Select photos."""
        self.window.findChild(LookActions)._selection.set_selected(paths)

    def button_words(self) -> str:
        """Return what the button under the looks says."""
        return self.panel.footer._apply.text()

    def offer(self) -> None:
        """Press what the status line offers."""
        self.qtbot.mouseClick(self.window.status._offer, Qt.MouseButton.LeftButton)

    def color(self) -> QColor:
        """Return the colour in the middle of the photo as it is painted."""
        image = self.canvas.grab().toImage()
        return image.pixelColor(image.width() // 2, image.height() // 2)

    def edits(self) -> list[messages.AiEditRequest]:
        """Return the edits that were asked for."""
        return [
            each
            for each in self.looks.daemon.of(messages.AiEditRequest)
            if isinstance(each, messages.AiEditRequest)
        ]


def open_library(
    qtbot: QtBot,
    qapp: QApplication,
    folders: Folders,
    daemon: FakeDaemon,
    looks: FakeLooks,
    *,
    photo: bool = True,
) -> Library:
    """Open a window on four photos, the first one on show, with the Looks tab."""
    answer_about_the_folder(daemon)

    def preview(request: messages.Message) -> list[Answer]:
        assert isinstance(request, messages.PreviewRequest)
        return [surface(bytes(request.path), looks.base)]

    daemon.answer(messages.PreviewRequest, preview)
    state = WindowState(right_open=True, right_tab="looks")
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(1100, 700)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(b"/photos")
    qtbot.waitUntil(lambda: len(built.listing) == len(NAMES))
    library = Library(qtbot, built, looks)
    qtbot.waitUntil(lambda: len(library.grid.shown) == len(looks.looks))
    if photo:
        built.navigator.open_photo(FIRST)
        qtbot.waitUntil(lambda: built.photo.canvas.picture is not None)
    return library
