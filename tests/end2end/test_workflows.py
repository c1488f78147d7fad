"""A graph of one's own, from a bare export to a finished edit, on the built-in host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.end2end.program import Program

pytestmark = [pytest.mark.slow]

GRAPHS = Path(__file__).parents[1] / "data" / "graphs"
INVERT: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
}
WINDOW: dict[str, Any] = {
    "nodes": [
        {"id": 1, "type": "LoadImage", "mode": 0, "widgets_values": ["a.png", "image"]},
        {
            "id": 2,
            "type": "ImageInvert",
            "mode": 0,
            "inputs": [{"name": "image", "type": "IMAGE", "link": 1}],
            "widgets_values": [],
        },
        {
            "id": 3,
            "type": "SaveImage",
            "mode": 0,
            "inputs": [{"name": "images", "type": "IMAGE", "link": 2}],
            "widgets_values": ["ComfyUI"],
        },
    ],
    "links": [[1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"]],
    "version": 0.4,
}


def written(folder: Path, document: object, name: str = "invert.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def mean_of_sum(first: Path, second: Path) -> float:
    """What two photos have in common: a negative and its original add up to white."""
    with Image.open(first) as one, Image.open(second) as two:
        total = np.asarray(one, np.float32) + np.asarray(two, np.float32)
    return float(total.mean())


def test_a_bare_export_grades_a_photo(program: Program, flat_photo: Path, tmp_path: Path) -> None:
    imported = program.json("workflows", "import", written(tmp_path, INVERT), "--name", "negative")
    assert imported["notes"] == ["PreviewImage 3 became a SaveImage, so that its picture is kept."]
    graded = program.json("grade", flat_photo, "--workflow", "negative", "--prompt", "x")
    assert (graded["workflow"], graded["ai"]) == ("negative", False)
    assert abs(mean_of_sum(flat_photo, Path(graded["result_path"])) - 255) < 2


def test_a_bare_export_becomes_an_operation_of_its_own(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    said = ("--name", "turned", "--operation", "turn_negative", "--result", "image")
    program.json("workflows", "import", written(tmp_path, INVERT), *said)
    edited = program.json("edit", "turn_negative", flat_photo, "--prompt", "x")
    assert edited["workflow"] == "turned"
    assert Path(edited["result_path"]).exists()


def test_a_file_of_comfyuis_window_is_converted(program: Program, tmp_path: Path) -> None:
    path = written(tmp_path, WINDOW, "window.json")
    imported = program.json("workflows", "import", path)
    assert imported["notes"][0] == "It was converted from the format of ComfyUI's window."
    (checked,) = program.json("workflows", "check", "window")
    assert checked["usable"] is True


def test_the_graph_inside_of_a_picture_is_imported(program: Program, tmp_path: Path) -> None:
    facts = PngInfo()
    facts.add_text("prompt", json.dumps(INVERT))
    path = tmp_path / "ComfyUI_00001_.png"
    Image.new("RGB", (8, 8)).save(path, pnginfo=facts)
    imported = program.json("workflows", "import", path)
    assert imported["workflow"]["name"] == "ComfyUI_00001_"


def test_an_unsure_graph_lists_what_may_be_chosen(program: Program) -> None:
    done = program.run("workflows", "import", GRAPHS / "kontext_edit_two_images.json")
    assert done.returncode == 1
    assert "--bind image=190.image" in done.stderr
    assert "--bind image=191.image" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("said", [("--yes",), ("--bind", "image=191.image")])
def test_an_unsure_graph_is_kept_once_somebody_decides(
    program: Program, said: tuple[str, ...]
) -> None:
    path = GRAPHS / "kontext_edit_two_images.json"
    imported = program.json("workflows", "import", path, *said)
    assert imported["workflow"]["inputs"] == ["image", "prompt", "reference_1", "seed"]


def test_a_workflow_goes_out_and_comes_back(program: Program, tmp_path: Path) -> None:
    program.json("workflows", "import", written(tmp_path, INVERT), "--name", "travels")
    exported = program.json("workflows", "export", "travels", "-o", tmp_path)
    assert exported["path"] == str(tmp_path / "travels.zip")
    program.json("workflows", "delete", "travels")
    assert "travels" not in {one["name"] for one in program.json("workflows", "list")}
    program.json("workflows", "import", exported["path"])
    assert "travels" in {one["name"] for one in program.json("workflows", "list")}


def test_a_deleted_workflow_is_restored(program: Program, tmp_path: Path) -> None:
    program.json("workflows", "import", written(tmp_path, INVERT), "--name", "gone")
    program.json("workflows", "delete", "gone")
    assert program.json("workflows", "restore", "gone")["workflow"]["name"] == "gone"


def test_a_workflow_that_was_edited_by_hand_is_read_again(program: Program, tmp_path: Path) -> None:
    saved = program.json("workflows", "import", written(tmp_path, INVERT), "--name", "edited")
    manifest = Path(saved["path"]).with_suffix(".yaml")
    text = manifest.read_text("utf-8").replace("title: Edited", "title: Changed by hand")
    manifest.write_text(text, encoding="utf-8")
    titles = {one["name"]: one["title"] for one in program.json("workflows", "list")}
    assert titles["edited"] == "Changed by hand"


@pytest.mark.parametrize(
    "name",
    ["../../evil", "kontext_color_grade", "model_names"],
)
def test_what_is_not_the_users_own_is_not_deleted(program: Program, name: str) -> None:
    assert program.json("workflows", "delete", name, code=1)["error"]["kind"] == "not_found"


def test_a_name_without_a_place_is_wrong_usage(program: Program, tmp_path: Path) -> None:
    done = program.run("workflows", "import", written(tmp_path, INVERT), "--bind", "image")
    assert done.returncode == 2
    assert "NAME=NODE.INPUT" in done.stderr


def test_a_model_is_mapped_and_forgotten(program: Program) -> None:
    program.json("workflows", "map", "ae.safetensors", "flux.sft")
    names = program.home / "config" / "comfyui_workflows" / "model_names.yaml"
    assert "'ae.safetensors': 'flux.sft'" in names.read_text("utf-8")
    program.json("workflows", "map", "ae.safetensors", "--clear")
    assert "ae.safetensors" not in names.read_text("utf-8")
