"""What is on offer, with the shipped workflows and no host but the built-in one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from daemon.comfyui.hosts import HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.edits.offers import OfferService
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.messages import Workflows, WorkflowsRequest
from daemon.settings import SettingsStore
from tests.fakes.peer import FakePeer


def test_a_workflow_that_is_stood_in_for_is_one_sentence_and_no_list_of_nodes(home: Path) -> None:
    folders = resolve_folders()
    settings = SettingsStore(folders)
    settings.load()
    library = WorkflowLibrary.of(folders)
    offers = OfferService(HostRegistry(settings, folders, library), library, settings)
    request = WorkflowsRequest(check=True, names=("kontext_color_grade",))

    async def story() -> Workflows:
        return await offers.workflows(FakePeer(), request)

    (found,) = asyncio.run(story()).workflows
    assert not found.usable
    (problem,) = found.problems
    assert "comfyui.enabled is false" in problem
    assert "'builtin_color_grade'" in problem
