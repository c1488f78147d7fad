import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from daemon.decode.exif import append_directory
from daemon.decode.heic_thumbnail import with_thumbnail_first
from daemon.decode.source import open_source
from daemon.decode.thumbnail import make_preview, make_thumbnail
from daemon.decode.tiff_previews import TiffPreviews
from daemon.protocol.errors import ErrorKind, RabbitError

ORANGE = (240, 140, 20)
HEIC = Path(__file__).parents[1] / "data/photos/thumbnail.heic"


def jpeg(width: int, height: int, exif: Image.Exif | None = None) -> bytes:
    data = io.BytesIO()
    picture = Image.new("RGB", (width, height), ORANGE)
    picture.save(data, "JPEG", quality=95, exif=exif or Image.Exif())
    return data.getvalue()


def raw_file(folder: Path, previews: list[bytes], *, turn: int = 1, name: str = "a.nef") -> bytes:
    """A TIFF structure as of a camera: 6000 x 4000, JPEG previews in directories below the main."""
    block = bytearray(b"II*\0\x08\0\0\0")
    word = lambda *values: struct.pack(f"<{len(values)}I", *values)  # noqa: E731
    main = [
        (254, 4, 1, word(1)),
        (274, 3, 1, struct.pack("<H", turn)),
        (330, 4, len(previews) + 1, word(*range(len(previews) + 1))),
        (34665, 4, 1, word(0)),
    ]
    places = append_directory(block, "<", main)
    below: list[int] = []
    for preview in previews:
        at = len(block)
        block += preview + bytes(len(preview) % 2)
        below.append(len(block))
        append_directory(block, "<", [(513, 4, 1, word(at)), (514, 4, 1, word(len(preview)))])
    below.append(len(block))
    append_directory(
        block, "<", [(254, 4, 1, word(0)), (256, 4, 1, word(6000)), (257, 4, 1, word(4000))]
    )
    struct.pack_into(f"<{len(below)}I", block, places[330], *below)
    struct.pack_into("<I", block, places[34665], len(block))
    append_directory(block, "<", [(40962, 4, 1, word(6000)), (40963, 4, 1, word(4000))])
    path = folder / name
    path.write_bytes(bytes(block))
    return os.fsencode(path)


def test_a_raw_files_smallest_sufficient_preview_is_taken(tmp_path: Path) -> None:
    path = raw_file(tmp_path, [jpeg(1620, 1080), jpeg(160, 120), jpeg(6000, 4000)])
    with open_source(path) as source:
        previews = TiffPreviews(source)
        assert [each.width_px for each in previews.found] == [160, 1620, 6000]
        best = previews.best(512, 512)
    assert best is not None
    assert best.width_px == 1620


def test_a_raw_thumbnail_comes_from_its_preview_without_developing(tmp_path: Path) -> None:
    picture = make_thumbnail(raw_file(tmp_path, [jpeg(1620, 1080)], turn=8), 512)
    assert picture.pixels.shape == (512, 341, 4)
    assert (picture.source_width_px, picture.source_height_px) == (4000, 6000)
    assert picture.pixels[50, 50].tolist() == pytest.approx([20, 140, 240, 255], abs=4)


def test_a_raw_files_letterboxed_preview_is_cropped(tmp_path: Path) -> None:
    bars = Image.new("RGB", (160, 120))
    bars.paste(ORANGE, (0, 7, 160, 113))
    data = io.BytesIO()
    bars.save(data, "JPEG", quality=95)
    path = raw_file(tmp_path, [data.getvalue()])
    assert make_thumbnail(path, 256, embedded_only=True).pixels.shape == (106, 160, 4)


def test_a_picture_in_the_first_directory_counts_too(tmp_path: Path) -> None:
    # as in Canon's CR2: a JPEG strip without any word on its kind
    picture = jpeg(1536, 1024)
    block = bytearray(b"II*\0\x08\0\0\0")
    fields = [(259, 3, b"\6\0"), (273, 4, bytes(4)), (279, 4, len(picture).to_bytes(4, "little"))]
    places = append_directory(block, "<", [(tag, kind, 1, value) for tag, kind, value in fields])
    struct.pack_into("<I", block, places[273], len(block))
    path = tmp_path / "a.cr2"
    path.write_bytes(bytes(block) + picture)
    with open_source(os.fsencode(path)) as source:
        assert [each.width_px for each in TiffPreviews(source).found] == [1536]


def test_a_preview_outside_the_file_is_none(tmp_path: Path) -> None:
    path = raw_file(tmp_path, [jpeg(160, 120)])
    os.truncate(path, os.path.getsize(path) - 1)
    with open_source(path) as source:
        source.size_bytes = 200
        assert TiffPreviews(source).found == []


def test_a_tiffs_reduced_picture_is_its_preview(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.full((400, 600, 3), 100, np.uint8), photometric="rgb")
        small = np.full((80, 120, 3), 100, np.uint8)
        writer.write(small, photometric="rgb", subfiletype=1)
    picture = make_thumbnail(os.fsencode(path), 256, embedded_only=True)
    assert picture.pixels.shape == (80, 120, 4)
    assert (picture.source_width_px, picture.source_height_px) == (600, 400)


def test_a_tiff_without_one_says_so(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((40, 60, 3), np.uint8), photometric="rgb")
    with pytest.raises(RabbitError) as caught:
        make_thumbnail(os.fsencode(tmp_path / "a.tif"), 256, embedded_only=True)
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def test_a_heic_files_thumbnail_is_its_preview() -> None:
    shown = make_preview(os.fsencode(HEIC), 1920, 1200, embedded_only=True)
    assert shown.pixels.shape == (240, 320, 4)
    assert (shown.source_width_px, shown.source_height_px) == (1280, 960)
    assert shown.pixels[100, 100].tolist() == pytest.approx([20, 140, 240, 255], abs=12)


def test_a_heic_file_cut_off_in_its_boxes_has_no_preview() -> None:
    data = HEIC.read_bytes()
    found = [with_thumbnail_first(data[:end]) for end in range(0, 400, 7)]
    assert found == [None] * len(found)
