"""What a worker does with masks: look at them, unfold them for painting, pack them again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.decode import mask_file
from daemon.decode.mask_file import ValuesFile, check_mask_size, read_mask, write_mask
from daemon.handlers.context import Context
from daemon.imaging.masks.geometry import box_of
from daemon.tasks import (
    CheckMask,
    LoadMask,
    MaskChecked,
    MaskWritten,
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
    """Unfold a mask into a file of plain values."""
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
    return _checked(mask), b""


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
}
