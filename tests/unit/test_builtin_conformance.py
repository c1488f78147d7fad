"""The built-in host answers as a real ComfyUI did: pictures, texts, errors, order of messages.

``tests/data/builtin_host/nodes`` holds graphs and what the version named there made of them on its
CPU, by theme: refusals word for word, and for graphs that ran the texts, the events in their order
(where there is one output node, for otherwise that order is random there) and the 8-bit pictures
(``THEME.npz``, by ``case/node.number``).

Pictures may differ by one level of 255. Sums of floats are added up in another order than PyTorch
does, and saving truncates: a value that is a hair below a level comes out one lower. All that only
copies, compares or rounds is exact (``EXACT``).
"""

import json
import shutil
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from daemon.builtin_host.executor import Executor
from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.catalogue import build_catalogue
from daemon.builtin_host.prompt_queue import QueueItem
from daemon.builtin_host.validation import validate_prompt

DATA = Path(__file__).parents[1] / "data" / "builtin_host" / "nodes"
THEMES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.json"))}
CACHED = THEMES["cached"].pop("runs")
CATALOGUE = build_catalogue()
EXACT = frozenset(
    {
        "ImageFlip",
        "ImageRotate",
        "ImageCrop",
        "ImageCropV2",
        "CenterCropImages",
        "ImageFromBatch",
        "RepeatImageBatch",
        "RebatchImages",
        "EmptyImage",
        "ImageQuantize",
        "Morphology",
        "ImageAddNoise",
        "ThresholdMask",
        "SolidMask",
        "ImageColorToMask",
        "CropMask",
        "GrowMask",
        "Canny",
        "SplitImageWithAlpha",
        "SaveImageAdvanced",
    }
)
TIES = {"canny_flat_1", "canny_flat_3"}
"""Edges drawn with a ruler: both sides are equally strong, and the last bit of a float decides."""
EARLIER = {"max_zero", "node_longer_0", "linked_int_zero", "crop_2"}
"""Pictures without pixels: there a later node chokes on them, here the one that makes them."""
OWN_WORDS = {
    "no_alpha": "index 3 is out of bounds for dimension 3 with size 3",
    "memory_empty": "DefaultCPUAllocator: can't allocate memory: you tried to allocate",
    "memory_solid_repeat": "can't allocate memory: you tried to allocate 824633720832 bytes",
    "save_outside": "Saving image outside the output folder is not allowed.",
    "save_advanced_outside": "Saving image outside the output folder is not allowed.",
}
"""Errors that say more here, or less: what both have in common."""


class Outbox:
    """Notes the events of a run as the recordings do."""

    def __init__(self):
        self.events = []
        self.told = []

    def send(self, event, data, client_id):
        named = event in ("executing", "executed", "progress")
        if event != "progress_state":
            self.events.append(f"{event}:{data['node']}" if named else event)

    def send_preview(self, image, metadata, client_id):
        raise AssertionError("no preview was asked for")

    def send_text(self, node_id, text):
        self.events.append(f"text:{node_id}")
        self.told.append([node_id, text])

    def wants_metadata(self, client_id):
        return True


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    base = tmp_path_factory.mktemp("host")
    shutil.copytree(DATA / "inputs", base / "input")
    return HostFolders(base)


@pytest.fixture(scope="module")
def pictures():
    return {path.stem: dict(np.load(path)) for path in DATA.glob("*.npz")}


def cases(kind):
    return [
        (theme, name)
        for theme, document in THEMES.items()
        for name, case in document.get("cases", {}).items()
        if (kind in case) and not (kind == "shown" and "error" in case)
    ]


def graph_of(theme, case):
    """The case's graph with the loaders that all cases of a theme share."""
    sources = THEMES[theme]["sources"]
    graph = json.loads(json.dumps(case["graph"]))
    wanted = list(graph)
    while wanted:
        for value in graph[wanted.pop()]["inputs"].values():
            name = value[0] if isinstance(value, list) and value else None
            if isinstance(name, str) and name in sources and name not in graph:
                graph[name] = json.loads(json.dumps(sources[name]))
                wanted.append(name)
    return graph


def run(theme, case, folders):
    graph = graph_of(theme, case)
    verdict = validate_prompt(graph, CATALOGUE, folders)
    assert verdict.error is None, verdict
    outbox = Outbox()
    item = QueueItem(0, "7f2d6a1e-0000-4000-8000-000000000000", graph, {"client_id": "a"}, ())
    item.outputs = verdict.outputs
    outcome = Executor(CATALOGUE, folders, outbox).run(item)
    assert verdict.node_errors == case.get("node_errors", {})
    return outcome, outbox


def counted(outputs):
    """Outputs with the number of their pictures instead of the names."""
    return {
        node_id: {key: len(value) if key.endswith("images") else value for key, value in ui.items()}
        for node_id, ui in outputs.items()
    }


def saved(folders, entry):
    path = folders.root(entry["type"]) / entry["subfolder"] / entry["filename"]
    content = path.read_bytes()
    is_deep = content[24] == 16  # bits a channel, in the PNG's head
    return imagecodecs.png_decode(content) if is_deep else np.asarray(Image.open(path))


def worst_difference(ours, real):
    assert (ours.shape, ours.dtype) == (real.shape, real.dtype)
    return int(np.abs(ours.astype(int) - real.astype(int)).max())


@pytest.mark.parametrize(("theme", "name"), cases("shown"))
def test_a_graph_gives_the_real_servers_result(theme, name, folders, pictures):
    case = THEMES[theme]["cases"][name]
    outcome, outbox = run(theme, case, folders)

    assert outcome.success, outcome.messages[-1]
    assert counted(outcome.outputs) == case["shown"]
    assert outbox.told == case.get("told", outbox.told)
    assert [*outbox.events, "executing:None"] == case.get(
        "messages", " ".join([*outbox.events, "executing:None"])
    ).split(" ")
    real = {
        key.partition("/")[2]: value
        for key, value in pictures.get(theme, {}).items()
        if key.partition("/")[0] == name
    }
    ours = {
        f"{node_id}.{number}": saved(folders, entry)
        for node_id, ui in outcome.outputs.items()
        for number, entry in enumerate(ui.get("images", []))
    }
    assert ours.keys() == real.keys()
    if name in TIES:
        assert max(np.mean(ours[key] != real[key]) for key in real) < 0.05
        return
    kinds = {node["class_type"] for node in case["graph"].values()}
    allowed = 0 if kinds & EXACT and kinds <= EXACT | {"SaveImage", "MaskToImage"} else 1
    assert max((worst_difference(ours[key], real[key]) for key in real), default=0) <= allowed


@pytest.mark.parametrize(("theme", "name"), cases("error"))
def test_a_graph_fails_as_on_the_real_server(theme, name, folders):
    case = THEMES[theme]["cases"][name]
    outcome, _ = run(theme, case, folders)
    event, data = outcome.messages[-1]
    real = case["error"]

    assert (outcome.success, event, outcome.outputs) == (False, "execution_error", {})
    if name in EARLIER:
        assert data["exception_type"] == "RuntimeError"
        return
    assert (data["node_id"], data["node_type"]) == (real["node_id"], real["node_type"])
    assert data["exception_type"] == real["exception_type"]
    if name in OWN_WORDS:
        assert OWN_WORDS[name] in data["exception_message"]
        assert OWN_WORDS[name] in real["exception_message"]
        return
    assert data["exception_message"] == real["exception_message"]


def in_order(answer):
    """An answer with its lists sorted: the real server checks inputs in a random order."""
    for entry in answer["node_errors"].values():
        entry["dependent_outputs"] = sorted(entry["dependent_outputs"])
        entry["errors"] = sorted(entry["errors"], key=lambda complaint: complaint["details"])
        for complaint in entry["errors"]:
            complaint["extra_info"].pop("traceback", None)
    answer["error"]["details"] = sorted(answer["error"]["details"].split("\n"))
    return answer


@pytest.mark.parametrize(("theme", "name"), cases("answer"))
def test_a_graph_is_refused_as_on_the_real_server(theme, name, folders):
    case = THEMES[theme]["cases"][name]
    verdict = validate_prompt(graph_of(theme, case), CATALOGUE, folders)
    ours = json.loads(json.dumps({"error": verdict.error, "node_errors": verdict.node_errors}))

    assert in_order(ours) == in_order(case["answer"])


@pytest.mark.parametrize("name", sorted(CACHED))
def test_a_graph_that_is_run_again_shows_what_is_cached_as_the_real_server_does(name, folders):
    case = CACHED[name]
    graph = graph_of("cached", case)
    verdict = validate_prompt(graph, CATALOGUE, folders)
    outbox = Outbox()
    executor = Executor(CATALOGUE, folders, outbox)
    prompt_id = "7f2d6a1e-0000-4000-8000-000000000000"
    item = QueueItem(0, prompt_id, graph, {"client_id": "a"}, verdict.outputs)
    executor.run(item)
    outbox.events.clear()
    outcome = executor.run(item)

    assert [*outbox.events, "executing:None"] == case["messages"].split(" ")
    assert sorted(outcome.messages[1][1]["nodes"]) == sorted(case["cached"])
    assert counted(outcome.outputs) == case["shown"]
