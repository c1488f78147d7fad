import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from daemon.decode.color import transform
from daemon.decode.icc import profile_for
from daemon.decode.scaling import level_sizes, resized
from daemon.decode.screen_color import to_screen
from daemon.decode.surface import placed, write_surface
from daemon.decode.thumbnail import make_preview
from daemon.handlers.looking import monitor_profile

LEVELS = np.arange(65536, dtype=np.uint16)


def srgb_of(linear: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, scaled to 0..255, unrounded."""
    low = linear * 12.92
    high = 1.055 * np.power(np.maximum(linear, 1e-12), 1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, low, high) * 255


def ramp() -> np.ndarray:
    return np.repeat(LEVELS.reshape(256, 256, 1), 3, axis=2)


def write_png(path: Path) -> Path:
    path.write_bytes(imagecodecs.png_encode(ramp()))
    # the profile goes in as PNG's own chunk, behind the header's 33 bytes
    import struct
    import zlib

    body = b"iCCPAdobe\0\0" + zlib.compress(profile_for("adobe-rgb") or b"")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    data = path.read_bytes()
    path.write_bytes(data[:33] + chunk + data[33:])
    return path


def write_tiff(path: Path) -> Path:
    tifffile.imwrite(path, ramp(), photometric="rgb", iccprofile=profile_for("adobe-rgb"))
    return path


@pytest.mark.parametrize(("write", "name"), [(write_png, "a.png"), (write_tiff, "a.tif")])
def test_each_of_65536_levels_is_rounded_once(tmp_path: Path, write, name: str) -> None:
    path = write(tmp_path / name)
    shown = make_preview(os.fsencode(path), 0, 0).pixels[..., 1].reshape(-1)
    # Adobe RGB (1998), 4.3.1.2: gamma 2 51/256
    exact = srgb_of(np.power(LEVELS / 65535, 2 + 51 / 256))
    assert np.abs(shown - exact).max() < 0.55


def test_sixteen_bits_stay_sixteen_while_they_are_scaled() -> None:
    steps = np.repeat(np.arange(1000, 1064, dtype=np.uint16), 8)
    wide = np.repeat(np.broadcast_to(steps, (64, 512))[..., None], 3, axis=2)
    small = resized(np.ascontiguousarray(wide), 64, 8)
    assert small.dtype == np.uint16
    assert small[4, 8:56, 0].tolist() == list(range(1008, 1056))


@pytest.mark.parametrize("source", ["adobe-rgb", "display-p3", "prophoto"])
def test_sixteen_bits_match_the_float_transform(source: str) -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 65536, (64, 64, 3)).astype(np.uint16)
    target = profile_for("display-p3") if source != "display-p3" else profile_for("adobe-rgb")
    exact = transform(pixels.astype(np.float32) / 65535, profile_for(source), target)
    shown = to_screen(pixels, profile_for(source), target)
    assert np.abs(shown - np.clip(exact, 0, 1) * 255).max() < 0.6


def test_eight_bits_match_the_float_transform() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    exact = transform(pixels.astype(np.float32) / 255, None, profile_for("display-p3"))
    shown = to_screen(pixels, None, profile_for("display-p3"))
    assert np.abs(shown - np.clip(exact, 0, 1) * 255).max() < 1.0


def test_a_photo_of_the_monitors_own_profile_keeps_its_numbers(tmp_path: Path) -> None:
    path, wide = tmp_path / "p3.jpg", profile_for("display-p3")
    Image.new("RGB", (32, 32), (250, 20, 20)).save(path, icc_profile=wide, quality=100)
    shown = make_preview(os.fsencode(path), 0, 0, monitor=wide).pixels
    assert shown[9, 9].tolist() == pytest.approx([20, 20, 250, 255], abs=2)


def test_a_monitors_profile_changes_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "srgb.png"
    Image.new("RGB", (32, 32), (128, 128, 128)).save(path)
    shown = make_preview(os.fsencode(path), 0, 0, monitor=profile_for("adobe-rgb")).pixels
    # sRGB's 128 is 0.2158605 of linear light; to the power of 1 / 2.19921875: 127.0
    assert shown[9, 9].tolist() == [127, 127, 127, 255]


def test_a_profile_file_that_is_none_counts_as_srgb(tmp_path: Path) -> None:
    (tmp_path / "x.icc").write_bytes(b"no profile at all")
    assert monitor_profile(os.fsencode(tmp_path / "x.icc")) is None
    assert monitor_profile(os.fsencode(tmp_path / "gone.icc")) is None


def test_levels_follow_in_the_surface_each_half_of_the_one_before(tmp_path: Path) -> None:
    pixels = np.zeros((2049, 3001, 4), np.uint8)
    pixels[:, 1500:] = 200
    path = tmp_path / "surface"
    levels = write_surface(os.fsencode(path), pixels, levels=True)
    assert [size for _, *size in levels] == [[1501, 1025], [751, 513]]
    assert levels == placed(3001, 2049)
    data = np.fromfile(path, np.uint8)
    offset, width, height = levels[1]
    small = data[offset : offset + 4 * width * height].reshape(height, width, 4)
    assert len(data) == offset + 4 * width * height
    assert (small[100, 100].tolist(), small[100, 700].tolist()) == ([0] * 4, [200] * 4)


def test_small_pictures_have_no_levels() -> None:
    assert level_sizes(1024, 700) == []
