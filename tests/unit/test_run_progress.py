"""How far a run is and what is left of it, from what a real ComfyUI said and when it said it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from daemon.comfyui.events import (
    Event,
    Finished,
    NodeProgress,
    NodeStarted,
    Started,
    from_text,
)
from daemon.comfyui.node_times import NodeTimes
from daemon.comfyui.progress import RunProgress
from daemon.edits.stages import JobProgress, stages_of
from tests.fakes.replay import load

# Seconds at which the recorded Kontext run (CPU, tiny random weights, 8 steps) said each thing.
NODES = {
    "42": 6.0832,
    "124": 6.2391,
    "38": 35.4594,
    "6": 36.54,
    "135": 36.608,
    "177": 36.609,
    "35": 36.6101,
    "37": 36.6114,
    "31": 36.6374,
    "8": 77.8765,
    "136": 94.1911,
}
STEPS = (42.2596, 47.7442, 53.1351, 58.4471, 63.8073, 68.4155, 73.1068, 77.8752)
ENDED = 94.4176
OUTPUT = "136"


class Clock:
    """The recording's time."""

    def __init__(self) -> None:
        self.now = 6.0829

    def __call__(self) -> float:
        return self.now


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def said_at(event: Event) -> float | None:
    match event:
        case NodeStarted(node_id):
            return NODES[node_id]
        case NodeProgress(_, value, _):
            return STEPS[int(value) - 1]
        case Finished():
            return ENDED
        case _:
            return None


def recorded() -> list[Event]:
    recording = load("n3_kontext")
    messages = [*recording["before_answer"], *recording["after_answer"]]
    routed = [from_text(json.dumps(m["text"]).encode()) for m in messages if "text" in m]
    events: list[Any] = [one.event for one in routed if one is not None]
    told = (Started, NodeStarted, NodeProgress)
    return [*(event for event in events if isinstance(event, told)), Finished()]


class Replay:
    """The recorded run as a job sees it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.run = RunProgress(load("n3_kontext")["graph"], OUTPUT, clock=self.clock)
        self.job = JobProgress(stages_of(look=False, fitted=True), clock=self.clock)
        self.job.expect({"run": 88.3, "fit": 4.0, "apply": 6.0})
        self.job.enter("run")
        self.pcts: list[float] = []
        self.etas: list[tuple[float, float]] = []
        for event in recorded():
            self.clock.now = said_at(event) or self.clock.now
            self.pcts.append(self.job.advance(self.run.update(event), self.run.left_s))
            eta_s = self.job.eta_s()
            assert eta_s is not None
            self.etas.append((self.clock.now, eta_s))


def test_the_recorded_run_counts_up_to_its_share_and_never_backwards() -> None:
    replay = Replay()
    assert all(before <= after for before, after in pairwise(replay.pcts))
    # run, fetch, fit, apply and save: 88.3 + 4 + 6 s are known, the two others have 5 of 88 usual
    # parts of the rest (58 + 10 + 15 = 83 parts are 98.3 s)
    assert replay.pcts[-1] == pytest.approx(100 * 88.3 / (98.3 * 88 / 83))


def test_the_recorded_samplers_pace_foretells_the_end_of_the_run() -> None:
    clock = Clock()
    run = RunProgress(load("n3_kontext")["graph"], OUTPUT, clock=clock)
    for event in recorded():
        clock.now = said_at(event) or clock.now
        run.update(event)
        if isinstance(event, NodeProgress) and event.value == 4:
            break
    # (58.4471 - 42.2596) / 3 = 5.3958 s a step; 4 steps are left, and the decoder (3) and the
    # saving (1) weigh a third of the sampler (8 x 1.5), whose 8 steps take 43.17 s.
    assert run.left_s == pytest.approx(4 * 5.3958 + 43.17 / 3, abs=0.01)
    # which is what it took
    assert run.left_s == pytest.approx(ENDED - clock.now, abs=0.5)


def test_the_figure_shown_of_the_recorded_run_never_jumps_up_far() -> None:
    etas = Replay().etas
    grew = [later[1] - earlier[1] for earlier, later in pairwise(etas)]
    assert max(grew) < 5.0


def test_the_figure_shown_of_the_recorded_run_is_about_right_in_its_second_half() -> None:
    # 10 s of fit and apply come after the run
    late = [(at, eta_s) for at, eta_s in Replay().etas if 53.0 < at < ENDED]
    assert all(abs(ENDED + 10.0 - at - eta_s) < 8.0 for at, eta_s in late)


def test_cached_nodes_count_as_done_and_as_nothing_to_do() -> None:
    graph = {
        "1": node("CheckpointLoaderSimple"),
        "2": node("VAEDecode", vae=["1", 2]),
        "3": node("SaveImage", images=["2", 0]),
    }
    progress = RunProgress(graph, "3")
    assert progress.update(Started(("1",))) == 0.0
    progress.update(NodeStarted("2"))
    assert progress.update(NodeStarted("3")) == pytest.approx(3 / 4)


def test_a_run_that_is_cached_as_a_whole_is_done_at_once() -> None:
    graph = {"1": node("LoadImage"), "2": node("SaveImage", images=["1", 0])}
    assert RunProgress(graph, "2").update(Started(("1", "2"))) == 1.0


def test_nodes_weigh_what_they_took_in_earlier_runs() -> None:
    first = Replay().run
    clock = Clock()
    second = RunProgress(load("n3_kontext")["graph"], OUTPUT, clock=clock)
    second.know(first.rates)
    for event in recorded():
        clock.now = said_at(event) or clock.now
        second.update(event)
        if isinstance(event, NodeProgress) and event.value == 8:
            break
    # the run took 88.3347 s, of which 77.8752 - 6.0829 were over by then
    assert second.fraction == pytest.approx(71.79 / 88.33, abs=0.005)
    assert second.left_s == pytest.approx(ENDED - clock.now, abs=0.1)


def test_what_is_left_of_a_silent_node_is_known_from_earlier_runs() -> None:
    clock = Clock()
    run = RunProgress(load("n3_kontext")["graph"], OUTPUT, clock=clock)
    run.know(Replay().run.rates)
    run.update(Started(("39", "190")))
    run.update(NodeStarted("42"))
    clock.now = NODES["124"]
    run.update(NodeStarted("124"))
    assert run.left_s == pytest.approx(ENDED - clock.now, abs=0.5)


def test_a_sampler_with_twice_the_steps_is_expected_to_take_twice_as_long() -> None:
    clock = Clock()
    graph = {"1": node("KSampler", steps=10), "2": node("SaveImage", images=["1", 0])}
    first = RunProgress(graph, "2", clock=clock)
    first.update(NodeStarted("1"))
    clock.now += 20.0
    first.update(Finished())
    longer = {**graph, "1": node("KSampler", steps=20)}
    second = RunProgress(longer, "2", clock=clock)
    second.know({**first.rates, "2": 0.0})
    second.update(NodeStarted("1"))
    assert second.left_s == pytest.approx(40.0)


def test_the_times_of_nodes_are_kept_by_workflow_and_host() -> None:
    times = NodeTimes()
    for rate in (1.0, 9.0, 2.0):
        times.note("kontext", "studio", {"31": rate})
    assert times.of("kontext", "studio") == {"31": 2.0}
    assert times.of("kontext", "attic") == {}


def test_several_samplers_count_by_their_steps() -> None:
    graph = {
        "1": node("KSampler", steps=30),
        "2": node("KSampler", steps=10, latent_image=["1", 0]),
        "3": node("SaveImage", images=["2", 0]),
    }
    progress = RunProgress(graph, "3")
    progress.update(NodeProgress("1", 30, 30))
    # 45 of 45 + 15 + 1
    assert progress.update(NodeStarted("2")) == pytest.approx(45 / 61)


def test_a_sampler_with_a_schedule_of_its_own_has_the_schedules_steps() -> None:
    graph = {
        "1": node("PrimitiveInt", value=4),
        "2": node("BasicScheduler", steps=["1", 0]),
        "3": node("SamplerCustomAdvanced", sigmas=["2", 0]),
    }
    progress = RunProgress(graph, "3")
    # the sampler weighs 4 x 1.5 = 6 of 8
    assert progress.update(NodeProgress("3", 2, 4)) == pytest.approx(3 / 8)


def test_the_tiles_of_an_upscale_model_are_its_steps() -> None:
    graph = {
        "1": node("LoadImage"),
        "2": node("ImageUpscaleWithModel", image=["1", 0]),
        "3": node("SaveImage", images=["2", 0]),
    }
    progress = RunProgress(graph, "3")
    progress.update(NodeStarted("1"))
    assert progress.update(NodeProgress("2", 3, 9)) == pytest.approx((1 + 10) / 32)


def test_a_graph_without_any_steps_advances_node_by_node() -> None:
    graph = {
        "1": node("LoadImage"),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("SaveImage", images=["2", 0]),
    }
    progress = RunProgress(graph, "3")
    seen = [progress.update(NodeStarted(each)) for each in ("1", "2", "3")]
    assert seen == pytest.approx([0.0, 1 / 3, 2 / 3])
    assert progress.left_s is None


def test_what_the_result_does_not_depend_on_is_not_counted() -> None:
    graph = {"1": node("LoadImage"), "2": node("SaveImage", images=["1", 0]), "9": node("KSampler")}
    progress = RunProgress(graph, "2")
    progress.update(NodeStarted("1"))
    assert progress.update(NodeStarted("2")) == pytest.approx(1 / 2)
