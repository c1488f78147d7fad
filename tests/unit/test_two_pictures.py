"""A graph with two pictures, from the request to what a host is sent, by the real client."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from PIL import Image

from daemon.comfyui.capability import Abilities
from daemon.comfyui.graph import Workflow
from daemon.comfyui.hosts import HostChoice
from daemon.comfyui.manifest import parse_manifest
from daemon.comfyui.object_info import ObjectInfo
from daemon.edits.inputs import prepare_pictures
from daemon.edits.intake import EditIntake
from daemon.edits.job import Job
from daemon.edits.masks import JobMasks
from daemon.edits.pictures import JobPictures
from daemon.edits.sending import Sender
from daemon.edits.sources import EditSource
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import AiEditRequest, WirePath
from daemon.render import of_kind
from daemon.settings import Settings
from daemon.storage.job_record import JobRecord
from daemon.tasks import PrepareSmall, SmallPrepared
from tests.fakes.comfyui import client_of, run
from tests.fakes.direct import DirectWorkers
from tests.fakes.replay import ReplayServer, load

DATA = Path(__file__).resolve().parents[1] / "data" / "workflows"
NODES = {**load("object_info"), **load("object_info_more")}


def workflow() -> Workflow:
    manifest = parse_manifest((DATA / "kontext_two_images.yaml").read_bytes(), "k.yaml")
    graph = json.loads((DATA / "kontext_two_images.json").read_bytes())
    return Workflow("kontext_two_images", "user", manifest, graph)


class Desk:
    """Two photos and everything between a request and a host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.photo, self.second = folder / "a.jpg", folder / "b.png"
        Image.new("RGB", (900, 600), (90, 120, 30)).save(self.photo)
        Image.new("RGBA", (60, 40), (200, 10, 10, 255)).save(self.second)
        self.workers = DirectWorkers()
        self.settings = SimpleNamespace(current=Settings())
        self.intake = EditIntake(
            sources=SimpleNamespace(find=self._find),
            masks=JobMasks(self.workers),
            given_pictures=JobPictures(self.workers),
            chooser=SimpleNamespace(choose=self._choose),
            settings=self.settings,
            looks=SimpleNamespace(),
            work=folder / "work",
            pictures=folder,
        )

    async def _find(self, request: AiEditRequest) -> EditSource:
        return EditSource(path=bytes(request.path))

    async def _choose(self, request: AiEditRequest) -> tuple[HostChoice, Workflow]:
        del request
        return HostChoice("studio", "", "kontext_two_images", ai=True), workflow()

    async def send(self, server: ReplayServer, **changes: Any) -> JobRecord:
        """Begin a job and send it to *server*."""
        request = AiEditRequest(
            path=WirePath.of(os.fsencode(self.photo)),
            prompt="{make it night|夜にする}",
            seed=5,
            images={"reference_1": WirePath.of(os.fsencode(self.second))},
        )
        record = await self.intake.begin(msgspec.structs.replace(request, **changes))
        files = self.intake.files(record.job_id)
        files.folder.mkdir(parents=True, exist_ok=True)
        job = Job(record, files.folder, SimpleNamespace(save=_nothing), lambda *_: None)
        small = await self._prepare(files, record)
        job.put(small=small)
        await prepare_pictures(job, self.workers, files, workflow(), small)
        hosts = SimpleNamespace(abilities=_abilities)
        client = client_of(server)
        try:
            await Sender(hosts, self.settings).send(job, "studio", client, files, workflow())
        finally:
            await client.close()
        return job.record

    async def _prepare(self, files: WorkFiles, record: JobRecord) -> SmallPrepared:
        wanted = PrepareSmall(
            path=record.path,
            png_path=os.fsencode(files.sent),
            clipped_path=os.fsencode(files.clipped),
            icc_path=os.fsencode(files.icc),
            kontext_sizes=True,
        )
        return of_kind((await self.workers.step(wanted))[0], SmallPrepared)


async def _nothing(*_: object) -> None:
    await asyncio.sleep(0)


async def _abilities(host: str) -> Abilities:
    del host
    return Abilities(ObjectInfo(NODES), "0.33.0")


def sent(desk: Desk, **changes: Any) -> tuple[JobRecord, dict[str, Any]]:
    """Send a job; its record and the graph that the host got."""

    async def work() -> tuple[JobRecord, dict[str, Any]]:
        async with ReplayServer(load("n3_kontext")) as server:
            server.uploads = [
                {"status": 200, "json": {"name": name, "subfolder": "", "type": "input"}}
                for name in ("first.png", "second.png")
            ]
            record = await desk.send(server, **changes)
            return record, server.bodies[0]["prompt"]

    return run(work())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_both_pictures_go_to_their_nodes(desk: Desk) -> None:
    _, graph = sent(desk)
    assert graph["190"]["inputs"]["image"] == "first.png"
    assert graph["191"]["inputs"]["image"] == "second.png"
    assert graph["146"]["inputs"]["image2"] == ["191", 0]


def test_the_prompt_that_was_chosen_is_sent_and_recorded(desk: Desk) -> None:
    record, graph = sent(desk)
    assert graph["6"]["inputs"]["text"] == record.prompt_used
    assert record.prompt_used in ("make it night", "夜にする")
    assert record.prompt == "{make it night|夜にする}"


def test_values_of_the_form_are_in_the_graph(desk: Desk) -> None:
    _, graph = sent(desk, parameters={"steps": 4, "side": "down", "same_size": False})
    assert graph["31"]["inputs"]["steps"] == 4
    assert graph["146"]["inputs"]["direction"] == "down"
    assert graph["146"]["inputs"]["match_image_size"] is False


def test_a_value_that_the_host_does_not_take_is_refused_and_nothing_is_queued(desk: Desk) -> None:
    with pytest.raises(RabbitError) as caught:
        sent(desk, parameters={"side": "sideways"})
    assert caught.value.info.context["field"] == "side"


def test_a_complaint_of_the_host_names_the_field(desk: Desk) -> None:
    complaint = {
        "type": "value_not_in_list",
        "message": "Value not in list",
        "details": "direction: 'down' not in ['right']",
        "extra_info": {"input_name": "direction"},
    }
    refusal = {
        "error": {"type": "prompt_outputs_failed_validation", "message": "", "details": ""},
        "node_errors": {"146": {"errors": [complaint], "class_type": "ImageStitch"}},
    }

    async def work() -> None:
        async with ReplayServer() as server:
            server.answers["POST", "/prompt"] = (400, refusal)
            server.uploads = [
                {"status": 200, "json": {"name": "x.png", "subfolder": "", "type": "input"}}
            ] * 2
            await desk.send(server, parameters={"side": "down"})

    with pytest.raises(RabbitError) as caught:
        run(work())
    assert caught.value.info.context["field"] == "side"


def test_what_becomes_of_the_second_picture_meanwhile_changes_nothing(desk: Desk) -> None:
    record = run(desk.intake.begin(_request(desk)))
    taken = desk.intake.files(record.job_id).picture("reference_1").read_bytes()
    desk.second.write_bytes(b"something else")
    assert desk.intake.files(record.job_id).picture("reference_1").read_bytes() == taken


def _request(desk: Desk) -> AiEditRequest:
    return AiEditRequest(
        path=WirePath.of(os.fsencode(desk.photo)),
        prompt="night",
        images={"reference_1": WirePath.of(os.fsencode(desk.second))},
    )
