"""What a worker does for a grade before the host and after the fit: small copy, full size."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from daemon.decode.color import IccSpace, profile_for
from daemon.decode.model import Photo, Pixels
from daemon.decode.parcel import Unfinished
from daemon.decode.plain import read_rgb, write_png
from daemon.decode.writing import write_photo
from daemon.handlers.context import Context
from daemon.handlers.grid_files import read_grid
from daemon.handlers.lut_files import read_lut, read_mask
from daemon.handlers.reading import read_and_keep, read_kept
from daemon.handlers.working_copy import SRGB, clips, resize
from daemon.imaging.apply import StripGrade
from daemon.imaging.canvas import fill_canvas
from daemon.imaging.coverage import color_coverage
from daemon.imaging.cube import Cube
from daemon.imaging.exact import ExactGrade
from daemon.imaging.lattice import FloatArray
from daemon.imaging.spatial import SpatialGrid
from daemon.imaging.spatial_apply import apply_spatial
from daemon.protocol.errors import EMPTY_MASK, RabbitError
from daemon.protocol.formats import LOSSLESS_EXTENSIONS, result_extension
from daemon.tasks import (
    ApplyLut,
    FileWritten,
    KeepModelPicture,
    PrepareSmall,
    SmallPrepared,
    Task,
    TaskResult,
)
from daemon.working_size import plan_canvas

_KEPT = "The result is a {}, which keeps every pixel outside the mask as it is."
_STRIP_PIXELS = 1 << 20
_SAME_PROPORTIONS = 0.02
_REENCODED = (
    "The result was encoded anew as {}: outside the mask it is close to the original, not "
    "identical. PNG and TIFF keep every pixel."
)


def prepare_small(task: PrepareSmall, context: Context) -> tuple[SmallPrepared, bytes]:
    """Make the small sRGB copy, the map of its clipped samples and the profile of the photo."""
    photo = read_and_keep(task.path, context.photos)
    context.checkpoint(0.6)
    height, width = photo.pixels.shape[:2]
    plan = plan_canvas(
        width, height, long_edge_px=task.long_edge_px, kontext_sizes=task.kontext_sizes
    )
    left, top, inner_width, inner_height = plan.box
    sent, own, clipped = _small_copy(photo, inner_width, inner_height)
    context.checkpoint(0.8)
    write_png(task.png_path, fill_canvas(sent, plan))
    mark = np.full((plan.height_px, plan.width_px), 255, np.uint8)
    mark[top : top + inner_height, left : left + inner_width] = clipped * np.uint8(255)
    write_png(task.clipped_path, mark)
    if photo.icc is not None and photo.color_space != SRGB:
        Path(os.fsdecode(task.icc_path)).write_bytes(photo.icc)
    prepared = SmallPrepared(
        width_px=plan.width_px,
        height_px=plan.height_px,
        box=plan.box,
        photo_width_px=width,
        photo_height_px=height,
        color_space=photo.color_space,
        format=photo.format,
        lossy=photo.lossy,
        palette=photo.encoding.palette,
        coverage=round(color_coverage(photo.pixels, own), 4),
        notes=photo.notes,
    )
    return prepared, b""


def _small_copy(
    photo: Photo, width: int, height: int
) -> tuple[Pixels, Pixels | FloatArray, NDArray[np.bool_]]:
    """Bring a photo to a size in sRGB.

    Returns:
        The copy, shape (H, W, 3), uint8; its colours in the photo's own space, shape (..., 3),
        without those that clipped on the way; which of it clipped or cannot be seen, shape (H, W).
    """
    nothing = np.zeros((height, width), bool)
    is_srgb = photo.color_space == SRGB
    if is_srgb and photo.pixels.shape == (height, width, 3) and photo.pixels.dtype == np.uint8:
        return photo.pixels, photo.pixels, nothing
    small = resize(photo.pixels, width, height)
    color, alpha = small[..., :3], small[..., 3:]
    if is_srgb:
        sent = _eight_bit(color)
        own, clipped = sent, nothing
    else:
        exact = IccSpace(photo.icc).to_srgb(color)
        sent = _eight_bit(np.clip(exact, 0, 1))
        clipped = clips(exact)
        own = color[~clipped]
    if alpha.size:
        clipped |= alpha[..., 0] == 0
    return sent, own, clipped


def _eight_bit(colors: FloatArray) -> Pixels:
    """Colours of 0..1 as they are sent, rounded to nearest."""
    return (colors * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def apply_to_photo(task: ApplyLut, context: Context) -> tuple[FileWritten, bytes]:
    """Apply the LUT, and what varies over the picture, in the original's own space and depth."""
    cube, lut_notes = read_lut(task.cube_path)
    grid = read_grid(task.grid_path) if task.grid_path else None
    photo = read_kept(task.path, context.photos)
    context.checkpoint(0.25)
    height, width = photo.pixels.shape[:2]
    mask = read_mask(task.mask_path, width, height) if task.mask_path else None
    if mask is not None and not mask.any():
        raise RabbitError.from_info(EMPTY_MASK)

    extension = task.extension or _own_extension(photo, task)
    if cube.space == photo.color_space and cube.shaper is None and grid is None:
        pixels, checkpoint = _grade_on_the_way(photo, cube, task, mask, context)
    else:
        _grade_whole(photo, cube, grid, task, mask, context)
        pixels, checkpoint = Unfinished(photo.pixels), context.checkpoint
    written = _write(task, pixels, photo, checkpoint, extension)
    notes = (*written.notes, *lut_notes)
    if mask is None:
        return msgspec.structs.replace(written, notes=notes), b""
    exact = _keeps_pixels(photo, extension)
    if not exact:
        notes = (*notes, _REENCODED.format(extension[1:].upper()))
    elif extension != _usual_extension(photo, task):
        notes = (*notes, _KEPT.format(extension[1:].upper()))
    return msgspec.structs.replace(written, outside_identical=exact, notes=notes), b""


def _grade_on_the_way(
    photo: Photo, cube: Cube, task: ApplyLut, mask: NDArray[np.uint8] | None, context: Context
) -> tuple[Unfinished, Callable[[], None]]:
    """Return pixels that are graded while they are coded, and how to tell how far that is."""
    pixels = photo.pixels
    grade = StripGrade(cube.lut, pixels.dtype, strength=task.strength, channels=task.channels)
    done_rows: list[int] = []

    def ready(rows: slice) -> None:
        strip = pixels[rows]
        grade.run(strip, strip, None if mask is None else mask[rows])
        done_rows.append(len(strip))

    def checkpoint() -> None:
        context.checkpoint(0.25 + 0.75 * sum(done_rows) / len(pixels))

    return Unfinished(pixels, ready), checkpoint


def _grade_whole(
    photo: Photo,
    cube: Cube,
    grid: SpatialGrid | None,
    task: ApplyLut,
    mask: NDArray[np.uint8] | None,
    context: Context,
) -> None:
    """Grade what takes other ways than a LUT in the photo's own space, in place."""

    def report(fraction: float | None = None) -> None:
        context.checkpoint(None if fraction is None else 0.25 + 0.5 * fraction)

    if grid is None or cube.space != photo.color_space or cube.shaper is not None:
        _apply_in_float(photo, cube, grid, task, mask, report)
    else:
        apply_spatial(
            photo.pixels,
            cube.lut,
            grid,
            strength=task.strength,
            mask=mask,
            channels=task.channels,
            out=photo.pixels,
            checkpoint=report,
        )
    context.checkpoint(0.75)


def keep_model_picture(task: KeepModelPicture, context: Context) -> tuple[FileWritten, bytes]:
    """Write the model's own picture, without the padding, with the original's metadata.

    A picture of other proportions than the one that was sent is another picture (two side by side,
    a part): nothing of it is padding.
    """
    edited = read_rgb(task.edited_path)
    context.checkpoint(0.2)
    across = edited.shape[1] / task.sent_size[0]
    down = edited.shape[0] / task.sent_size[1]
    left, top, width, height = task.box
    rows = slice(round(top * down), round((top + height) * down))
    columns = slice(round(left * across), round((left + width) * across))
    if abs(across / down - 1) > _SAME_PROPORTIONS:
        rows = columns = slice(None)
    photo = read_kept(task.path, context.photos)
    if photo.color_space != SRGB:
        space = IccSpace(photo.icc)
        own = space.from_srgb(_unit(edited[rows, columns]))
        picture = np.rint(np.clip(own, 0, 1) * 255).astype(np.uint8)
    else:
        picture = np.ascontiguousarray(edited[rows, columns])
    return _write(task, picture, photo, context.checkpoint, task.extension), b""


def _write(
    task: ApplyLut | KeepModelPicture,
    pixels: Pixels | Unfinished,
    photo: Photo,
    checkpoint: Callable[[], None],
    extension: str,
) -> FileWritten:
    written = write_photo(
        task.temp_path,
        pixels,
        extension,
        source=photo,
        recipe=task.recipe,
        ai=task.ai,
        jpeg_quality=task.jpeg_quality,
        checkpoint=checkpoint,
    )
    height, width = (pixels.pixels if isinstance(pixels, Unfinished) else pixels).shape[:2]
    return FileWritten(
        width_px=width,
        height_px=height,
        size_bytes=written.size_bytes,
        inode=written.inode,
        extension=extension,
        notes=(*photo.notes, *written.notes),
    )


def _usual_extension(photo: Photo, task: ApplyLut) -> str:
    """Return the ending of a result without a mask."""
    return task.extension or result_extension(
        photo.format, task.path, raw_format=task.raw_format, palette=photo.encoding.palette
    )


def _own_extension(photo: Photo, task: ApplyLut) -> str:
    """Return the ending that the photo's kind asks for; behind a mask no pixel may change."""
    extension = _usual_extension(photo, task)
    if not task.mask_path or _keeps_pixels(photo, extension):
        return extension
    return ".png" if photo.pixels.dtype == np.uint8 else ".tiff"


def _keeps_pixels(photo: Photo, extension: str) -> bool:
    """Whether a file with *extension* holds the decoded pixels of *photo* exactly."""
    if extension == ".webp":
        return not photo.lossy and photo.pixels.dtype == np.uint8
    return extension in LOSSLESS_EXTENSIONS


def _apply_in_float(
    photo: Photo,
    cube: Cube,
    grid: SpatialGrid | None,
    task: ApplyLut,
    mask: NDArray[np.uint8] | None,
    report: Callable[[float | None], None],
) -> None:
    """Take the photo into the LUT's space strip by strip, and back, in place.

    This is also the way of LUTs with curves or another range: they are applied as they stand,
    nothing is sampled.
    """
    same = cube.space == photo.color_space
    lut_space = IccSpace(profile_for(cube.space)) if cube.space != SRGB and not same else None
    own = IccSpace(photo.icc) if photo.color_space != SRGB and not same else None
    grade = ExactGrade(cube.lut, cube.shaper, strength=task.strength, channels=task.channels)
    height, width = photo.pixels.shape[:2]
    full = np.iinfo(photo.pixels.dtype).max
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        part = None if mask is None else mask[top : top + step]
        if part is not None and not part.any():
            continue
        strip = photo.pixels[top : top + step, :, :3]
        color = _unit(strip)
        srgb = own.to_srgb(color) if own else color
        inside = lut_space.from_srgb(srgb) if lut_space else srgb
        if grid is None:
            change = grade.change(inside)
        else:
            place = grid.part(0.0, top / height, 1.0, strip.shape[0] / height)
            change = _change_here(inside, cube, place, task)
        if part is not None:
            change *= part[..., None] / np.float32(255)
        inside = inside + change
        srgb = lut_space.to_srgb(inside) if lut_space else inside
        color = own.from_srgb(srgb) if own else srgb
        done = np.rint(np.clip(color, 0, 1) * full).astype(strip.dtype)
        strip[...] = done if part is None else np.where(part[..., None] == 0, strip, done)
        report(min(1.0, (top + step) / height))


def _change_here(colors: FloatArray, cube: Cube, grid: SpatialGrid, task: ApplyLut) -> FloatArray:
    """Return what a grade adds to a strip, of which *grid* is the part that lies over it."""
    within = np.clip(colors, 0, 1)
    graded = apply_spatial(within, cube.lut, grid, strength=task.strength, channels=task.channels)
    return graded - within


def _unit(pixels: Pixels) -> FloatArray:
    """Return the pixels as float32, their type's range mapped to 0..1."""
    return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {
    PrepareSmall: prepare_small,
    ApplyLut: apply_to_photo,
    KeepModelPicture: keep_model_picture,
}
