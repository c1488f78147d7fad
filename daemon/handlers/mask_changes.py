"""What a worker works out over a whole mask, or makes a selection of from a photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.decode import mask_file
from daemon.decode.color import IccSpace
from daemon.decode.mask_file import ValuesFile, check_mask_size, fill_values_file, read_mask
from daemon.decode.model import Photo
from daemon.decode.photo import read_photo
from daemon.handlers.context import Context
from daemon.handlers.masking import brought_to_size
from daemon.imaging.difference import unbounded_srgb_to_lab
from daemon.imaging.masks import morphology, similar
from daemon.imaging.masks.boxes import Box
from daemon.imaging.masks.luminosity import luminosity
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import BoxChanged, ChangeMask, Task, TaskResult

Changed = tuple[Box, mask_file.Mask]

MAX_RADIUS_PX = 1000.0
_BY_RADIUS = {
    "grow": morphology.grow,
    "shrink": morphology.shrink,
    "feather": morphology.feather,
    "smooth": morphology.smooth,
}


def change_mask(task: ChangeMask, context: Context) -> tuple[BoxChanged, bytes]:
    """Work out a change and put the values of its box into the surface file."""
    context.checkpoint()
    box, values = _changed(task, context)
    if not box.is_empty:
        context.checkpoint()
        fill_values_file(task.surface_path, 0, values.shape, values)
    result = BoxChanged(left_px=box.left, top_px=box.top, width_px=box.width, height_px=box.height)
    return result, b""


def _changed(task: ChangeMask, context: Context) -> Changed:
    if task.change in _BY_RADIUS or task.change == "fill_holes":
        return _of_the_mask(task, context)
    if task.change == "file":
        mask = read_mask(task.path)
    elif task.change == "alpha":
        mask = read_mask(task.photo_path, alpha=True)
        check_mask_size(mask.shape[1], mask.shape[0], task.width_px, task.height_px)
    else:
        return _of_the_photo(task, context)
    return similar.cut(fitted(task, mask))


def fitted(task: ChangeMask, mask: mask_file.Mask) -> mask_file.Mask:
    """Return *mask* at the size of the photo, inverted when that is wanted.

    Raises:
        RabbitError: it has another size and shall not be resized.
    """
    mask = brought_to_size(mask, task.width_px, task.height_px, resize=task.resize)
    if task.invert:
        np.subtract(255, mask, out=mask)
    return mask


def _of_the_mask(task: ChangeMask, context: Context) -> Changed:
    if not 0 <= task.amount_px <= MAX_RADIUS_PX:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A mask cannot be changed by a radius of {task.amount_px:g} pixels.",
            f"Choose one of 0 to {MAX_RADIUS_PX:g}.",
        )
    with ValuesFile(task.values_path, task.offset, task.width_px, task.height_px) as file:
        mask = file.read()
    if task.change == "fill_holes":
        return morphology.fill_holes(mask, context.checkpoint)
    return _BY_RADIUS[task.change](mask, task.amount_px, context.checkpoint)


def _of_the_photo(task: ChangeMask, context: Context) -> Changed:
    photo = read_photo(task.photo_path)
    height, width = photo.pixels.shape[:2]
    if (width, height) != (task.width_px, task.height_px):
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"The photo is {width} x {height} pixels now, its mask "
            f"{task.width_px} x {task.height_px}.",
            "End the painting and begin again.",
        )
    context.checkpoint()
    if task.change == "luminosity":
        values = luminosity(photo.pixels, task.low, task.high, task.softness, context.checkpoint)
        return similar.cut(values)
    values = similar.similar(
        photo.pixels,
        task.row,
        task.column,
        tolerance=max(task.tolerance, 0.0),
        to_lab=_lab_of(photo),
        checkpoint=context.checkpoint,
    )
    del photo  # its memory is wanted for the labels
    if task.contiguous:
        return similar.connected(values, task.row, task.column, context.checkpoint)
    return similar.cut(values)


def _lab_of(photo: Photo) -> similar.ToLab:
    """Return how colours of the photo's space become CIE L*a*b*."""
    space = None if photo.color_space == "srgb" else IccSpace(photo.icc)

    def to_lab(colors: NDArray[np.float32]) -> NDArray[Any]:
        return unbounded_srgb_to_lab(colors if space is None else space.to_srgb(colors))

    return to_lab


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {ChangeMask: change_mask}
