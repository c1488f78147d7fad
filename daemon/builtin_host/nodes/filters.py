"""Nodes that look at neighbourhoods: blur, sharpen, morphology, noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.random_numbers import standard_normal
from daemon.builtin_host.resample import Checkpoint
from daemon.builtin_host.values import Image, Json, NodeFailed

Plane = npt.NDArray[np.float32]
_Strip = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
_SHARPEN_GAIN = 10.0
_STRIP_PX = 256


def image_blur(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageBlur: a Gaussian whose ``sigma`` counts in radii of its kernel, not in pixels."""
    radius = int(inputs["blur_radius"])
    if radius == 0:
        return NodeResult((inputs["image"],))
    _require_room(inputs["image"], radius)
    kernel = _gaussian(radius, float(inputs["sigma"]))
    return NodeResult((_convolve(inputs["image"], kernel, radius, context),))


def image_sharpen(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageSharpen: subtracts ten times ``alpha`` of the blurred picture, clipped to 0..1."""
    radius = int(inputs["sharpen_radius"])
    if radius == 0:
        return NodeResult((inputs["image"],))
    _require_room(inputs["image"], radius)
    kernel = _gaussian(radius, float(inputs["sigma"])) * -(float(inputs["alpha"]) * _SHARPEN_GAIN)
    kernel[radius, radius] += 1 - kernel.sum()
    sharp = _convolve(inputs["image"], kernel, radius, context)
    return NodeResult((np.clip(sharp, 0, 1),))


def morphology(inputs: Json, context: NodeContext) -> NodeResult:
    """Morphology: with a flat square; what lies outside the picture does not count."""
    image: Image = inputs["image"]
    size = int(inputs["kernel_size"])
    size = min(size, 2 * max(image.shape[1:3]) + size % 2)  # a larger one sees nothing more
    operation = _OPERATIONS[inputs["operation"]]
    out = np.empty_like(image)
    for number in range(image.shape[0]):
        for channel in range(image.shape[3]):
            plane = image[number, ..., channel]
            out[number, ..., channel] = operation(plane, size, context.checkpoint)
    return NodeResult((out,))


def image_add_noise(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageAddNoise: Gaussian noise of a seed times ``strength``, clipped to 0..1."""
    image: Image = inputs["image"]
    noise = standard_normal(int(inputs["seed"]), image.size, context.checkpoint)
    grainy = image + np.float32(inputs["strength"]) * noise.reshape(image.shape)
    return NodeResult((np.clip(grainy, 0, 1),))


def _require_room(image: Image, radius: int) -> None:
    """Refuse a kernel that reaches over the whole picture, as mirrored edges need one."""
    height_px, width_px = image.shape[1:3]
    for dimension, side in ((2, height_px), (3, width_px)):
        if radius >= side:
            raise NodeFailed(
                "Argument #6: Padding size should be less than the corresponding input dimension, "
                f"but got: padding ({radius}, {radius}) at dimension {dimension} of input "
                f"[{image.shape[0]}, {image.shape[3]}, {height_px}, {width_px}]",
                "RuntimeError",
            )


def _gaussian(radius: int, sigma: float) -> npt.NDArray[np.float64]:
    """Kernel of side 2 * radius + 1 over the square -1..1, sum 1."""
    axis = np.linspace(-1, 1, 2 * radius + 1)
    kernel = np.exp(-(axis[:, None] ** 2 + axis[None, :] ** 2) / (2 * sigma * sigma))
    return kernel / kernel.sum()


def _convolve(
    image: Image, kernel: npt.NDArray[np.float64], radius: int, context: NodeContext
) -> Image:
    out = np.empty_like(image)
    identity = kernel[radius, radius] - _off_centre(kernel, radius)
    smooth = kernel.copy()
    smooth[radius, radius] -= identity
    across, along = _factors(smooth)
    for number in range(image.shape[0]):
        for channel in range(image.shape[3]):
            plane = image[number, ..., channel].astype(np.float64)
            rows = _in_strips(plane, 0, context.checkpoint, _correlation(across, 0))
            both = _in_strips(rows, 1, context.checkpoint, _correlation(along, 1))
            out[number, ..., channel] = both + identity * plane
    return out


def _in_strips(
    plane: npt.NDArray[Any], axis: int, checkpoint: Checkpoint, work: _Strip
) -> npt.NDArray[Any]:
    """*work* along an axis, a strip of the other axis at a time, so that it can be stopped."""
    out = np.empty_like(plane)
    for start in range(0, plane.shape[1 - axis], _STRIP_PX):
        checkpoint()
        strip = slice(start, start + _STRIP_PX)
        part = (slice(None), strip) if axis == 0 else (strip, slice(None))
        out[part] = work(plane[part])
    return out


def _correlation(weights: npt.NDArray[np.float64], axis: int) -> _Strip:
    def work(strip: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.asarray(ndimage.correlate1d(strip, weights, axis=axis, mode="mirror"))

    return work


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


def _erode(plane: Plane, size: int, checkpoint: Checkpoint) -> Plane:
    for axis in (0, 1):
        plane = _in_strips(plane, axis, checkpoint, _minimum(size, axis))
    return plane


def _dilate(plane: Plane, size: int, checkpoint: Checkpoint) -> Plane:
    for axis in (0, 1):
        plane = _in_strips(plane, axis, checkpoint, _maximum(size, axis))
    return plane


def _minimum(size: int, axis: int) -> _Strip:
    def work(strip: npt.NDArray[Any]) -> npt.NDArray[Any]:
        low = ndimage.minimum_filter1d(strip, size, axis, mode="constant", cval=np.inf)
        return np.asarray(low)

    return work


def _maximum(size: int, axis: int) -> _Strip:
    shift = size % 2 - 1  # an even kernel reaches farther ahead, where erosion reaches back

    def work(strip: npt.NDArray[Any]) -> npt.NDArray[Any]:
        high = ndimage.maximum_filter1d(
            strip, size, axis, mode="constant", cval=-np.inf, origin=shift
        )
        return np.asarray(high)

    return work


def _open(plane: Plane, size: int, checkpoint: Checkpoint) -> Plane:
    return _dilate(_erode(plane, size, checkpoint), size, checkpoint)


def _close(plane: Plane, size: int, checkpoint: Checkpoint) -> Plane:
    return _erode(_dilate(plane, size, checkpoint), size, checkpoint)


def _gradient(plane: Plane, size: int, checkpoint: Checkpoint) -> Plane:
    return _dilate(plane, size, checkpoint) - _erode(plane, size, checkpoint)


def _bottom_hat(plane: Plane, size: int, checkpoint: Checkpoint) -> Plane:
    return _close(plane, size, checkpoint) - plane


def _top_hat(plane: Plane, size: int, checkpoint: Checkpoint) -> Plane:
    return plane - _open(plane, size, checkpoint)


_OPERATIONS: dict[str, Callable[[Plane, int, Checkpoint], Plane]] = {
    "erode": _erode,
    "dilate": _dilate,
    "open": _open,
    "close": _close,
    "gradient": _gradient,
    "bottom_hat": _bottom_hat,
    "top_hat": _top_hat,
}

RUNS: dict[str, Run] = {
    "ImageBlur": image_blur,
    "ImageSharpen": image_sharpen,
    "Morphology": morphology,
    "ImageAddNoise": image_add_noise,
}
