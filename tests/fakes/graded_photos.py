"""Real photographs and colour grades that several tests use."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import skimage.data
from numpy.typing import NDArray

Colors = NDArray[np.floating]


def astronaut() -> NDArray[np.uint8]:
    """512 x 512, a portrait."""
    return skimage.data.astronaut()


def coffee() -> NDArray[np.uint8]:
    """600 x 400, a still life."""
    return skimage.data.coffee()


def chelsea() -> NDArray[np.uint8]:
    """451 x 300, a cat."""
    return skimage.data.chelsea()


def _luminance(x: Colors) -> Colors:
    return (x @ np.array([0.2126, 0.7152, 0.0722]))[..., None]


def _saturate(x: Colors, amount: float) -> Colors:
    gray = _luminance(x)
    return gray + amount * (x - gray)


def _contrast(x: Colors, amount: float) -> Colors:
    y = np.clip(x, 0, 1)
    return y + amount * (y * y * (3 - 2 * y) - y)


def warm(x: Colors) -> Colors:
    return x * np.array([1.12, 1.0, 0.84]) + np.array([0.01, 0.0, 0.0])


def teal_and_orange(x: Colors) -> Colors:
    gray = _luminance(x)
    shadows = (1 - gray) ** 2 * np.array([-0.08, 0.02, 0.09])
    return _contrast(x, 0.5) + shadows + gray**2 * np.array([0.07, 0.01, -0.08])


def bleach_bypass(x: Colors) -> Colors:
    return _contrast(_saturate(x, 0.45), 0.8) * np.array([1.0, 1.0, 0.97])


def black_and_white(x: Colors) -> Colors:
    return np.repeat((x @ np.array([0.5, 0.4, 0.1]))[..., None], 3, axis=-1) ** 0.9


def to_8_bit(x: Colors) -> NDArray[np.uint8]:
    return np.floor(np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)


def graded(image: NDArray[np.uint8], grade: Callable[[Colors], Colors]) -> NDArray[np.uint8]:
    """The image under a grade, computed in float and rounded."""
    return to_8_bit(grade(image / 255))
