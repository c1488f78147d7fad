"""What a workflow is given for its bindings: photo, mask and pool, with and without each."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from daemon.comfyui.graph import Workflow
from daemon.comfyui.manifest import Binding, Manifest, Output
from daemon.edits.inputs import (
    HostPicture,
    file_of,
    fit_mask,
    plan_pictures,
    plan_values,
    prepare_pictures,
)
from daemon.edits.work_files import WorkFiles
from daemon.storage.job_record import JobRecord
from daemon.tasks import SmallPrepared
from tests.fakes.direct import DirectWorkers
from tests.unit.test_job_store import record

GRAPH: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "2": {"class_type": "LoadImageMask", "inputs": {"image": "m.png", "channel": "red"}},
    "3": {"class_type": "LoadImageMask", "inputs": {"image": "m.png", "channel": "alpha"}},
    "4": {"class_type": "LoadImage", "inputs": {"image": "p.png"}},
    "5": {"class_type": "Words", "inputs": {"label": "", "index": 0, "count": 0}},
    "6": {"class_type": "LoadImage", "inputs": {"image": "m.png"}},
    "7": {"class_type": "ImageToMask", "inputs": {"image": ["6", 0], "channel": "red"}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}
SMALL = SmallPrepared(
    width_px=32,
    height_px=16,
    box=(0, 2, 32, 12),
    photo_width_px=64,
    photo_height_px=24,
    color_space="srgb",
    format="png",
    lossy=False,
)
PAINTED = {"mask_path": b"/m.png"}
FROM_POOL = {"pool_id": "p", "slot": "img_0002", "index": 1, "count": 3, "label": "sky"}


def workflow(**nodes: str) -> Workflow:
    """A workflow with the picture bindings *nodes*: name (``__`` for a dot) to node."""
    bindings = {
        name.replace("__", "."): Binding(node, GRAPH[node]["class_type"], "image")
        for name, node in nodes.items()
    }
    for name in ("index", "count", "label"):
        bindings[f"pool.{name}"] = Binding("5", "Words", name)
    manifest = Manifest(
        operation="color_grade", title="A", result="lut", bindings=bindings, output=Output("9")
    )
    return Workflow("mine", "user", manifest, GRAPH)


def plan(nodes: dict[str, str], **changes: object) -> dict[str, HostPicture]:
    return plan_pictures(workflow(**nodes), record(**changes))


def test_a_mask_for_a_mask_node_stands_alone() -> None:
    planned = plan({"image": "1", "mask": "2"}, **PAINTED)
    assert planned["mask"] == HostPicture("photo", "painted", in_alpha=False)
    assert planned["image"] == HostPicture("photo")


def test_a_mask_for_a_node_whose_picture_becomes_the_mask_stands_alone() -> None:
    assert not plan({"image": "1", "mask": "6"}, **PAINTED)["mask"].in_alpha


@pytest.mark.parametrize("node", ["3", "4"])
def test_a_mask_for_a_node_that_reads_alpha_is_the_pictures_transparency(node: str) -> None:
    assert plan({"mask": node}, **PAINTED)["mask"].in_alpha


def test_picture_and_mask_of_one_node_are_one_file() -> None:
    planned = plan({"image": "1", "mask": "1"}, **PAINTED)
    assert planned["image"] == planned["mask"] == HostPicture("photo", "painted", in_alpha=True)


def test_without_a_mask_the_edit_counts_everywhere_and_the_pools_is_black() -> None:
    planned = plan({"mask": "2", "pool__mask": "3"}, **FROM_POOL)
    assert (planned["mask"].mask, planned["pool.mask"].mask) == ("white", "black")


def test_from_a_pool_its_picture_is_the_photo_with_its_mask() -> None:
    planned = plan({"pool__image": "1", "pool__mask": "2"}, **FROM_POOL, **PAINTED)
    assert planned == {
        "pool.image": HostPicture("photo"),
        "pool.mask": HostPicture("photo", "painted"),
    }


def test_without_a_pool_its_picture_is_one_black_pixel_and_its_numbers_are_nought() -> None:
    planned = plan({"pool__image": "1", "pool__mask": "2"}, **PAINTED)
    assert planned == {
        "pool.image": HostPicture("nothing"),
        "pool.mask": HostPicture("nothing", "black"),
    }
    values = plan_values(workflow(), record())
    assert values == {"pool.index": 0, "pool.count": 0, "pool.label": ""}


def test_a_photo_that_shares_its_node_with_the_pools_mask_stays_the_photo() -> None:
    planned = plan({"image": "1", "pool__mask": "1"})
    assert planned["image"] == HostPicture("photo", "black", in_alpha=True)


def test_index_count_and_label_go_into_the_graph() -> None:
    values = plan_values(workflow(), record(**FROM_POOL))
    assert values == {"pool.index": 1, "pool.count": 3, "pool.label": "sky"}


def test_a_grade_is_learnt_behind_the_mask_only_where_the_graph_has_it() -> None:
    masked = record(**PAINTED)
    assert fit_mask(workflow(image="1", mask="2"), masked) == HostPicture("photo", "painted")
    assert fit_mask(workflow(image="1"), masked) is None
    assert fit_mask(workflow(pool__mask="2"), masked) is None


class Work:
    """A job's work folder with a small copy and a mask whose right half is white."""

    def __init__(self, folder: Path) -> None:
        self.files = WorkFiles(folder)
        self.photo = np.full((16, 32, 3), (10, 200, 90), np.uint8)
        Image.fromarray(self.photo).save(self.files.sent)
        mask = np.zeros((24, 64), np.uint8)
        mask[:, 32:] = 255
        Image.fromarray(mask).save(self.files.mask)

    def made(self, nodes: dict[str, str], binding: str, job: JobRecord) -> Image.Image:
        flow = workflow(**nodes)
        holder = SimpleNamespace(record=job)
        asyncio.run(prepare_pictures(holder, DirectWorkers(), self.files, flow, SMALL))
        picture = plan_pictures(flow, job)[binding]
        with Image.open(file_of(picture, self.files)) as found:
            return found.copy()


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_the_small_mask_lies_where_the_photo_lies_in_the_small_copy(work: Work) -> None:
    made = np.asarray(work.made({"mask": "2"}, "mask", record(**PAINTED)))
    assert made.shape == (16, 32, 3)
    assert (made[2:14, 20:] == 255).all()
    assert (made[2:14, :12] == 0).all()
    assert (made[:2] == 0).all()


def test_in_the_alpha_form_white_is_transparent_and_the_colours_stay(work: Work) -> None:
    made = np.asarray(work.made({"mask": "4"}, "mask", record(**PAINTED)))
    assert (made[..., :3] == work.photo).all()
    assert (made[2:14, 20:, 3] == 0).all()
    assert (made[2:14, :12, 3] == 255).all()


def test_no_mask_for_a_mask_binding_is_white_up_to_the_edges(work: Work) -> None:
    made = np.asarray(work.made({"mask": "2"}, "mask", record()))
    assert (made == 255).all()


def test_no_pool_is_one_black_pixel_with_no_mask(work: Work) -> None:
    made = work.made({"pool__image": "4", "pool__mask": "4"}, "pool.image", record())
    assert (made.size, made.getpixel((0, 0))) == ((1, 1), (0, 0, 0, 255))


def test_what_is_made_is_whole_or_absent(work: Work) -> None:
    job = msgspec.structs.replace(record(), **PAINTED)
    work.made({"image": "1", "mask": "2", "pool__mask": "3"}, "image", job)
    assert not list(work.files.folder.glob("*.part"))
    assert os.listdir(work.files.folder)


WORDS: dict[str, Any] = {
    **GRAPH,
    "6": {"class_type": "CLIPTextEncodeFlux", "inputs": {"clip_l": "a", "t5xxl": "b"}},
    "7": {"class_type": "CLIPTextEncodeFlux", "inputs": {"clip_l": "ugly", "t5xxl": "old"}},
}


def words(**said: Any) -> dict[str, Any]:
    """The texts that a graph with two encoders gets."""
    places = {
        "prompt": ("6", "t5xxl"),
        "prompt_2": ("6", "clip_l"),
        "negative": ("7", "t5xxl"),
        "negative_prompt_2": ("7", "clip_l"),
    }
    bindings = {name: Binding(at[0], "CLIPTextEncodeFlux", at[1]) for name, at in places.items()}
    manifest = Manifest(
        operation="x", title="X", result="lut", bindings=bindings, output=Output("9")
    )
    job = msgspec.structs.replace(record("a"), prompt="night", prompt_used="", **said)
    return plan_values(Workflow("w", "user", manifest, WORDS), job)


def test_a_second_prompt_that_was_not_given_is_the_first() -> None:
    assert words()["prompt_2"] == "night"
    assert words(prompt_2="stars")["prompt_2"] == "stars"


def test_a_negative_that_was_not_given_leaves_the_graphs_own_words() -> None:
    found = words()
    assert "negative" not in found
    assert found["negative_prompt_2"] == "old"


def test_an_empty_negative_is_empty() -> None:
    found = words(negative="")
    assert (found["negative"], found["negative_prompt_2"]) == ("", "")


def test_wildcards_are_chosen_in_every_text_and_the_chosen_prompt_is_sent() -> None:
    found = words(negative="{a|b}", negative_prompt_2="{c|d}")
    assert found["negative"] in ("a", "b")
    assert found["negative_prompt_2"] in ("c", "d")
    job = msgspec.structs.replace(record("a"), prompt="{x|y}", prompt_used="y")
    manifest = Manifest(
        operation="x",
        title="X",
        result="lut",
        bindings={"prompt": Binding("6", "CLIPTextEncodeFlux", "t5xxl")},
        output=Output("9"),
    )
    assert plan_values(Workflow("w", "user", manifest, WORDS), job) == {"prompt": "y"}


def test_a_further_picture_is_sent_from_the_work_folder(tmp_path: Path) -> None:
    job = msgspec.structs.replace(record("a"), images=("reference_1",))
    planned = plan_pictures(workflow(image="1", reference_1="4"), job)
    assert planned["reference_1"] == HostPicture("reference_1")
    files = WorkFiles(tmp_path)
    assert file_of(planned["reference_1"], files) == files.picture("reference_1")
