"""What a worker does for looks: a photo under many of them, or under one at the screen's size."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from daemon.decode.color import IccSpace, identify, profile_for
from daemon.decode.display import Fitted, bgrx
from daemon.decode.model import Pixels
from daemon.decode.screen_color import to_screen
from daemon.decode.source import Source
from daemon.decode.surface import write_surface
from daemon.decode.thumbnail import fit_jpeg, fit_preview, is_srgb_jpeg
from daemon.handlers.context import Context
from daemon.handlers.looking import monitor_profile, read_pack
from daemon.handlers.lut_tables import find_lut
from daemon.imaging.apply import apply_lut
from daemon.imaging.cube import Cube
from daemon.imaging.exact import ExactGrade
from daemon.imaging.lattice import FloatArray, identity_lut
from daemon.protocol.errors import RabbitError
from daemon.tasks import GradesShown, ShowCached, ShowGrades, Task, TaskResult

if TYPE_CHECKING:
    from daemon.imaging.spatial import SpatialGrid

_BAKED = 65
_MANY_PX = 200_000
_SRGB = "srgb"


def show_grades(task: ShowGrades, context: Context) -> tuple[GradesShown, bytes]:
    """Show the photo under each LUT; the pixels stand one after the other."""
    context.checkpoint()
    view = _view(_photo_of(task))
    grid = _read_grid(task.grid_path) if task.grid_path else None
    pictures: list[Pixels] = []
    shown: list[int] = []
    for index, path in enumerate(task.lut_paths):
        context.checkpoint()
        try:
            cube = find_lut(path, task.tables)
        except RabbitError:
            continue
        pictures.append(view.graded(cube, grid if index == 0 else None, task))
        shown.append(index)
    fitted = view.fitted
    height, width = fitted.pixels.shape[:2]
    pixels, surface_path = _on_screen(pictures, fitted.icc, task)
    result = GradesShown(
        width_px=width,
        height_px=height,
        shown=tuple(shown),
        source_width_px=fitted.source_width_px,
        source_height_px=fitted.source_height_px,
        surface_path=surface_path,
    )
    return result, pixels


class View:
    """A photo at the size that is shown, to be seen under one LUT after the other."""

    def __init__(self, fitted: Fitted) -> None:
        """Prepare *fitted*, RGB; its pixels are not changed."""
        self.fitted = fitted
        self._space = identify(fitted.icc)
        self._inside: dict[str, FloatArray] = {}

    def graded(self, cube: Cube, grid: SpatialGrid | None, task: ShowGrades) -> Pixels:
        """Return the photo under a grade, in its own colours and depth, shape (H, W, 3)."""
        pixels, strength, channels = self.fitted.pixels, task.strength, task.channels
        if grid is not None:
            return self._varied(cube, grid, task)
        if cube.space == self._space and cube.shaper is None:
            return apply_lut(pixels, cube.lut, strength=strength, channels=channels, threads=1)
        if pixels.shape[0] * pixels.shape[1] > _MANY_PX:
            lut = _in_space(cube, self.fitted.icc, strength, channels)
            return apply_lut(pixels, lut, threads=1)
        exact = ExactGrade(cube.lut, cube.shaper, strength=strength, channels=channels)
        return self._outside(exact.apply(self._colors(cube.space)), cube.space)

    def _varied(self, cube: Cube, grid: SpatialGrid, task: ShowGrades) -> Pixels:
        """Return the photo under a LUT whose correction varies over it."""
        from daemon.imaging.spatial_apply import apply_spatial

        vary = functools.partial(apply_spatial, strength=task.strength, channels=task.channels)
        if cube.space == self._space and cube.shaper is None:
            return vary(self.fitted.pixels, cube.lut, grid)
        colors = self._colors(cube.space)
        within = np.clip(colors, 0, 1)
        change = vary(within, cube.lut, grid) - within
        return self._outside(colors + change, cube.space)

    def _colors(self, space: str) -> FloatArray:
        """Return the photo as floats in a LUT's space; kept, as many looks share one."""
        inside = self._inside.get(space)
        if inside is None:
            pixels = self.fitted.pixels
            color = pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
            inside = _to_lut(color, self.fitted.icc, space)
            self._inside[space] = inside
        return inside

    def _outside(self, colors: FloatArray, space: str) -> Pixels:
        """Return *colors* of a LUT's space in the photo's, at its depth."""
        color = np.clip(_from_lut(colors, self.fitted.icc, space), 0, 1)
        dtype = self.fitted.pixels.dtype
        return cast("Pixels", np.rint(color * np.iinfo(dtype).max).astype(dtype))


def _read_grid(path: bytes) -> SpatialGrid:
    # only such grades bring scipy into a worker that shows photos
    from daemon.handlers.grid_files import read_grid

    return read_grid(path)


class _Photo(NamedTuple):
    """What tells one photo at one size from another; fields as in :class:`ShowGrades`."""

    path: bytes
    generation: int
    file_bytes: int
    max_width_px: int
    max_height_px: int
    kept: ShowCached | None
    kept_srgb: ShowCached | None


def _photo_of(task: ShowGrades) -> _Photo:
    box = task.max_width_px, task.max_height_px
    return _Photo(task.path, task.generation, task.file_bytes, *box, task.kept, task.kept_srgb)


@functools.lru_cache(maxsize=2)
def _view(photo: _Photo) -> View:
    """Return a photo fitted into its box, from the cache where it is kept there."""
    box = photo.max_width_px, photo.max_height_px
    fitted = _kept(photo.kept, *box)
    if fitted is None and photo.kept_srgb is not None and is_srgb_jpeg(photo.path):
        fitted = _kept(photo.kept_srgb, *box)
    if fitted is None:
        fitted = fit_preview(photo.path, *box)
    if fitted.is_bgrx:
        rgb = cast("Pixels", np.ascontiguousarray(fitted.pixels[..., 2::-1]))
        fitted = Fitted(rgb, fitted.icc, fitted.source_width_px, fitted.source_height_px)
    return View(fitted)


def _kept(cached: ShowCached | None, width: int, height: int) -> Fitted | None:
    if cached is None:
        return None
    try:
        data = read_pack(cached)
        with Source(b"a picture of the cache", io.BytesIO(data), len(data)) as source:
            fitted = fit_jpeg(source, width, height)
    except RabbitError:
        return None
    size = cached.source_width_px, cached.source_height_px
    return Fitted(fitted.pixels, fitted.icc, *size)


def _to_lut(colors: FloatArray, icc: bytes | None, space: str) -> FloatArray:
    """Return a photo's *colors* in a LUT's space."""
    if identify(icc) == space:
        return colors
    srgb = colors if identify(icc) == _SRGB else IccSpace(icc).to_srgb(colors)
    return srgb if space == _SRGB else IccSpace(profile_for(space)).from_srgb(srgb)


def _from_lut(colors: FloatArray, icc: bytes | None, space: str) -> FloatArray:
    """Return *colors* of a LUT's space in a photo's."""
    if identify(icc) == space:
        return colors
    srgb = colors if space == _SRGB else IccSpace(profile_for(space)).to_srgb(colors)
    return srgb if identify(icc) == _SRGB else IccSpace(icc).from_srgb(srgb)


@functools.lru_cache(maxsize=4)
def _in_space(cube: Cube, icc: bytes | None, strength: float, channels: str) -> FloatArray:
    """Return a LUT for photos of the profile *icc*, close enough to be looked at."""
    colors = identity_lut(_BAKED)
    exact = ExactGrade(cube.lut, cube.shaper, strength=strength, channels=channels)
    graded = exact.apply(_to_lut(colors, icc, cube.space))
    return _from_lut(graded, icc, cube.space)


def _on_screen(pictures: list[Pixels], icc: bytes | None, task: ShowGrades) -> tuple[bytes, bytes]:
    """Return the pictures as BGRX, or put a single one into the surface file; and its path."""
    if not pictures:
        return b"", b""
    together = pictures[0] if len(pictures) == 1 else np.concatenate(pictures)
    screen: NDArray[np.uint8] = bgrx(
        to_screen(cast("Pixels", together), icc, monitor_profile(task.profile_path))
    )
    if task.surface_path and len(pictures) == 1:
        try:
            write_surface(task.surface_path, screen)
        except RabbitError:
            return screen.tobytes(), b""  # a full disk must not hide the photo
        return b"", task.surface_path
    return screen.tobytes(), b""


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {ShowGrades: show_grades}
