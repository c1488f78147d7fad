"""Long deflated strips of a TIFF are inflated piece by piece."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from daemon.decode import tiff_parts
from daemon.decode.photo import read_photo
from daemon.protocol.errors import ErrorKind, RabbitError


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a little picture take the way of a huge one."""
    monkeypatch.setattr(tiff_parts, "_LONG_STRIP_BYTES", 1000)
    monkeypatch.setattr(tiff_parts, "_BATCH_BYTES", 5000)
    monkeypatch.setattr(tiff_parts, "_READ_BYTES", 700)
    monkeypatch.setattr(tiff_parts, "_segments", lambda _: pytest.fail("read whole strips"))


def write(path: Path, kind: type[np.unsignedinteger], channels: int, **how: object) -> np.ndarray:
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, np.iinfo(kind).max + 1, (97, 61, channels), kind)
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    tifffile.imwrite(path, pixels, photometric="rgb", compression="deflate", **extra, **how)
    return pixels


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("rows", [97, 40])
def test_every_value_of_a_long_strip_is_read(
    tmp_path: Path,
    kind: type[np.unsignedinteger],
    channels: int,
    byteorder: str,
    predictor: bool,
    rows: int,
) -> None:
    path = tmp_path / "long.tif"
    pixels = write(
        path, kind, channels, byteorder=byteorder, predictor=predictor, rowsperstrip=rows
    )
    np.testing.assert_array_equal(read_photo(os.fsencode(path)).pixels, pixels)


def test_a_turned_picture_of_one_strip_is_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.tif"
    turned = [(274, 3, 1, 6, True)]
    pixels = write(path, np.uint16, 3, predictor=True, rowsperstrip=97, extratags=turned)
    np.testing.assert_array_equal(read_photo(os.fsencode(path)).pixels, np.rot90(pixels, -1))


@pytest.mark.parametrize("where", [0.3, 0.9, 1.0])
def test_a_damaged_strip_is_no_picture(tmp_path: Path, where: float) -> None:
    path = tmp_path / "damaged.tif"
    write(path, np.uint16, 3, predictor=True, rowsperstrip=97)
    with tifffile.TiffFile(path) as file:
        offset, size = file.pages.first.dataoffsets[0], file.pages.first.databytecounts[0]
    data = bytearray(path.read_bytes())
    at = offset + int((size - 4) * where)
    data[at : at + 4] = bytes(4)
    path.write_bytes(data)
    with pytest.raises(RabbitError) as failed:
        read_photo(os.fsencode(path))
    assert failed.value.info.kind is ErrorKind.UNREADABLE
