"""Answers what a run can be told and what it would cost, before there is a job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from daemon.comfyui.candidates import in_order
from daemon.comfyui.forms import fields_of, inputs_of, second_prompts
from daemon.comfyui.graph import Workflow
from daemon.comfyui.hosts import HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.edits.budget import cost_of_run
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.peer import Peer
from daemon.protocol.workflows import Budget, BudgetRequest, WorkflowForm, WorkflowFormRequest
from daemon.settings import SettingsStore

_SHIPPED = "shipped"
MAX_SIDE_PX = 1_000_000

UsualSeconds = Callable[[str, str, float], float | None]
"""From workflow, host (empty: any) and megapixels to what a job usually takes; None: unknown."""


class FormService:
    """Forms and budgets of workflows; changes nothing."""

    def __init__(
        self,
        hosts: HostRegistry,
        workflows: WorkflowLibrary,
        settings: SettingsStore,
        usual_s: UsualSeconds | None = None,
    ) -> None:
        """Prepare.

        Args:
            hosts: Who may run workflows; asked what they have.
            workflows: What can be run.
            settings: Where the limit stands.
            usual_s: Tells how long jobs took lately; None: nobody knows.
        """
        self._hosts = hosts
        self._workflows = workflows
        self._settings = settings
        self._usual_s = usual_s

    async def form(self, peer: Peer, request: WorkflowFormRequest) -> WorkflowForm:
        """Return the form of a workflow on the host that would run it."""
        del peer
        workflow = await asyncio.to_thread(self._workflows.get, request.workflow)
        host, abilities, trouble = "", None, ""
        problems: tuple[str, ...] = ()
        try:
            host = await self._host_of(workflow, request.host)
            if not _is_known_without_host(workflow):
                abilities = await self._hosts.abilities(host)
                problems = await self._problems(workflow, host)
        except RabbitError as error:
            trouble = f"{error.info.message} {error.info.hint}".strip()
        info = None if abilities is None else abilities.info
        return WorkflowForm(
            workflow=workflow.name,
            host=host,
            fields=fields_of(workflow, info),
            inputs=inputs_of(workflow),
            second_prompts=second_prompts(workflow),
            problems=problems,
            host_problem=trouble,
        )

    async def budget(self, peer: Peer, request: BudgetRequest) -> Budget:
        """Return what a run would cost; no host is asked for it."""
        del peer
        workflow = await asyncio.to_thread(self._workflows.get, request.workflow)
        size = request.width_px, request.height_px
        if not all(1 <= side <= MAX_SIDE_PX for side in size) or request.long_edge_px < 0:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"A photo of {size[0]} x {size[1]} px has no budget."
            )
        run = cost_of_run(workflow, size, request.long_edge_px, request.parameters)
        try:
            choice = await asyncio.to_thread(self._hosts.resolve, workflow.name, request.host)
            host = choice.host_name
        except RabbitError:
            host = request.host
        photo_mp = size[0] * size[1] / 1e6
        return Budget(
            cost=run.cost,
            width_px=run.width_px,
            height_px=run.height_px,
            steps=run.steps,
            limit=self._settings.current.comfyui.max_compute,
            eta_s=self._usual_s(workflow.name, host, photo_mp) if self._usual_s else None,
            host=host,
        )

    async def _host_of(self, workflow: Workflow, wanted: str) -> str:
        """Return the host whose choices the form offers: of several the one that would run it."""
        choice = await asyncio.to_thread(self._hosts.resolve, workflow.name, wanted)
        if choice.host_name:
            return choice.host_name
        candidates = await self._hosts.candidates(workflow.name, wanted)
        able = in_order(candidates)
        awake = [each for each in candidates if not each.waits]
        return next(iter((*able, *awake, *candidates))).name

    async def _problems(self, workflow: Workflow, host: str) -> tuple[str, ...]:
        found = await self._hosts.candidates(workflow.name, host)
        return tuple(said for each in found for said in each.problems)


def _is_known_without_host(workflow: Workflow) -> bool:
    """Whether its manifest says all there is: it came with us, and so did its host."""
    return workflow.source == _SHIPPED and not workflow.uses_ai
