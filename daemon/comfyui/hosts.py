"""The hosts there are, how they are, and which of them come into question for a job."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping

from daemon.comfyui.address import HostAddress
from daemon.comfyui.builtin import BuiltinHost
from daemon.comfyui.candidates import Candidate
from daemon.comfyui.capability import Abilities
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.graph import Value
from daemon.comfyui.host_choice import HostChoice, HostChooser
from daemon.comfyui.host_info import builtin_info, host_info
from daemon.comfyui.host_news import HostNews
from daemon.comfyui.host_state import HostState
from daemon.comfyui.host_stats import HostStatistics
from daemon.comfyui.host_survey import HostSurvey
from daemon.comfyui.known_hosts import BUILTIN, KnownHosts
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.secrets import Secrets
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, RabbitError
from daemon.protocol.values import HostInfo
from daemon.settings import SettingsStore

__all__ = ["BUILTIN", "Candidate", "HostChoice", "HostRegistry"]

log = logging.getLogger(__name__)


class HostRegistry:
    """Hosts of the settings, the built-in one, and those named by URL.

    Attributes:
        known: Names and addresses.
        statistics: How each host did so far.
        on_change: Called with a host's new state, not too often.
        assigned: Tells how many jobs of ours a host has or is about to get.
    """

    def __init__(
        self,
        settings: SettingsStore,
        folders: Folders,
        workflows: WorkflowLibrary,
        *,
        builtin: BuiltinHost | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is started or asked yet.

        Args:
            settings: Where the hosts stand.
            folders: The user's folders.
            workflows: Tells which workflows need a model.
            builtin: The built-in host's process; None: the usual one.
            clock: Monotonic seconds.
        """
        self.known = KnownHosts(settings)
        self.secrets = Secrets()
        self.statistics = HostStatistics(self._counted)
        self.assigned: Callable[[str], int] = self._open_runs
        self._settings = settings
        self._workflows = workflows
        self._chooser = HostChooser(settings, self.known, workflows)
        self._builtin = builtin or BuiltinHost(
            folders.cache / "builtin_host",
            folders.data / "logs" / "builtin_host.log",
            last_used=self.builtin_last_used,
        )
        self._clock = clock
        self._clients: dict[str, ComfyUIClient] = {}
        self._retired: list[ComfyUIClient] = []
        self._states: dict[str, HostState] = {}
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._waited_for: set[str] = set()
        self._news = HostNews(self._info)
        self._survey = HostSurvey(self, clock)

    @property
    def on_change(self) -> Callable[[HostInfo], None] | None:
        """Called with a host's new state; at most a few times a second for each."""
        return self._news.on_change

    @on_change.setter
    def on_change(self, callback: Callable[[HostInfo], None] | None) -> None:
        self._news.on_change = callback

    def on_state(self, callback: Callable[[str, str], None]) -> None:
        """Have *callback* called with name and state whenever a host's state is another one."""
        self._news.on_state.append(callback)

    def resolve(self, workflow: str = "", host: str = "") -> HostChoice:
        """Return who may run *workflow*; no host is asked for it.

        With ``comfyui.enabled: false`` and no host named, the built-in host does the work; a
        workflow that needs a model is then replaced by the built-in one of the same operation. A
        job meant for a ComfyUI host never goes to the built-in one.

        Args:
            workflow: Its name; empty: the configured one.
            host: Name, URL or ``builtin``; empty: by configuration.

        Raises:
            RabbitError: no such workflow or host, or nothing can run it.
        """
        return self._chooser.choose(workflow, host)

    async def candidates(
        self,
        workflow: str,
        wanted: str = "",
        parameters: Mapping[str, Value] | None = None,
        *,
        afresh: bool = False,
    ) -> tuple[Candidate, ...]:
        """Return the hosts that come into question for a job, in the order of the settings.

        Hosts that were not looked at lately are asked; one that is away is asked again when its
        time has come, so this may be called as often as one likes.

        Args:
            workflow: Name of the workflow.
            wanted: The host that the user named; empty: any ComfyUI host in use, and for a
                built-in workflow the built-in host.
            parameters: Values of the workflow's form: they may name other model files.
            afresh: Ask now also those that were away a moment ago.

        Raises:
            RabbitError: no such workflow or host, or a parameter that it does not have.
        """
        found = await asyncio.to_thread(self._workflows.get, workflow)
        names = self._chooser.in_question(found, wanted)
        if names == [BUILTIN]:
            return (self._builtin_candidate(),)
        self._waited_for.update(names)
        values = parameters or {}
        asked = (self._survey.candidate(name, found, values, afresh=afresh) for name in names)
        return tuple(await asyncio.gather(*asked))

    async def client_for(self, host: str) -> ComfyUIClient:
        """Return the client of a host, shared by all jobs; starts the built-in host.

        Args:
            host: ``host_name`` of a choice, or any name or URL.
        """
        if host == BUILTIN:
            address = await self._builtin_address()
            name, label = BUILTIN, "Built-in host"
        else:
            name, address = self.known.find(host)
            label = self.known.label(name)
        client = self._clients.get(name)
        if client is None or client.address != address:
            if client is not None:
                self._retired.append(client)
                self._states.pop(name, None)
            client = self._clients[name] = ComfyUIClient(address, name=label, secrets=self.secrets)
        await self._close_retired()
        return client

    async def abilities(self, host: str) -> Abilities:
        """Return what a host can run, as it was last read.

        Raises:
            RabbitError: the host cannot be asked.
        """
        client = await self.client_for(host)
        return await self._state(self._name_of(host)).capability.read(client)

    def infos(self) -> tuple[HostInfo, ...]:
        """Return all hosts that are in use, as they were last seen."""
        return tuple(self._info(name) for name in [*self.in_use(), BUILTIN])

    def in_use(self) -> list[str]:
        """Return the hosts that jobs may go to without anybody naming them, and unnamed ones."""
        return [*self._in_settings(), *self.known.unnamed()]

    def state(self, host: str) -> HostState:
        """Return what is known of a host."""
        return self._state(self._name_of(host))

    async def check(self, host: str = "") -> tuple[HostInfo, ...]:
        """Ask *host*, or every host in use, how it is: none of the settings' while it is off."""
        names = [self._name_of(host)] if host else [*self.in_use(), BUILTIN]
        await asyncio.gather(*(self.look(name) for name in names))
        return tuple(self._info(name) for name in names)

    async def check_workflow(self, workflow: str, host: str) -> list[str]:
        """Return what keeps *host* from running *workflow*; empty when it can.

        Raises:
            RabbitError: no such workflow, or the host cannot be asked.
        """
        found = await asyncio.to_thread(self._workflows.get, workflow)
        client = await self.client_for(host)
        capability = self._state(self._name_of(host)).capability
        abilities = await capability.read(client, max_age_s=10.0)
        return list(capability.problems(found, {}, abilities, client.host))

    async def look(self, name: str) -> None:
        """Ask a host how it is; several callers at once share one question."""
        await asyncio.shield(self.begin_look(name))

    def begin_look(self, name: str) -> asyncio.Task[None]:
        """Ask a host how it is, without waiting for it."""
        looking = self._looks.get(name)
        if looking is None:
            looking = self._looks[name] = asyncio.create_task(self._look(name))
            looking.add_done_callback(lambda _: self._looks.pop(name, None))
        return looking

    def watched(self, *, jobs_open: bool) -> list[str]:
        """Return the hosts that are worth a look: those in use, and those that jobs wait for."""
        if not jobs_open:
            self._waited_for.clear()
        named = [*self.known.unnamed(), *(entry.name for entry in self.known.listed())]
        at_work = [name for name in named if name in self._waited_for or self.assigned(name)]
        names = dict.fromkeys([*self._in_settings(), *at_work])
        return [name for name in names if self.known.is_enabled(name)]

    def tell_builtin(self) -> None:
        """Say how the built-in host is; it is not asked, so that it may end when it is idle."""
        self._news.tell(BUILTIN)

    def missed(self, host: str, error: ErrorInfo) -> None:
        """Note that a host could not be reached by a job of ours."""
        self._note(host, lambda state: state.missed(error))

    def refused(self, host: str) -> None:
        """Note that a host refused a graph: what it can run is read again."""
        self._note(host, lambda state: state.capability.forget())

    def hangs(self, host: str, prompt_id: str) -> None:
        """Note that a run of ours does not go on; over once it is out of the host's queue."""
        self._note(host, lambda state: state.hang(prompt_id))

    def goes_on(self, host: str) -> None:
        """Note that a run of ours that seemed to hang goes on."""
        self._note(host, HostState.go_on)

    async def close(self) -> None:
        """Close all clients and end the built-in host."""
        self._news.close()
        looks = list(self._looks.values())
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)
        clients = [*self._clients.values(), *self._retired]
        self._clients, self._retired = {}, []
        for client in clients:
            await client.close()
        await self._builtin.close()

    def builtin_last_used(self) -> float:
        """Return when the built-in host was last used (monotonic); infinite while it works."""
        client = self._clients.get(BUILTIN)
        if client is None or client.open_runs:
            return math.inf
        return client.last_used

    def _note(self, host: str, change: Callable[[HostState], None]) -> None:
        """Change what is known of a host; nothing is known of one that left the settings."""
        try:
            name = self._name_of(host)
        except RabbitError:
            return
        change(self._state(name))
        self._news.tell(name)

    async def _look(self, name: str) -> None:
        state = self._state(name)
        try:
            client = await self.client_for(name)
        except RabbitError as error:
            state.missed(error.info)
        else:
            state = self._state(name)
            await state.look(client)
        self._news.tell(name)

    async def _builtin_address(self) -> HostAddress:
        """Return where the built-in host listens; start it where it does not."""
        state = self._state(BUILTIN)
        state.starting = not self._builtin.running
        self._news.tell(BUILTIN)
        try:
            address = await self._builtin.address()
        except RabbitError as error:
            state.missed(error.info)
            raise
        else:
            if state.answers is not True:
                state.answered()
            return address
        finally:
            state.starting = False
            self._news.tell(BUILTIN)

    def _builtin_candidate(self) -> Candidate:
        """Return the built-in host, which is started when a job gets there."""
        return Candidate(
            name=BUILTIN,
            able=True,
            state=self._state(BUILTIN).name,
            load=self.assigned(BUILTIN),
        )

    def _in_settings(self) -> list[str]:
        return self.known.names() if self._settings.current.comfyui.enabled else []

    def _counted(self, name: str) -> None:
        if name == BUILTIN or name in self.in_use():
            self._news.tell(name)

    def _open_runs(self, name: str) -> int:
        client = self._clients.get(name)
        return 0 if client is None else client.open_runs

    def _name_of(self, host: str) -> str:
        return host if host == BUILTIN else self.known.find(host)[0]

    def _state(self, name: str) -> HostState:
        found = self._states.get(name)
        if found is None:
            found = self._states[name] = HostState(clock=self._clock)
        return found

    async def _close_retired(self) -> None:
        """Close clients whose host's settings changed or went away, once they have ended."""
        there = {BUILTIN, *(one.name for one in self.known.listed()), *self.known.unnamed()}
        for name in self._clients.keys() - there:
            self._retired.append(self._clients.pop(name))
            self._states.pop(name, None)
        idle = [client for client in self._retired if not client.in_use]
        self._retired = [client for client in self._retired if client.in_use]
        for client in idle:
            await client.close()

    def _info(self, name: str) -> HostInfo:
        """Return what clients may know of a host."""
        state, tally, url = self._state(name), self.statistics.of(name), self._url(name)
        if name == BUILTIN:
            return builtin_info(url, state, tally, self._open_runs(BUILTIN))
        return host_info(name, url, state, tally)

    def _url(self, name: str) -> str:
        """Return where a host is; empty for one whose settings cannot be used."""
        if name == BUILTIN:
            client = self._clients.get(BUILTIN)
            return client.address.http_url if client is not None and self._builtin.running else ""
        try:
            return self.known.find(name)[1].http_url
        except RabbitError:
            return ""
