"""How one ComfyUI host stands to a workflow: able, lacking something, or away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from daemon.comfyui.candidates import Candidate
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.graph import Value, Workflow
from daemon.comfyui.host_state import HostState
from daemon.comfyui.host_stats import HostStatistics
from daemon.comfyui.host_watch import AWAY_LONGEST_S
from daemon.comfyui.known_hosts import KnownHosts
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError

LOOK_AGE_S = 6.0
LOOK_WAIT_S = 5.0
AWAY_WAIT_S = 1.0
READ_WAIT_S = 20.0
ASK_AGAIN_S = 20.0


class Surveyed(Protocol):
    """What the survey needs of the registry."""

    known: KnownHosts
    statistics: HostStatistics
    assigned: Callable[[str], int]

    def state(self, host: str) -> HostState:
        """Return what is known of a host."""
        ...

    def begin_look(self, name: str) -> asyncio.Task[None]:
        """Ask a host how it is, without waiting for it."""
        ...

    async def client_for(self, host: str) -> ComfyUIClient:
        """Return the client of a host."""
        ...

    def missed(self, host: str, error: ErrorInfo) -> None:
        """Note that a host could not be reached."""
        ...


class HostSurvey:
    """Asks hosts only what is not known of them, or was known too long ago."""

    def __init__(self, hosts: Surveyed, clock: Callable[[], float]) -> None:
        """Prepare.

        Args:
            hosts: The hosts and what is known of them.
            clock: Monotonic seconds, those of the hosts' states.
        """
        self._hosts = hosts
        self._clock = clock

    async def candidate(
        self,
        name: str,
        workflow: Workflow,
        parameters: Mapping[str, Value],
        *,
        afresh: bool = False,
    ) -> Candidate:
        """Return how host *name* stands to *workflow*.

        Args:
            name: The host.
            workflow: What is to run.
            parameters: Values of its form.
            afresh: Ask it now where it was away.

        Raises:
            RabbitError: a parameter that the workflow does not have, or a wrong value.
        """
        hosts = self._hosts
        if not hosts.known.is_enabled(name):
            said = f"{name} is switched off (enabled: false in config.yaml)."
            return Candidate(name=name, problems=(said,), waits=True)
        state = hosts.state(name)
        if self._is_stale(state) or (afresh and not state.answers):
            # A host that owes an answer must not keep jobs from the others.
            patience_s = AWAY_WAIT_S if state.answers is False else LOOK_WAIT_S
            patience_s = max(patience_s - state.silent_s(), 0.0)
            await asyncio.wait([hosts.begin_look(name)], timeout=patience_s)
            state = hosts.state(name)
        try:
            async with asyncio.timeout(READ_WAIT_S):
                lacks = await self._lacks(name, state, workflow, parameters)
        except TimeoutError:
            lacks, hindered = (), _does_not_answer(name)
        else:
            hindered = "" if lacks else _hindered(name, state)
        return Candidate(
            name=name,
            able=not lacks and not hindered,
            problems=(hindered,) if hindered else lacks,
            waits=bool(hindered) and state.may_come_back,
            state=state.name,
            load=state.queue.length - state.queue.ours + hosts.assigned(name),
            usual_s=hosts.statistics.of(name).usual_s,
        )

    def _is_stale(self, state: HostState) -> bool:
        if state.answers is None:
            return True
        if not state.answers:
            # One that refused us answers at once and may have been set right meanwhile: no job is
            # refused for what it said before.
            return not state.may_come_back or state.may_be_asked(AWAY_LONGEST_S)
        return self._clock() - state.looked > LOOK_AGE_S

    async def _lacks(
        self, name: str, state: HostState, workflow: Workflow, parameters: Mapping[str, Value]
    ) -> tuple[str, ...]:
        """Return what the host lacks; what it lacked some time ago is asked anew.

        Of a host that is away what was last known of it counts.
        """
        capability = state.capability
        try:
            client = await self._hosts.client_for(name)
            abilities = await capability.read(client) if state.answers else capability.known
            if abilities is None:
                return ()
            found = capability.problems(workflow, parameters, abilities, client.host)
            if found and state.answers:
                abilities = await capability.read(client, ASK_AGAIN_S)
                found = capability.problems(workflow, parameters, abilities, client.host)
        except RabbitError as error:
            if error.info.kind is ErrorKind.INVALID_REQUEST:
                raise
            self._hosts.missed(name, error.info)
            return ()
        return found


def _hindered(name: str, state: HostState) -> str:
    """Say why a host that lacks nothing gets no job now; empty: it does."""
    if state.asked is not None and (state.answers is None or state.silent_s() >= LOOK_WAIT_S):
        return _does_not_answer(name)
    if state.answers and state.name != "hung":
        return ""
    if state.error is None:
        return f"{name} hangs: a job there does not go on."
    return f"{state.error.message} {state.error.hint}".strip()


def _does_not_answer(name: str) -> str:
    return f"{name} does not answer just now."
