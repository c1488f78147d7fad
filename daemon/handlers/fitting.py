"""What a worker learns from a pair of pictures: LUT, correction over the picture, report."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daemon.decode.color import IccSpace
from daemon.decode.model import Photo
from daemon.decode.photo import read_photo
from daemon.decode.plain import read_gray, read_rgb
from daemon.handlers.context import Context
from daemon.handlers.grid_files import write_grid
from daemon.handlers.lut_files import write_lut
from daemon.handlers.reading import read_and_keep
from daemon.handlers.working_copy import SRGB, clips, resize
from daemon.imaging.coverage import color_coverage
from daemon.imaging.lattice import FloatArray
from daemon.imaging.lut import GradeFit, extract_lut
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import FitReport, Registration
from daemon.tasks import FitGrade, FitPair, GradeFitted, Task, TaskResult
from daemon.working_size import plan_canvas

_FULLY = 0.9
_SAME_SHAPE = 0.02
_ROUNDING_PX = 1.5
_SAME_SCENE = 0.5
_OTHER_SCENE = (
    "Only {:.0%} of the pixels of {} have a colour that {} has too: check that both show the same "
    "scene."
)


def fit_grade(task: FitGrade, context: Context) -> tuple[GradeFitted, bytes]:
    """Fit the LUT in the photo's own space to what was sent and what came back."""
    sent, edited = read_rgb(task.png_path), read_rgb(task.edited_path)
    weights = 255 - read_gray(task.clipped_path)
    if task.mask_path:
        weights *= _fully_edited(read_gray(task.mask_path))
    icc_file = Path(os.fsdecode(task.icc_path))
    icc = icc_file.read_bytes() if icc_file.exists() else None
    space = IccSpace(icc) if icc else None
    context.checkpoint(0.05)
    fit = extract_lut(
        sent,
        edited,
        task.lut_size,
        register=task.register,
        weights=weights,
        space=space,
        fit=task.fit,
        checkpoint=context.checkpoint,
    )
    height, width = sent.shape[:2]
    left, top, inner_width, inner_height = task.box
    box = left / width, top / height, inner_width / width, inner_height / height
    if fit.grid is not None and task.grid_path:
        write_grid(task.grid_path, fit.grid.part(*box))
    write_lut(task.cube_path, fit.lut, space=task.color_space, title=task.title)
    return GradeFitted(report=_report(fit, task.coverage), color_space=task.color_space), b""


def fit_pair(task: FitPair, context: Context) -> tuple[GradeFitted, bytes]:
    """Fit a LUT to two picture files; it lives in the original's space, or the photo's."""
    original, edited = read_photo(task.original_path), read_photo(task.edited_path)
    height, width = original.pixels.shape[:2]
    size = plan_canvas(width, height).box[2:]
    small = resize(original.pixels, *size)[..., :3]
    returned = _at_most(edited, max(size))
    context.checkpoint(0.05)
    srgb = _in_srgb(small, original)
    home = _home_of(task, original, small, srgb, context)
    fit = extract_lut(
        np.clip(srgb, 0, 1),
        np.clip(_in_srgb(returned, edited), 0, 1),
        task.lut_size,
        register=task.register,
        weights=np.logical_not(clips(srgb)).astype(np.float32),
        space=home.space,
        fit=task.fit,
        checkpoint=context.checkpoint,
    )
    if fit.grid is not None and task.grid_path:
        write_grid(task.grid_path, fit.grid)
    title = os.path.splitext(os.path.basename(os.fsdecode(task.edited_path)))[0]
    notes = write_lut(task.cube_path, fit.lut, space=home.name, title=title, hald=task.hald)
    if task.photo_path and home.coverage < _SAME_SCENE:
        names = (os.path.basename(os.fsdecode(p)) for p in (task.photo_path, task.original_path))
        notes = (*notes, _OTHER_SCENE.format(home.coverage, *names))
    report = _report(fit, home.coverage)
    return GradeFitted(report=report, color_space=home.name, notes=notes), b""


class _Home(NamedTuple):
    """Where a LUT is to be used.

    Attributes:
        name: Of the colour space.
        space: The space seen from sRGB; None: it is that.
        coverage: Share of the photo's pixels whose colour the small copy contains, in sRGB too.
    """

    name: str
    space: IccSpace | None
    coverage: float


def _home_of(
    task: FitPair, original: Photo, small: FloatArray, srgb: FloatArray, context: Context
) -> _Home:
    """Look at the photo that the grade is for; its pixels are kept for the grade where they fit.

    Args:
        task: Names the photo.
        original: Stands in for it where there is none.
        small: The small copy in the original's space.
        srgb: The same in sRGB.
        context: Keeps the photo.
    """
    photo = original
    if task.photo_path:
        photo = read_and_keep(task.photo_path, context.photos)
        _check_shapes(task, original, photo)
    space = IccSpace(photo.icc) if photo.color_space != SRGB else None
    own = small
    if (photo.color_space, photo.icc) != (original.color_space, original.icc):
        own = space.from_srgb(srgb) if space else srgb
    return _Home(photo.color_space, space, color_coverage(photo.pixels, own[~clips(srgb)]))


def _at_most(photo: Photo, side_px: int) -> FloatArray:
    """Return the colours of *photo*, none of its sides longer than *side_px*."""
    height, width = photo.pixels.shape[:2]
    factor = min(1.0, side_px / max(height, width))
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    return resize(photo.pixels, *size)[..., :3]


def _in_srgb(colors: FloatArray, photo: Photo) -> FloatArray:
    return colors if photo.color_space == SRGB else IccSpace(photo.icc).to_srgb(colors)


def _check_shapes(task: FitPair, original: Photo, photo: Photo) -> None:
    """Refuse a photo that cannot be the scene of *original*: its sides have another ratio.

    A pixel of rounding in the smaller of the two makes no difference, nor do two per cent.
    """
    height, width = original.pixels.shape[:2]
    photo_height, photo_width = photo.pixels.shape[:2]
    apart = abs((photo_width / width) / (photo_height / height) - 1)
    shortest = min(width, height, photo_width, photo_height)
    if apart <= max(_SAME_SHAPE, _ROUNDING_PX / shortest):
        return
    raise RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"{os.fsdecode(task.photo_path)} has {photo_width} x {photo_height} pixels, "
        f"{os.fsdecode(task.original_path)} {width} x {height}: they differ in shape, so a grade "
        "that varies over the picture has no place on it.",
        "ORIGINAL has to show the whole of PHOTO; make it from PHOTO without cropping.",
    )


def _fully_edited(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return 1 where a host's edit counts (almost) fully, else 0; soft edges teach half a change.

    Where the mask is nowhere near white, its whitest part counts; where it vanished in the small
    copy, all of it.
    """
    whitest = int(mask.max())
    return (mask >= _FULLY * whitest).astype(np.uint8)


def _report(fit: GradeFit, coverage: float | None) -> FitReport:
    found = fit.registration
    return FitReport(
        model="lut" if fit.grid is None else "spatial",
        delta_e_mean=round(fit.delta_e_mean, 3),
        delta_e_p95=round(fit.delta_e_p95, 3),
        coverage=None if coverage is None else round(coverage, 4),
        explained=round(fit.explained, 4),
        registration=Registration(
            round(found.dx_px, 3),
            round(found.dy_px, 3),
            round(found.scale, 5),
            round(found.rotation_deg, 3),
        ),
        warning=fit.warning,
        spatial_score=round(fit.spatial_score, 2),
        verdict=fit.verdict,
        summary=fit.summary,
    )


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {
    FitGrade: fit_grade,
    FitPair: fit_pair,
}
