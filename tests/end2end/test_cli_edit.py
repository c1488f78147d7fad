"""``rabbitviewer edit``: a second picture, values and budget, through daemon and built-in host."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from tests.end2end.program import Program

pytestmark = [pytest.mark.slow]

WORKFLOWS = Path(__file__).parents[1] / "data" / "workflows"
SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "cli.schema.json").read_text(encoding="utf-8")
)


@pytest.fixture
def second(program: Program, tmp_path: Path) -> Path:
    """A red picture with transparency; the workflow that blends it over a photo is there."""
    folder = program.home / "config" / "comfyui_workflows"
    folder.mkdir(parents=True, exist_ok=True)
    for file in WORKFLOWS.iterdir():
        shutil.copy(file, folder)
    picture = tmp_path / "zweites Bild 二.png"
    Image.new("RGBA", (300, 200), (255, 0, 0, 255)).save(picture)
    return picture


def colour(path: str | Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), float).mean((0, 1))


def test_a_second_picture_is_laid_over_the_photo(
    program: Program, flat_photo: Path, second: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    values = ("--set", "amount=0.5", "--image", f"reference_1={second}", "-o", out)
    document = program.json("edit", "blend", flat_photo, *values)
    jsonschema.validate(document, {**SCHEMA, "anyOf": [{"$ref": "#/$defs/graded"}]})
    assert (document["result_path"], document["workflow"]) == (str(out), "blend_two")
    expected = (colour(flat_photo) + np.array((255.0, 0.0, 0.0))) / 2
    assert np.abs(colour(out) - expected).max() < 4


def test_a_picture_that_is_missing_is_asked_for(
    program: Program, flat_photo: Path, second: Path
) -> None:
    done = program.run("edit", "blend", flat_photo)
    assert done.returncode == 1
    assert "needs another picture: Texture (reference_1)" in done.stderr


def test_a_value_that_the_host_does_not_take_is_refused_before_it_is_sent(
    program: Program, flat_photo: Path, second: Path
) -> None:
    values = ("--set", "mode=wrong", "--image", f"reference_1={second}")
    document = program.json("edit", "blend", flat_photo, *values, code=1)
    assert document["error"]["kind"] == "invalid_request"
    assert "normal, multiply, screen" in document["error"]["hint"]


def test_wildcards_are_chosen_and_what_was_sent_is_told(program: Program, flat_photo: Path) -> None:
    prompt = ("--prompt", "{warm|cool} cinematic", "--seed", "3")
    first = program.json("edit", "color_grade", flat_photo, *prompt)
    again = program.json("edit", "color_grade", flat_photo, *prompt)
    assert first["prompt_used"] in ("warm cinematic", "cool cinematic")
    assert again["prompt_used"] == first["prompt_used"]


def test_a_run_over_the_budget_is_refused_with_its_figure(
    program: Program, flat_photo: Path, second: Path
) -> None:
    program.stop()
    (program.home / "config" / "config.yaml").write_text(
        "comfyui:\n  enabled: true\n  host: 127.0.0.1\n  port: 9\n  max_compute: 5\n"
    )
    values = ("--prompt", "night", "--image", f"reference_1={second}")
    document = program.json("edit", "edit_with_reference", flat_photo, *values, code=1)
    assert document["error"]["kind"] == "over_budget"
    assert "the budget is 5" in document["error"]["message"]
