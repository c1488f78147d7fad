"""Nodes that look at neighbourhoods: blur, sharpen, morphology, noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.random_numbers import standard_normal
from daemon.builtin_host.values import Image, Json, NodeFailed

Plane = npt.NDArray[np.float32]
_SHARPEN_GAIN = 10.0


def image_blur(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageBlur: a Gaussian whose ``sigma`` counts in radii of its kernel, not in pixels."""
    radius = int(inputs["blur_radius"])
    if radius == 0:
        return NodeResult((inputs["image"],))
    kernel = _gaussian(radius, float(inputs["sigma"]))
    return NodeResult((_convolve(inputs["image"], kernel, radius, context),))


def image_sharpen(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageSharpen: subtracts ten times ``alpha`` of the blurred picture, clipped to 0..1."""
    radius = int(inputs["sharpen_radius"])
    if radius == 0:
        return NodeResult((inputs["image"],))
    kernel = _gaussian(radius, float(inputs["sigma"])) * -(float(inputs["alpha"]) * _SHARPEN_GAIN)
    kernel[radius, radius] += 1 - kernel.sum()
    sharp = _convolve(inputs["image"], kernel, radius, context)
    return NodeResult((np.clip(sharp, 0, 1),))


def morphology(inputs: Json, context: NodeContext) -> NodeResult:
    """Morphology: with a flat square; what lies outside the picture does not count."""
    size = int(inputs["kernel_size"])
    operation = _OPERATIONS[inputs["operation"]]
    image: Image = inputs["image"]
    out = np.empty_like(image)
    for number in range(image.shape[0]):
        for channel in range(image.shape[3]):
            context.checkpoint()
            out[number, ..., channel] = operation(image[number, ..., channel], size)
    return NodeResult((out,))


def image_add_noise(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageAddNoise: Gaussian noise of a seed times ``strength``, clipped to 0..1."""
    image: Image = inputs["image"]
    noise = standard_normal(int(inputs["seed"]), image.size, context.checkpoint)
    grainy = image + np.float32(inputs["strength"]) * noise.reshape(image.shape)
    return NodeResult((np.clip(grainy, 0, 1),))


def _gaussian(radius: int, sigma: float) -> npt.NDArray[np.float64]:
    """Kernel of side 2 * radius + 1 over the square -1..1, sum 1."""
    axis = np.linspace(-1, 1, 2 * radius + 1)
    kernel = np.exp(-(axis[:, None] ** 2 + axis[None, :] ** 2) / (2 * sigma * sigma))
    return kernel / kernel.sum()


def _convolve(
    image: Image, kernel: npt.NDArray[np.float64], radius: int, context: NodeContext
) -> Image:
    height_px, width_px = image.shape[1:3]
    for dimension, side in ((2, height_px), (3, width_px)):
        if radius >= side:
            raise NodeFailed(
                "Argument #6: Padding size should be less than the corresponding input dimension, "
                f"but got: padding ({radius}, {radius}) at dimension {dimension} of input "
                f"[{image.shape[0]}, {image.shape[3]}, {height_px}, {width_px}]",
                "RuntimeError",
            )
    out = np.empty_like(image)
    identity = kernel[radius, radius] - _off_centre(kernel, radius)
    smooth = kernel.copy()
    smooth[radius, radius] -= identity
    across, along = _factors(smooth)
    for number in range(image.shape[0]):
        for channel in range(image.shape[3]):
            context.checkpoint()
            plane = image[number, ..., channel].astype(np.float64)
            rows = ndimage.correlate1d(plane, across, axis=0, mode="mirror")
            context.checkpoint()
            both = ndimage.correlate1d(rows, along, axis=1, mode="mirror")
            out[number, ..., channel] = both + identity * plane
    return out


def _off_centre(kernel: npt.NDArray[np.float64], radius: int) -> float:
    """What the centre would be if the kernel were an outer product."""
    edge = kernel[radius, 0]
    return float(edge * edge / kernel[0, 0]) if kernel[0, 0] else 0.0


def _factors(
    kernel: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Column and row whose outer product is a kernel of rank one."""
    middle = kernel.shape[0] // 2
    centre = kernel[middle, middle]
    if not centre:
        return kernel[:, middle], kernel[middle]
    return kernel[:, middle] / centre, kernel[middle]


def _erode(plane: Plane, size: int) -> Plane:
    shrunk = ndimage.minimum_filter(plane, size, mode="constant", cval=np.inf)
    return np.asarray(shrunk, np.float32)


def _dilate(plane: Plane, size: int) -> Plane:
    shift = size % 2 - 1  # an even kernel reaches farther ahead, where erosion reaches back
    grown = ndimage.maximum_filter(plane, size, mode="constant", cval=-np.inf, origin=shift)
    return np.asarray(grown, np.float32)


def _open(plane: Plane, size: int) -> Plane:
    return _dilate(_erode(plane, size), size)


def _close(plane: Plane, size: int) -> Plane:
    return _erode(_dilate(plane, size), size)


_OPERATIONS: dict[str, Callable[[Plane, int], Plane]] = {
    "erode": _erode,
    "dilate": _dilate,
    "open": _open,
    "close": _close,
    "gradient": lambda plane, size: _dilate(plane, size) - _erode(plane, size),
    "bottom_hat": lambda plane, size: _close(plane, size) - plane,
    "top_hat": lambda plane, size: plane - _open(plane, size),
}

RUNS: dict[str, Run] = {
    "ImageBlur": image_blur,
    "ImageSharpen": image_sharpen,
    "Morphology": morphology,
    "ImageAddNoise": image_add_noise,
}
