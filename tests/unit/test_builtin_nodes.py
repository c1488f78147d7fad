"""The host's core nodes give the pictures that a real ComfyUI gave for the same graphs.

``tests/data/builtin_host``: inputs, graphs and the 8-bit results of the version named in
``cases.json``, recorded once on its CPU.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.builtin_host.executor import Executor
from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.catalogue import build_catalogue
from daemon.builtin_host.prompt_queue import QueueItem
from daemon.builtin_host.validation import validate_prompt

DATA = Path(__file__).parents[1] / "data" / "builtin_host"
CASES = json.loads((DATA / "cases.json").read_text())["cases"]
CATALOGUE = build_catalogue()


class SilentOutbox:
    def send(self, event, data, client_id):
        pass

    def send_preview(self, image, metadata, client_id):
        pass

    def send_text(self, node_id, text):
        pass

    def wants_metadata(self, client_id):
        return False


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    base = tmp_path_factory.mktemp("host")
    shutil.copytree(DATA / "inputs", base / "input")
    return HostFolders(base)


def run(graph, folders):
    verdict = validate_prompt(graph, CATALOGUE, folders)
    assert verdict.error is None
    item = QueueItem(0, "7f2d6a1e-0000-4000-8000-000000000000", graph, {}, verdict.outputs)
    outcome = Executor(CATALOGUE, folders, SilentOutbox()).run(item)
    return outcome


def tolerance_for(graph):
    """8-bit levels: PNG and TIFF 1, JPEG 6, anything else 2."""
    names = [n["inputs"]["image"] for n in graph.values() if n["class_type"].startswith("Load")]
    limits = {".png": 1, ".tif": 1, ".jpg": 6}
    return max(limits.get(Path(name).suffix, 2) for name in names)


@pytest.mark.parametrize("name", sorted(CASES))
def test_result_equals_the_real_servers(name, folders):
    case = CASES[name]
    save = {
        "class_type": "SaveImage",
        "inputs": {"images": case["images"], "filename_prefix": name},
    }
    outcome = run({**json.loads(json.dumps(case["graph"])), "9": save}, folders)

    assert outcome.success, outcome.messages[-1]
    saved = outcome.outputs["9"]["images"]
    ours = np.asarray(Image.open(folders.root("output") / saved[0]["filename"]).convert("RGB"))
    real = np.asarray(Image.open(DATA / "results" / f"{name}.png").convert("RGB"))
    assert len(saved) == case["frames"]
    assert ours.shape == real.shape
    worst = np.abs(ours.astype(int) - real.astype(int)).max()
    assert worst <= tolerance_for(case["graph"])


@pytest.mark.parametrize("orientation", range(2, 9))
def test_every_exif_orientation_is_loaded_upright(orientation, folders):
    name = f"turned{orientation}.jpg"
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": name}},
    }
    outcome = run(graph, folders)

    saved = folders.root("output") / outcome.outputs["9"]["images"][0]["filename"]
    ours = np.asarray(Image.open(saved)).astype(int)
    stored = np.asarray(Image.open(DATA / "inputs" / name).convert("RGB")).astype(int)
    upright = {
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.transpose(1, 0, 2),
        6: np.rot90(stored, 3),
        7: np.rot90(stored, 2).transpose(1, 0, 2),
        8: np.rot90(stored),
    }[orientation]
    assert np.array_equal(ours, upright)


def fails_with(graph, folders):
    outcome = run(graph, folders)
    event, data = outcome.messages[-1]
    assert (outcome.success, event) == (False, "execution_error")
    return data["exception_message"]


def saving(source, **nodes):
    save = {"class_type": "SaveImage", "inputs": {"images": source, "filename_prefix": "x"}}
    return {**nodes, "9": save}


def load(name):
    return {"class_type": "LoadImage", "inputs": {"image": name}}


def test_a_picture_too_large_for_memory_is_refused_before_it_is_made(folders):
    sizes = {"width": 16384, "height": 16384, "upscale_method": "bilinear", "crop": "disabled"}
    scale = {"class_type": "ImageScale", "inputs": {"image": ["1", 0], **sizes}}
    message = fails_with(saving(["2", 0], **{"1": load("source.png"), "2": scale}), folders)

    assert "16384 x 16384 pixels is too large for the built-in host" in message


@pytest.mark.parametrize("name", ["photo444.jpg", "source.png"])
def test_a_truncated_picture_is_an_error_and_names_no_folder(name, folders):
    content = (DATA / "inputs" / name).read_bytes()
    (folders.root("input") / f"cut-{name}").write_bytes(content[: len(content) // 2])
    message = fails_with(saving(["1", 0], **{"1": load(f"cut-{name}")}), folders)

    assert message.startswith(f"cut-{name} cannot be read")
    assert str(folders.base) not in message


def test_a_missing_alpha_channel_is_named(folders):
    mask = {"class_type": "ImageToMask", "inputs": {"image": ["1", 0], "channel": "alpha"}}
    image = {"class_type": "MaskToImage", "inputs": {"mask": ["2", 0]}}
    graph = saving(["3", 0], **{"1": load("source.png"), "2": mask, "3": image})

    assert "the picture has no alpha channel" in fails_with(graph, folders)


def test_an_animated_webp_becomes_a_batch(folders):
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "blue", "lime")]
    path = folders.root("input") / "moving.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    outcome = run(saving(["1", 0], **{"1": load("moving.webp")}), folders)

    assert len(outcome.outputs["9"]["images"]) == 3
