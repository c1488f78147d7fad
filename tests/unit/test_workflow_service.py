"""Importing, keeping and watching workflows as a client sees it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from daemon.comfyui.capability import Abilities
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operations import WorkflowLibrary
from daemon.edits.workflows import WorkflowService
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import Message, WirePath
from daemon.protocol.peer import Peer
from daemon.protocol.workflows import (
    WorkflowDelete,
    WorkflowDuplicate,
    WorkflowExport,
    WorkflowImport,
    WorkflowMapModels,
    WorkflowProposal,
    WorkflowProposeRequest,
    WorkflowRestore,
    WorkflowsChanged,
)
from daemon.resources import data_folder
from tests.fakes.peer import FakePeer
from tests.fakes.replay import load

GRAPHS = Path(__file__).parents[1] / "data" / "graphs"
TWO = GRAPHS / "kontext_edit_two_images.json"
KONTEXT = GRAPHS / "kontext_edit.json"
PEER = FakePeer()
Q = TypeVar("Q")
A = TypeVar("A")


class FakeHosts:
    """One host called studio, with the nodes of the recordings, or away."""

    def __init__(self, nodes: dict[str, Any] | None) -> None:
        self.nodes = nodes

    def in_use(self) -> list[str]:
        return ["studio"]

    async def abilities(self, host: str) -> Abilities:
        if self.nodes is None or host != "studio":
            raise RabbitError(ErrorKind.HOST_UNREACHABLE, f"{host} does not answer.")
        return Abilities(ObjectInfo(self.nodes), "0.33.0")


class Kit:
    """A service over one folder."""

    def __init__(self, tmp_path: Path, nodes: dict[str, Any] | None) -> None:
        self.folder = tmp_path / "comfyui_workflows"
        self.library = WorkflowLibrary(data_folder("comfyui_workflows"), self.folder)
        self.said: list[Message] = []
        self.trials = tmp_path / "trials"
        self.service = WorkflowService(
            self.library,
            FakeHosts(nodes),
            lambda message, *_: self.said.append(message),
            self.trials,
            lambda: True,
        )

    def ask(self, handler: Callable[[Peer, Q], Coroutine[Any, Any, A]], request: Q) -> A:
        return asyncio.run(handler(PEER, request))

    def propose(self, path: Path) -> WorkflowProposal:
        return self.ask(self.service.propose, WorkflowProposeRequest(path=wire(path)))

    def keep(self, path: Path, **said: Any) -> str:
        request = WorkflowImport(path=wire(path), **said)
        return self.ask(self.service.import_file, request).workflow.name


def wire(path: Path) -> WirePath:
    return WirePath.of(os.fsencode(path))


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path, load("object_info"))


@pytest.fixture
def alone(tmp_path: Path) -> Kit:
    return Kit(tmp_path, None)


def test_a_bare_export_becomes_a_workflow_under_its_files_name(kit: Kit) -> None:
    assert kit.keep(KONTEXT) == "kontext_edit"
    workflow = kit.library.get("kontext_edit")
    assert (workflow.manifest.title, workflow.proposed) == ("Kontext edit", False)
    assert set(workflow.manifest.bindings) == {"image", "prompt", "seed"}


def test_what_the_host_lacks_is_told_before_anything_is_kept(kit: Kit) -> None:
    found = kit.propose(KONTEXT)
    assert found.sure
    missing = "The model file ae.safetensors is missing in models/vae on studio."
    assert missing in found.problems
    assert not kit.folder.exists()


def test_a_file_is_read_without_any_host(alone: Kit) -> None:
    found = alone.propose(KONTEXT)
    assert found.notes == ("No host was asked: types and ranges are guessed.",)
    assert alone.keep(KONTEXT) == "kontext_edit"


def test_pictures_change_places_when_another_one_is_the_photo(kit: Kit) -> None:
    name = kit.keep(TWO, bindings={"image": "191.image"})
    bindings = kit.library.get(name).manifest.bindings
    assert (bindings["image"].node, bindings["reference_1"].node) == ("191", "190")


def test_a_binding_can_be_left_away(kit: Kit) -> None:
    name = kit.keep(KONTEXT, bindings={"seed": ""})
    assert "seed" not in kit.library.get(name).manifest.bindings


def test_the_form_has_the_parameters_that_were_chosen(kit: Kit) -> None:
    name = kit.keep(KONTEXT, parameters={"turns": "31.steps"})
    parameters = kit.library.get(name).manifest.parameters
    assert {n: one.input for n, one in parameters.items()} == {"turns": "steps"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"bindings": {"image": "999.image"}}, "The graph has no node '999'."),
        ({"bindings": {"image": "31.image"}}, "has no input 'image' with a value"),
        ({"bindings": {"nonsense": "31.seed"}}, "There is no binding called 'nonsense'."),
        ({"result": "poem"}, "'poem' is no kind of result."),
        ({"parameters": {"a": "31.nope"}}, "The graph has no value '31.nope'"),
        ({"operation": "Not A Name"}, "operation: expected text of small letters"),
    ],
)
def test_a_choice_that_is_none_is_refused(kit: Kit, said: dict[str, Any], reason: str) -> None:
    with pytest.raises(RabbitError) as caught:
        kit.keep(KONTEXT, **said)
    assert reason in caught.value.info.message
    assert not kit.folder.exists()


def test_a_graph_without_a_result_cannot_be_kept(kit: Kit, tmp_path: Path) -> None:
    graph = json.loads(KONTEXT.read_text("utf-8"))
    del graph["136"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(graph), encoding="utf-8")
    with pytest.raises(RabbitError, match="It saves no picture"):
        kit.keep(path)


def test_a_file_of_the_window_is_converted_with_the_hosts_nodes(kit: Kit, tmp_path: Path) -> None:
    found = kit.propose(window_file(tmp_path))
    assert (found.converted, found.sure) == (True, True)
    assert found.notes[0] == "It was converted from the format of ComfyUI's window."


def test_a_file_of_the_window_is_refused_with_how_to_export_where_no_host_answers(
    alone: Kit, tmp_path: Path
) -> None:
    with pytest.raises(RabbitError) as caught:
        alone.propose(window_file(tmp_path))
    assert "no host told its nodes" in caught.value.info.message
    assert "Export (API)" in caught.value.info.hint


def window_file(tmp_path: Path) -> Path:
    nodes = [
        {"id": 1, "type": "LoadImage", "mode": 0, "widgets_values": ["a.png", "image"]},
        {
            "id": 3,
            "type": "SaveImage",
            "mode": 0,
            "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
            "widgets_values": ["x"],
        },
    ]
    path = tmp_path / "window.json"
    document = {"nodes": nodes, "links": [[1, 1, 0, 3, 0, "IMAGE"]]}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_an_export_is_imported_with_its_manifest(kit: Kit, tmp_path: Path) -> None:
    export = WorkflowExport(name="kontext_color_grade", output=wire(tmp_path))
    path = Path(os.fsdecode((kit.ask(kit.service.export, export)).path))
    found = kit.propose(path)
    assert (found.sure, found.operation, found.result) == (True, "color_grade", "lut")
    name = kit.keep(path)
    assert name == "kontext_color_grade (2)"
    manifest = kit.library.get(name).manifest
    assert manifest.title == "Color grade (FLUX.1 Kontext) (2)"
    shipped = kit.library.get("kontext_color_grade").manifest
    assert (manifest.bindings, manifest.parameters) == (shipped.bindings, shipped.parameters)


def test_a_duplicate_keeps_the_comments_and_gets_a_title_of_its_own(kit: Kit) -> None:
    kit.ask(kit.service.duplicate, WorkflowDuplicate(name="kontext_color_grade"))
    text = (kit.folder / "kontext_color_grade (2).yaml").read_text("utf-8")
    assert "title: Color grade (FLUX.1 Kontext) (2)\n" in text.replace('"', "")
    assert "# The four files may have other names on your machine" in text


def test_a_deleted_workflow_comes_back(kit: Kit) -> None:
    kit.keep(KONTEXT)
    kit.ask(kit.service.delete, WorkflowDelete(name="kontext_edit"))
    assert not kit.library.has("kontext_edit")
    saved = kit.ask(kit.service.restore, WorkflowRestore(name="kontext_edit"))
    assert (saved.workflow.name, kit.library.has("kontext_edit")) == ("kontext_edit", True)


def test_a_shipped_workflow_cannot_be_deleted(kit: Kit) -> None:
    with pytest.raises(RabbitError) as caught:
        kit.ask(kit.service.delete, WorkflowDelete(name="kontext_color_grade"))
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def test_model_names_hold_for_every_workflow(kit: Kit) -> None:
    request = WorkflowMapModels(files={"ae.safetensors": "flux.sft"})
    kit.ask(kit.service.map_models, request)
    assert kit.library.get("kontext_color_grade").model_names == {"ae.safetensors": "flux.sft"}
    assert "model_names" not in {entry.name for entry in kit.library.entries()}


def test_a_test_run_is_found_by_its_name_and_written_nowhere(kit: Kit) -> None:
    request = WorkflowImport(path=wire(KONTEXT), trial=True)
    saved = kit.ask(kit.service.import_file, request)
    assert kit.library.get(saved.workflow.name).manifest.result == "image"
    assert saved.workflow.name not in {entry.name for entry in kit.library.entries()}
    assert Path(os.fsdecode(saved.path)).parent == kit.trials
    assert not kit.folder.exists()


def test_clients_hear_of_a_workflow_that_changed_on_the_disk(kit: Kit) -> None:
    asyncio.run(kit.service.look())
    asyncio.run(kit.service.look())
    assert kit.said == []
    kit.folder.mkdir()
    (kit.folder / "mine.json").write_bytes(KONTEXT.read_bytes())
    asyncio.run(kit.service.look())
    assert kit.said == [WorkflowsChanged()]


def test_a_test_run_needs_no_mask(kit: Kit) -> None:
    request = WorkflowImport(path=wire(GRAPHS / "flux_fill_inpaint.json"), trial=True)
    saved = kit.ask(kit.service.import_file, request)
    assert (saved.workflow.mask, "mask" in saved.workflow.inputs) == ("optional", True)
