"""What one host can run: its nodes and model files, asked once and kept until they may differ."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from daemon.comfyui.checks import check_host
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.graph import Value, Workflow, WorkflowValues, build_workflow
from daemon.comfyui.object_info import ObjectInfo

FRESH_S = 600.0
_KEPT_ANSWERS = 64


class Abilities(msgspec.Struct, frozen=True):
    """What a host can run.

    Attributes:
        info: Its nodes, with the model files that they may load.
        version: Of its ComfyUI, '' where it does not say.
    """

    info: ObjectInfo
    version: str


class _Answer(NamedTuple):
    of: Workflow
    by: Abilities
    problems: tuple[str, ...]


class Capability:
    """What one host can run, shared by all jobs.

    The list of nodes has most of a megabyte, so it is read again only when it is old, after the
    host refused a graph, and after it was away: it may have been given files meanwhile.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet.

        Args:
            clock: Monotonic seconds.
        """
        self._clock = clock
        self._reading = asyncio.Lock()
        self._abilities: Abilities | None = None
        self._read_at = 0.0
        self._of: ComfyUIClient | None = None
        self._answers: dict[tuple[object, ...], _Answer] = {}

    @property
    def known(self) -> Abilities | None:
        """What was last read, however long ago; None: nothing yet, or it was forgotten."""
        return self._abilities

    def forget(self) -> None:
        """Read it again when somebody asks the next time."""
        self._abilities = None

    async def read(self, client: ComfyUIClient, max_age_s: float = FRESH_S) -> Abilities:
        """Return what the host can run; it is asked only where that is not known.

        Args:
            client: Of the host; another one than before may speak to another machine.
            max_age_s: What is older is asked again.

        Raises:
            RabbitError: the host cannot be asked.
        """
        async with self._reading:
            old = self._clock() - self._read_at > max_age_s or client is not self._of
            if self._abilities is None or old:
                version = (await client.system_stats()).version
                info = await client.object_info()
                self._abilities, self._of = Abilities(info, version), client
                self._read_at = self._clock()
                self._answers.clear()
            return self._abilities

    def problems(
        self, workflow: Workflow, parameters: Mapping[str, Value], abilities: Abilities, host: str
    ) -> tuple[str, ...]:
        """Return what keeps the host from running *workflow*, one sentence each.

        Args:
            workflow: The workflow.
            parameters: Values of its form; they may name other model files.
            abilities: Of this host.
            host: The host in words.

        Raises:
            RabbitError: a parameter that the workflow does not have, or a wrong value.
        """
        key = (workflow.name, host, *sorted(parameters.items()))
        known = self._answers.get(key)
        if known is not None and known.of is workflow and known.by is abilities:
            return known.problems
        values = WorkflowValues(filename_prefix="", parameters=parameters)
        graph = build_workflow(workflow, values, abilities.info)
        found = tuple(check_host(workflow, abilities.info, abilities.version, host, graph))
        while len(self._answers) >= _KEPT_ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = _Answer(workflow, abilities, found)
        return found
