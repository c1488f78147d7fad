import os
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from daemon.decode.exif import Exif
from daemon.decode.icc import profile_for
from daemon.decode.model import Photo
from daemon.decode.photo import read_photo, to_8_bit

HEIC = Path(__file__).parents[1] / "data/photos/phone.heic"


@pytest.fixture
def picture() -> np.ndarray:
    rows, columns = np.mgrid[0:60, 0:80]
    return np.stack([columns * 3, rows * 4, 255 - columns * 3], -1).astype(np.uint8)


@pytest.fixture
def deep() -> np.ndarray:
    """All 65,536 levels in every channel, in another order each."""
    levels = np.arange(65536, dtype=np.uint16)
    return np.stack([levels, levels[::-1], np.roll(levels, 9999)], -1).reshape(256, 256, 3)


def read(path: Path) -> Photo:
    return read_photo(os.fsencode(path))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", ["png", "webp", "tif"])
def test_every_orientation_is_turned_upright(
    extension: str, orientation: int, tmp_path: Path, picture: np.ndarray
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"turned.{extension}"
    Image.fromarray(picture).save(path, exif=exif, lossless=True)
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    photo = read(path)
    assert np.array_equal(photo.pixels, expected)
    assert (photo.source_height_px, photo.source_width_px) == expected.shape[:2]


def test_the_alpha_of_a_webp_is_read_where_its_flag_was_forgotten(
    tmp_path: Path, picture: np.ndarray
) -> None:
    alpha = np.tile(np.arange(80, dtype=np.uint8), (60, 1))[..., None]
    exif = Image.Exif()
    exif[272] = "X100"
    path = tmp_path / "a.webp"
    pixels = np.concatenate([picture, alpha], axis=2)
    Image.fromarray(pixels).save(path, lossless=True, exif=exif)
    data = bytearray(path.read_bytes())
    assert data[12:16] == b"VP8X"
    data[20] &= ~0x10
    path.write_bytes(data)
    assert np.array_equal(read(path).pixels[..., 3], alpha[..., 0])


def test_a_bigtiff_is_turned_and_keeps_its_exif(tmp_path: Path, picture: np.ndarray) -> None:
    path = tmp_path / "big.tif"
    camera, upside_down = (271, 2, 8, "Testcam", False), (274, 3, 1, 3, False)
    tifffile.imwrite(
        path, picture, photometric="rgb", bigtiff=True, extratags=[camera, upside_down]
    )
    photo = read(path)
    assert np.array_equal(photo.pixels, picture[::-1, ::-1])
    assert Exif.of(photo.metadata.exif).text(271, Exif.of(photo.metadata.exif).main) == "Testcam"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_jpeg_is_turned_upright(
    orientation: int, tmp_path: Path, picture: np.ndarray
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "turned.jpg"
    Image.fromarray(picture).save(path, exif=exif, quality=98, subsampling=0)
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored)).astype(int)
    photo = read(path)
    assert photo.pixels.shape == expected.shape
    assert np.abs(photo.pixels - expected).max() <= 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"byteorder": ">"},
        {"rowsperstrip": 7},
        {"compression": "deflate", "predictor": True},
        {"compression": "lzw", "predictor": True},
        {"compression": "zstd"},
        {"tile": (64, 48), "compression": "deflate"},
        {"bigtiff": True},
    ],
    ids=str,
)
def test_every_level_of_a_16_bit_tiff_survives(
    options: dict[str, object], tmp_path: Path, deep: np.ndarray
) -> None:
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb", **options)
    photo = read(tmp_path / "deep.tif")
    assert photo.bit_depth == 16
    assert np.array_equal(photo.pixels, deep)


@pytest.mark.parametrize("options", [{}, {"tile": (64, 64), "compression": "deflate"}], ids=str)
def test_a_planar_tiff_is_put_together(
    options: dict[str, object], tmp_path: Path, deep: np.ndarray
) -> None:
    tifffile.imwrite(
        tmp_path / "planar.tif",
        np.moveaxis(deep, -1, 0),
        photometric="rgb",
        planarconfig="separate",
        **options,
    )
    assert np.array_equal(read(tmp_path / "planar.tif").pixels, deep)


def test_every_level_of_a_16_bit_png_survives(tmp_path: Path, deep: np.ndarray) -> None:
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(deep))
    photo = read(tmp_path / "deep.png")
    assert photo.bit_depth == 16
    assert np.array_equal(photo.pixels, deep)


def test_lossless_jpeg_xl_is_read_exactly_at_16_bit(tmp_path: Path, deep: np.ndarray) -> None:
    (tmp_path / "deep.jxl").write_bytes(imagecodecs.jpegxl_encode(deep, lossless=True))
    photo = read(tmp_path / "deep.jxl")
    assert not photo.lossy
    assert np.array_equal(photo.pixels, deep)


def test_ten_bit_avif_fills_the_16_bit_range(tmp_path: Path) -> None:
    white = np.full((32, 32, 3), 1023, np.uint16)
    data = imagecodecs.avif_encode(white, level=100, bitspersample=10)
    (tmp_path / "white.avif").write_bytes(data)
    photo = read(tmp_path / "white.avif")
    assert photo.bit_depth == 10
    assert photo.pixels.min() == 65535


def test_a_phones_heic_is_upright_wide_and_close_to_what_was_encoded() -> None:
    rows, columns = np.mgrid[0:180, 0:240]
    drawn = np.stack([columns * 255 / 239, rows * 255 / 179, 255 - columns * 255 / 239], -1)
    photo = read(HEIC)
    assert photo.pixels.dtype == np.uint16
    assert photo.color_space == "display-p3"
    assert photo.notes == ()
    assert np.abs(photo.pixels / 257 - drawn).mean() < 3


def test_alpha_is_kept_straight(tmp_path: Path, picture: np.ndarray) -> None:
    alpha = np.linspace(0, 255, 60 * 80).astype(np.uint8).reshape(60, 80, 1)
    both = np.concatenate([picture, alpha], axis=2)
    Image.fromarray(both).save(tmp_path / "clear.png")
    assert np.array_equal(read(tmp_path / "clear.png").pixels, both)


def test_premultiplied_alpha_of_a_tiff_becomes_straight(tmp_path: Path) -> None:
    stored = np.full((4, 4, 4), (50, 25, 0, 100), np.uint8)
    tifffile.imwrite(tmp_path / "pre.tif", stored, photometric="rgb", extrasamples=["assocalpha"])
    # 50 * 255 / 100 = 127.5 and 25 * 255 / 100 = 63.75
    assert read(tmp_path / "pre.tif").pixels[0, 0].tolist() == [128, 64, 0, 100]


@pytest.mark.parametrize("extension", ["png", "tif", "jpg"])
def test_gray_becomes_rgb(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"gray.{extension}"
    Image.new("L", (9, 5), 77).save(path, quality=100)
    assert read(path).pixels.tolist() == [[[77, 77, 77]] * 9] * 5


@pytest.mark.parametrize("extension", ["png", "tif", "gif"])
def test_a_palette_becomes_its_colours_and_says_so(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"palette.{extension}"
    image = Image.new("P", (6, 4), 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    image.save(path)
    photo = read(path)
    assert photo.pixels[2, 3].tolist() == [200, 100, 50]
    assert photo.encoding.palette


@pytest.mark.parametrize("extension", ["png", "tif"])
def test_one_bit_becomes_black_and_white(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"bits.{extension}"
    image = Image.new("1", (20, 4), 0)
    image.putpixel((3, 2), 1)
    image.save(path)
    pixels = read(path).pixels
    assert pixels[2, 3].tolist() == [255, 255, 255]
    assert pixels.sum() == 3 * 255


def test_a_bmp_is_read_exactly(tmp_path: Path, picture: np.ndarray) -> None:
    Image.fromarray(picture).save(tmp_path / "plain.bmp")
    assert np.array_equal(read(tmp_path / "plain.bmp").pixels, picture)


@pytest.mark.parametrize("extension", ["jpg", "tif"])
def test_cmyk_without_a_profile_is_converted_and_said_so(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"press.{extension}"
    Image.new("CMYK", (16, 16), (255, 128, 0, 51)).save(path, quality=100)
    photo = read(path)
    # red (1 - 1)(1 - .2) = 0, green (1 - .502)(1 - .2) = 101.6, blue (1 - 0)(1 - .2) = 204
    assert photo.pixels[8, 8].tolist() == pytest.approx([0, 102, 204], abs=1)
    assert photo.color_space == "srgb"
    assert "CMYK" in photo.notes[0]


def test_cmyk_goes_through_its_own_profile(tmp_path: Path) -> None:
    path = tmp_path / "press.tif"
    inks = np.full((8, 8, 4), (255, 0, 0, 0), np.uint8)
    tifffile.imwrite(path, inks, photometric="separated", iccprofile=cmyk_profile())
    photo = read(path)
    # the profile says that full cyan is the Lab colour (50, -128 + 255 * .3, 0): a gray green
    assert photo.pixels[0, 0, 1] > photo.pixels[0, 0, 0] + 40
    assert "through its embedded profile" in photo.notes[0]


def test_a_profile_that_does_not_fit_is_left_out_and_said_so(
    tmp_path: Path, picture: np.ndarray
) -> None:
    Image.fromarray(picture).save(tmp_path / "odd.png", icc_profile=cmyk_profile())
    photo = read(tmp_path / "odd.png")
    assert photo.icc is None
    assert "was left out" in photo.notes[0]


def test_a_cameras_adobe_rgb_without_a_profile_is_recognised(
    tmp_path: Path, picture: np.ndarray
) -> None:
    exif = Image.Exif()
    exif[0x8769] = {0xA001: 65535, 0xA005: {1: "R03"}}
    Image.fromarray(picture).save(tmp_path / "_MG_0001.jpg", exif=exif)
    assert read(tmp_path / "_MG_0001.jpg").color_space == "adobe-rgb"


def test_a_raw_is_developed_upright_at_16_bit(tmp_path: Path) -> None:
    mosaic = np.tile(np.linspace(2000, 60000, 300), (200, 1)).astype(np.uint16)
    write_dng(tmp_path / "shot.dng", mosaic, orientation=6)
    photo = read(tmp_path / "shot.dng")
    assert photo.format == "raw"
    assert photo.pixels.shape == (300, 200, 3)
    assert photo.pixels.dtype == np.uint16
    assert photo.color_space == "display-p3"
    rows = photo.pixels[20:280, 100].astype(int)
    # the light grows along the sensor's rows, downwards after the turn, and is neutral
    assert (np.diff(rows[:, 1]) >= 0).all()
    assert np.ptp(rows, axis=1).max() < 700


def test_a_scaled_decode_is_never_smaller_than_asked(tmp_path: Path, picture: np.ndarray) -> None:
    large = picture.repeat(10, axis=0).repeat(10, axis=1)
    Image.fromarray(large).save(tmp_path / "large.jpg")
    photo = read_photo(os.fsencode(tmp_path / "large.jpg"), min_side_px=250)
    assert photo.pixels.shape == (300, 400, 3)
    assert (photo.source_width_px, photo.source_height_px) == (800, 600)


def test_16_bits_are_rounded_to_8() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    assert np.array_equal(to_8_bit(levels), np.round(levels / 257))


def cmyk_profile() -> bytes:
    """A press whose colour depends on cyan alone: Lab white without it, (50, -51.5, 0) with it."""
    white, cyan = (255, 128, 128), (128, 77, 128)
    table = b"".join(bytes(cyan if index >> 3 else white) for index in range(16))
    matrix = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    ramp = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + table + ramp * 3
    text = b"text\0\0\0\0none\0"
    parts = [(b"desc", b"desc\0\0\0\0\0\0\0\1\0" + bytes(78)), (b"cprt", text), (b"A2B0", lut)]
    parts.append((b"wtpt", b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)))
    offset = 128 + 4 + 12 * len(parts)
    directory, body = struct.pack(">I", len(parts)), b""
    for name, data in parts:
        directory += struct.pack(">4sII", name, offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">II", offset + len(body), 0) + b"\x02\x40\0\0prtrCMYKLab "
    header += bytes.fromhex("07ea00010001000000000000") + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + directory + body


def write_dng(path: Path, mosaic: np.ndarray, *, orientation: int) -> None:
    matrix = [3.2405, -1.5371, -0.4985, -0.9693, 1.876, 0.0416, 0.0556, -0.204, 1.0572]
    rationals = [v for f in matrix for v in (round(f * 10000), 10000)]
    tags = [
        (274, 3, 1, orientation, True),
        (271, 2, 0, "Rabbit", True),
        (272, 2, 0, "One", True),
        (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, (0, 1, 1, 2), True),
        (50706, 1, 4, (1, 4, 0, 0), True),
        (50708, 2, 0, "Rabbit One", True),
        (50717, 4, 1, 65535, True),
        (50721, 10, 9, rationals, True),
        (50728, 5, 3, (1, 1, 1, 1, 1, 1), True),
        (50778, 3, 1, 21, True),
    ]
    tifffile.imwrite(path, mosaic, photometric=32803, extratags=tags, metadata=None, software=False)


def test_profiles_of_the_tests_are_what_they_say() -> None:
    imagecodecs.cms_profile_validate(cmyk_profile())
    imagecodecs.cms_profile_validate(profile_for("prophoto"))
