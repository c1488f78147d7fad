"""Which workflow a request comes to, and whether it fits that; refused before any work."""

from __future__ import annotations

import asyncio
import os

from daemon.comfyui.forms import inputs_of, picture_names
from daemon.comfyui.graph import Workflow
from daemon.comfyui.hosts import HostChoice, HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.parameter_values import check_given, unknown_name
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest
from daemon.protocol.workflows import POSSIBLE_RESULTS
from daemon.settings import SettingsStore

_WORDS = {
    "negative": "a negative prompt",
    "prompt_2": "a second prompt",
    "negative_prompt_2": "a second negative prompt",
}


class RunChooser:
    """Finds the workflow that does what is asked for."""

    def __init__(
        self, hosts: HostRegistry, workflows: WorkflowLibrary, settings: SettingsStore
    ) -> None:
        self._hosts = hosts
        self._workflows = workflows
        self._settings = settings

    async def choose(self, request: AiEditRequest) -> tuple[HostChoice, Workflow]:
        """Return who may run which workflow.

        Raises:
            RabbitError: there is none, or nobody can run it.
        """
        choice = await asyncio.to_thread(self._choose, request)
        workflow = await asyncio.to_thread(self._workflows.get, choice.workflow)
        if request.operation and workflow.manifest.operation != request.operation:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The workflow '{workflow.name}' does {workflow.manifest.operation}, not "
                f"{request.operation}.",
                "Leave the workflow away, or name one for this operation; "
                "`rabbitviewer workflows list` shows them.",
            )
        return choice, workflow

    async def for_host(self, workflow: str, host: str) -> HostChoice:
        """Return how *host* may run *workflow*.

        Raises:
            RabbitError: it may not, or there is no such host.
        """
        return await asyncio.to_thread(self._hosts.resolve, workflow, host)

    def _choose(self, request: AiEditRequest) -> HostChoice:
        if request.workflow or not request.operation:
            return self._hosts.resolve(request.workflow, request.host)
        serving = self._serving(request.operation)
        refused: RabbitError | None = None
        for name in serving:
            try:
                return self._hosts.resolve(name, request.host)
            except RabbitError as error:
                refused = refused or error
        if refused is not None:
            raise refused
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"No workflow does '{request.operation}'.",
            "`rabbitviewer operations` lists what can be done.",
        )

    def _serving(self, operation: str) -> list[str]:
        """Return the workflows of an operation: the configured one, the user's own, the others."""
        preferred = self._settings.current.comfyui.workflow
        found = [
            entry
            for entry in self._workflows.entries()
            if entry.workflow is not None and entry.workflow.manifest.operation == operation
        ]
        found.sort(key=lambda entry: (entry.name != preferred, entry.source != "user"))
        return [entry.name for entry in found]


def check_run(request: AiEditRequest, workflow: Workflow) -> None:
    """Refuse what *workflow* cannot do, or was not given what it needs for.

    Raises:
        RabbitError: says what, with ``field`` in its context where it is one field.
    """
    manifest = workflow.manifest
    check_result(workflow)
    check_given(manifest, request.parameters, workflow.name)
    if "prompt" in manifest.bindings and not request.prompt.strip():
        raise _refused("the prompt is empty", "prompt", "Say what is wanted.")
    for name, what in _WORDS.items():
        if getattr(request, name) is not None and name not in manifest.bindings:
            raise _refused(f"'{manifest.title}' takes no {what[2:]}", name, "Leave it away.")
    _check_pictures(request, workflow)


def check_result(workflow: Workflow) -> None:
    """Refuse a workflow whose kind of result cannot be made yet.

    Raises:
        RabbitError: ``workflow_unavailable``.
    """
    kind = workflow.manifest.result
    if kind not in POSSIBLE_RESULTS:
        raise RabbitError(
            ErrorKind.WORKFLOW_UNAVAILABLE,
            f"'{workflow.manifest.title}' was not started: this version cannot make results of "
            f"kind '{kind}' yet.",
            "Take a workflow whose result is a grade (lut) or a picture (image).",
        )


def _check_pictures(request: AiEditRequest, workflow: Workflow) -> None:
    wanted = picture_names(workflow.manifest)
    for name, path in request.images.items():
        if name not in wanted:
            raise unknown_name("picture", name, wanted, workflow.name)
        if not os.path.isabs(path):
            raise _refused(f"the picture {os.fsdecode(path)} is not an absolute path", name, "")
    titles = {each.name: each.title for each in inputs_of(workflow)}
    for name in wanted:
        if not request.images.get(name):
            raise _refused(
                f"'{workflow.manifest.title}' needs another picture: {titles[name]} ({name})",
                name,
                f"Choose one in the form, or name a file with --image {name}=FILE.",
            )


def _refused(problem: str, field: str, hint: str) -> RabbitError:
    return RabbitError(
        ErrorKind.INVALID_REQUEST, f"The edit was not started: {problem}.", hint, {"field": field}
    )
