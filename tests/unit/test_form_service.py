"""What the daemon answers about forms and budgets, with hosts that are scripted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.comfyui.candidates import Candidate
from daemon.comfyui.capability import Abilities
from daemon.comfyui.graph import Workflow
from daemon.comfyui.hosts import HostChoice
from daemon.comfyui.manifest import parse_manifest
from daemon.comfyui.object_info import ObjectInfo
from daemon.edits.forms import FormService
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.workflows import Budget, BudgetRequest, WorkflowForm, WorkflowFormRequest
from daemon.settings import Settings
from daemon.settings_keys import ComfyuiSettings
from tests.fakes.replay import load

DATA = Path(__file__).resolve().parents[1] / "data" / "workflows"
ABILITIES = Abilities(ObjectInfo({**load("object_info"), **load("object_info_more")}), "0.33.0")
AWAY = RabbitError(ErrorKind.HOST_UNREACHABLE, "Could not reach studio.", "Start ComfyUI there.")


class Desk:
    """A form service; ``studio`` and ``attic`` are hosts."""

    def __init__(self, limit: float = 0.0) -> None:
        manifest = parse_manifest((DATA / "kontext_two_images.yaml").read_bytes(), "k.yaml")
        graph = json.loads((DATA / "kontext_two_images.json").read_bytes())
        self.workflow = Workflow("k", "user", manifest, graph)
        self.choice = HostChoice("studio", "http://studio:8188", "k", ai=True)
        self.candidates: tuple[Candidate, ...] = (Candidate(name="studio", able=True),)
        self.trouble: RabbitError | None = None
        self.asked: list[str] = []
        self.usual: tuple[Any, ...] = ()
        hosts = SimpleNamespace(
            resolve=lambda *_: self.choice, candidates=self._candidates, abilities=self._abilities
        )
        settings = SimpleNamespace(current=Settings(comfyui=ComfyuiSettings(max_compute=limit)))
        library = SimpleNamespace(get=lambda _: self.workflow)
        self.service = FormService(hosts, library, settings, self._usual_s)

    async def _candidates(self, workflow: str, wanted: str = "") -> tuple[Candidate, ...]:
        return tuple(each for each in self.candidates if wanted in ("", each.name))

    async def _abilities(self, host: str) -> Abilities:
        self.asked.append(host)
        if self.trouble is not None:
            raise self.trouble
        return ABILITIES

    def _usual_s(self, workflow: str, host: str, photo_mp: float) -> float | None:
        self.usual = (workflow, host, photo_mp)
        return 40.0

    def form(self) -> WorkflowForm:
        return asyncio.run(self.service.form(None, WorkflowFormRequest(workflow="k")))

    def budget(self, **changes: Any) -> Budget:
        request = BudgetRequest(**{"workflow": "k", "width_px": 6000, "height_px": 4000, **changes})
        return asyncio.run(self.service.budget(None, request))


def test_the_form_has_the_choices_of_the_host_that_would_run_it() -> None:
    form = Desk().form()
    assert (form.host, form.host_problem) == ("studio", "")
    side = next(each for each in form.fields if each.name == "side")
    assert side.choices == ("right", "down", "left", "up")


def test_a_host_that_does_not_answer_is_told_and_the_form_is_there_all_the_same() -> None:
    desk = Desk()
    desk.trouble = AWAY
    form = desk.form()
    assert form.host_problem == "Could not reach studio. Start ComfyUI there."
    assert [each.name for each in form.fields][:2] == ["steps", "sampler"]


def test_of_several_hosts_the_one_that_would_get_the_job_is_asked() -> None:
    desk = Desk()
    desk.choice = HostChoice("", "", "k", ai=True)
    desk.candidates = (
        Candidate(name="attic", problems=("It has no VAE.",)),
        Candidate(name="studio", able=True),
    )
    assert desk.form().host == "studio"


def test_why_the_host_cannot_run_it_stands_in_the_form() -> None:
    desk = Desk()
    desk.candidates = (Candidate(name="studio", problems=("ae.safetensors is missing.",)),)
    assert desk.form().problems == ("ae.safetensors is missing.",)


def test_a_workflow_of_ours_without_models_needs_no_host_for_its_form() -> None:
    desk = Desk()
    graph = {"1": {"class_type": "ImageInvert", "inputs": {}}, "136": desk.workflow.graph["136"]}
    desk.workflow = Workflow("k", "shipped", desk.workflow.manifest, graph)
    desk.form()
    assert desk.asked == []


def test_the_budget_is_of_the_size_that_would_be_sent() -> None:
    # 6000 x 4000 is 3:2; of Kontext's 17 sizes 1248 x 832 fits best: 1248 x 832 x 20 / 1e6 = 20.77
    budget = Desk(limit=30).budget()
    assert (budget.width_px, budget.height_px, budget.steps) == (1248, 832, 20)
    assert budget.cost == pytest.approx(20.766720)
    assert (budget.limit, budget.eta_s, budget.host) == (30, 40.0, "studio")


def test_steps_of_the_form_count() -> None:
    assert Desk().budget(parameters={"steps": 10}).steps == 10


def test_what_jobs_took_is_asked_for_the_photos_megapixels() -> None:
    desk = Desk()
    desk.budget()
    assert desk.usual == ("k", "studio", 24.0)


@pytest.mark.parametrize("side", [0, -1, 2_000_000])
def test_a_photo_without_a_size_has_no_budget(side: int) -> None:
    with pytest.raises(RabbitError, match="no budget"):
        Desk().budget(width_px=side)


def test_a_value_that_does_not_fit_is_refused_by_its_field() -> None:
    with pytest.raises(RabbitError) as caught:
        Desk().budget(parameters={"steps": 99})
    assert caught.value.info.context["field"] == "steps"
