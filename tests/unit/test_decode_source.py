import os
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import simplejpeg
import tifffile
from PIL import Image

from daemon.decode import source
from daemon.decode.photo import read_photo
from daemon.protocol.errors import ErrorKind, RabbitError

Refusal = Callable[[Path], RabbitError]


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)


@pytest.fixture
def refusal() -> Refusal:
    def read(path: Path) -> RabbitError:
        with pytest.raises(RabbitError) as caught:
            read_photo(os.fsencode(path))
        return caught.value

    return read


def test_a_missing_file_is_not_found(tmp_path: Path, refusal: Refusal) -> None:
    assert refusal(tmp_path / "gone.jpg").info.kind is ErrorKind.NOT_FOUND


def test_a_folder_is_not_a_photo(tmp_path: Path, refusal: Refusal) -> None:
    folder = tmp_path / "holiday.jpg"
    folder.mkdir()
    found = refusal(folder).info
    assert found.kind is ErrorKind.NOT_A_PHOTO
    assert "is a folder" in found.message


@pytest.mark.timeout(5)
def test_a_pipe_named_jpg_is_refused_without_waiting(tmp_path: Path, refusal: Refusal) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert refusal(tmp_path / "pipe.jpg").info.kind is ErrorKind.NOT_A_PHOTO


def test_an_empty_file_is_unreadable(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "empty.jpg").touch()
    assert "0 bytes" in refusal(tmp_path / "empty.jpg").info.message


def test_text_named_jpg_is_not_a_photo(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "text.jpg").write_text("just words\n" * 100)
    assert refusal(tmp_path / "text.jpg").info.kind is ErrorKind.NOT_A_PHOTO


def test_a_photoshop_document_is_unsupported_by_name(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "layers.jpg").write_bytes(b"8BPS\0\1" + bytes(100))
    found = refusal(tmp_path / "layers.jpg").info
    assert found.kind is ErrorKind.UNSUPPORTED_FORMAT
    assert "Photoshop" in found.message


def test_a_name_that_is_not_utf_8_stands_in_the_sentence(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    with pytest.raises(RabbitError) as caught:
        read_photo(path)
    caught.value.info.message.encode("utf-8")


def test_the_content_decides_whatever_the_name_says(tmp_path: Path, noise: np.ndarray) -> None:
    path = tmp_path / "really-a-png.jpg"
    path.write_bytes(imagecodecs.png_encode(noise))
    photo = read_photo(os.fsencode(path))
    assert photo.format == "png"
    assert np.array_equal(photo.pixels, noise)


def test_a_jpeg_cut_off_in_its_middle_is_damaged(
    tmp_path: Path, noise: np.ndarray, refusal: Refusal
) -> None:
    data = simplejpeg.encode_jpeg(noise, 95)
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    found = refusal(tmp_path / "cut.jpg").info
    assert found.kind is ErrorKind.UNREADABLE
    assert "damaged or cut off" in found.message


def test_a_jpeg_without_its_last_bytes_is_damaged(
    tmp_path: Path, noise: np.ndarray, refusal: Refusal
) -> None:
    (tmp_path / "cut.jpg").write_bytes(simplejpeg.encode_jpeg(noise, 95)[:-40])
    assert refusal(tmp_path / "cut.jpg").info.kind is ErrorKind.UNREADABLE


def test_bytes_after_a_jpeg_do_no_harm(tmp_path: Path, noise: np.ndarray) -> None:
    (tmp_path / "more.jpg").write_bytes(simplejpeg.encode_jpeg(noise, 95) + b"camera data" * 50)
    assert read_photo(os.fsencode(tmp_path / "more.jpg")).pixels.shape == (48, 64, 3)


def test_a_png_without_its_end_is_damaged(
    tmp_path: Path, noise: np.ndarray, refusal: Refusal
) -> None:
    (tmp_path / "cut.png").write_bytes(imagecodecs.png_encode(noise)[:-12])
    assert refusal(tmp_path / "cut.png").info.kind is ErrorKind.UNREADABLE


def test_a_png_with_one_wrong_bit_is_damaged(
    tmp_path: Path, noise: np.ndarray, refusal: Refusal
) -> None:
    data = bytearray(imagecodecs.png_encode(noise))
    data[data.index(b"IDAT") + 900] ^= 1
    (tmp_path / "bit.png").write_bytes(data)
    assert refusal(tmp_path / "bit.png").info.kind is ErrorKind.UNREADABLE


def test_a_tiff_whose_strips_end_early_is_damaged(
    tmp_path: Path, noise: np.ndarray, refusal: Refusal
) -> None:
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, noise, photometric="rgb")
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path).info.kind is ErrorKind.UNREADABLE


@pytest.mark.parametrize("extension", ["webp", "gif", "bmp", "avif"])
def test_other_formats_cut_off_are_damaged(
    extension: str, tmp_path: Path, noise: np.ndarray, refusal: Refusal
) -> None:
    path = tmp_path / f"cut.{extension}"
    Image.fromarray(noise).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    assert refusal(path).info.kind is ErrorKind.UNREADABLE


def test_a_heic_cut_off_is_damaged(tmp_path: Path, refusal: Refusal) -> None:
    data = (Path(__file__).parents[1] / "data/photos/phone.heic").read_bytes()
    (tmp_path / "cut.heic").write_bytes(data[: len(data) // 2])
    assert refusal(tmp_path / "cut.heic").info.kind is ErrorKind.UNREADABLE


def test_a_file_that_claims_a_gigapixel_is_refused_before_decoding(
    tmp_path: Path, noise: np.ndarray, refusal: Refusal
) -> None:
    data = bytearray(imagecodecs.png_encode(noise))
    data[16:24] = (60_000).to_bytes(4) + (60_000).to_bytes(4)
    (tmp_path / "bomb.png").write_bytes(data)
    found = refusal(tmp_path / "bomb.png").info
    assert found.kind is ErrorKind.UNSUPPORTED_FORMAT
    assert "60000 x 60000" in found.message


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (200, 100)).save(tmp_path / "a.png")
    monkeypatch.setattr(source, "_memory_limit", lambda: 200 * 100 * 6 - 1)
    with pytest.raises(RabbitError) as caught:
        read_photo(os.fsencode(tmp_path / "a.png"))
    assert caught.value.info.kind is ErrorKind.OUT_OF_MEMORY
    assert "200 x 100" in caught.value.info.message


def test_a_jpeg_is_read_at_a_smaller_scale_whatever_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (200, 100)).save(tmp_path / "a.jpg")
    monkeypatch.setattr(source, "_memory_limit", lambda: 1)
    assert read_photo(os.fsencode(tmp_path / "a.jpg")).source_width_px == 200
