"""What becomes of a job when its host dies, hangs, loses it or refuses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from daemon.comfyui.candidates import Candidate
from daemon.comfyui.capability import Abilities
from daemon.comfyui.events import FailedOnHost, Finished, PromptLost, Queued, Started
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.replies import PromptState
from daemon.edits.dispatch import JobDispatcher
from daemon.edits.host_run import HostRun, Patience
from daemon.edits.job import Job
from daemon.edits.leftovers import Leftovers
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.resources import data_folder
from daemon.settings import Settings
from daemon.storage.job_record import JobRecord
from daemon.storage.jobs import LeftBehind
from tests.unit.test_ai_editor import OBJECT_INFO, SMALL, ScriptedHost, ScriptedWorkers, record

AWAY = FailedOnHost(ErrorInfo(ErrorKind.HOST_UNREACHABLE, "studio does not answer."))
QUICK = Patience(try_again_s=0.0, still_away_s=0.0, confirm_s=0.2, confirm_every_s=0.0)


class Silent:
    """Instead of an end: nothing is heard any more."""


class Host(ScriptedHost):
    """A scripted host that may fall silent, and says how a cancelled prompt stands."""

    def __init__(self, name: str, *endings: object) -> None:
        super().__init__(*endings)
        self.host = name
        self.after_cancel = "interrupted"
        self.socket = True
        self.refusal: RabbitError | None = None

    async def events(self, prompt_id: str, *, patience_s: float) -> AsyncIterator[object]:
        yield Started()
        ending = self.endings.pop(0)
        if isinstance(ending, Silent):
            await asyncio.Event().wait()
        yield ending

    async def queue_workflow(self, graph: dict[str, object], prompt_id: str) -> int:
        number = await super().queue_workflow(graph, prompt_id)
        if self.refusal is not None:
            raise self.refusal
        return number

    async def prompt_state(self, prompt_id: str) -> PromptState:
        return PromptState(self.after_cancel)

    def socket_heard_since(self, moment: float) -> bool | None:
        return True if self.socket else None


class Disk:
    def __init__(self) -> None:
        self.saved: list[tuple[JobRecord, LeftBehind | None]] = []

    async def save(self, record: JobRecord, left: LeftBehind | None = None) -> None:
        self.saved.append((record, left))

    def save_soon(self, record: JobRecord) -> None:
        self.saved.append((record, None))

    async def left_behind(self) -> list[LeftBehind]:
        return []


class Studios:
    """One job between hosts."""

    def __init__(self, tmp_path: Path, *hosts: Host, **comfyui: object) -> None:
        self.hosts = {host.host: host for host in hosts}
        self.state = {host.host: "ready" for host in hosts}
        self.hung: list[str] = []
        self.told: list[object] = []
        self.disk = Disk()
        self.comfyui = {"host_hung_s": 0.05, **comfyui}
        photo = tmp_path / "a.jpg"
        photo.write_bytes(b"original")
        folder = tmp_path / "work"
        folder.mkdir()
        (folder / "sent.png").write_bytes(b"small")
        fresh = record(photo, host="", small=SMALL)
        self.job = Job(fresh, folder, self.disk, lambda m, _=b"": self.told.append(m))

    async def client_for(self, name: str) -> Host:
        return self.hosts[name]

    async def abilities(self, name: str) -> Abilities:
        return Abilities(OBJECT_INFO, "0.33.0")

    async def candidates(
        self, workflow: str, wanted: str, _: object, *, afresh: bool = False
    ) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(name=name, able=state == "ready", waits=state != "ready", state=state)
            for name, state in self.state.items()
            if wanted in ("", name)
        )

    def missed(self, host: str, error: ErrorInfo) -> None:
        self.state[host] = "unreachable"

    def hangs(self, host: str, prompt_id: str) -> None:
        self.hung.append(prompt_id)

    def refused(self, host: str) -> None:
        self.state[host] = "refused"

    def goes_on(self, host: str) -> None:
        return

    def run(self, beside: Callable[[JobDispatcher], Awaitable[None]] | None = None) -> JobRecord:
        asyncio.run(self._whole(beside))
        return self.job.record

    async def _whole(self, beside: Callable[[JobDispatcher], Awaitable[None]] | None) -> None:
        settings = Settings()
        comfyui = msgspec.structs.replace(settings.comfyui, **self.comfyui)
        now = SimpleNamespace(current=msgspec.structs.replace(settings, comfyui=comfyui))
        dispatcher = JobDispatcher(self)
        leftovers = Leftovers(self, self.disk)
        run = HostRun(self, now, dispatcher, leftovers, QUICK)
        library = WorkflowLibrary(data_folder("comfyui_workflows"), self.job.folder / "none")
        files, workflow = WorkFiles(self.job.folder), library.get("builtin_color_grade")
        try:
            async with asyncio.timeout(5):
                obtaining = asyncio.create_task(
                    run.obtain(self.job, ScriptedWorkers(), files, workflow)
                )
                if beside is not None:
                    await beside(dispatcher)
                await obtaining
        finally:
            await leftovers.close()
            await dispatcher.close()

    @property
    def left(self) -> list[LeftBehind]:
        return [left for _, left in self.disk.saved if left is not None]


def test_the_job_of_a_dead_host_goes_to_another_and_what_it_left_is_written_down(
    tmp_path: Path,
) -> None:
    studios = Studios(tmp_path, Host("a", AWAY), Host("b", Finished()))
    studios.state["b"] = "unreachable"
    sent = asyncio.Event()
    studios.hosts["a"].on_queue = lambda _: sent.set()

    async def b_is_free(dispatcher: JobDispatcher) -> None:
        await sent.wait()
        studios.state |= {"a": "unreachable", "b": "ready"}

    done = studios.run(b_is_free)
    (lost,) = studios.hosts["a"].queued
    (kept,) = studios.hosts["b"].queued
    assert (done.host, done.prompt_id, done.prompt_ids) == ("b", kept, (lost, kept))
    assert studios.left == [LeftBehind(lost, "a", done.job_id)]
    assert "given to another host" in done.notes[0]


def test_a_job_waits_for_its_dead_host_where_the_settings_say_so(tmp_path: Path) -> None:
    host = Host("a", AWAY, Finished())
    studios = Studios(tmp_path, host, Host("b"), when_host_fails="wait")
    done = studios.run()
    assert (done.host, len(host.queued), studios.left) == ("a", 1, [])


def test_a_job_for_a_named_host_goes_nowhere_else(tmp_path: Path) -> None:
    studios = Studios(tmp_path, Host("a", AWAY, Finished()), Host("b"))
    studios.job.put(host_wanted="a")
    assert studios.run().host == "a"


def test_a_hung_run_moves_once_its_cancel_is_confirmed(tmp_path: Path) -> None:
    studios = Studios(tmp_path, Host("a", Silent()), Host("b", Finished()))
    done = studios.run()
    assert studios.hosts["a"].cancelled == studios.hosts["a"].queued == studios.hung
    assert done.host == "b"
    assert "cancelled there" in done.notes[0]


@pytest.mark.parametrize("state", ["running", "finished"])
def test_a_hung_run_that_cannot_be_cancelled_stays_where_it_is(tmp_path: Path, state: str) -> None:
    host = Host("a", Silent(), Finished())
    host.after_cancel = state
    studios = Studios(tmp_path, host, Host("b"))
    assert studios.run().host == "a"
    assert len(host.queued) == 1


def test_a_run_is_not_called_hung_where_no_socket_could_have_told(tmp_path: Path) -> None:
    host = Host("a", Silent(), Finished())
    host.socket = False
    studios = Studios(tmp_path, host, Host("b"))
    assert studios.run().host == "a"
    assert (host.cancelled, studios.hung) == ([], [])


def test_a_run_that_only_waits_in_the_queue_does_not_hang(tmp_path: Path) -> None:
    host = Host("a")

    async def waits_long(prompt_id: str, *, patience_s: float) -> AsyncIterator[object]:
        yield Queued(3)
        await asyncio.sleep(0.2)
        yield Finished()

    host.events = waits_long
    studios = Studios(tmp_path, host, Host("b"))
    assert studios.run().host == "a"
    assert studios.hung == []


def test_a_lost_job_goes_once_more_under_a_new_id_and_both_are_kept(tmp_path: Path) -> None:
    host = Host("a", PromptLost(), Finished())
    done = Studios(tmp_path, host).run()
    assert done.prompt_ids == tuple(host.queued)
    assert (len(done.prompt_ids), done.lost) == (2, 1)


def test_a_job_that_is_lost_twice_fails_and_says_so(tmp_path: Path) -> None:
    host = Host("a", PromptLost(), PromptLost(), Finished())
    studios = Studios(tmp_path, host)
    with pytest.raises(RabbitError, match="lost this job") as caught:
        studios.run()
    assert caught.value.info.kind is ErrorKind.JOB_LOST
    assert len(host.queued) == 2


def test_what_the_host_never_had_does_not_count_as_lost(tmp_path: Path) -> None:
    known = "5f0e8a0e-9f4b-4a39-8a35-6c9a2d1f7b00"
    host = Host("a", Finished())

    async def never_heard_of(prompt_id: str, *, patience_s: float) -> AsyncIterator[object]:
        host.events = lambda *_, **__: Host.events(host, prompt_id, patience_s=patience_s)
        yield PromptLost()

    host.events = never_heard_of
    studios = Studios(tmp_path, host)
    studios.job.put(prompt_id=known, prompt_ids=(known,), host="a", stage="queued")
    done = studios.run()
    assert (done.lost, done.prompt_ids[0], len(done.prompt_ids)) == (0, known, 2)


def test_the_built_in_host_loses_no_job_by_ending_with_its_daemon(tmp_path: Path) -> None:
    known = "5f0e8a0e-9f4b-4a39-8a35-6c9a2d1f7b00"
    host = Host("builtin")

    async def of_a_new_daemon(prompt_id: str, *, patience_s: float) -> AsyncIterator[object]:
        yield PromptLost() if prompt_id == known else Finished()

    host.events = of_a_new_daemon
    studios = Studios(tmp_path, host)
    studios.job.put(prompt_id=known, prompt_ids=(known,), host="builtin", stage="run")
    done = studios.run()
    assert (done.lost, len(done.prompt_ids)) == (0, 2)
    assert not any("lost" in note for note in done.notes)


def test_a_host_that_was_reached_no_more_while_sending_is_asked_whether_it_has_the_job(
    tmp_path: Path,
) -> None:
    host = Host("a", Finished())
    host.refusal = RabbitError(ErrorKind.HOST_UNREACHABLE, "The answer was lost.")
    done = Studios(tmp_path, host).run()
    assert (done.prompt_ids, done.prompt_id) == (tuple(host.queued), host.queued[0])


@pytest.mark.parametrize("kind", [ErrorKind.TIMED_OUT, ErrorKind.HOST_FAILED])
def test_a_host_that_took_the_job_in_silence_must_not_run_it_for_nobody(
    tmp_path: Path, kind: ErrorKind
) -> None:
    host = Host("a")
    host.refusal = RabbitError(kind, "a did not say whether it has it.")
    studios = Studios(tmp_path, host)
    with pytest.raises(RabbitError, match="did not say"):
        studios.run()
    assert [left.prompt_id for left in studios.left] == host.queued


def test_a_host_that_never_has_what_it_was_sent_is_given_up(tmp_path: Path) -> None:
    host = Host("a")
    host.refusal = RabbitError(ErrorKind.HOST_UNREACHABLE, "The connection was lost.")

    async def never_heard_of(prompt_id: str, *, patience_s: float) -> AsyncIterator[object]:
        yield PromptLost()

    host.events = never_heard_of
    with pytest.raises(RabbitError, match="5 times") as caught:
        Studios(tmp_path, host).run()
    assert caught.value.info.kind is ErrorKind.JOB_LOST
    assert len(host.queued) == 5


def test_a_host_that_lacks_something_after_all_is_passed_over(tmp_path: Path) -> None:
    first = Host("a")
    first.refusal = RabbitError(ErrorKind.WORKFLOW_UNAVAILABLE, "a lacks the model x.")
    assert Studios(tmp_path, first, Host("b", Finished())).run().host == "b"


def test_hosts_that_refuse_what_they_say_they_have_are_tried_once_each(tmp_path: Path) -> None:
    hosts = Host("a"), Host("b")
    for host in hosts:
        host.refusal = RabbitError(ErrorKind.WORKFLOW_UNAVAILABLE, "It lacks the model x.")
    studios = Studios(tmp_path, *hosts)
    studios.refused = lambda _: None
    with pytest.raises(RabbitError, match="lacks the model"):
        studios.run()
    assert [len(host.queued) for host in hosts] == [1, 1]


def test_a_job_cancelled_while_it_is_uploaded_is_not_sent(tmp_path: Path) -> None:
    host = Host("a", Finished())
    uploading = asyncio.Event()

    async def never_ends(path: Path) -> object:
        uploading.set()
        return await asyncio.Event().wait()

    host.place_image = never_ends
    studios = Studios(tmp_path, host)

    async def cancel(_: JobDispatcher) -> None:
        await uploading.wait()
        [task.cancel() for task in asyncio.all_tasks() if "obtain" in repr(task.get_coro())]

    with pytest.raises(asyncio.CancelledError):
        studios.run(cancel)
    assert (host.queued, studios.job.record.prompt_id) == ([], "")


def test_a_cancel_while_the_graph_is_sent_waits_for_the_hosts_answer(tmp_path: Path) -> None:
    host = Host("a", Finished())
    on_its_way, answered = asyncio.Event(), []

    async def slowly(graph: object, prompt_id: str) -> int:
        on_its_way.set()
        await asyncio.sleep(0.05)
        answered.append(prompt_id)
        return 1

    host.queue_workflow = slowly
    studios = Studios(tmp_path, host)

    async def cancel(_: JobDispatcher) -> None:
        await on_its_way.wait()
        [task.cancel() for task in asyncio.all_tasks() if "obtain" in repr(task.get_coro())]

    with pytest.raises(asyncio.CancelledError):
        studios.run(cancel)
    assert answered == [studios.job.record.prompt_id]


def test_a_host_unknown_to_the_settings_by_now_gives_its_job_to_another(tmp_path: Path) -> None:
    studios = Studios(tmp_path, Host("b", Finished()))
    known = "5f0e8a0e-9f4b-4a39-8a35-6c9a2d1f7b00"
    studios.job.put(prompt_id=known, prompt_ids=(known,), host="gone", stage="run")

    async def client_for(name: str) -> Host:
        if name == "gone":
            raise RabbitError(ErrorKind.NOT_FOUND, "There is no host called 'gone'.")
        return studios.hosts[name]

    studios.client_for = client_for
    assert studios.run().host == "b"
