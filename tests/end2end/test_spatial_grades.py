"""Grades that vary over the picture: a real daemon, the built-in host, photos at full size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from tests.end2end.program import Program

pytestmark = [pytest.mark.slow]

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "cli.schema.json").read_text(encoding="utf-8")
)
HALF: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "2": {
        "class_type": "RabbitPromptGrade",
        "inputs": {"image": ["1", 0], "prompt": "", "seed": 0, "strength": 1.0},
    },
    "3": {"class_type": "InvertMask", "inputs": {"mask": ["1", 1]}},
    "4": {
        "class_type": "FeatherMask",
        "inputs": {"mask": ["3", 0], "left": 560, "top": 0, "right": 0, "bottom": 0},
    },
    "5": {
        "class_type": "ImageCompositeMasked",
        "inputs": {
            "destination": ["1", 0],
            "source": ["2", 0],
            "x": 0,
            "y": 0,
            "resize_source": False,
            "mask": ["4", 0],
        },
    },
    "9": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "x"}},
}
MANIFEST = """
operation: color_grade
title: More and more towards the right
result: lut
mask: optional
bindings:
  image: {node: "1", class: LoadImage, input: image}
  prompt: {node: "2", class: RabbitPromptGrade, input: prompt}
output: {node: "9"}
version: 1
"""
DUSK = ("--prompt", "very dark, cool blue dusk", "--workflow", "half", "--host", "builtin")


def check(definition: str, document: object) -> None:
    reference = "#/$defs/" + definition.replace(" ", "%20")
    jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": reference}]}).validate(document)


def pixels(path: Path | str) -> NDArray[np.float64]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(float)


@pytest.fixture
def coffee(tmp_path: Path) -> Path:
    path = tmp_path / "coffee.png"
    Image.fromarray(data.coffee()).save(path)
    return path


@pytest.fixture
def half(program: Program) -> None:
    """A workflow of the user whose grade grows from left to right."""
    folder = program.home / "config" / "comfyui_workflows"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "half.json").write_text(json.dumps(HALF), encoding="utf-8")
    (folder / "half.yaml").write_text(MANIFEST, encoding="utf-8")


@pytest.mark.usefixtures("half")
def test_an_edit_that_varies_is_followed_over_the_picture(
    program: Program, coffee: Path, tmp_path: Path
) -> None:
    document = program.json("grade", coffee, *DUSK, "--cube", tmp_path / "look.cube")
    check("graded", document)
    assert document["fit"]["model"] == "spatial"
    assert any("varies over it is not in it" in note for note in document["notes"])
    change = np.abs(pixels(document["result_path"]) - pixels(coffee)).mean(axis=(0, 2))
    assert change[:60].mean() < 6
    assert change[-60:].mean() > 20


@pytest.mark.usefixtures("half")
def test_one_lut_for_it_is_warned_of_and_can_be_fitted_again_without_the_host(
    program: Program, coffee: Path
) -> None:
    first = program.json("grade", coffee, *DUSK, "--fit", "lut")
    assert (first["fit"]["model"], first["fit"]["verdict"]) == ("lut", "not_global")
    assert first["fit"]["warning"]
    (begun,) = program.json("jobs", "retry", first["job_id"], "--fit", "spatial")
    again = program.json("jobs", "watch", begun["job_id"])
    assert again["fit"]["model"] == "spatial"
    assert again["seed"] == first["seed"]
    assert set(again["timings_s"]).isdisjoint({"prepare", "upload", "run", "fetch"})
    assert Path(first["result_path"]).exists()
    assert again["result_path"] != first["result_path"]


@pytest.mark.usefixtures("half")
def test_the_models_picture_is_kept_of_a_grade_that_is_done(program: Program, photo: Path) -> None:
    first = program.json("grade", photo, *DUSK, "--fit", "lut")
    (begun,) = program.json("jobs", "retry", first["job_id"], "--fit", "model")
    kept = program.json("jobs", "watch", begun["job_id"])
    check("graded", kept)
    assert kept["fit"]["model"] == "model"
    assert "512 × 512" in kept["fit"]["summary"]


def test_a_photo_is_graded_as_one_that_varies_when_asked_to(program: Program, photo: Path) -> None:
    document = program.json("grade", photo, "--prompt", "warm", "--fit", "spatial")
    check("graded", document)
    fit = document["fit"]
    assert fit["model"] == "spatial"
    assert fit["summary"]
    assert fit["coverage"] > 0.9


@pytest.mark.usefixtures("half")
def test_a_spatial_grade_through_a_mask_keeps_the_rest(
    program: Program, coffee: Path, tmp_path: Path
) -> None:
    mask = np.zeros((400, 600), np.uint8)
    mask[:, 300:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    document = program.json(
        "grade", coffee, *DUSK, "--fit", "spatial", "--mask", tmp_path / "mask.png"
    )
    before, after = pixels(coffee), pixels(document["result_path"])
    assert document["outside_identical"] is True
    assert (after[:, :300] == before[:, :300]).all()
    assert np.abs(after[:, 300:] - before[:, 300:]).mean() > 5


def vignette(colors: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Warm, and darker towards the corners."""
    height, width = colors.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    graded = colors * np.array([1.1, 1.0, 0.85]) * (1 - 0.6 * (x * x + y * y) / 2)[..., None]
    return np.clip(np.rint(graded), 0, 255).astype(np.uint8)


def test_a_vignette_learnt_from_a_small_pair_is_put_on_20_megapixels(
    program: Program, tmp_path: Path
) -> None:
    large = Image.fromarray(data.coffee()).resize((5472, 3648), Image.Resampling.BICUBIC)
    large.save(tmp_path / "photo.tif")
    small = large.resize((1248, 832), Image.Resampling.BOX)
    small.save(tmp_path / "small.png")
    edited = Image.fromarray(vignette(pixels(tmp_path / "small.png")))
    edited.resize((1024, 683), Image.Resampling.BICUBIC).save(tmp_path / "edited.png")
    pair = (tmp_path / "small.png", tmp_path / "edited.png")
    out = tmp_path / "out.tif"
    document = program.json("lut", "spatial", *pair, tmp_path / "photo.tif", "-o", out)
    check("lut spatial", document)
    assert document["fit"]["model"] == "spatial"
    goal = vignette(pixels(tmp_path / "photo.tif")).astype(float)
    result = pixels(document["result_path"])
    assert result.shape == (3648, 5472, 3)
    assert np.abs(result - goal).mean() < 2.5  # one LUT for all of it: 7


def test_a_photo_of_another_shape_is_refused_with_both_sizes(
    program: Program, coffee: Path, photo: Path, tmp_path: Path
) -> None:
    done = program.run("lut", "spatial", coffee, coffee, photo, "-o", tmp_path / "out.png")
    assert done.returncode == 1
    assert "512 x 512" in done.stderr
    assert "600 x 400" in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_a_hald_clut_does_what_the_cube_does(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    graded = program.json("grade", flat_photo, "--prompt", "warm", "--cube", tmp_path / "a.cube")
    hald = program.json("lut", "convert", graded["cube_path"], tmp_path / "a.png", "--size", 36)
    check("lut convert", hald)
    applied = program.json("lut", "apply", flat_photo, hald["path"], "-o", tmp_path / "again.png")
    assert np.abs(pixels(applied["result_path"]) - pixels(graded["result_path"])).max() <= 2


def test_only_the_light_of_a_look_changes_when_asked_to(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    graded = program.json("grade", flat_photo, "--prompt", "warm", "--cube", tmp_path / "a.cube")
    light = program.json(
        "lut", "apply", flat_photo, graded["cube_path"], "-o", tmp_path / "l.png", "--channels",
        "luma",
    )  # fmt: skip
    before, after = pixels(flat_photo), pixels(light["result_path"])
    whole = pixels(graded["result_path"])
    tint = (after - before)[..., 0].mean() - (after - before)[..., 2].mean()
    whole_tint = (whole - before)[..., 0].mean() - (whole - before)[..., 2].mean()
    assert abs(tint) < 0.3 * abs(whole_tint)
