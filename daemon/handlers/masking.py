"""What a worker does with masks: look at them, unfold them for painting, pack them again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.decode import mask_file
from daemon.decode.mask_file import ValuesFile, check_mask_size, read_mask, rows_of, write_mask
from daemon.decode.photo import read_photo
from daemon.decode.plain import read_rgb, write_png
from daemon.decode.writing import write_plain_png
from daemon.handlers.context import Context
from daemon.imaging.masks.geometry import box_of
from daemon.tasks import (
    CheckMask,
    ExportPicture,
    FileWritten,
    ImportMask,
    LoadMask,
    MaskChecked,
    MaskWritten,
    PrepareMask,
    Task,
    TaskResult,
    WriteMask,
)


def check_mask(task: CheckMask, context: Context) -> tuple[MaskChecked, bytes]:
    """Look at a mask: its size, and where it is not black."""
    context.checkpoint()
    mask = read_mask(task.path)
    if task.width_px and task.height_px:
        check_mask_size(mask.shape[1], mask.shape[0], task.width_px, task.height_px)
    return _checked(mask), b""


def load_mask(task: LoadMask, context: Context) -> tuple[MaskChecked, bytes]:
    """Unfold a mask into a file of plain values; its box is not looked for."""
    context.checkpoint()
    shape = (task.height_px, task.width_px)
    if not task.mask_path:
        mask_file.fill_values_file(task.values_path, task.offset, shape, None)
        empty = MaskChecked(width_px=task.width_px, height_px=task.height_px, is_empty=True)
        return empty, b""
    mask = read_mask(task.mask_path)
    check_mask_size(mask.shape[1], mask.shape[0], task.width_px, task.height_px)
    context.checkpoint()
    mask_file.fill_values_file(task.values_path, task.offset, shape, mask)
    loaded = MaskChecked(width_px=task.width_px, height_px=task.height_px, is_empty=not mask.any())
    return loaded, b""


def store_mask(task: WriteMask, context: Context) -> tuple[MaskWritten, bytes]:
    """Pack plain values as a PNG; they may be painted on meanwhile."""
    size = task.width_px, task.height_px
    if not task.values_path:

        def read_zeros(top: int, bottom: int) -> mask_file.Mask:
            return np.zeros((bottom - top, task.width_px), np.uint8)

        empty = write_mask(task.png_path, *size, read_zeros, context.checkpoint)
        return MaskWritten(is_empty=empty), b""
    with ValuesFile(task.values_path, task.offset, *size) as values:
        empty = write_mask(task.png_path, *size, values.read_rows, context.checkpoint)
    return MaskWritten(is_empty=empty), b""


def import_mask(task: ImportMask, context: Context) -> tuple[MaskWritten, bytes]:
    """Write a picture of any kind as the mask of a photo."""
    context.checkpoint()
    size = task.width_px, task.height_px
    mask = brought_to_size(read_mask(task.path, alpha=task.alpha), *size, resize=task.resize)
    if task.invert:
        np.subtract(255, mask, out=mask)
    context.checkpoint(0.5)
    empty = write_mask(task.png_path, *size, rows_of(mask), context.checkpoint)
    return MaskWritten(is_empty=empty), b""


def prepare_mask(task: PrepareMask, context: Context) -> tuple[MaskWritten, bytes]:
    """Make the mask that goes with a small copy of its photo."""
    context.checkpoint()
    left, top, width, height = task.box
    small = np.zeros((task.height_px, task.width_px), np.uint8)
    inside = small[top : top + height, left : left + width]
    inside[...] = (
        resized(read_mask(task.mask_path), width, height) if task.mask_path else task.level
    )
    context.checkpoint(0.7)
    if task.alpha_of:
        pixels = np.dstack([read_rgb(task.alpha_of), 255 - small])
    else:
        pixels = np.dstack([small, small, small])
    write_png(task.png_path, pixels)
    return MaskWritten(is_empty=not small.any()), b""


def export_picture(task: ExportPicture, context: Context) -> tuple[FileWritten, bytes]:
    """Write a photo's upright pixels and its profile as a PNG."""
    context.checkpoint()
    photo = read_photo(task.path)
    context.checkpoint(0.5)
    written = write_plain_png(task.png_path, photo, context.checkpoint)
    height, width = photo.pixels.shape[:2]
    result = FileWritten(
        width_px=width,
        height_px=height,
        size_bytes=written.size_bytes,
        inode=written.inode,
        extension=".png",
        notes=photo.notes,
    )
    return result, b""


def brought_to_size(
    mask: mask_file.Mask, width_px: int, height_px: int, *, resize: bool
) -> mask_file.Mask:
    """Return *mask* at the size of its photo.

    Raises:
        RabbitError: ``invalid_request``: it has another one and shall not be resized.
    """
    if not resize:
        check_mask_size(mask.shape[1], mask.shape[0], width_px, height_px)
    return resized(mask, width_px, height_px)


def resized(mask: mask_file.Mask, width_px: int, height_px: int) -> mask_file.Mask:
    """Return *mask* at a size; itself when it has it."""
    if mask.shape == (height_px, width_px):
        return mask
    from daemon.imaging.masks.resizing import resize_mask

    return resize_mask(mask, width_px, height_px)


def _checked(mask: mask_file.Mask) -> MaskChecked:
    box = box_of(mask)
    height, width = mask.shape
    return MaskChecked(
        width_px=width,
        height_px=height,
        is_empty=box.is_empty,
        box=(box.left, box.top, box.width, box.height),
    )


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {
    CheckMask: check_mask,
    LoadMask: load_mask,
    WriteMask: store_mask,
    ImportMask: import_mask,
    PrepareMask: prepare_mask,
    ExportPicture: export_picture,
}
