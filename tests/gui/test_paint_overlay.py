"""The mask over its photo: at any zoom, turned, in each of its three views."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QApplication

from daemon.imaging.masks.boxes import Box
from rabbitviewer.paint.buffer import MaskBuffer
from rabbitviewer.paint.overlay import MaskOverlay, OverlayLook

RED = QColor("#ff0000")
TINT, ALONE, ANTS = (OverlayLook(RED, 0.5, view) for view in ("overlay", "mask", "ants"))

pytestmark = pytest.mark.usefixtures("qapp")


def buffer_of(values: np.ndarray) -> MaskBuffer:
    height, width = values.shape
    made = MaskBuffer(bytearray(values.tobytes()), 0, width, height)
    made.refresh([made.box])
    return made


def drawn(
    overlay: MaskOverlay | np.ndarray,
    to_device: QTransform,
    size: tuple[int, int],
    look: OverlayLook = ALONE,
    exposed: QRect | None = None,
) -> np.ndarray:
    """Draw over green; return (rows, columns, blue-green-red)."""
    if isinstance(overlay, np.ndarray):
        overlay = MaskOverlay(buffer_of(overlay))
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor("#00ff00"))
    painter = QPainter(image)
    overlay.draw(painter, to_device, exposed or image.rect(), look)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(size[1], size[0], 4)
    return pixels[..., :3].copy()


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(width).integers(0, 256, (height, width), np.uint8)


def test_at_full_size_every_value_is_its_pixel() -> None:
    values = noise(157, 203)
    shown = drawn(values, QTransform.fromTranslate(10, 20), (300, 300))
    assert np.array_equal(shown[20:223, 10:167, 0], values)
    assert (shown[:20] == (0, 255, 0)).all()
    assert (shown[:, 167:] == (0, 255, 0)).all()


def test_partial_values_are_seen_as_partial_tint() -> None:
    values = np.uint8([[0, 51, 102, 255]]).repeat(4, axis=0)
    shown = drawn(values, QTransform(), (4, 4), TINT)[0]
    wanted = [round(255 * 0.5 * v / 255) for v in (0, 51, 102, 255)]
    assert shown[:, 2].tolist() == pytest.approx(wanted, abs=1)
    assert shown[:, 1].tolist() == pytest.approx([255 - v for v in wanted], abs=1)


@pytest.mark.parametrize("zoom", [4, 4.5, 5.37, 8, 16])
def test_zoomed_in_the_pixels_have_hard_edges(zoom: float) -> None:
    values = noise(9, 7)
    shown = drawn(values, QTransform.fromScale(zoom, zoom), (int(9 * zoom), int(7 * zoom)))[..., 0]
    rows = ((np.arange(shown.shape[0]) + 0.5) / zoom).astype(int)
    columns = ((np.arange(shown.shape[1]) + 0.5) / zoom).astype(int)
    assert np.array_equal(shown, values[rows][:, columns])


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_and_mirrored_like_the_photo(quarters: int, mirrored: bool) -> None:
    values = noise(64, 40)
    to_device = QTransform().translate(50, 50).rotate(90 * quarters)
    to_device = to_device.scale(-1 if mirrored else 1, 1).translate(-32, -20)
    wanted = np.rot90(values[:, ::-1] if mirrored else values, -quarters)
    height, width = wanted.shape
    shown = drawn(values, to_device, (100, 100))[..., 0]
    top, left = 50 - height // 2, 50 - width // 2
    assert np.array_equal(shown[top : top + height, left : left + width], wanted)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_box_lies_where_it_is_whatever_the_scale_of_the_screen(ratio: float) -> None:
    values = np.zeros((400, 400), np.uint8)
    values[100:300, 80:320] = 255
    shown = drawn(values, QTransform.fromScale(ratio, ratio), (900, 900), TINT)[..., 2] > 64
    rows, columns = np.nonzero(shown)
    assert rows.min() == pytest.approx(100 * ratio, abs=1)
    assert rows.max() + 1 == pytest.approx(300 * ratio, abs=1)
    assert columns.min() == pytest.approx(80 * ratio, abs=1)
    assert columns.max() + 1 == pytest.approx(320 * ratio, abs=1)


@pytest.mark.parametrize("zoom", [0.9, 0.5, 0.31, 0.1, 0.03])
def test_from_afar_a_box_lies_where_it_is(zoom: float) -> None:
    values = np.zeros((2001, 3001), np.uint8)
    values[500:1500, 800:2200] = 255
    size = (int(3001 * zoom), int(2001 * zoom))
    shown = drawn(values, QTransform.fromScale(zoom, zoom), size)[..., 0] >= 128
    assert shown.sum() == pytest.approx(1000 * 1400 * zoom**2, rel=0.06 + 0.002 / zoom)
    rows, columns = np.nonzero(shown)
    assert rows.min() == pytest.approx(500 * zoom, abs=1.5)
    assert columns.max() == pytest.approx(2200 * zoom, abs=1.5)


@given(
    st.floats(0.05, 6),
    st.floats(-80, 80),
    st.tuples(st.integers(0, 120), st.integers(0, 90), st.integers(1, 120), st.integers(1, 90)),
    st.sampled_from((TINT, ALONE, ANTS)),
)
def test_a_part_drawn_again_is_what_the_whole_shows_there(
    zoom: float, shift: float, part: tuple[int, int, int, int], look: OverlayLook
) -> None:
    values = np.repeat(np.repeat(noise(21, 17), 24, axis=0), 24, axis=1)
    to_device = QTransform.fromTranslate(round(shift), round(-shift)).scale(zoom, zoom)
    exposed = QRect(*part).intersected(QRect(0, 0, 200, 150))
    whole = drawn(values, to_device, (200, 150), look)
    again = drawn(values, to_device, (200, 150), look, exposed)
    box = Box(exposed.left(), exposed.top(), exposed.right() + 1, exposed.bottom() + 1)
    apart = np.abs(again[box.slices].astype(int) - whole[box.slices])
    assert np.mean(apart > 3) < 0.002
    outside = again.copy()
    outside[box.slices] = (0, 255, 0)
    assert (outside == (0, 255, 0)).all()


def test_the_picture_follows_what_is_painted() -> None:
    buffer = buffer_of(np.zeros((600, 600), np.uint8))
    overlay = MaskOverlay(buffer)
    buffer.values[:, :] = 255
    buffer.refresh([buffer.box])
    assert drawn(overlay, QTransform.fromScale(0.1, 0.1), (60, 60))[30, 30, 0] == 255


def test_ants_walk_along_the_line_and_nowhere_else() -> None:
    values = np.zeros((100, 100), np.uint8)
    values[20:80, 30:70] = 200
    shown = drawn(values, QTransform(), (100, 100), ANTS)
    green = (shown == (0, 255, 0)).all(axis=2)
    line = np.zeros((100, 100), bool)
    line[20:80, 30:70] = True
    line[21:79, 31:69] = False
    assert np.array_equal(~green, line)
    assert {tuple(pixel) for pixel in shown[line].tolist()} == {(0, 0, 0), (255, 255, 255)}


def test_ants_march() -> None:
    overlay = MaskOverlay(buffer_of(np.full((50, 50), 255, np.uint8)))
    views = [
        drawn(overlay, QTransform(), (80, 80), OverlayLook(RED, 0.5, "ants", p)) for p in (0, 1, 8)
    ]
    assert not np.array_equal(views[0], views[1])
    assert np.array_equal(views[0], views[2])


def test_ants_go_round_a_mask_that_ends_at_the_photo_s_edge() -> None:
    shown = drawn(
        np.full((50, 50), 255, np.uint8), QTransform.fromTranslate(10, 10), (80, 80), ANTS
    )
    assert (shown[10, 10:60] != (0, 255, 0)).any(axis=1).all()
    assert (shown[11:59, 11:59] == (0, 255, 0)).all()


def test_what_is_not_in_sight_is_not_drawn() -> None:
    assert QApplication.instance() is not None
    shown = drawn(noise(50, 50), QTransform.fromTranslate(500, 0), (80, 80))
    assert (shown == (0, 255, 0)).all()
