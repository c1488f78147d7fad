"""When hosts are looked at, what is kept of what they say, and who hears of it."""

from __future__ import annotations

import asyncio

import pytest

from daemon.comfyui.host_news import HostNews
from daemon.comfyui.host_state import HostState
from daemon.comfyui.host_watch import HostWatch
from daemon.comfyui.replies import Device, HostStats
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.values import HostInfo
from tests.fakes.comfyui import run

AWAY = ErrorInfo(ErrorKind.HOST_UNREACHABLE, "It is away.", "Switch it on.")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """A host's client that says what a test says."""

    def __init__(self) -> None:
        self.error: ErrorInfo | None = None
        self.queue: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self.watched = frozenset[str]()
        self.free_bytes = 12 << 30

    async def system_stats(self) -> HostStats:
        if self.error is not None:
            raise RabbitError.from_info(self.error)
        return HostStats("0.33.0", (Device("cuda:0", "cuda", 20 << 30, self.free_bytes),))

    async def queued(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.queue


class Hosts:
    """Hosts to be watched."""

    def __init__(self, clock: Clock, *names: str) -> None:
        self.states = {name: HostState(clock=clock, chance=lambda: 0.5) for name in names}
        self.builtin_told = 0

    def watched(self, *, jobs_open: bool) -> list[str]:
        del jobs_open
        return list(self.states)

    def state(self, host: str) -> HostState:
        return self.states[host]

    def begin_look(self, name: str) -> None:
        self.states[name].looked = self.states[name]._clock()

    def tell_builtin(self) -> None:
        self.builtin_told += 1


class Watch:
    """A watch over hosts, with jobs and clients as a test says."""

    def __init__(self, *names: str, jobs: int = 0, clients: int = 0) -> None:
        self.clock = Clock()
        self.hosts = Hosts(self.clock, *names)
        self.watch = HostWatch(
            self.hosts, open_jobs=lambda: jobs, clients=lambda: clients, clock=self.clock
        )

    def rounds(self, seconds: int) -> int:
        """Return how many looks one round a second begins."""
        looks = 0
        for _ in range(seconds):
            looks += len(self.watch.round())
            self.clock.now += 1.0
        return looks


def answering(watch: Watch, name: str) -> None:
    watch.hosts.states[name].answered()


def test_nobody_is_asked_where_nobody_listens_and_nothing_is_open() -> None:
    watch = Watch("studio")
    assert watch.rounds(60) == 0
    assert watch.hosts.builtin_told == 0


def test_with_open_jobs_a_host_is_asked_every_three_seconds() -> None:
    watch = Watch("studio", jobs=1)
    answering(watch, "studio")
    watch.clock.now += 3.0
    assert watch.rounds(30) == 10


def test_with_listeners_alone_a_host_is_asked_half_as_often() -> None:
    watch = Watch("studio", clients=1)
    answering(watch, "studio")
    watch.clock.now += 6.0
    assert watch.rounds(30) == 5


def test_a_host_that_was_never_asked_is_asked_at_once() -> None:
    assert Watch("studio", "attic", clients=1).watch.round() == ["studio", "attic"]


def test_a_host_that_is_away_is_asked_less_and_less_often() -> None:
    watch = Watch("studio", clients=1)
    state = watch.hosts.states["studio"]
    pauses: list[float] = []
    for _ in range(8):
        state.missed(AWAY)
        began = watch.clock.now
        while not watch.watch.round():
            watch.clock.now += 1.0
        pauses.append(watch.clock.now - began)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_while_jobs_wait_for_it_a_host_that_is_away_is_asked_every_quarter_minute() -> None:
    watch = Watch("studio", jobs=1)
    state = watch.hosts.states["studio"]
    for _ in range(9):
        state.missed(AWAY)
    assert watch.rounds(15) == 0
    assert watch.watch.round() == ["studio"]


def test_the_pauses_of_two_hosts_differ() -> None:
    clock = Clock()
    early = HostState(clock=clock, chance=lambda: 0.0)
    late = HostState(clock=clock, chance=lambda: 0.99)
    early.missed(AWAY)
    late.missed(AWAY)
    clock.now += 1.6
    assert early.may_be_asked(60.0)
    assert not late.may_be_asked(60.0)


def seen(client: Client, state: HostState) -> HostState:
    run(state.look(client))
    return state


def test_a_hosts_queue_tells_whose_prompts_are_in_it() -> None:
    client = Client()
    client.queue = (("a",), ("b", "c"))
    client.watched = frozenset({"b", "z"})
    state = seen(client, HostState())
    assert (state.name, state.queue.length, state.queue.ours) == ("busy", 3, 1)


def test_a_host_with_nothing_to_do_is_ready() -> None:
    assert seen(Client(), HostState()).name == "ready"


def test_a_host_that_does_not_answer_is_unreachable_since_the_first_time() -> None:
    clock = Clock()
    client = Client()
    client.error = AWAY
    state = HostState(clock=clock)
    run(state.look(client))
    clock.now += 50.0
    run(state.look(client))
    assert (state.name, state.away_since, state.error) == ("unreachable", 1000.0, AWAY)


def test_a_host_that_refuses_us_does_not_come_back_by_itself() -> None:
    state = HostState()
    state.missed(ErrorInfo(ErrorKind.HOST_REFUSED, "It asks for a login."))
    assert not state.may_come_back


def test_a_run_that_hangs_makes_the_host_hang_until_the_queue_is_without_it() -> None:
    client = Client()
    client.queue = (("a",), ())
    state = seen(client, HostState())
    state.hang("a")
    assert seen(client, state).name == "hung"
    client.queue = ((), ())
    assert seen(client, state).name == "ready"


def test_a_run_that_goes_on_makes_the_host_busy_again() -> None:
    client = Client()
    client.queue = (("a",), ())
    state = seen(client, HostState())
    state.hang("a")
    state.go_on()
    assert state.name == "busy"


@pytest.mark.parametrize(("free_gb", "shown_gb"), [(11.5, 12), (4, 4)])
def test_a_little_more_or_less_free_memory_is_no_news(free_gb: float, shown_gb: int) -> None:
    client = Client()
    state = seen(client, HostState())
    client.free_bytes = int(free_gb * 2**30)
    assert seen(client, state).devices[0].vram_free == shown_gb << 30


class Told:
    """Host news, and what became of it."""

    def __init__(self) -> None:
        self.info = HostInfo(name="studio", url="", builtin=False, state="ready")
        self.changes: list[HostInfo] = []
        self.states: list[tuple[str, str]] = []
        self.news = HostNews(lambda _: self.info)
        self.news.on_change = self.changes.append
        self.news.on_state.append(lambda name, state: self.states.append((name, state)))

    def tell(self, **changes: object) -> None:
        fields = {name: getattr(self.info, name) for name in self.info.__struct_fields__}
        self.info = HostInfo(**{**fields, **changes})
        self.news.tell("studio")


@pytest.fixture
def told() -> Told:
    return Told()


def test_what_is_the_same_is_told_once_whenever_it_was_last_seen(told: Told) -> None:
    async def go() -> None:
        told.tell(seen=1.0)
        told.tell(seen=2.0)
        told.news.close()

    run(go())
    assert len(told.changes) == 1


def test_of_quick_changes_the_latest_is_told_once_the_gap_is_over(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.comfyui.host_news.SHORTEST_GAP_S", 0.001)

    async def go() -> None:
        last = asyncio.Event()
        told.news.on_change = lambda info: (told.changes.append(info), last.set())
        for length in range(5):
            told.tell(queue=length)
        last.clear()
        await last.wait()
        told.news.close()

    run(go())
    assert [info.queue for info in told.changes] == [0, 4]


def test_another_state_is_told_at_once(told: Told) -> None:
    async def go() -> None:
        told.tell()
        told.tell(state="busy")
        told.tell(state="unreachable")
        told.news.close()

    run(go())
    assert [info.state for info in told.changes] == ["ready", "busy", "unreachable"]
    assert told.states == [("studio", "ready"), ("studio", "busy"), ("studio", "unreachable")]
