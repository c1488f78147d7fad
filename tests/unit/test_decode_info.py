import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from daemon.decode.icc import profile_for
from daemon.decode.info import read_info
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import PhotoInfoRead

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>'
    b'<rdf:li xml:lang="x-default">Low tide</rdf:li></rdf:Alt></dc:title>'
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def info(path: Path) -> PhotoInfoRead:
    return read_info(os.fsencode(path))


def test_what_a_camera_wrote_is_said_in_words(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "Rabbit", "One", 8
    exif[0x8769] = {
        33434: 1 / 250,
        33437: 2.8,
        34855: 400,
        37386: 50.0,
        36867: "2024:06:21 18:30:05",
        42036: "50 mm f/1.8",
        34850: 3,
        37380: -0.5,
        37383: 5,
        37385: 16,
        41987: 0,
        41989: 75,
    }
    exif[0x8825] = {1: "S", 2: (33.0, 30.0, 36.0), 3: "E", 4: (151.0, 15.0, 0.0), 5: 1, 6: 12.0}
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (90, 60)).save(path, exif=exif, xmp=XMP, icc_profile=profile_for("display-p3"))
    found = info(path)
    assert (found.format, found.width_px, found.height_px) == ("jpeg", 60, 90)
    assert (found.orientation, found.bit_depth, found.channels) == (8, 8, 3)
    assert (found.color_space, found.icc_description) == ("display-p3", "Display P3")
    assert found.size_bytes == path.stat().st_size
    assert found.metadata == {
        "title": "Low tide",
        "rating": "5",
        "camera": "Rabbit One",
        "lens": "50 mm f/1.8",
        "date_taken": "2024-06-21 18:30:05",
        "exposure": "1/250 s",
        "f_number": "f/2.8",
        "iso": "400",
        "focal_length": "50 mm",
        "gps": "-33.510000, 151.250000",
        "program": "aperture priority",
        "exposure_bias": "-0.5 EV",
        "metering": "multi-segment",
        "flash": "did not fire",
        "white_balance": "automatic",
        "focal_length_35": "75 mm",
        "altitude": "-12 m",
    }


def test_a_16_bit_png_with_alpha_says_so(tmp_path: Path) -> None:
    deep = np.zeros((5, 7, 4), np.uint16)
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(deep))
    found = info(tmp_path / "deep.png")
    assert (found.width_px, found.height_px, found.bit_depth) == (7, 5, 16)
    assert (found.channels, found.has_alpha) == (4, True)


def test_a_tiff_says_its_depth_and_space(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "scan.tif",
        np.zeros((5, 7, 3), np.uint16),
        photometric="rgb",
        iccprofile=profile_for("prophoto"),
    )
    found = info(tmp_path / "scan.tif")
    assert (found.bit_depth, found.color_space) == (16, "prophoto")


@pytest.mark.parametrize("extension", ["webp", "gif", "bmp", "avif"])
def test_other_formats_say_their_size(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture.{extension}"
    Image.new("RGB", (64, 48), (9, 8, 7)).save(path)
    found = info(path)
    assert (found.format, found.width_px, found.height_px) == (extension, 64, 48)


@pytest.mark.parametrize("shape", [(48, 64, 3), (200, 1000, 4), (600, 400, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("lossless", [True, False])
def test_the_header_of_a_jpeg_xl_is_understood(
    shape: tuple[int, int, int], dtype: type[np.generic], lossless: bool, tmp_path: Path
) -> None:
    path = tmp_path / "picture.jxl"
    path.write_bytes(imagecodecs.jpegxl_encode(np.zeros(shape, dtype), lossless=lossless))
    found = info(path)
    assert (found.height_px, found.width_px, found.channels) == shape
    assert found.bit_depth == np.dtype(dtype).itemsize * 8
    assert found.color_space == "srgb"


def test_a_heic_says_its_size_upright() -> None:
    found = info(Path(__file__).parents[1] / "data/photos/phone.heic")
    assert (found.width_px, found.height_px, found.bit_depth) == (240, 180, 8)
    assert found.metadata["camera"] == "RabbitCam One"


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cut.tif").write_bytes(b"II*\0\xff\xff\0\0" + bytes(60))
    with pytest.raises(RabbitError) as caught:
        info(tmp_path / "cut.tif")
    assert caught.value.info.kind is ErrorKind.UNREADABLE
