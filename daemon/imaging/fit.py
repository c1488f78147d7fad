"""Fitting a grade to a pair of pictures: placement, robust rounds, verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from daemon.imaging.lattice import check_lut_size
from daemon.imaging.pair import align
from daemon.imaging.parallel import side_by_side
from daemon.imaging.quality import GradeFit, judge
from daemon.imaging.rounds import fit_robustly
from daemon.imaging.scene import Scene, Space, Srgb
from daemon.imaging.spatial_blocks import cut_blocks

Checkpoint = Callable[[float], object]
"""Called with the share that is done, 0..1; may block, may raise to stop."""

FITS = ("lut", "spatial", "auto")
"""What may be fitted: see :func:`extract_lut`."""

_LEAST_HALVED = 32


def extract_lut(
    original_small: NDArray[Any],
    edited_small: NDArray[Any],
    lut_size: int = 33,
    *,
    register: bool = True,
    weights: NDArray[Any] | None = None,
    space: Space | None = None,
    fit: str = "lut",
    checkpoint: Checkpoint | None = None,
) -> GradeFit:
    """Fit the LUT that turns one picture into the other, as far as one LUT can.

    Robust against a shifted, zoomed or cropped edit, noise, softness and invented content. An
    edit that changes nothing gives the identity.

    Args:
        original_small: What was sent: shape (H, W, 3), sRGB, uint8, uint16 or float32 0..1.
        edited_small: What came back: shape (h, w, 3), same; sizes may differ.
        lut_size: Nodes a side, 2..129. Above 33 the LUT of 33 is refined: a photo holds no more
            detail than that.
        register: Search for the edit's place; False: take it as a stretch of the original.
        weights: Shape (H, W), 0..1 or an unsigned integer type's full range; 0: the original's
            pixel must not count.
        space: The space in which the LUT is to live; None: sRGB.
        fit: ``lut``; ``spatial``: a correction that varies over the picture on top of the LUT;
            ``auto``: that only where one LUT cannot explain the edit.
        checkpoint: Called between the steps.

    Returns:
        The grade and how well it explains the edit.

    Raises:
        ValueError: a shape, a size or *fit* is not as above.
        TypeError: another dtype.
    """
    check_lut_size(lut_size)
    if fit not in FITS:
        raise ValueError(f"a fit is one of {', '.join(FITS)}, not {fit!r}")
    tell = checkpoint or _ignore
    pair = align(
        original_small,
        edited_small,
        weights,
        search=register,
        checkpoint=lambda share: tell(0.5 * share),
    )
    tell(0.5)
    within = space or Srgb()
    resolutions = [Scene.of, Scene.halved] if min(pair.size) >= _LEAST_HALVED else [Scene.of]
    scenes = side_by_side(lambda make: make(pair, within), resolutions)
    fine, coarse = scenes[0], scenes[-1]
    lut = fit_robustly(fine, coarse, lut_size, lambda share: tell(0.5 + 0.4 * share))
    tell(0.9)
    height, width = original_small.shape[:2]
    blocks = cut_blocks(pair, *fine.explain(lut))
    return judge(lut, pair, blocks, within, (height, width), fit)


def _ignore(fraction: float) -> None:
    del fraction
