"""Edits through masks and from pools: a real daemon, the built-in host, real files."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from daemon.decode.photo import read_photo
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.messages import MaskOpen, MaskOpened
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.end2end.program import Program

pytestmark = [pytest.mark.slow]

WORKFLOW: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "2": {"class_type": "LoadImageMask", "inputs": {"image": "m.png", "channel": "red"}},
    "3": {
        "class_type": "RabbitPromptGrade",
        "inputs": {"image": ["1", 0], "prompt": "", "seed": 0, "strength": 1.0},
    },
    "4": {
        "class_type": "GrowMask",
        "inputs": {"mask": ["2", 0], "expand": 0, "tapered_corners": True},
    },
    "5": {
        "class_type": "ImageCompositeMasked",
        "inputs": {
            "destination": ["1", 0],
            "source": ["3", 0],
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
title: The pool's own words
result: lut
mask: {mask}
bindings:
  image: {{node: "1", class: LoadImage, input: image}}
  {mask_binding}: {{node: "2", class: LoadImageMask, input: image}}
  pool.label: {{node: "3", class: RabbitPromptGrade, input: prompt}}
  pool.index: {{node: "4", class: GrowMask, input: expand}}
output: {{node: "9"}}
version: 1
"""


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """Black, half and white thirds for the cat."""
    values = np.zeros(data.chelsea().shape[:2], np.uint8)
    values[:, 150:300], values[:, 300:] = 128, 255
    path = tmp_path / "mask.png"
    Image.fromarray(values).save(path)
    return path


@pytest.fixture
def workflows(program: Program) -> None:
    """Three workflows of the user, which differ in how they take a mask."""
    folder = program.home / "config" / "comfyui_workflows"
    folder.mkdir(parents=True, exist_ok=True)
    for name, policy, binding in (
        ("of_the_pool", "optional", "pool.mask"),
        ("masked", "required", "mask"),
        ("maskless", "none", "mask"),
    ):
        (folder / f"{name}.json").write_text(json.dumps(WORKFLOW))
        (folder / f"{name}.yaml").write_text(MANIFEST.format(mask=policy, mask_binding=binding))


def pixels(path: Path | str) -> NDArray[np.int32]:
    return read_photo(str(path).encode()).pixels[..., :3].astype(np.int32)


def refusal(program: Program, *arguments: str | Path) -> dict[str, str]:
    done = program.run("grade", *arguments, "--prompt", "warm", "--host", "builtin", "--json")
    assert done.returncode != 0
    return json.loads(done.stdout)["error"]


def test_outside_a_mask_nothing_changes_and_half_a_value_is_half_the_way(
    program: Program, flat_photo: Path, mask: Path, tmp_path: Path
) -> None:
    look = ("--prompt", "warm, bright", "--cube", tmp_path / "look.cube")
    masked = program.json("grade", flat_photo, *look, "--mask", mask)
    whole = program.json(
        "lut", "apply", flat_photo, masked["cube_path"], "-o", tmp_path / "whole.png"
    )
    before, after = pixels(flat_photo), pixels(masked["result_path"])
    graded = pixels(whole["result_path"])
    assert masked["outside_identical"] is True
    assert (after[:, :150] == before[:, :150]).all()
    assert np.abs(after[:, 300:] - graded[:, 300:]).max() <= 1
    assert np.abs(graded - before).mean() > 3
    half_way = before + (graded - before) * (128 / 255)
    assert np.abs(after[:, 150:300] - half_way[:, 150:300]).max() <= 1.5


def test_a_masked_jpeg_keeps_its_decoded_pixels_in_a_png(
    program: Program, photo: Path, tmp_path: Path
) -> None:
    values = np.zeros((512, 512), np.uint8)
    values[100:200, 300:400] = 255
    Image.fromarray(values).save(tmp_path / "mask.png")
    done = program.json("grade", photo, "--prompt", "cold", "--mask", tmp_path / "mask.png")
    before, after = pixels(photo), pixels(done["result_path"])
    assert done["result_path"].endswith(".png")
    assert (after[values == 0] == before[values == 0]).all()
    assert (after[values == 255] != before[values == 255]).any()


def test_an_all_black_mask_is_refused_before_anything_is_sent(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    Image.new("L", (451, 300), 0).save(tmp_path / "black.png")
    error = refusal(program, flat_photo, "--mask", tmp_path / "black.png")
    assert (error["kind"], error["message"]) == (
        "invalid_request",
        "Inpaint mask strokes are empty.",
    )
    jobs = program.json("jobs", "list")
    assert not [job for job in jobs if job["path"] == str(flat_photo)]


def test_the_policy_of_a_workflow_is_kept(
    program: Program, flat_photo: Path, mask: Path, workflows: None
) -> None:
    assert "needs a mask" in refusal(program, flat_photo, "--workflow", "masked")["message"]
    error = refusal(program, flat_photo, "--workflow", "maskless", "--mask", mask)
    assert "takes no mask" in error["message"]


def test_photo_mask_index_and_label_of_a_pool_reach_a_workflow(
    program: Program, photo: Path, flat_photo: Path, mask: Path, workflows: None
) -> None:
    program.json("pool", "new", "Story")
    program.json("pool", "add", photo, flat_photo)
    program.json("pool", "set-mask", "1", mask)
    program.json("pool", "label", "1", "warm, bright")
    done = program.json(
        *("grade", "--pool", "Story", "--index", "9", "--prompt", "nothing at all"),
        *("--workflow", "of_the_pool", "--host", "builtin"),
    )
    assert (done["path"], done["index"]) == (str(flat_photo), 1)
    before, after = pixels(flat_photo), pixels(done["result_path"])
    assert (after[:, :150] == before[:, :150]).all()
    change = (after - before)[:, 300:].mean((0, 1))
    assert change[0] > change[2] + 2


@pytest.fixture
def reference_workflow(program: Program) -> str:
    """A workflow that grades the photo and lays the pool's picture over it, through its mask."""
    reference = {"class_type": "LoadImage", "inputs": {"image": "p.png"}}
    lay_over = {**WORKFLOW["5"]["inputs"], "destination": ["3", 0], "source": ["6", 0]}
    graph = {**WORKFLOW, "6": reference, "5": {**WORKFLOW["5"], "inputs": lay_over}}
    manifest = MANIFEST.format(mask="optional", mask_binding="pool.mask").replace(
        "  pool.label:", '  pool.image: {node: "6", class: LoadImage, input: image}\n  prompt:'
    )
    folder = program.home / "config" / "comfyui_workflows"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reference.json").write_text(json.dumps(graph))
    (folder / "reference.yaml").write_text(manifest)
    return "reference"


def test_a_workflow_for_pools_runs_without_one(
    program: Program, flat_photo: Path, reference_workflow: str
) -> None:
    done = program.json(
        *("grade", flat_photo, "--prompt", "warm"),
        *("--workflow", reference_workflow, "--host", "builtin"),
    )
    change = (pixels(done["result_path"]) - pixels(flat_photo)).mean((0, 1))
    assert change[0] > change[2] + 2


def test_a_result_is_stale_once_its_slot_has_another_mask(
    program: Program, flat_photo: Path, mask: Path, tmp_path: Path
) -> None:
    program.json("pool", "new", "Stale")
    program.json("pool", "add", flat_photo)
    program.json("pool", "set-mask", "0", mask)
    program.json("grade", "--pool", "Stale", "--prompt", "warm", "-o", f"{tmp_path}/out/")
    program.json("pool", "label", "0", "a label makes nothing stale")
    assert not stale(program)
    Image.new("L", (451, 300), 255).save(mask)
    program.json("pool", "set-mask", "0", mask)
    assert becomes_stale(program)


def stale(program: Program) -> bool:
    return program.json("pool", "list")["slots"][0]["stale"]


def becomes_stale(program: Program) -> bool:
    """Whether the mark comes; the content is looked at in the background of the first question."""
    return any(stale(program) for _ in range(10))


def test_an_edit_has_what_is_being_painted_at_that_moment(
    program: Program, flat_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RABBITVIEWER_HOME", str(program.home))
    program.json("pool", "new", "Painting")
    program.json("pool", "add", flat_photo)
    with contextlib.closing(DaemonConnection.open(resolve_folders())) as connection:
        connection.hello()
        opened = connection.request(MaskOpen(slot="img_0001"), MaskOpened)
        values = np.memmap(
            os.fsdecode(opened.values_path),
            mode="r+",
            offset=opened.offset,
            shape=(opened.height_px, opened.width_px),
        )
        values[:, 300:] = 255
        done = program.json(
            "grade", "--pool", "Painting", "--prompt", "warm", "-o", f"{tmp_path}/out/"
        )
    before, after = pixels(flat_photo), pixels(done["result_path"])
    assert (after[:, :300] == before[:, :300]).all()
    assert (after[:, 300:] != before[:, 300:]).any()
