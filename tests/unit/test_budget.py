"""What a run costs: the steps of the samplers that count, at the size that is sent."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.edits.budget import check_budget, steps_of
from daemon.protocol.errors import ErrorKind, RabbitError

GRAPH: dict[str, Any] = {"1": {"class_type": "KSampler", "inputs": {"steps": 20}}}


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def test_a_run_over_the_budget_is_refused_with_its_figures() -> None:
    with pytest.raises(RabbitError, match=r"20\.5 .*1024 x 1000 px x 20 steps.*20\.4") as caught:
        check_budget(GRAPH, 1024, 1000, 20.4)
    assert caught.value.info.kind is ErrorKind.OVER_BUDGET


def test_a_run_within_the_budget_may_go() -> None:
    check_budget(GRAPH, 1000, 1000, 20.0)


def test_no_budget_means_no_limit() -> None:
    check_budget(GRAPH, 10_000, 10_000, 0.0)


def test_a_graph_without_steps_costs_nothing() -> None:
    check_budget({"1": node("ImageInvert")}, 10_000, 10_000, 1.0)


def test_two_samplers_cost_both_their_steps() -> None:
    graph = {"1": node("KSampler", steps=20), "2": node("KSampler", steps=8, latent=["1", 0])}
    assert steps_of(graph) == 28


def test_a_sampler_that_the_result_does_not_depend_on_costs_nothing() -> None:
    graph = {**GRAPH, "2": node("KSampler", steps=8), "9": node("SaveImage", images=["2", 0])}
    assert steps_of(graph, "9") == 8


def test_an_advanced_sampler_costs_the_steps_between_its_ends() -> None:
    first = node("KSamplerAdvanced", steps=20, start_at_step=0, end_at_step=12)
    second = node("KSamplerAdvanced", steps=20, start_at_step=12, end_at_step=10000)
    assert steps_of({"1": first}) == 12
    assert steps_of({"1": second}) == 8


def test_a_custom_sampler_costs_the_steps_of_its_scheduler() -> None:
    graph = {
        "1": node("BasicScheduler", steps=20, denoise=0.5),
        "2": node("SamplerCustomAdvanced", sigmas=["1", 0], latent_image=["8", 0]),
    }
    assert steps_of(graph) == 20


def test_a_scheduler_that_feeds_two_samplers_costs_twice() -> None:
    graph = {
        "1": node("BasicScheduler", steps=20),
        "2": node("SamplerCustom", sigmas=["1", 0], latent_image=["8", 0]),
        "3": node("SamplerCustom", sigmas=["1", 0], latent_image=["2", 0]),
    }
    assert steps_of(graph) == 40


def test_a_scheduler_that_feeds_nobody_costs_nothing() -> None:
    assert steps_of({**GRAPH, "2": node("BasicScheduler", steps=50)}) == 20


def test_a_split_schedule_costs_each_sampler_its_part() -> None:
    graph = {
        "1": node("BasicScheduler", steps=20),
        "2": node("SplitSigmas", sigmas=["1", 0], step=15),
        "3": node("SamplerCustom", sigmas=["2", 0], latent_image=["8", 0]),
    }
    assert steps_of(graph) == 15
    low = {**graph, "4": node("SamplerCustom", sigmas=["2", 1], latent_image=["3", 0])}
    assert steps_of(low) == 20


def test_steps_may_stand_in_a_node_of_their_own() -> None:
    graph = {"1": node("PrimitiveInt", value=12), "2": node("KSampler", steps=["1", 0])}
    assert steps_of(graph) == 12


def test_a_loop_of_schedules_is_no_endless_work() -> None:
    graph = {
        "1": node("SplitSigmas", sigmas=["1", 0], step=5),
        "2": node("SamplerCustom", sigmas=["1", 0], latent_image=["8", 0]),
    }
    assert steps_of(graph) == 0
