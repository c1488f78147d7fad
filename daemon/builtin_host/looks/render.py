"""A grade as a function of colour alone: smooth, monotone in lightness, never out of gamut.

Order: gains in linear light (white balance, exposure; they roll off towards white), black and
white, cross processing, then in OKLab the tone curve, saturation and coloured zones, at last a
soft compression of what sRGB cannot show. Tones are measured as the sRGB value of the gray that
is as light: OKLab's own lightness is infinitely steep at black and would blow up noise there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.builtin_host.looks.oklab import (
    Pixels,
    decode_srgb,
    encode_srgb,
    linear_to_oklab,
    max_chroma,
    oklab_to_linear,
)
from daemon.builtin_host.looks.parameters import GradeParameters

_MIRED_PER_TEMPERATURE = 70.0
_TINT_STEP = 0.12
_D65_MIRED = 1e6 / 6504.0
_MIDDLE_GRAY = 0.46
_NOISE_FLOOR = np.float32(0.1)
_CHROMA_FOLLOWS = 0.75
_KNEE = 0.8
_STRIP_ROWS = 64


def render(
    image: Pixels, grade: GradeParameters, on_strip: Callable[[int, int], None] | None = None
) -> Pixels:
    """Grade a picture.

    Args:
        image: Shape (H, W, 3), float32, sRGB-encoded 0..1.
        grade: The knobs; limited to their ranges here.
        on_strip: Called with (rows done, rows) before every strip; raises to stop.

    Returns:
        Same shape, float32, 0..1. A neutral grade returns the picture itself.
    """
    grade = grade.limited()
    if grade.is_neutral():
        return image
    out = np.empty_like(image)
    for row in range(0, image.shape[0], _STRIP_ROWS):
        if on_strip is not None:
            on_strip(row, image.shape[0])
        out[row : row + _STRIP_ROWS] = grade_colors(image[row : row + _STRIP_ROWS], grade)
    return out


def grade_colors(colors: Pixels, grade: GradeParameters) -> Pixels:
    """Grade colours of any shape (..., 3); *grade* must be within its limits."""
    linear = decode_srgb(np.clip(colors, 0, 1))
    before = linear_to_oklab(linear)
    linear = _apply_gains(linear, grade)
    linear = _to_monochrome(linear, grade)
    linear = _cross_process(linear, grade)
    lab = linear_to_oklab(linear)
    lightness = np.clip(lab[..., 0], 0, 1)
    tones = tone_curve(encode_srgb(lightness**3), grade)
    curved = np.cbrt(decode_srgb(tones))
    follow = (curved + _NOISE_FLOOR) / (lightness + _NOISE_FLOOR)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    factor = follow ** np.float32(_CHROMA_FOLLOWS) * _saturation_factor(chroma, grade)
    tint_a, tint_b = _zone_tones(tones, grade)
    a, b = lab[..., 1] * factor + tint_a, lab[..., 2] * factor + tint_b
    return _fit_gamut(np.stack([curved, a, b], -1), before)


def tone_curve(tones: Pixels, grade: GradeParameters) -> Pixels:
    """Map sRGB-encoded grays 0..1; monotone, within 0..1."""
    x = _contrast_curve(tones, grade.contrast)
    x = x + 0.75 * grade.shadows * x * (1 - x) ** 3
    x = x + 0.75 * grade.highlights * x**3 * (1 - x)
    x = _black_point(x, grade.blacks)
    x = 1 - _black_point(1 - x, -grade.whites)
    lift, dull = 0.17 * grade.fade, 0.05 * grade.fade
    x = x + lift * (1 - x) ** 2.5 - dull * x * x
    return np.clip(x, 0, 1)


def white_balance_gains(temperature: float, tint: float) -> tuple[float, float, float]:
    """Gains of linear red, green, blue that keep the luminance of gray."""
    mired = _D65_MIRED + _MIRED_PER_TEMPERATURE * temperature
    warm, neutral = _planckian_rgb(1e6 / mired), _planckian_rgb(6504.0)
    gains = warm / neutral
    gains[1] *= 2.0 ** (-_TINT_STEP * tint * 2)
    luminance = 0.2126 * gains[0] + 0.7152 * gains[1] + 0.0722 * gains[2]
    red, green, blue = (gains / luminance).tolist()
    return red, green, blue


def _planckian_rgb(kelvin: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Linear sRGB of a black body (Kim et al. 2002, valid 1667..25000 K), luminance 1."""
    t = min(max(kelvin, 1667.0), 25000.0)
    if t <= 4000:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
    if t <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    to_rgb = np.array(
        [
            [3.2404542, -1.5371385, -0.4985314],
            [-0.9692660, 1.8760108, 0.0415560],
            [0.0556434, -0.2040259, 1.0572252],
        ]
    )
    return np.maximum(to_rgb @ xyz, 0.02)


def _apply_gains(linear: Pixels, grade: GradeParameters) -> Pixels:
    """White balance without gain, then one gain that keeps white: f(1) = 1, f'(0) = gain.

    The balance is divided by its largest gain, so that no channel can clip and the hue of what
    was white is the hue of the new light; the common gain gives the brightness back.
    """
    balance = np.array(white_balance_gains(grade.temperature, grade.tint), np.float32)
    gain = np.float32(2.0**grade.exposure_ev) * balance.max()
    balanced = linear * (balance / balance.max())
    return gain * balanced / (1 + max(gain - 1, np.float32(0)) * balanced)


def _to_monochrome(linear: Pixels, grade: GradeParameters) -> Pixels:
    if not grade.monochrome:
        return linear
    shift = 0.45 * grade.red_filter
    weights = np.array([0.2126 + shift, 0.7152 - abs(shift), 0.0722 + max(-shift, 0)], np.float32)
    weights = np.maximum(weights, 0)
    gray = linear @ (weights / weights.sum())
    return linear + np.float32(grade.monochrome) * (gray[..., None] - linear)


def _cross_process(linear: Pixels, grade: GradeParameters) -> Pixels:
    """Steep red and green, flat blue: yellow-green lights, blue shadows."""
    if not grade.cross_process:
        return linear
    amount = np.float32(grade.cross_process)
    encoded = encode_srgb(linear)
    wave = np.sin(np.float32(2 * np.pi) * encoded) / np.float32(2 * np.pi)
    red = encoded[..., 0] - 0.45 * amount * wave[..., 0]
    green = (
        encoded[..., 1]
        - 0.35 * amount * wave[..., 1]
        + 0.06 * amount * (encoded[..., 1] * (1 - encoded[..., 1]))
    )
    blue = encoded[..., 2] * (1 - 0.3 * amount) + 0.14 * amount
    return decode_srgb(np.clip(np.stack([red, green, blue], -1), 0, 1).astype(np.float32))


def _contrast_curve(x: Pixels, contrast: float) -> Pixels:
    """S-curve through black, middle gray and white; flat line towards middle gray when < 0."""
    if contrast <= 0:
        return _MIDDLE_GRAY + (x - _MIDDLE_GRAY) * np.float32(1 + 0.6 * contrast)
    power = np.float32(1 + 0.75 * contrast)
    below = _MIDDLE_GRAY * (np.minimum(x, _MIDDLE_GRAY) / _MIDDLE_GRAY) ** power
    room = 1 - _MIDDLE_GRAY
    above = 1 - room * ((1 - np.maximum(x, _MIDDLE_GRAY)) / room) ** power
    return np.where(x < _MIDDLE_GRAY, below, above).astype(np.float32)


def _black_point(x: Pixels, amount: float) -> Pixels:
    """Lift the darkest tones (amount > 0) or draw them down to black (amount < 0)."""
    if amount >= 0:
        return x + np.float32(0.14 * amount) * (1 - x) ** 5
    return x + np.float32(0.75 * amount) * x * (1 - x) ** 6


def _saturation_factor(chroma: Pixels, grade: GradeParameters) -> Pixels:
    gentle = np.float32(grade.vibrance) * np.exp(-((chroma / np.float32(0.13)) ** 2))
    return np.float32(1 + grade.saturation) * (1 + gentle)


def _zone_tones(x: Pixels, grade: GradeParameters) -> tuple[Pixels, Pixels]:
    """Colour added at a tone; black and white themselves stay neutral."""
    awake = 1 - np.exp(-x / np.float32(0.07))
    asleep = 1 - x**10
    shadows = ((1 - x) ** 3) * awake / np.float32(0.6)
    highlights = (x**1.7) * asleep / np.float32(0.72)
    midtones = 4 * x * (1 - x)
    a = shadows * grade.shadow_a + midtones * grade.midtone_a + highlights * grade.highlight_a
    b = shadows * grade.shadow_b + midtones * grade.midtone_b + highlights * grade.highlight_b
    return a, b


def _fit_gamut(lab: Pixels, before: Pixels) -> Pixels:
    """Compress chroma near the sRGB boundary; what was as saturated before is left alone."""
    limit = max_chroma(lab[..., 0], lab[..., 1], lab[..., 2]) + np.float32(1e-6)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    ratio = chroma / limit
    start = np.hypot(before[..., 1], before[..., 2]) / (
        max_chroma(before[..., 0], before[..., 1], before[..., 2]) + np.float32(1e-6)
    )
    knee = np.maximum(start, np.float32(_KNEE))
    room = np.maximum(1 - knee, np.float32(0.02))
    over = np.maximum(ratio - knee, 0) / room
    kept = np.where(ratio > knee, knee + room * (1 - np.exp(-over)), ratio)
    scale = kept / np.maximum(ratio, np.float32(1e-6))
    lab[..., 1] *= scale
    lab[..., 2] *= scale
    return np.clip(encode_srgb(oklab_to_linear(lab)), 0, 1).astype(np.float32)
