import io
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageDraw

from daemon.decode.display import as_jpeg, smaller
from daemon.decode.embedded import without_bars
from daemon.decode.exif import append_directory
from daemon.decode.icc import profile_for
from daemon.decode.jpeg_header import read_header
from daemon.decode.thumbnail import fit_preview, fit_thumbnail, make_preview, make_thumbnail
from daemon.handlers import looking
from daemon.handlers.looking import HANDLERS
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import (
    AnyTask,
    DecodePreview,
    Kept,
    MakePreview,
    MakeThumbnail,
    PixelsMade,
    ReadPhotoInfo,
    ShowCached,
)


class Idle:
    """A worker that nobody pauses or cancels."""

    def __init__(self) -> None:
        self.later: list[Callable[[int], tuple[Kept, bytes]]] = []

    def checkpoint(self, fraction: float | None = None) -> None:
        return

    def afterwards(self, make: Callable[[int], tuple[Kept, bytes]]) -> None:
        self.later.append(make)


def run(task: AnyTask) -> tuple[PixelsMade, np.ndarray]:
    made, blob = HANDLERS[type(task)](task, Idle())
    assert isinstance(made, PixelsMade)
    size = made.width_px * made.height_px * 4
    return made, np.frombuffer(blob[:size], np.uint8).reshape(made.height_px, made.width_px, 4)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Left half red, right half blue, 800 x 600, to be turned a quarter clockwise."""
    image = Image.new("RGB", (800, 600), (200, 20, 20))
    ImageDraw.Draw(image).rectangle((400, 0, 800, 600), fill=(20, 20, 200))
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "photo.jpg"
    image.save(path, exif=exif, quality=95)
    return path


def test_a_thumbnail_is_upright_and_fits_its_box(photo: Path) -> None:
    made, pixels = run(MakeThumbnail(path=os.fsencode(photo), size_px=128))
    assert (made.width_px, made.height_px) == (96, 128)
    assert (made.source_width_px, made.source_height_px) == (600, 800)
    # blue, green, red: what was left is on top now
    assert pixels[20, 48, :3].tolist() == pytest.approx([20, 20, 200], abs=4)
    assert pixels[100, 48, :3].tolist() == pytest.approx([200, 20, 20], abs=4)


def test_a_small_photo_is_not_enlarged(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "small.png")
    picture = make_thumbnail(os.fsencode(tmp_path / "small.png"), 256)
    assert picture.pixels.shape == (20, 30, 4)


def kept(task: AnyTask) -> tuple[Kept, bytes]:
    context = Idle()
    HANDLERS[type(task)](task, context)
    (make,) = context.later
    return make(7)


def test_a_thumbnail_sends_a_jpeg_for_the_cache_after_its_answer(photo: Path) -> None:
    task = MakeThumbnail(path=os.fsencode(photo), size_px=128, keep=True)
    told, jpeg = kept(task)
    assert told == Kept(7, 96, 128, 600, 800)
    _, pixels = run(task)
    _, again = run(DecodePreview(data=jpeg))
    assert np.abs(again.astype(int) - pixels).mean() < 2


def test_a_kept_thumbnail_of_wide_colours_is_srgb(tmp_path: Path) -> None:
    path = wide_grey(tmp_path)
    _, jpeg = kept(MakeThumbnail(path=os.fsencode(path), size_px=32, keep=True))
    assert read_header(jpeg).icc is None
    assert simplejpeg.decode_jpeg(jpeg)[9, 9].tolist() == [129, 129, 129]


def test_a_kept_preview_of_wide_colours_keeps_its_profile(tmp_path: Path) -> None:
    fitted = fit_preview(os.fsencode(wide_grey(tmp_path)), 32, 32)
    jpeg = as_jpeg(fitted, 95, own_colors=True)
    assert read_header(jpeg).icc == profile_for("adobe-rgb")
    assert simplejpeg.decode_jpeg(jpeg)[9, 9].tolist() == [128, 128, 128]


def test_a_cached_picture_is_shown_from_its_pack(photo: Path, tmp_path: Path) -> None:
    told, jpeg = kept(MakeThumbnail(path=os.fsencode(photo), size_px=128, keep=True))
    pack = tmp_path / "1.pack"
    pack.write_bytes(b"before" + jpeg + b"after")
    made, pixels = run(cached(pack, jpeg, zlib.crc32(jpeg)))
    assert (made.width_px, made.height_px) == (told.width_px, told.height_px)
    assert (made.source_width_px, made.source_height_px) == (600, 800)
    assert pixels[20, 48, :3].tolist() == pytest.approx([20, 20, 200], abs=6)


def test_a_cached_picture_that_is_damaged_is_not_found(photo: Path, tmp_path: Path) -> None:
    _, jpeg = kept(MakeThumbnail(path=os.fsencode(photo), size_px=128, keep=True))
    (tmp_path / "1.pack").write_bytes(b"before" + jpeg)
    with pytest.raises(RabbitError) as caught:
        run(cached(tmp_path / "1.pack", jpeg, 1))
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def cached(pack: Path, jpeg: bytes, checksum: int) -> ShowCached:
    return ShowCached(
        pack_path=os.fsencode(pack),
        offset=len(b"before"),
        length=len(jpeg),
        checksum=checksum,
        source_width_px=600,
        source_height_px=800,
        max_width_px=128,
        max_height_px=128,
    )


def wide_grey(folder: Path) -> Path:
    """Adobe RGB's 128, which is 129 in sRGB."""
    path = folder / "wide.jpg"
    image = Image.new("RGB", (64, 64), (128, 128, 128))
    image.save(path, icc_profile=profile_for("adobe-rgb"), quality=100)
    return path


def test_wide_colours_are_shown_as_srgb(tmp_path: Path) -> None:
    path = wide_grey(tmp_path)
    # 128/255 to the power of Adobe's 2.2, encoded by sRGB's curve: 129
    assert make_thumbnail(os.fsencode(path), 32).pixels[9, 9].tolist() == [129, 129, 129, 255]


def test_transparency_stands_on_gray(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    pixels = make_thumbnail(os.fsencode(tmp_path / "clear.png"), 8).pixels
    assert pixels[3, 3].tolist() == [128, 128, 128, 255]


def test_16_bits_are_shown_at_8(tmp_path: Path) -> None:
    deep = np.full((20, 20, 3), (10 * 257, 100 * 257, 200 * 257), np.uint16)
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(deep))
    pixels = make_preview(os.fsencode(tmp_path / "deep.png"), 0, 0).pixels
    assert pixels[5, 5].tolist() == [200, 100, 10, 255]


def test_a_preview_in_a_surface_is_the_same_as_in_a_message(photo: Path, tmp_path: Path) -> None:
    surface = tmp_path / "surface"
    _, inline = run(MakePreview(path=os.fsencode(photo), max_width_px=300, max_height_px=300))
    made, _ = HANDLERS[MakePreview](
        MakePreview(
            path=os.fsencode(photo),
            max_width_px=300,
            max_height_px=300,
            surface_path=os.fsencode(surface),
        ),
        Idle(),
    )
    assert isinstance(made, PixelsMade)
    assert made.surface_path == os.fsencode(surface)
    assert surface.read_bytes() == inline.tobytes()


def test_a_full_size_preview_has_every_pixel(photo: Path) -> None:
    made, _ = run(MakePreview(path=os.fsencode(photo), max_width_px=0, max_height_px=0))
    assert (made.width_px, made.height_px) == (600, 800)


def on_a_full_disk(photo: Path, surface: Path, monkeypatch: pytest.MonkeyPatch) -> MakePreview:
    def full(handle: int, offset: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    return MakePreview(
        path=os.fsencode(photo),
        max_width_px=0,
        max_height_px=0,
        surface_path=os.fsencode(surface),
    )


def test_a_preview_that_the_disk_has_no_room_for_comes_in_the_message(
    photo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made, pixels = run(on_a_full_disk(photo, tmp_path / "surface", monkeypatch))
    assert (made.surface_path, made.levels) == (b"", ())
    assert pixels.shape[:2] == (800, 600)
    assert (tmp_path / "surface").stat().st_size == 0


def test_a_full_disk_is_told_where_a_preview_is_too_large_for_a_message(
    photo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    task = on_a_full_disk(photo, tmp_path / "surface", monkeypatch)
    monkeypatch.setattr(looking, "_MOST_INLINE_BYTES", 1000)
    with pytest.raises(RabbitError) as caught:
        HANDLERS[MakePreview](task, Idle())
    assert caught.value.info.kind is ErrorKind.DISK_FULL
    assert (tmp_path / "surface").stat().st_size == 0


def test_a_photo_without_a_preview_of_its_own_says_not_found(photo: Path) -> None:
    with pytest.raises(RabbitError) as caught:
        make_thumbnail(os.fsencode(photo), 128, embedded_only=True)
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def test_the_cameras_preview_is_cropped_and_turned(tmp_path: Path) -> None:
    # a 3:2 photo whose 160 x 120 preview has bars of (120 - 160 * 2 / 3) / 2 = 6.7 rows
    preview = Image.new("RGB", (160, 120))
    ImageDraw.Draw(preview).rectangle((0, 7, 159, 112), fill=(200, 180, 40))
    path = tmp_path / "photo.jpg"
    data = io.BytesIO()
    Image.new("RGB", (600, 400), "white").save(data, "JPEG", exif=preview_block(preview))
    path.write_bytes(data.getvalue())
    picture = make_thumbnail(os.fsencode(path), 256, embedded_only=True)
    assert picture.pixels.shape == (160, 106, 4)
    assert (picture.source_width_px, picture.source_height_px) == (400, 600)
    assert picture.pixels[..., 2].min() > 150


def test_a_preview_without_bars_is_left_alone() -> None:
    bright = np.full((120, 160, 3), 200, np.uint8)
    assert without_bars(bright, 6000, 4000).shape == (120, 160, 3)


def test_upright_bars_are_cropped_too() -> None:
    preview = np.zeros((120, 160, 3), np.uint8)
    preview[:, 40:120] = 200
    assert without_bars(preview, 4000, 6000).shape == (120, 80, 3)


def test_a_samplers_preview_comes_as_bytes() -> None:
    made, pixels = run(DecodePreview(data=imagecodecs.png_encode(np.zeros((4, 6, 3), np.uint8))))
    assert (made.width_px, made.height_px) == (6, 4)
    assert pixels[..., 3].min() == 255


def test_rubbish_as_a_samplers_preview_is_not_believed() -> None:
    with pytest.raises(RabbitError) as caught:
        run(DecodePreview(data=b"no picture at all"))
    assert caught.value.info.kind is ErrorKind.RESULT_INVALID


def test_thumbnails_need_neither_scipy_nor_opencolorio(photo: Path) -> None:
    script = (
        "import os, sys; from daemon.handlers.looking import HANDLERS, fit_thumbnail;"
        "fit_thumbnail(os.fsencode(sys.argv[1]), 64);"
        "print([m for m in ('scipy', 'PyOpenColorIO', 'tifffile', 'rawpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(photo)], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_the_handlers_cover_the_tasks_of_looking() -> None:
    looking = {MakeThumbnail, MakePreview, ShowCached, ReadPhotoInfo, DecodePreview}
    assert set(HANDLERS) == looking


def preview_block(preview: Image.Image) -> bytes:
    """An EXIF block, orientation 6, with a JPEG preview in its second directory."""
    jpeg = io.BytesIO()
    preview.save(jpeg, "JPEG", quality=95)
    block = bytearray(b"II*\0\x08\0\0\0")
    append_directory(block, "<", [(274, 3, 1, b"\6\0")])
    block[-4:] = len(block).to_bytes(4, "little")
    start = len(block) + 2 + 24 + 4
    sizes = [(513, start), (514, len(jpeg.getvalue()))]
    append_directory(block, "<", [(tag, 4, 1, v.to_bytes(4, "little")) for tag, v in sizes])
    return b"Exif\0\0" + bytes(block) + jpeg.getvalue()


def test_a_thumbnail_is_kept_larger_than_it_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (1200, 800), "#808080").save(path)
    fitted = fit_thumbnail(os.fsencode(path), 512)
    shown = smaller(fitted, 100)
    assert shown.pixels.shape[:2] == (67, 100)
    assert (shown.source_width_px, shown.source_height_px) == (1200, 800)
    assert smaller(fitted, 0) is smaller(fitted, 1024) is fitted
