import pytest

from daemon.edits.budget import check_budget
from daemon.protocol.errors import RabbitError

GRAPH = {"1": {"class_type": "KSampler", "inputs": {"steps": 20}}}


def test_a_run_over_the_budget_is_refused_with_its_figures() -> None:
    with pytest.raises(RabbitError, match=r"20\.5 .*1024 x 1000 px x 20 steps.*20\.4"):
        check_budget(GRAPH, 1024, 1000, 20.4)


def test_a_run_within_the_budget_may_go() -> None:
    check_budget(GRAPH, 1000, 1000, 20.0)


def test_no_budget_means_no_limit() -> None:
    check_budget(GRAPH, 10_000, 10_000, 0.0)


def test_a_graph_without_steps_costs_nothing() -> None:
    check_budget({"1": {"class_type": "ImageInvert", "inputs": {}}}, 10_000, 10_000, 1.0)
