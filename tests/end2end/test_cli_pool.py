"""The story of a pool from the shell: real photographs, real processes, a daemon that dies."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.photos import photo_pixels
from tests.end2end.program import Program

pytestmark = [pytest.mark.slow]

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "cli.schema.json").read_text(encoding="utf-8")
)
WIDTH, HEIGHT = 903, 601
PROMPT = ("--prompt", "warm cinematic, teal shadows")
ORIENTATION = 0x0112


def check(definition: str, document: object) -> None:
    reference = "#/$defs/" + definition.replace(" ", "%20")
    jsonschema.validate(document, {**SCHEMA, "anyOf": [{"$ref": reference}]})


@pytest.fixture(scope="module")
def pixels() -> NDArray[np.uint8]:
    return photo_pixels(WIDTH, HEIGHT)


@pytest.fixture
def photos(pixels: NDArray[np.uint8], tmp_path: Path) -> list[Path]:
    """Six photographs: JPEG as it lies and turned, 16-bit TIFF, PNG with alpha, PNG, WebP."""
    plain, turned, deep, clear, flat, web = (
        tmp_path / name for name in ("a.jpg", "b.jpg", "c.tif", "d.png", "e.png", "f.webp")
    )
    write_jpeg(plain, pixels, 1)
    write_jpeg(turned, pixels, 6)
    tifffile.imwrite(deep, pixels.astype(np.uint16) * 257, photometric="rgb")
    alpha = np.linspace(0, 255, WIDTH).astype(np.uint8)[None, :, None].repeat(HEIGHT, 0)
    Image.fromarray(np.concatenate([pixels, alpha], axis=2)).save(clear)
    picture = Image.fromarray(pixels)
    picture.save(flat)
    picture.save(web, lossless=True)
    return [plain, turned, deep, clear, flat, web]


def write_jpeg(path: Path, pixels: NDArray[np.uint8], orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(pixels).save(path, quality=95, exif=exif)


@pytest.fixture
def pool(program: Program, request: pytest.FixtureRequest) -> str:
    """An empty pool of the test's own, which is the current one; its id."""
    return str(program.json("pool", "new", str(request.node.name))["pool_id"])


def soft_mask(path: Path, width_px: int, height_px: int) -> Path:
    """Write a mask: black on the left, white on the right, a soft edge between."""
    ramp = np.clip(np.linspace(-255, 510, width_px), 0, 255).astype(np.uint8)
    Image.fromarray(np.ascontiguousarray(np.broadcast_to(ramp, (height_px, width_px)))).save(path)
    return path


def upright(path: Path) -> NDArray[Any]:
    """Return a picture's decoded samples as it is shown."""
    if path.suffix.lower() in (".tif", ".tiff"):
        return np.asarray(tifffile.imread(path))
    with Image.open(path) as picture:
        return np.asarray(ImageOps.exif_transpose(picture))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def labels(manifest: dict[str, Any]) -> list[str]:
    return [slot["label"] for slot in manifest["slots"]]


def names(manifest: dict[str, Any]) -> list[str]:
    return [os.path.basename(slot["path"]) for slot in manifest["slots"]]


def kill_daemon(program: Program) -> None:
    os.kill(program.json("daemon", "status")["pid"], signal.SIGKILL)


def fill(program: Program, photos: list[Path], tmp_path: Path) -> dict[str, Any]:
    """Put six photos into the current pool, with labels and soft masks on two."""
    program.json("pool", "add", *photos)
    program.json("pool", "label", "0", "bride")
    program.json("pool", "label", "1", "groom")
    first = soft_mask(tmp_path / "m0.png", WIDTH, HEIGHT)
    second = soft_mask(tmp_path / "m1.png", HEIGHT, WIDTH)
    program.json("pool", "set-mask", "0", first)
    filled: dict[str, Any] = program.json("pool", "set-mask", "1", second)
    return filled


# ---------------------------------------------------------------- the story


def test_a_pool_remembers_masks_labels_and_order_over_a_restart_and_a_kill(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    before = [digest(photo) for photo in photos]
    fill(program, photos, tmp_path)
    program.json("pool", "activate", "1")
    program.json("daemon", "stop", "--force")
    program.json("pool", "move", "1", "4")
    kill_daemon(program)
    manifest = program.json("pool", "list")
    check("pool list", manifest)
    assert manifest["pool_id"] == pool
    assert names(manifest) == ["a.jpg", "c.tif", "d.png", "e.png", "b.jpg", "f.webp"]
    assert labels(manifest) == ["bride", "", "", "", "groom", ""]
    assert [bool(slot["mask"]) for slot in manifest["slots"]] == [1, 0, 0, 0, 1, 0]
    assert manifest["active"] == 4
    assert [digest(photo) for photo in photos] == before


def test_the_active_photo_is_graded_through_its_own_mask(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    before = [digest(photo) for photo in photos]
    fill(program, photos, tmp_path)
    program.json("pool", "activate", "1")
    document = program.json("grade", "--pool", "current", *PROMPT)
    check("grade", document)
    assert (document["pool_id"], document["index"]) == (pool, 1)
    assert document["path"] == str(photos[1])
    assert document["outside_identical"] is True
    old, new = upright(photos[1]), upright(Path(document["result_path"]))
    assert old.shape == new.shape == (WIDTH, HEIGHT, 3)
    black = np.asarray(Image.open(tmp_path / "m1.png")) == 0
    assert np.array_equal(old[black], new[black])
    assert np.abs(old[~black].astype(int) - new[~black]).max() > 10
    assert [digest(photo) for photo in photos] == before


def test_a_whole_pool_is_graded_in_its_order_each_through_its_own_mask(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    fill(program, photos, tmp_path)
    documents = program.json("grade", "--pool", pool, "--all", *PROMPT, "-o", f"{tmp_path}/out/")
    check("grade", documents)
    assert [item["path"] for item in documents] == [str(photo) for photo in photos]
    assert [item["index"] for item in documents] == list(range(6))
    masked = [item.get("outside_identical") for item in documents]
    assert masked == [True, True, None, None, None, None]


def test_one_mask_for_a_whole_pool_is_fitted_where_that_is_asked_for(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    program.json("pool", "add", photos[0], photos[1])
    mask = soft_mask(tmp_path / "one.png", WIDTH, HEIGHT)
    grade = ("grade", "--pool", pool, "--all", *PROMPT, "-o", f"{tmp_path}/out/", "--mask", mask)
    first, second = program.json(*grade, code=1)
    assert first["outside_identical"] is True
    assert f"{WIDTH} x {HEIGHT}" in second["error"]["message"]
    assert f"{HEIGHT} x {WIDTH}" in second["error"]["message"]
    first, second = program.json(*grade, "--resize-mask")
    assert (first["outside_identical"], second["outside_identical"]) == (True, True)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_lies_on_the_photo_as_it_is_shown_however_it_is_stored(
    orientation: int,
    program: Program,
    pool: str,
    pixels: NDArray[np.uint8],
    tmp_path: Path,
) -> None:
    photo = tmp_path / "turned.jpg"
    write_jpeg(photo, pixels, orientation)
    height, width = upright(photo).shape[:2]
    program.json("pool", "add", photo)
    program.json("pool", "set-mask", "0", soft_mask(tmp_path / "m.png", width, height))
    selected = program.json("pool", "select")
    document = program.json("grade", "--pool", pool, "--index", "0", *PROMPT)
    old, new = upright(photo), upright(Path(document["result_path"]))
    black = np.asarray(Image.open(selected["mask"])) == 0
    assert black.shape == old.shape[:2]
    assert np.array_equal(old[black], new[black])
    assert not np.array_equal(old[~black], new[~black])


@pytest.mark.parametrize("index", [2, 3, 4, 5], ids=["16-bit", "alpha", "png", "webp"])
def test_outside_the_mask_every_sample_stays(
    index: int, program: Program, photos: list[Path], tmp_path: Path
) -> None:
    photo = photos[index]
    mask = soft_mask(tmp_path / "m.png", WIDTH, HEIGHT)
    document = program.json("grade", photo, *PROMPT, "--mask", mask)
    check("grade", document)
    assert (document["outside_identical"], document["mask_path"]) == (True, str(mask))
    old, new = upright(photo), upright(Path(document["result_path"]))
    assert old.dtype == new.dtype
    black = np.asarray(Image.open(mask)) == 0
    assert np.array_equal(old[black], new[black])
    assert not np.array_equal(old[~black][..., :3], new[~black][..., :3])


# ---------------------------------------------------------------- whole pools


def test_a_detached_pool_goes_its_own_way(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    fill(program, photos, tmp_path)
    copy = program.json("pool", "detach", "--pool", pool)
    check("pool detach", copy)
    assert copy["pool_id"] != pool
    program.json("pool", "label", "0", "other", "--pool", copy["pool_id"])
    program.json("pool", "set-mask", "1", "--clear", "--pool", copy["pool_id"])
    kept = program.json("pool", "list", "--pool", pool)
    assert labels(kept)[0] == "bride"
    assert kept["slots"][1]["mask"]


def test_an_exported_pool_comes_back_as_it_was(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    fill(program, photos, tmp_path)
    program.json("pool", "activate", "1")
    out = program.json("pool", "export", tmp_path / "w.zip")
    check("pool export", out)
    assert (out["path"], out["count"], out["notes"]) == (str(tmp_path / "w.zip"), 6, [])
    again = program.json("pool", "import", tmp_path / "w.zip")
    assert again["pool_id"] != pool
    assert again["name"].endswith("(2)")
    assert (again["active"], labels(again)[:2]) == (1, ["bride", "groom"])
    mask = program.json("pool", "select", "--index", "1", "--pool", again["pool_id"])["mask"]
    assert np.array_equal(upright(Path(mask)), upright(tmp_path / "m1.png"))


def test_an_exported_pool_is_what_the_grid_node_reads(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    """A folder with manifest.json, whole PNG pictures, masks of their size."""
    fill(program, photos, tmp_path)
    program.json("pool", "export", tmp_path / "w.zip")
    with zipfile.ZipFile(tmp_path / "w.zip") as archive:
        archive.extractall(tmp_path / "read")
    (path,) = (tmp_path / "read").rglob("manifest.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    first, second = manifest["slots"][:2]
    with Image.open(path.parent / first["image"]) as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), upright(photos[0]))
    with (
        Image.open(path.parent / second["image"]) as picture,
        Image.open(path.parent / second["mask"]) as mask,
    ):
        assert picture.size == mask.size == (HEIGHT, WIDTH)
        assert mask.mode == "L"
    assert [slot.get("mask") for slot in manifest["slots"][2:]] == [None] * 4


def test_pools_are_renamed_duplicated_and_deleted(
    program: Program, pool: str, photos: list[Path]
) -> None:
    program.json("pool", "add", photos[0])
    renamed = program.json("pool", "rename", "Hochzeit ü/½")
    assert renamed["name"] == "Hochzeit ü/½"
    copy = program.json("pool", "duplicate", "--pool", "Hochzeit ü/½")
    assert (copy["name"], len(copy["slots"])) == ("Hochzeit ü/½ (2)", 1)
    gone = program.json("pool", "delete", "--pool", pool)
    check("pool delete", gone)
    assert gone["deleted"]["pool_id"] == pool
    assert pool not in {item["pool_id"] for item in gone["pools"]}
    assert program.json("pool", "use", copy["pool_id"])["pool_id"] == copy["pool_id"]
    assert photos[0].exists()


# ---------------------------------------------------------------- selecting


def test_an_empty_pool_gives_black_pictures_of_one_pixel(program: Program, pool: str) -> None:
    selected = program.json("pool", "select", "--index", "3")
    check("pool select", selected)
    assert (selected["pool_id"], selected["index"], selected["count"]) == (pool, -1, 0)
    image, mask = upright(Path(selected["image"])), upright(Path(selected["mask"]))
    assert (image.shape[:2], int(image.max())) == ((1, 1), 0)
    assert (mask.shape, int(mask.max())) == ((1, 1), 0)


def test_without_a_mask_zeros_of_the_photos_size_are_selected(
    program: Program, pool: str, photos: list[Path]
) -> None:
    program.json("pool", "add", photos[1])
    selected = program.json("pool", "select")
    mask = upright(Path(selected["mask"]))
    assert (mask.shape, mask.dtype, int(mask.max())) == ((WIDTH, HEIGHT), np.uint8, 0)


@pytest.mark.parametrize(("index", "used"), [("-1", 1), ("0", 0), ("2", 2), ("99", 2)])
def test_the_index_is_the_active_one_or_clamped(
    index: str, used: int, program: Program, pool: str, photos: list[Path]
) -> None:
    program.json("pool", "add", *photos[:3])
    program.json("pool", "activate", "1")
    selected = program.json("pool", "select", "--index", index)
    assert (selected["index"], selected["count"]) == (used, 3)
    assert selected["image"] == str(photos[used])


def test_another_mask_is_another_hash(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    program.json("pool", "add", photos[0])
    mask = soft_mask(tmp_path / "m.png", WIDTH, HEIGHT)
    hashes = [program.json("pool", "select")["change_hash"]]
    program.json("pool", "label", "0", "only words")
    hashes.append(program.json("pool", "select")["change_hash"])
    program.json("pool", "set-mask", "0", mask)
    hashes.append(program.json("pool", "select")["change_hash"])
    program.json("pool", "set-mask", "0", mask, "--invert")
    hashes.append(program.json("pool", "select")["change_hash"])
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


# ---------------------------------------------------------------- masks


def test_a_pasted_mask_is_taken_from_the_command_line_and_from_a_pipe(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    program.json("pool", "add", photos[0])
    mask = soft_mask(tmp_path / "m.png", WIDTH, HEIGHT)
    uri = "data:image/png;base64," + base64.b64encode(mask.read_bytes()).decode()
    program.json("pool", "set-mask", "0", uri)
    assert np.array_equal(upright(Path(program.json("pool", "select")["mask"])), upright(mask))
    program.json("pool", "set-mask", "0", "--clear")
    done = subprocess.run(
        program.command("pool", "set-mask", "0", "-", "--invert", "--json"),
        env=program.environment,
        input=uri.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    stored = Path(program.json("pool", "select")["mask"])
    assert np.array_equal(upright(stored), 255 - upright(mask))
    assert list((program.home / "cache" / "drop").iterdir()) == []


def test_transparency_becomes_the_mask_as_in_comfyui(
    program: Program, pool: str, photos: list[Path]
) -> None:
    program.json("pool", "add", photos[3])
    program.json("pool", "set-mask", "0", photos[3], "--alpha")
    stored = Path(program.json("pool", "select")["mask"])
    assert np.array_equal(upright(stored), 255 - upright(photos[3])[..., 3])


def test_a_mask_of_another_size_names_both_or_is_fitted(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    program.json("pool", "add", photos[0])
    mask = soft_mask(tmp_path / "m.png", 300, 200)
    done = program.run("pool", "set-mask", "0", mask)
    assert done.returncode == 1
    assert "300 x 200" in done.stderr
    assert f"{WIDTH} x {HEIGHT}" in done.stderr
    program.json("pool", "set-mask", "0", mask, "--resize")
    assert upright(Path(program.json("pool", "select")["mask"])).shape == (HEIGHT, WIDTH)


def test_a_black_mask_is_refused_before_anything_is_sent(
    program: Program, photos: list[Path], tmp_path: Path
) -> None:
    mask = tmp_path / "black.png"
    Image.new("L", (WIDTH, HEIGHT)).save(mask)
    done = program.run("grade", photos[0], *PROMPT, "--mask", mask)
    assert done.returncode == 1
    assert done.stderr.startswith("rabbitviewer: Inpaint mask strokes are empty.")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.glob("*color_grade*")) == []


def test_a_lut_is_put_on_through_a_mask_that_was_fitted(
    program: Program, photos: list[Path], tmp_path: Path
) -> None:
    look = program.json("grade", photos[4], *PROMPT, "--cube", tmp_path / "look")["cube_path"]
    apply = ("lut", "apply", photos[4], look, "-o", tmp_path / "out.png", "--mask")
    mask = soft_mask(tmp_path / "m.png", WIDTH // 3, HEIGHT)
    done = program.run(*apply, mask)
    assert done.returncode == 1
    assert f"{WIDTH // 3} x {HEIGHT}" in done.stderr
    document = program.json(*apply, mask, "--resize-mask")
    check("lut apply", document)
    old, new = upright(photos[4]), upright(Path(document["result_path"]))
    assert document["outside_identical"] is True
    assert np.array_equal(old[:, : WIDTH // 4], new[:, : WIDTH // 4])
    assert not np.array_equal(old[:, -WIDTH // 4 :], new[:, -WIDTH // 4 :])


def test_a_lut_is_not_put_on_through_a_black_mask(
    program: Program, photos: list[Path], tmp_path: Path
) -> None:
    look = program.json("grade", photos[4], *PROMPT, "--cube", tmp_path / "look")["cube_path"]
    mask = tmp_path / "black.png"
    Image.new("L", (WIDTH, HEIGHT)).save(mask)
    done = program.run("lut", "apply", photos[4], look, "-o", tmp_path / "out.png", "--mask", mask)
    assert done.returncode == 1
    assert done.stderr.startswith("rabbitviewer: Inpaint mask strokes are empty.")


def test_a_white_mask_counts_everywhere(
    program: Program, photos: list[Path], tmp_path: Path
) -> None:
    mask = tmp_path / "white.png"
    Image.new("L", (WIDTH, HEIGHT), 255).save(mask)
    document = program.json("grade", photos[4], *PROMPT, "--mask", mask)
    assert not np.array_equal(upright(photos[4]), upright(Path(document["result_path"])))


def test_a_mask_is_written_out_as_it_is(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    program.json("pool", "add", photos[0])
    mask = soft_mask(tmp_path / "m.png", WIDTH, HEIGHT)
    program.json("pool", "set-mask", "0", mask)
    out = program.json("pool", "export-mask", "0", tmp_path / "out.png")
    check("pool export-mask", out)
    assert np.array_equal(upright(Path(out["path"])), upright(mask))


@pytest.fixture(params=["missing", "folder", "empty", "text", "truncated", "fifo", "loop"])
def no_mask(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.png"
    good = soft_mask(tmp_path / "good.png", WIDTH, HEIGHT).read_bytes()
    make = {
        "missing": lambda: None,
        "folder": path.mkdir,
        "empty": path.touch,
        "text": lambda: path.write_text("not a mask"),
        "truncated": lambda: path.write_bytes(good[: len(good) // 2]),
        "fifo": lambda: os.mkfifo(path),
        "loop": lambda: path.symlink_to(path),
    }
    make[request.param]()
    return path


def test_what_is_no_mask_does_not_come_into_the_pool(
    program: Program, pool: str, no_mask: Path, photos: list[Path]
) -> None:
    program.json("pool", "add", photos[0])
    done = program.run("pool", "set-mask", "0", no_mask)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert str(no_mask) in done.stderr
    assert program.json("pool", "list")["slots"][0]["mask"] is None


def test_through_what_is_no_mask_nothing_is_graded(
    program: Program, no_mask: Path, photos: list[Path], tmp_path: Path
) -> None:
    done = program.run("grade", photos[0], *PROMPT, "--mask", no_mask)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert str(no_mask) in done.stderr
    assert list(tmp_path.glob("*color_grade*")) == []


# ---------------------------------------------------------------- hard cases


def test_photos_that_cannot_be_added_do_not_stop_the_others(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    document = program.json(
        "pool", "add", photos[0], tmp_path / "gone.jpg", tmp_path, photos[2], code=1
    )
    check("pool add", document)
    first, gone, folder, last = document["added"]
    assert (first["index"], last["index"]) == (0, 1)
    assert gone["error"]["kind"] == "not_found"
    assert str(tmp_path) in folder["error"]["message"]
    assert names(document) == ["a.jpg", "c.tif"]


def test_a_name_that_is_no_text_is_kept(program: Program, pool: str, photos: list[Path]) -> None:
    odd = photos[0].with_name(os.fsdecode(b"caf\xe9.jpg"))
    photos[0].rename(odd)
    program.json("pool", "add", odd)
    kill_daemon(program)
    assert program.json("pool", "select")["image"] == str(odd)
    assert program.json("grade", "--pool", pool, *PROMPT)["path"] == str(odd)


def test_what_was_removed_comes_back_with_mask_and_label(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    before = fill(program, photos, tmp_path)
    program.json("pool", "remove", "0", "1")
    restored = program.json("pool", "undo")
    assert names(restored) == names(before)
    assert labels(restored) == labels(before)
    assert [bool(slot["mask"]) for slot in restored["slots"]][:2] == [True, True]
    assert names(program.json("pool", "redo")) == names(before)[2:]


def test_a_manifest_that_was_spoilt_by_hand_is_rebuilt_and_told(
    program: Program, pool: str, photos: list[Path], tmp_path: Path
) -> None:
    before = fill(program, photos, tmp_path)
    kill_daemon(program)
    manifest = program.home / "data" / "pools" / pool / "manifest.json"
    manifest.write_text('{"active": 0, "slots": [', encoding="utf-8")
    rebuilt = program.json("pool", "list", "--pool", pool)
    assert sorted(names(rebuilt)) == sorted(names(before))
    assert sorted(labels(rebuilt)) == sorted(labels(before))
    assert sum(bool(slot["mask"]) for slot in rebuilt["slots"]) == 2
    assert rebuilt["problems"] != []
    assert len(list(manifest.parent.glob("manifest.json.broken-*"))) == 1
