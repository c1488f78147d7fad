"""What the window asks of the desktop: show a folder, open a file, copy a path."""

from __future__ import annotations

import os
import string

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

_PLAIN = frozenset(f"{string.ascii_letters}{string.digits}/-._~".encode())


def file_url(path: bytes) -> QUrl:
    """Return the URL of a file whose name need not be text."""
    if os.name == "nt":
        return QUrl.fromLocalFile(os.fsdecode(path))
    quoted = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in path)
    return QUrl.fromEncoded(f"file://{quoted}".encode())


def show_folder_of(path: bytes) -> bool:
    """Open the folder of *path* in the desktop's file manager; False: there is none."""
    return QDesktopServices.openUrl(file_url(path.rpartition(os.fsencode(os.sep))[0] or b"/"))


def open_file(path: bytes) -> bool:
    """Open *path* with the program the desktop has for it; False: there is none."""
    return QDesktopServices.openUrl(file_url(path))


def copy_path(path: bytes) -> None:
    """Put *path* on the clipboard as text; bytes that are no text become marks."""
    QGuiApplication.clipboard().setText(path.decode("utf-8", "replace"))
