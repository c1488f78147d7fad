"""Order, joining, cancelling and yielding of tasks, on pools without processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import Priority, RenderManager, RenderTask
from daemon.tasks import CheckImage, FitPair, MakeThumbnail
from tests.fakes.workers import PIXELS, FakePool, turns


def thumbnail(name: str) -> MakeThumbnail:
    return MakeThumbnail(path=name.encode(), size_px=256)


def fit(name: str) -> FitPair:
    return FitPair(original_path=name.encode(), edited_path=b"edited", cube_path=b"cube")


class Bench:
    def __init__(self, light: int = 1, heavy: int = 1, *, obedient: bool = True) -> None:
        self.light = FakePool(light, obedient=obedient)
        self.heavy = FakePool(heavy, obedient=obedient)
        self.render = RenderManager(self.light, self.heavy)  # type: ignore[arg-type]

    def ask(self, name: str, priority: Priority = Priority.NEAR) -> RenderTask:
        return self.render.submit(thumbnail(name), priority=priority)


def on(bench: Callable[[], Bench], story: Callable[[Bench], Awaitable[None]]) -> None:
    async def whole() -> None:
        made = bench()
        await story(made)
        await made.render.close()
        assert made.render.idle

    asyncio.run(whole())


def test_the_result_of_a_task_is_what_the_worker_answered() -> None:
    async def story(bench: Bench) -> None:
        task = bench.ask("a")
        await turns()
        bench.light.finish(thumbnail("a"), b"BGRX")
        assert await task.result() == (PIXELS, b"BGRX")
        assert task.state == "done"

    on(Bench, story)


def test_editing_goes_to_the_other_pool() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("a")
        bench.render.submit(fit("b"), priority=Priority.EDIT)
        await turns()
        assert bench.light.started == [thumbnail("a")]
        assert bench.heavy.started == [fit("b")]

    on(Bench, story)


def test_the_most_urgent_waiting_task_goes_first() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("first")
        bench.ask("background", Priority.BACKGROUND)
        bench.ask("near", Priority.NEAR)
        bench.ask("visible", Priority.VISIBLE)
        await turns()
        for _ in range(4):
            bench.light.finish(bench.light.started[-1])
            await turns()
        names = [task.path for task in bench.light.started]
        assert names == [b"first", b"visible", b"near", b"background"]

    on(Bench, story)


def test_equals_go_in_the_order_they_came() -> None:
    async def story(bench: Bench) -> None:
        for name in "abc":
            bench.ask(name)
        await turns()
        for _ in range(3):
            bench.light.finish(bench.light.started[-1])
            await turns()
        assert [task.path for task in bench.light.started] == [b"a", b"b", b"c"]

    on(Bench, story)


def test_a_waiting_task_may_become_urgent() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("first")
        bench.ask("second")
        third = bench.ask("third")
        third.priority = Priority.VISIBLE
        await turns()
        bench.light.finish(thumbnail("first"))
        await turns()
        assert bench.light.started[-1] == thumbnail("third")

    on(Bench, story)


def test_a_priority_raised_and_lowered_again_counts_once() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("first")
        second = bench.ask("second")
        second.priority = Priority.VISIBLE
        second.priority = Priority.NEAR
        bench.ask("third")
        await turns()
        for _ in range(3):
            bench.light.finish(bench.light.started[-1])
            await turns()
        assert [task.path for task in bench.light.started] == [b"first", b"second", b"third"]
        assert bench.render.waiting == 0

    on(Bench, story)


def test_equal_requests_run_once_and_both_get_the_result() -> None:
    async def story(bench: Bench) -> None:
        tasks = [bench.ask("same"), bench.ask("same", Priority.VISIBLE)]
        await turns()
        bench.light.finish(thumbnail("same"))
        blobs = [(await task.result())[1] for task in tasks]
        assert blobs == [b"pixels", b"pixels"]
        assert bench.light.started == [thumbnail("same")]

    on(Bench, story)


def test_a_joined_task_waits_at_the_highest_priority() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("first")
        bench.ask("second")
        bench.ask("joined", Priority.BACKGROUND)
        bench.ask("joined", Priority.VISIBLE)
        await turns()
        bench.light.finish(thumbnail("first"))
        await turns()
        assert bench.light.started[-1] == thumbnail("joined")

    on(Bench, story)


def test_a_request_after_the_end_runs_again() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("a")
        await turns()
        bench.light.finish(thumbnail("a"))
        await turns()
        bench.ask("a")
        await turns()
        assert bench.light.started == [thumbnail("a"), thumbnail("a")]

    on(Bench, story)


def test_a_waiting_task_that_is_cancelled_never_runs() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("first")
        second = bench.ask("second")
        second.cancel()
        await second.settled()
        await turns()
        bench.light.finish(thumbnail("first"))
        await turns()
        assert second.state == "cancelled"
        assert bench.light.started == [thumbnail("first")]

    on(Bench, story)


def test_a_cancelled_task_raises_cancelled_at_who_waits() -> None:
    async def story(bench: Bench) -> None:
        task = bench.ask("a")
        waiting = asyncio.create_task(task.result())
        await turns()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    on(Bench, story)


def test_a_running_task_goes_on_while_one_of_two_still_wants_it() -> None:
    async def story(bench: Bench) -> None:
        first, second = bench.ask("same"), bench.ask("same")
        await turns()
        first.cancel()
        await turns()
        assert bench.light.running[thumbnail("same")].told == []
        bench.light.finish(thumbnail("same"))
        assert (await second.result())[1] == b"pixels"
        assert (first.state, second.state) == ("cancelled", "done")

    on(Bench, story)


def test_a_running_task_that_nobody_wants_is_cancelled_in_its_worker() -> None:
    async def story(bench: Bench) -> None:
        first, second = bench.ask("same"), bench.ask("same")
        await turns()
        worker = bench.light.running[thumbnail("same")]
        first.cancel()
        second.cancel()
        await second.settled()
        assert worker.told == ["cancel"]

    on(Bench, story)


def test_giving_up_on_a_result_cancels_the_task() -> None:
    async def story(bench: Bench) -> None:
        task = bench.ask("a")
        await turns()
        worker = bench.light.running[thumbnail("a")]
        waiting = asyncio.create_task(task.result())
        await turns()
        waiting.cancel()
        await task.settled()
        assert worker.told == ["cancel"]

    on(Bench, story)


def test_a_cancelled_task_is_settled_only_when_the_worker_let_go() -> None:
    async def story(bench: Bench) -> None:
        task = bench.ask("a")
        await turns()
        worker = bench.light.running[thumbnail("a")]
        task.cancel()
        settled = asyncio.create_task(task.settled())
        await turns()
        assert not settled.done()
        worker.let_go()
        await settled

    on(lambda: Bench(obedient=False), story)


def test_a_request_equal_to_a_cancelled_run_starts_a_new_one() -> None:
    async def story(bench: Bench) -> None:
        task = bench.ask("a")
        await turns()
        task.cancel()
        again = bench.ask("a")
        await turns()
        bench.light.running[thumbnail("a")].let_go()
        await turns()
        bench.light.finish(thumbnail("a"))
        assert (await again.result())[1] == b"pixels"

    on(lambda: Bench(obedient=False), story)


def test_a_failure_reaches_all_who_asked() -> None:
    async def story(bench: Bench) -> None:
        tasks = [bench.ask("same"), bench.ask("same")]
        await turns()
        bench.light.fail(thumbnail("same"), RabbitError(ErrorKind.NOT_A_PHOTO, "no photo"))
        kinds = []
        for task in tasks:
            with pytest.raises(RabbitError) as caught:
                await task.result()
            kinds.append(caught.value.info.kind)
        assert kinds == [ErrorKind.NOT_A_PHOTO] * 2
        assert [task.state for task in tasks] == ["failed", "failed"]

    on(Bench, story)


def test_a_bug_in_the_pool_is_a_failure_not_a_hang(caplog: pytest.LogCaptureFixture) -> None:
    async def story(bench: Bench) -> None:
        task = bench.ask("a")
        await turns()
        bench.light.fail(thumbnail("a"), KeyError("bug"))
        with pytest.raises(RabbitError) as caught:
            await task.result()
        assert caught.value.info.kind is ErrorKind.INTERNAL

    on(Bench, story)
    assert "KeyError" in caplog.text


def test_background_work_leaves_a_worker_free() -> None:
    async def story(bench: Bench) -> None:
        bench.ask("a", Priority.BACKGROUND)
        bench.ask("b", Priority.BACKGROUND)
        await turns()
        assert bench.light.started == [thumbnail("a")]
        bench.ask("c", Priority.VISIBLE)
        await turns()
        assert bench.light.started == [thumbnail("a"), thumbnail("c")]

    on(lambda: Bench(light=2), story)


def test_progress_reaches_all_who_asked() -> None:
    heard: list[tuple[str, float]] = []

    async def story(bench: Bench) -> None:
        for name in ("first", "second"):
            bench.render.submit(
                thumbnail("same"),
                priority=Priority.NEAR,
                on_progress=lambda fraction, name=name: heard.append((name, fraction)),
            )
        await turns()
        bench.light.runs[thumbnail("same")].heard(0.5)

    on(Bench, story)
    assert heard == [("first", 0.5), ("second", 0.5)]


def test_a_listener_that_fails_does_not_harm_the_task(caplog: pytest.LogCaptureFixture) -> None:
    def fall(_: float) -> None:
        raise ValueError("a bug in the listener")

    async def story(bench: Bench) -> None:
        task = bench.render.submit(thumbnail("a"), priority=Priority.NEAR, on_progress=fall)
        await turns()
        bench.light.runs[thumbnail("a")].heard(0.5)
        bench.light.finish(thumbnail("a"))
        assert (await task.result())[1] == b"pixels"

    on(Bench, story)
    assert "a bug in the listener" in caplog.text


def test_heavy_work_rests_while_something_visible_is_made() -> None:
    async def story(bench: Bench) -> None:
        bench.render.submit(fit("a"), priority=Priority.EDIT)
        await turns()
        worker = bench.heavy.running[fit("a")]
        bench.ask("b", Priority.VISIBLE)
        bench.ask("c", Priority.VISIBLE)
        await turns()
        assert worker.told == ["pause"]
        bench.light.finish(thumbnail("b"))
        await turns()
        assert worker.told == ["pause"]
        bench.light.finish(thumbnail("c"))
        await turns()
        assert worker.told == ["pause", "resume"]

    on(Bench, story)


def test_heavy_work_rests_for_visible_work_alone() -> None:
    async def story(bench: Bench) -> None:
        bench.render.submit(fit("a"), priority=Priority.EDIT)
        await turns()
        bench.ask("b", Priority.NEAR)
        await turns()
        assert bench.heavy.running[fit("a")].told == []

    on(Bench, story)


def test_heavy_work_starts_once_nothing_visible_is_left() -> None:
    async def story(bench: Bench) -> None:
        visible = bench.ask("a", Priority.VISIBLE)
        bench.render.submit(fit("b"), priority=Priority.EDIT)
        await turns()
        assert bench.heavy.started == []
        visible.cancel()
        await turns()
        assert bench.heavy.started == [fit("b")]

    on(Bench, story)


def test_a_thumbnail_that_scrolled_away_wakes_the_heavy_work() -> None:
    async def story(bench: Bench) -> None:
        bench.render.submit(fit("a"), priority=Priority.EDIT)
        await turns()
        thumb = bench.ask("b", Priority.VISIBLE)
        thumb.priority = Priority.BACKGROUND
        assert bench.heavy.running[fit("a")].told == ["pause", "resume"]

    on(Bench, story)


def test_heavy_work_that_is_just_starting_rests_too() -> None:
    async def story(bench: Bench) -> None:
        bench.render.submit(fit("a"), priority=Priority.EDIT)
        bench.ask("b", Priority.VISIBLE)
        await turns()
        assert bench.heavy.running[fit("a")].told == ["pause"]

    on(Bench, story)


def test_a_composite_runs_its_steps_as_edits() -> None:
    async def story(bench: Bench) -> None:
        seen: list[bytes] = []

        async def grade(task: RenderTask) -> None:
            seen.append((await task.step(fit("a")))[1])
            seen.append((await task.step(CheckImage(path=b"b")))[1])

        task = bench.render.start("grade", grade)
        await turns()
        bench.heavy.finish(fit("a"), b"one")
        await turns()
        bench.light.finish(CheckImage(path=b"b"), b"two")
        await task.settled()
        assert seen == [b"one", b"two"]
        assert (task.priority, task.state) == (Priority.EDIT, "done")

    on(Bench, story)


def test_cancelling_a_composite_cancels_its_step_before_it_unwinds() -> None:
    async def story(bench: Bench) -> None:
        order: list[str] = []

        async def grade(task: RenderTask) -> None:
            try:
                await task.step(fit("a"))
            except asyncio.CancelledError:
                order.append("worker idle" if not bench.heavy.running else "worker busy")
                raise

        task = bench.render.start("grade", grade)
        await turns()
        worker = bench.heavy.running[fit("a")]
        task.cancel()
        await turns()
        assert order == []
        worker.let_go()
        await task.settled()
        assert order == ["worker idle"]
        assert task.state == "cancelled"

    on(lambda: Bench(obedient=False), story)


def test_a_composite_cancelled_at_once_still_cleans_up() -> None:
    async def story(bench: Bench) -> None:
        seen: list[str] = []

        async def grade(task: RenderTask) -> None:
            try:
                await task.step(fit("a"))
            except asyncio.CancelledError:
                seen.append("cleaned up")
                raise

        task = bench.render.start("grade", grade)
        task.cancel()
        await task.settled()
        assert seen == ["cleaned up"]

    on(Bench, story)


def test_a_second_cancel_does_not_disturb_the_cleaning_up() -> None:
    async def story(bench: Bench) -> None:
        finished = asyncio.Event()

        async def grade(task: RenderTask) -> None:
            try:
                await task.step(fit("a"))
            except asyncio.CancelledError:
                await turns()
                finished.set()
                raise

        task = bench.render.start("grade", grade)
        await turns()
        task.cancel()
        await turns(3)
        task.cancel()
        await task.settled()
        assert finished.is_set()

    on(Bench, story)


def test_a_composite_that_stumbles_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def story(bench: Bench) -> None:
        async def grade(_: RenderTask) -> None:
            raise KeyError("bug")

        task = bench.render.start("the grade", grade)
        await task.settled()
        assert task.state == "failed"

    on(Bench, story)
    assert "the grade failed" in caplog.text


def test_closing_cancels_what_waits_and_runs() -> None:
    async def story(bench: Bench) -> None:
        running, waiting = bench.ask("a"), bench.ask("b")
        await turns()
        await bench.render.close()
        late = bench.ask("c")
        assert [task.state for task in (running, waiting, late)] == ["cancelled"] * 3

    on(Bench, story)


def test_too_many_waiting_tasks_are_refused_with_the_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("daemon.render.MAX_WAITING", 1)

    async def story(bench: Bench) -> None:
        bench.ask("running")
        bench.ask("waiting")
        with pytest.raises(RabbitError, match="1 other tasks"):
            await bench.ask("refused").result()

    on(Bench, story)
