"""The colour promise of the pipeline, without processes: prepare, fit, apply on real files."""

import itertools
import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from daemon.decode.color import profile_for
from daemon.decode.photo import read_photo
from daemon.decode.plain import read_rgb, write_png
from daemon.handlers import reading
from daemon.handlers.decoded_photos import DecodedPhotos
from daemon.handlers.fitting import fit_grade
from daemon.handlers.grading import apply_to_photo, keep_model_picture, prepare_small
from daemon.handlers.lut_files import write_lut
from daemon.imaging.cube import format_cube
from daemon.imaging.lattice import identity_lut
from daemon.protocol.errors import RabbitError
from daemon.tasks import (
    ApplyLut,
    FileWritten,
    FitGrade,
    KeepModelPicture,
    PrepareSmall,
    SmallPrepared,
)


class Quiet:
    def __init__(self) -> None:
        self.photos = DecodedPhotos()

    def checkpoint(self, fraction: float | None = None) -> None:
        assert fraction is None or 0.0 <= fraction <= 1.0


def saturated_chart(kind: type[np.unsignedinteger]) -> NDArray[np.generic]:
    """Patches of every corner, edge and middle of the cube, with ramps between them."""
    top = np.iinfo(kind).max
    levels = [0, 0.25, 0.5, 0.75, 1]
    patches = np.array(list(itertools.product(levels, repeat=3))) * top
    rows = patches.reshape(5, 25, 3).repeat(64, axis=0).repeat(24, axis=1)
    ramp = np.linspace(0, top, 600)
    zero = np.zeros_like(ramp)
    ramps = [np.stack(channels, 1) for channels in itertools.product([ramp, zero], repeat=3)]
    return np.concatenate([rows, np.stack(ramps).repeat(24, axis=0)]).round().astype(kind)


def chart_file(folder: Path, space: str, kind: type[np.unsignedinteger]) -> bytes:
    path = folder / f"{space}.tif"
    icc = profile_for(space)
    tifffile.imwrite(path, saturated_chart(kind), photometric="rgb", iccprofile=icc)
    return os.fsencode(path)


def prepare(folder: Path, photo: bytes, **wanted: object) -> SmallPrepared:
    small, _ = prepare_small(
        PrepareSmall(
            path=photo,
            png_path=os.fsencode(folder / "sent.png"),
            clipped_path=os.fsencode(folder / "clipped.png"),
            icc_path=os.fsencode(folder / "photo.icc"),
            **wanted,
        ),
        Quiet(),
    )
    return small


def test_a_photo_of_the_working_size_is_sent_pixel_by_pixel(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (832, 1216, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    small = prepare(tmp_path, os.fsencode(tmp_path / "photo.png"))
    assert small.coverage == 1.0
    np.testing.assert_array_equal(read_rgb(os.fsencode(tmp_path / "sent.png")), pixels)


def test_a_png_with_one_transparent_colour_is_read_without_alpha(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "key.png", transparency=(1, 2, 3))
    np.testing.assert_array_equal(read_rgb(os.fsencode(tmp_path / "key.png")), pixels)


def grade(folder: Path, photo: bytes, edited: Path, strength: float = 1.0) -> bytes:
    small = prepare(folder, photo)
    fit_grade(
        FitGrade(
            path=photo,
            png_path=os.fsencode(folder / "sent.png"),
            clipped_path=os.fsencode(folder / "clipped.png"),
            icc_path=os.fsencode(folder / "photo.icc"),
            edited_path=os.fsencode(edited),
            box=small.box,
            cube_path=os.fsencode(folder / "grade.cube"),
            color_space=small.color_space,
        ),
        Quiet(),
    )
    result = os.fsencode(folder / "result.tif")
    apply_to_photo(
        ApplyLut(
            path=photo,
            cube_path=os.fsencode(folder / "grade.cube"),
            temp_path=result,
            extension=".tif",
            strength=strength,
        ),
        Quiet(),
    )
    return result


@pytest.mark.parametrize("space", ["srgb", "adobe-rgb", "display-p3", "prophoto"])
@pytest.mark.parametrize(("kind", "allowed"), [(np.uint8, 1), (np.uint16, 16)])
def test_a_host_that_returns_its_input_changes_nothing(
    tmp_path: Path, space: str, kind: type[np.unsignedinteger], allowed: int
) -> None:
    photo = chart_file(tmp_path, space, kind)
    result = read_photo(grade(tmp_path, photo, tmp_path / "sent.png"))
    before = read_photo(photo)
    assert result.pixels.dtype == kind
    assert result.color_space == space
    difference = np.abs(result.pixels.astype(int) - before.pixels.astype(int))
    assert difference.max() <= allowed


def test_what_is_out_of_srgb_is_marked_as_clipped(tmp_path: Path) -> None:
    chart = np.zeros((64, 96, 3), np.uint8)
    chart[:, :48] = 128
    chart[:, 48:] = (0, 255, 0)
    path = tmp_path / "green.tif"
    tifffile.imwrite(path, chart, photometric="rgb", iccprofile=profile_for("adobe-rgb"))
    small = prepare(tmp_path, os.fsencode(path))
    left, top, width, height = small.box
    clipped = read_rgb(os.fsencode(tmp_path / "clipped.png"))[top : top + height, :, 0]
    assert (clipped[:, left : left + width // 2 - 1] == 0).all()
    assert (clipped[:, left + width // 2 + 1 : left + width] == 255).all()


def test_a_kontext_canvas_holds_the_whole_photo(tmp_path: Path) -> None:
    path = tmp_path / "wide.tif"
    tifffile.imwrite(path, np.full((400, 1200, 3), 90, np.uint8), photometric="rgb")
    small = prepare(tmp_path, os.fsencode(path), kontext_sizes=True)
    assert (small.width_px, small.height_px) == (1568, 672)
    assert small.box[2] / small.box[3] == pytest.approx(3.0, rel=0.01)


def test_strength_zero_returns_the_original(tmp_path: Path) -> None:
    photo = chart_file(tmp_path, "srgb", np.uint8)
    inverted = tmp_path / "inverted.png"
    prepare(tmp_path, photo)
    write_png(os.fsencode(inverted), 255 - read_rgb(os.fsencode(tmp_path / "sent.png")))
    result = read_photo(grade(tmp_path, photo, inverted, strength=0.0))
    assert (result.pixels == read_photo(photo).pixels).all()


def test_the_models_own_picture_is_kept_without_its_padding(tmp_path: Path) -> None:
    photo = chart_file(tmp_path, "srgb", np.uint8)
    small = prepare(tmp_path, photo, kontext_sizes=True)
    result = os.fsencode(tmp_path / "kept.png")
    keep_model_picture(
        KeepModelPicture(
            path=photo,
            edited_path=os.fsencode(tmp_path / "sent.png"),
            sent_size=(small.width_px, small.height_px),
            box=small.box,
            temp_path=result,
            extension=".png",
        ),
        Quiet(),
    )
    assert read_photo(result).pixels.shape[:2] == (small.box[3], small.box[2])


def test_a_picture_of_other_proportions_is_kept_whole(tmp_path: Path) -> None:
    photo = chart_file(tmp_path, "srgb", np.uint8)
    small = prepare(tmp_path, photo, kontext_sizes=True)
    wide, result = tmp_path / "wide.png", os.fsencode(tmp_path / "kept.png")
    write_png(os.fsencode(wide), np.zeros((100, 400, 3), np.uint8))
    keep_model_picture(
        KeepModelPicture(
            path=photo,
            edited_path=os.fsencode(wide),
            sent_size=(small.width_px, small.height_px),
            box=small.box,
            temp_path=result,
            extension=".png",
        ),
        Quiet(),
    )
    assert read_photo(result).pixels.shape[:2] == (100, 400)


def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    photo = chart_file(tmp_path, "srgb", np.uint8)
    mask = tmp_path / "mask.png"
    write_png(os.fsencode(mask), np.zeros((10, 20), np.uint8))
    cube = tmp_path / "identity.cube"
    cube.write_text(
        "LUT_3D_SIZE 2\n"
        + "\n".join(f"{r} {g} {b}" for b, g, r in itertools.product((0, 1), repeat=3))
    )
    task = ApplyLut(
        path=photo,
        cube_path=os.fsencode(cube),
        temp_path=os.fsencode(tmp_path / "out.tif"),
        extension=".tif",
        mask_path=os.fsencode(mask),
    )
    with pytest.raises(RabbitError, match="20 x 10"):
        apply_to_photo(task, Quiet())


@pytest.fixture
def inverse_cube(tmp_path: Path) -> bytes:
    """A LUT in sRGB that turns every colour into its opposite."""
    steps = np.linspace(1, 0, 2, dtype=np.float32)
    path = os.fsencode(tmp_path / "inverse.cube")
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    write_lut(path, grid, space="srgb", title="")
    return path


def masked(folder: Path, photo: bytes, cube: bytes, extension: str = "") -> FileWritten:
    """Apply *cube* to the right half of *photo*."""
    height, width = read_photo(photo).pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    mask[:, width // 2 :] = 255
    write_png(os.fsencode(folder / "mask.png"), mask)
    written, _ = apply_to_photo(
        ApplyLut(
            path=photo,
            cube_path=cube,
            temp_path=os.fsencode(folder / "result"),
            extension=extension,
            mask_path=os.fsencode(folder / "mask.png"),
        ),
        Quiet(),
    )
    return written


def test_outside_the_mask_a_wide_photo_keeps_every_value_of_16_bits(
    tmp_path: Path, inverse_cube: bytes
) -> None:
    photo = chart_file(tmp_path, "adobe-rgb", np.uint16)
    written = masked(tmp_path, photo, inverse_cube)
    before, after = read_photo(photo).pixels, read_photo(os.fsencode(tmp_path / "result")).pixels
    half = before.shape[1] // 2
    assert (after[:, :half] == before[:, :half]).all()
    assert (after[:, half:] != before[:, half:]).any()
    assert (written.extension, written.outside_identical) == (".tif", True)


def jpeg(folder: Path) -> bytes:
    Image.fromarray(saturated_chart(np.uint8)).save(folder / "a.jpg", quality=90)
    return os.fsencode(folder / "a.jpg")


def test_a_masked_jpeg_becomes_a_png_so_that_the_rest_stays_identical(
    tmp_path: Path, inverse_cube: bytes
) -> None:
    photo = jpeg(tmp_path)
    written = masked(tmp_path, photo, inverse_cube)
    before, after = read_photo(photo).pixels, read_photo(os.fsencode(tmp_path / "result")).pixels
    assert (written.extension, written.outside_identical) == (".png", True)
    half = before.shape[1] // 2
    assert (after[:, :half] == before[:, :half]).all()


def test_a_masked_jpeg_that_was_asked_for_says_that_it_was_encoded_anew(
    tmp_path: Path, inverse_cube: bytes
) -> None:
    written = masked(tmp_path, jpeg(tmp_path), inverse_cube, ".jpg")
    assert written.outside_identical is False
    assert "not identical" in written.notes[-1]


def test_without_an_ending_a_result_is_of_the_photos_kind_whatever_its_name_says(
    tmp_path: Path, inverse_cube: bytes
) -> None:
    path = tmp_path / "really_a_png.jpg"
    Image.fromarray(saturated_chart(np.uint8)).save(path, format="PNG")
    task = ApplyLut(
        path=os.fsencode(path), cube_path=inverse_cube, temp_path=os.fsencode(tmp_path / "result")
    )
    written, _ = apply_to_photo(task, Quiet())
    assert (written.extension, written.outside_identical) == (".png", None)


def test_what_a_host_changed_behind_the_mask_alone_is_learnt_from_there_alone(
    tmp_path: Path,
) -> None:
    photo = chart_file(tmp_path, "srgb", np.uint8)
    small = prepare(tmp_path, photo)
    sent = read_rgb(os.fsencode(tmp_path / "sent.png"))
    mask = np.zeros_like(sent)
    mask[:, sent.shape[1] // 2 :] = 255
    edited = np.where(mask == 255, 255 - sent, sent)
    write_png(os.fsencode(tmp_path / "edited.png"), edited)
    write_png(os.fsencode(tmp_path / "mask.png"), mask)
    task = FitGrade(
        path=photo,
        png_path=os.fsencode(tmp_path / "sent.png"),
        clipped_path=os.fsencode(tmp_path / "clipped.png"),
        icc_path=os.fsencode(tmp_path / "photo.icc"),
        edited_path=os.fsencode(tmp_path / "edited.png"),
        box=small.box,
        cube_path=os.fsencode(tmp_path / "grade.cube"),
        mask_path=os.fsencode(tmp_path / "mask.png"),
    )
    fitted, _ = fit_grade(task, Quiet())
    assert fitted.report.explained > 0.95
    assert fitted.report.delta_e_mean < 1.0


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("extension", [".png", ".tif"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_an_identity_lut_changes_no_pixel_of_a_lossless_photo(
    tmp_path: Path, kind: type[np.unsignedinteger], extension: str, channels: int
) -> None:
    pixels = np.random.default_rng(3).integers(0, np.iinfo(kind).max + 1, (70, 90, channels), kind)
    path = tmp_path / f"photo{extension}"
    if extension == ".png":
        path.write_bytes(imagecodecs.png_encode(pixels))
    else:
        extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
        tifffile.imwrite(path, pixels, photometric="rgb", **extra)
    result = through_identity(tmp_path, path, extension)
    np.testing.assert_array_equal(result, pixels)
    assert result.dtype == kind


@pytest.mark.parametrize("channels", [3, 4])
def test_an_identity_lut_changes_no_pixel_of_a_lossless_webp(tmp_path: Path, channels: int) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (70, 90, channels), np.uint8)
    pixels[..., 3:] |= 1
    path = tmp_path / "photo.webp"
    path.write_bytes(imagecodecs.webp_encode(pixels, lossless=True))
    np.testing.assert_array_equal(through_identity(tmp_path, path, ".webp"), pixels)


@pytest.mark.parametrize("part", ["luma", "chroma"])
def test_an_identity_lut_changes_nothing_in_part_at_any_strength(tmp_path: Path, part: str) -> None:
    pixels = np.random.default_rng(3).integers(0, 65536, (70, 90, 3), np.uint16)
    path = tmp_path / "photo.png"
    path.write_bytes(imagecodecs.png_encode(pixels))
    result = through_identity(tmp_path, path, ".png", channels=part, strength=1.5)
    np.testing.assert_array_equal(result, pixels)


def through_identity(
    folder: Path, photo: Path, extension: str, **options: object
) -> NDArray[np.generic]:
    """Apply the identity to a file and read what came of it."""
    cube, result = folder / "identity.cube", folder / f"result{extension}"
    cube.write_text(format_cube(identity_lut(33)))
    apply_to_photo(
        ApplyLut(
            path=os.fsencode(photo),
            cube_path=os.fsencode(cube),
            temp_path=os.fsencode(result),
            extension=extension,
            **options,
        ),
        Quiet(),
    )
    return read_photo(os.fsencode(result)).pixels


def test_the_photo_of_the_small_copy_is_graded_without_decoding_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SETTLED_NS", -(10**18))
    pixels = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    path = tmp_path / "photo.png"
    write_png(os.fsencode(path), pixels)
    worker = Quiet()
    files = {name: os.fsencode(tmp_path / name) for name in ("sent", "clipped", "icc")}
    prepare_small(
        PrepareSmall(
            path=os.fsencode(path),
            png_path=files["sent"],
            clipped_path=files["clipped"],
            icc_path=files["icc"],
        ),
        worker,
    )
    monkeypatch.setattr(reading, "read_photo", lambda _: pytest.fail("decoded again"))
    (tmp_path / "dark.cube").write_text(format_cube(identity_lut(17) * np.float32(0.5)))
    result = os.fsencode(tmp_path / "result.png")
    apply_to_photo(
        ApplyLut(
            path=os.fsencode(path),
            cube_path=os.fsencode(tmp_path / "dark.cube"),
            temp_path=result,
            extension=".png",
        ),
        worker,
    )
    assert np.abs(read_rgb(result).astype(int) * 2 - pixels).max() <= 1
