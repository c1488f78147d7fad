"""Files on the clipboard and in a drag: URLs that keep every byte of a name."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QMimeData

from rabbitviewer.shell.desktop import file_url

_URIS = "text/uri-list"
_GNOME = "x-special/gnome-copied-files"
_KDE_CUT = "application/x-kde-cutselection"
_SCHEME = b"file://"


def mime_of(paths: Sequence[bytes]) -> QMimeData:
    """Return *paths* as other programs take files, and as text."""
    uris = [bytes(file_url(path).toEncoded().data()) for path in paths]
    mime = QMimeData()
    mime.setData(_URIS, b"".join(uri + b"\r\n" for uri in uris))
    mime.setData(_GNOME, b"\n".join((b"copy", *uris)))
    mime.setText("\n".join(path.decode("utf-8", "replace") for path in paths))
    return mime


def has_files(mime: QMimeData) -> bool:
    """Whether there are files in *mime*."""
    return mime.hasFormat(_URIS)


def paths_in(mime: QMimeData) -> list[bytes]:
    """Return the files of this computer that *mime* names, byte for byte."""
    if os.name == "nt":
        return [os.fsencode(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return list(_paths(bytes(mime.data(_URIS).data()).splitlines()))


def is_cut(mime: QMimeData) -> bool:
    """Whether a file manager cut the files: they are to be moved."""
    gnome, kde = bytes(mime.data(_GNOME).data()), bytes(mime.data(_KDE_CUT).data())
    return gnome.startswith(b"cut\n") or kde.startswith(b"1")


def _paths(lines: Iterable[bytes]) -> Iterable[bytes]:
    for line in lines:
        uri = line.strip()
        if not uri.startswith(_SCHEME):
            continue
        host, slash, rest = uri.removeprefix(_SCHEME).partition(b"/")
        if slash and host in (b"", b"localhost"):
            path = urllib.parse.unquote_to_bytes(b"/" + rest)
            yield path.rstrip(b"/") or b"/"
