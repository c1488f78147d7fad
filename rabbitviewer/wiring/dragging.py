"""Connects drag and drop to the rooms."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage

from rabbitviewer.browse.tree import FolderTree
from rabbitviewer.models.folders import PATH_ROLE
from rabbitviewer.organise.dragging_in import FolderDrop, WindowDrop
from rabbitviewer.organise.dragging_out import DragOut
from rabbitviewer.organise.files import FileActions, with_partners
from rabbitviewer.wiring.parts import Parts

Photos = Sequence[bytes]


def connect_dragging(parts: Parts, files: FileActions) -> None:
    """Let photos be dragged out, and files dropped in."""
    _let_out(parts)
    _let_in(parts, files)


def _let_out(parts: Parts) -> None:
    grid, strip, photo = parts.grid, parts.filmstrip, parts.photo

    def in_strip(where: QPoint) -> Photos:
        path = strip.photo_at(where)
        return (path,) * bool(path)

    def in_photo(_where: QPoint) -> Photos:
        """A photo that is zoomed in is pulled about, not out."""
        whole = photo.canvas.viewport.fitted and not photo.comparing
        return (photo.path,) * bool(whole and photo.path)

    def files_of(paths: Photos) -> Photos:
        return with_partners(parts.listing, paths)

    def picture_of(path: bytes) -> QImage | None:
        known = parts.thumbnails.thumbnail(path)
        return None if known is None else known.image

    for widget, photos_at in (
        (grid.viewport(), grid.photos_at),
        (strip, in_strip),
        (photo.canvas, in_photo),
    ):
        DragOut(widget, photos_at, files_of, picture_of)


def _let_in(parts: Parts, files: FileActions) -> None:
    window, crumbs, navigator = parts.window, parts.breadcrumbs, parts.navigator

    def on_dropped(paths: Photos, folder: bytes, moves: bool) -> None:
        files.copy_to(tuple(paths), folder, move=moves)

    def on_photos(folder: bytes, first: bytes) -> None:
        if folder != parts.listing.folder:
            navigator.open_folder(folder)
        parts.selection.set_selected(())
        parts.selection.set_current(first)

    FolderDrop(crumbs, crumbs.folder_at).dropped.connect(on_dropped)
    for tree in window.findChildren(FolderTree):
        _let_into_tree(tree).dropped.connect(on_dropped)
    drop = WindowDrop(window, window.pages)
    drop.folder_dropped.connect(navigator.open_folder)
    drop.photos_dropped.connect(on_photos)


def _let_into_tree(tree: FolderTree) -> FolderDrop:
    def folder_at(where: QPoint) -> tuple[bytes, QRect]:
        index = tree.indexAt(where)
        path = index.data(PATH_ROLE)
        return (path, tree.visualRect(index)) if isinstance(path, bytes) else (b"", QRect())

    def open_branch(where: QPoint) -> None:
        index = tree.indexAt(where)
        if index.isValid():
            tree.expand(index)

    return FolderDrop(tree.viewport(), folder_at, open_branch)
