"""What comes into the pool: files, pictures of the clipboard, what other programs let drop."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QObject, QThreadPool, Signal
from PySide6.QtGui import QImage

from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import PoolManifest, WirePath
from rabbitviewer.ipc.drop import DropFolder, is_data_uri, png_of_data_uri
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.organise.files_urls import has_files, paths_in
from rabbitviewer.pool.pool_words import error_words

_PICTURES = {
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
}
_PNG_QUALITY = 80


def can_take(mime: QMimeData) -> bool:
    """Return whether there may be something for the pool in *mime*."""
    return has_files(mime) or mime.hasImage() or any(map(mime.hasFormat, _PICTURES))


class Incoming(QObject):
    """Brings photos and pictures into the pool.

    Signals:
        added: photos came in (the new slots' names, the paths that were there already, a sentence
            for each file that could not be taken).
        moved: photos that were there already came to another place (their paths).
        refused: something could not be taken (a sentence).
    """

    added = Signal(object, object, object)
    moved = Signal(object)
    refused = Signal(str)
    _written = Signal(object, int)

    def __init__(
        self,
        pool: PoolModel,
        drop: DropFolder,
        partner_of: Callable[[bytes], bytes],
        parent: QObject | None = None,
    ) -> None:
        """Prepare.

        Args:
            pool: Where things come.
            drop: Where pictures that are no files yet are put.
            partner_of: The RAW file that is shown as one photo with a photo; empty: none.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._pool = pool
        self._drop = drop
        self._partner_of = partner_of
        self._threads = QThreadPool(self)
        self._threads.setMaxThreadCount(1)
        self._written.connect(self._on_written)

    def add(self, paths: Sequence[bytes], at: int = -1, *, take: bool = False) -> None:
        """Add files, where *at* says; those that are there already come there too."""
        before = {each.slot for each in self._pool.slots}
        there = {each.path for each in self._pool.slots}
        known = tuple(path for path in paths if path in there)

        def then(manifest: PoolManifest) -> None:
            new = tuple(each.slot for each in manifest.slots if each.slot not in before)
            if known and at >= 0 and not new:
                self.moved.emit(known)
            elif new or known:
                self.added.emit(new, known, manifest.problems)

        if paths:
            self._pool.add(paths, at=at, take=take, then=then)

    def add_new(self, paths: Sequence[bytes]) -> None:
        """Add files that are not in the pool yet; the others stay where they are."""
        there = {each.path for each in self._pool.slots}
        new = [path for path in paths if path not in there]
        if new:
            self.add(new)
        elif paths:
            self.added.emit((), tuple(paths), ())

    def take(self, mime: QMimeData, at: int = -1) -> None:
        """Take what was pasted or dropped: files first, then pictures.

        Of a RAW and a JPEG that are one photo here, only the one that is shown comes in.
        """
        paths = paths_in(mime) or _paths_in_text(mime)
        if paths:
            partners = {self._partner_of(path) for path in paths}
            self.add([path for path in paths if path not in partners], at)
            return
        text = mime.text() if mime.hasText() else ""
        write = self._writer(mime, text)
        if write is not None:
            self._threads.start(lambda: self._write(write, at))
        elif has_files(mime) or text.startswith(("http:", "https:")):
            self.refused.emit(
                self.tr("That is a picture's address only. Copy the picture itself, or save it.")
            )
        else:
            self.refused.emit(self.tr("There is no photo on the clipboard"))

    def finish(self) -> None:
        """Wait until everything is written; called once, when the window is gone."""
        self._threads.waitForDone()

    # ------------------------------------------------------------ pictures

    def _writer(self, mime: QMimeData, text: str) -> Callable[[], WirePath] | None:
        """Return what writes the picture of *mime* into the drop folder, in another thread."""
        for name, ending in _PICTURES.items():
            if mime.hasFormat(name):
                data = bytes(mime.data(name).data())
                if data:
                    return lambda: self._drop.put(data, ending)
        if mime.hasImage():
            image = QImage(mime.imageData())
            if not image.isNull():
                return lambda: self._drop.put(_png_of(image))
        if is_data_uri(text):
            return lambda: self._drop.put(png_of_data_uri(text))
        return None

    def _write(self, write: Callable[[], WirePath], at: int) -> None:
        """Write a picture, in the other thread."""
        try:
            self._written.emit(write(), at)
        except RabbitError as error:
            self.refused.emit(error_words(error.info))

    def _on_written(self, path: WirePath, at: int) -> None:
        self.add((path,), at, take=True)


def _png_of(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # the stub knows no quality beside a device
    image.save(buffer, "PNG", _PNG_QUALITY)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return bytes(buffer.data().data())


def _paths_in_text(mime: QMimeData) -> list[bytes]:
    """Return the files that copied text names, as ``file://`` addresses or whole paths."""
    lines = [line.strip() for line in mime.text().splitlines()] if mime.hasText() else []
    paths: list[bytes] = []
    for line in filter(None, lines):
        if line.startswith("file://"):
            paths.append(urllib.parse.unquote_to_bytes(line.removeprefix("file://")))
        elif Path(line).is_absolute():
            paths.append(os.fsencode(line))
        else:
            return []
    return paths
