"""A pair of pictures at halved sizes, and the pixels that tell where one lies on the other."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import FloatArray
from daemon.imaging.parallel import side_by_side
from daemon.imaging.placement import Size

_LEAST_SIDE_PX = 32
_LEAST_LENGTH_PX = 90
_BORDER_PX = 12
_CHOSEN_PX = {1: 40_000, 2: 40_000, 4: 20_000}
_CHOSEN_COARSE_PX = 30_000
_STEEP_SHARE = 0.7


def halve(image: FloatArray) -> FloatArray:
    """Mean of every 2 x 2 pixels; shape (H, W) or (H, W, C); an odd last row or column is left."""
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    rows: FloatArray = np.add(image[0:height:2, :width], image[1:height:2, :width])
    mean: FloatArray = np.add(rows[:, 0::2], rows[:, 1::2])
    mean *= np.float32(0.25)
    return mean


def soften(image: FloatArray) -> FloatArray:
    """Binomial blur over 5 x 5 pixels: without it a hard edge lies where the raster wants it."""
    for _ in range(2):
        wide = np.pad(image, 1, mode="edge")
        rows: FloatArray = np.add(wide[:-2], wide[2:])
        rows += wide[1:-1]
        rows += wide[1:-1]
        both: FloatArray = np.add(rows[:, :-2], rows[:, 2:])
        both += rows[:, 1:-1]
        both += rows[:, 1:-1]
        both *= np.float32(1 / 16)
        image = both
    return image


def slopes(image: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Central differences along rows and columns, 0 on the border; shape (H, W) each."""
    down, right = np.zeros_like(image), np.zeros_like(image)
    np.subtract(image[2:], image[:-2], out=down[1:-1])
    np.subtract(image[:, 2:], image[:, :-2], out=right[:, 1:-1])
    down *= np.float32(0.5)
    right *= np.float32(0.5)
    return down, right


class Level:
    """The pair at one size.

    Attributes:
        step: Full-size pixels a pixel is wide.
        sent: Shape (h, w, 3), encoded sRGB.
        finer: The sent picture of half the step, or the same where there is none.
        goal: The returned picture's brightness, softened, shape (h', w').
        chosen: Flat indices into *goal* of the steep pixels and of an even grid, shape (M,).
        values: *goal* there.
        x_px: Their column from the middle, full-size pixels.
        y_px: Their row.
    """

    def __init__(self, step: int, sent: FloatArray, finer: FloatArray, goal: FloatArray) -> None:
        """Choose the pixels of *goal*, not softened yet."""
        self.step = step
        self.sent = sent
        self.finer = finer
        self.goal = soften(goal)
        height, width = goal.shape
        rows, columns = _choose(self.goal, step)
        self.chosen = rows * width + columns
        self.values = self.goal.ravel()[self.chosen]
        self.y_px = ((rows - (height / 2 - 0.5)) * step).astype(np.float32)
        self.x_px = ((columns - (width / 2 - 0.5)) * step).astype(np.float32)

    @property
    def size(self) -> Size:
        """Height and width of the goal."""
        return self.goal.shape[0], self.goal.shape[1]


def _choose(goal: FloatArray, step: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    height, width = goal.shape
    border = max(2, min(_BORDER_PX // step, height // 8, width // 8))
    down, right = (slope[border:-border, border:-border] for slope in slopes(goal))
    wanted = _CHOSEN_PX.get(step, _CHOSEN_COARSE_PX)
    share = wanted / down.size
    if share >= 1:
        mask = np.ones(down.shape, bool)
    else:
        steepness = down * down + right * right
        steep = np.quantile(steepness[::3, ::3], 1 - share * _STEEP_SHARE)
        mask = steepness > max(float(steep), 1e-9)
        grid = max(round(1 / math.sqrt(share * (1 - _STEEP_SHARE))), 1)
        mask[::grid, ::grid] = True
    rows, columns = np.nonzero(mask)
    if len(rows) > 1.6 * wanted:
        some = np.linspace(0, len(rows) - 1, wanted).astype(np.intp)
        rows, columns = rows[some], columns[some]
    return rows + border, columns + border


class Pyramid:
    """Both pictures at steps of 1, 2, 4 ... full-size pixels, as far as they stay pictures."""

    def __init__(self, sent: FloatArray, returned: FloatArray) -> None:
        """Shrink *sent*, shape (H, W, 3), and *returned*, shape (h, w, 3)."""
        self.sent_size: Size = (sent.shape[0], sent.shape[1])
        self.returned_size: Size = (returned.shape[0], returned.shape[1])
        self._pairs = {1: (sent, returned)}
        self.steps = [1]
        smallest = min(*self.sent_size, *self.returned_size)
        while (
            smallest >= 2 * self.steps[-1] * _LEAST_SIDE_PX
            and max(self.returned_size) >= 2 * self.steps[-1] * _LEAST_LENGTH_PX
        ):
            sent, returned = side_by_side(halve, (sent, returned))
            self.steps.append(2 * self.steps[-1])
            self._pairs[self.steps[-1]] = (sent, returned)
        self.channels = _telling_channels(self._pairs[self.steps[min(2, len(self.steps) - 1)]][1])
        self._levels: dict[int, Level] = {}

    def step(self, most: int) -> int:
        """The coarsest step that is at most *most*."""
        return max(step for step in self.steps if step <= most)

    def outlined(self, step: int) -> tuple[FloatArray, FloatArray]:
        """Brightness of both pictures at *step*, before any colour is matched."""
        sent, returned = self._pairs[step]
        return sent @ self.channels, returned @ self.channels

    def level(self, step: int) -> Level:
        """The pair at *step*, prepared once."""
        if step not in self._levels:
            sent, returned = self._pairs[step]
            finer = self._pairs[max(step // 2, 1)][0]
            self._levels[step] = Level(step, sent, finer, returned @ self.channels)
        return self._levels[step]


def _telling_channels(image: FloatArray) -> FloatArray:
    """Shares of the channels in the brightness with the most contrast, shape (3,), sum 1."""
    along = [(image[1:] - image[:-1]).reshape(-1, 3), (image[:, 1:] - image[:, :-1]).reshape(-1, 3)]
    spread = sum((slope.T @ slope).astype(np.float64) for slope in along) + 1e-9 * np.eye(3)
    leading = np.abs(np.linalg.eigh(spread)[1][:, -1]) + 0.05
    return (leading / leading.sum()).astype(np.float32)
