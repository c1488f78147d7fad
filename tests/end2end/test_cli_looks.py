"""``rabbitviewer looks`` through daemon and workers: kept, listed, put on photos, taken away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from daemon.imaging.cube import format_cube
from daemon.imaging.lattice import identity_lut
from tests.end2end.program import Program

pytestmark = [pytest.mark.slow]

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "cli.schema.json").read_text(encoding="utf-8")
)


def check(definition: str, document: object) -> None:
    reference = "#/$defs/" + definition.replace(" ", "%20")
    jsonschema.validate(document, {**SCHEMA, "anyOf": [{"$ref": reference}]})


def lut(folder: Path, name: str, change: float = 2.0) -> Path:
    path = folder / f"{name}.cube"
    path.write_text(format_cube((identity_lut(17) ** np.float32(change)).astype(np.float32)))
    return path


def pixels(path: str | Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def test_a_look_is_imported_renamed_exported_deleted_and_restored(
    program: Program, tmp_path: Path
) -> None:
    first = program.json("looks", "import", lut(tmp_path, "Dusk"))
    second = program.json("looks", "import", lut(tmp_path, "Dusk"))
    check("looks import", first)
    assert (first["name"], second["name"]) == ("Dusk", "Dusk (2)")
    check("looks rename", program.json("looks", "rename", "dusk (2)", "Night"))
    exported = program.json("looks", "export", "Night", tmp_path / "night.png")
    check("looks export", exported)
    with Image.open(exported["path"]) as hald:
        assert hald.size == (64, 64)
    check("looks delete", program.json("looks", "delete", "Night"))
    names = [look["name"] for look in program.json("looks", "list")]
    assert "Dusk" in names
    assert "Night" not in names
    check("looks restore", program.json("looks", "restore", second["look_id"]))
    check("looks list", program.json("looks", "list"))


def test_a_look_is_put_on_photos_and_a_missing_one_stands_in_its_place(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    program.json("looks", "import", lut(tmp_path, "Deep"))
    found = program.json(
        *("looks", "apply", flat_photo, tmp_path / "gone.png", "--look", "Deep"), code=1
    )
    check("looks apply", found)
    done, failed = found
    assert done["result_path"] == str(flat_photo.with_name("photo_look.png"))
    assert (done["look"], done["ai"], done["strength"]) == ("Deep", False, 1.0)
    assert failed["error"]["kind"] == "not_found"
    expected = np.rint(255 * (pixels(flat_photo) / 255) ** 2)
    assert np.abs(pixels(done["result_path"]) - expected).max() <= 1


def test_strength_mask_and_channels_count(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    program.json("looks", "import", lut(tmp_path, "Half"))
    before = pixels(flat_photo)
    mask = np.zeros(before.shape[:2], np.uint8)
    mask[:, :200] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    made = program.json(
        *("looks", "apply", flat_photo, "--look", "Half", "--strength", "0.5"),
        *("--mask", tmp_path / "mask.png", "--channels", "luma", "-o", tmp_path / "out.png"),
    )
    assert made["outside_identical"] is True
    after = pixels(made["result_path"])
    assert (after[:, 200:] == before[:, 200:]).all()
    light = np.array([0.2126, 0.7152, 0.0722])
    graded = 255 * (before[:, :200] / 255) ** 2
    wanted = before[:, :200] @ light + 0.5 * ((graded - before[:, :200]) @ light)
    inside = (after[:, :200].min(2) > 0) & (after[:, :200].max(2) < 255)
    assert np.abs((after[:, :200] @ light - wanted)[inside]).max() < 1.5


def test_the_grade_of_a_job_is_saved_and_applied_without_a_host(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    graded = program.json("grade", flat_photo, "--prompt", "warm, faded", "--fit", "lut")
    saved = program.json("looks", "save", graded["job_id"][:8], "--name", "Faded")
    check("looks save", saved)
    assert (saved["prompt"], saved["ai"]) == ("warm, faded", False)
    again = program.json("looks", "apply", flat_photo, "--look", "Faded", "-o", tmp_path / "a.png")
    assert np.abs(pixels(again["result_path"]) - pixels(graded["result_path"])).max() <= 1
    with Image.open(again["result_path"]) as picture:
        recipe = str(picture.info)
    assert "Faded" in recipe


def test_an_unknown_look_is_told_in_one_line(program: Program, flat_photo: Path) -> None:
    done = program.run("looks", "apply", flat_photo, "--look", "Nowhere")
    assert done.returncode == 1
    assert "'Nowhere' is no look of the library" in done.stderr


def test_a_damaged_lut_is_refused_with_its_line(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "bad.cube"
    path.write_text("LUT_3D_SIZE 2\n0 0 0\n1 0 nan\n")
    done = program.run("looks", "import", path)
    assert done.returncode == 1
    assert "line 3" in done.stderr


def test_a_damaged_lut_stands_in_its_place_and_the_others_are_imported(
    program: Program, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.cube"
    bad.write_text("LUT_3D_SIZE 2\n")
    found = program.json("looks", "import", bad, lut(tmp_path, "Good"), code=1)
    check("looks import", found)
    assert (found[0]["path"], found[1]["name"]) == (str(bad), "Good")
