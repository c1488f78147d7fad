"""A mask from the clipboard: a picture, a picture written as text, or a file."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage

from daemon.protocol.messages import MaskChange, WirePath
from rabbitviewer.ipc.drop import is_data_uri, png_of_data_uri
from rabbitviewer.models.mask_changes import Wanted, Writer
from rabbitviewer.models.paint_choices import Mode
from rabbitviewer.organise.files_urls import paths_in

_PICTURES = {"image/png": ".png", "image/tiff": ".tif", "image/bmp": ".bmp"}
_UNPACKED = 100


def wanted_from_file(path: bytes, mode: Mode = "replace") -> Wanted:
    """Return the change that takes a picture file as the mask."""
    return Wanted(MaskChange(session_id=0, change="file", path=WirePath(path)), mode)


def wanted_from_clipboard(mime: QMimeData, mode: Mode = "replace") -> Wanted | None:
    """Return the change that takes what is on the clipboard; None: it holds no picture.

    Nothing is decoded here: bytes of a picture are handed on as they are, in another thread.
    """
    request = MaskChange(session_id=0, change="file")
    paths = paths_in(mime)
    if paths:
        return wanted_from_file(paths[0], mode)
    write = _writer_of(mime)
    return None if write is None else Wanted(request, mode, write)


def _writer_of(mime: QMimeData) -> Writer | None:
    for kind, ending in _PICTURES.items():
        data = bytes(mime.data(kind).data()) if mime.hasFormat(kind) else b""
        if data:
            return lambda drop: drop.put(data, ending)
    if mime.hasImage():
        image = QImage(mime.imageData())
        if not image.isNull():
            return lambda drop: drop.put(_png_of(image))
    text = mime.text().strip() if mime.hasText() else ""
    if is_data_uri(text):
        return lambda drop: drop.put(png_of_data_uri(text))
    return None


def _png_of(image: QImage) -> bytes:
    """Write *image* without packing it: that would hold the window's thread up."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # the stub knows no quality beside a device
    image.save(buffer, "PNG", _UNPACKED)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return bytes(buffer.data().data())
